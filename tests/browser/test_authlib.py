"""Authlib's client, as a vendor's Python back end uses it, against the authorization server."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.browser.signing_in import (
    AWAY,
    EMAIL,
    SCOPE,
    Client,
    client,
    discovered,
    land,
    parameters,
    peopled,
    send_form,
    sign_in,
)
from tests.conftest import SLICE
from tests.server import Server, running

METHODS = ["client_secret_basic", "client_secret_post"]


@pytest.fixture(scope="module", params=SLICE)
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param, host="localhost") as made:
        yield made


@pytest.fixture(scope="module")
def vendor(comptoir: Server) -> Client:
    return peopled(comptoir)


@pytest.fixture(scope="module")
def registered(comptoir: Server, vendor: Client) -> Client:
    return client(comptoir, AWAY)


@pytest.fixture(scope="module")
def known(comptoir: Server) -> dict[str, Any]:
    return discovered(comptoir)


@pytest.fixture
def session(registered: Client, known: dict[str, Any]) -> Iterator[OAuth2Session]:
    made = OAuth2Session(
        registered.client_id,
        registered.client_secret,
        scope=SCOPE,
        redirect_uri=AWAY,
        code_challenge_method="S256",
        token_endpoint=known["token_endpoint"],
        default_timeout=30,
    )
    with made:
        yield made


def signed_in(session: OAuth2Session, known: dict[str, Any], **asked: str) -> dict[str, Any]:
    """The whole code flow with PKCE. Returns the token answer."""
    verifier = secrets.token_urlsafe(48)
    url, state = session.create_authorization_url(
        known["authorization_endpoint"], code_verifier=verifier, **asked
    )
    with requests.Session() as browser:
        landed = sign_in(browser, url)
    assert landed.startswith(AWAY + "?")
    assert set(parameters(landed)) >= {"code", "state", "iss"}
    assert parameters(landed)["iss"] == known["issuer"]
    given: dict[str, Any] = session.fetch_token(
        authorization_response=landed, state=state, code_verifier=verifier
    )
    return given


@pytest.mark.parametrize("method", METHODS)
def test_a_person_signs_in(
    session: OAuth2Session, known: dict[str, Any], registered: Client, method: str
) -> None:
    session.token_endpoint_auth_method = method
    nonce = secrets.token_urlsafe(16)

    given = signed_in(session, known, nonce=nonce, max_age="300")

    assert given["token_type"].lower() == "bearer"
    assert set(given["scope"].split()) == set(SCOPE.split())
    keys = KeySet.import_key_set(session.get(known["jwks_uri"], withhold_token=True).json())
    token = jwt.decode(given["id_token"], keys, algorithms=["RS256"])
    claims = CodeIDToken(
        token.claims,
        token.header,
        {
            "iss": {"essential": True, "value": known["issuer"]},
            "aud": {"essential": True, "value": registered.client_id},
        },
        {
            "nonce": nonce,
            "client_id": registered.client_id,
            "access_token": given["access_token"],
            "max_age": 300,
        },
    )
    claims.validate(leeway=5)
    about = session.get(known["userinfo_endpoint"]).json()
    assert about["sub"] == claims["sub"]
    assert (about["email"], about["email_verified"]) == (EMAIL, True)


def test_a_code_works_once(session: OAuth2Session, known: dict[str, Any]) -> None:
    verifier = secrets.token_urlsafe(48)
    url, _ = session.create_authorization_url(
        known["authorization_endpoint"], code_verifier=verifier
    )
    with requests.Session() as browser:
        landed = sign_in(browser, url)
    session.fetch_token(authorization_response=landed, code_verifier=verifier)

    with pytest.raises(OAuthError) as refused:
        session.fetch_token(authorization_response=landed, code_verifier=verifier)

    assert refused.value.error == "invalid_grant"
    assert session.get(known["userinfo_endpoint"]).status_code == 401, "RFC 6749 §4.1.2"


def test_a_code_needs_its_verifier(session: OAuth2Session, known: dict[str, Any]) -> None:
    url, _ = session.create_authorization_url(
        known["authorization_endpoint"], code_verifier=secrets.token_urlsafe(48)
    )
    with requests.Session() as browser:
        landed = sign_in(browser, url)

    with pytest.raises(OAuthError) as refused:
        session.fetch_token(authorization_response=landed, code_verifier=secrets.token_urlsafe(48))

    assert refused.value.error == "invalid_grant"


def test_refreshing_gives_another_refresh_token(
    session: OAuth2Session, known: dict[str, Any]
) -> None:
    first = signed_in(session, known)
    before = session.get(known["userinfo_endpoint"]).json()

    second = session.refresh_token()

    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert session.get(known["userinfo_endpoint"]).json() == before
    third = session.refresh_token()
    assert third["refresh_token"] not in (first["refresh_token"], second["refresh_token"])


def test_a_refresh_token_is_good_only_once(session: OAuth2Session, known: dict[str, Any]) -> None:
    first = signed_in(session, known)
    second = session.refresh_token()
    session.refresh_token()

    for spent in (first, second):
        with pytest.raises(OAuthError) as refused:
            session.refresh_token(refresh_token=spent["refresh_token"])
        assert refused.value.error == "invalid_grant"


def test_tokens_are_introspected_and_revoked(
    session: OAuth2Session, known: dict[str, Any], registered: Client
) -> None:
    given = signed_in(session, known)
    about = session.get(known["userinfo_endpoint"]).json()

    def introspected(kind: str) -> dict[str, Any]:
        found: dict[str, Any] = session.introspect_token(
            known["introspection_endpoint"], token=given[kind], token_type_hint=kind
        ).json()
        return found

    found = introspected("access_token")
    assert found["active"] is True
    assert (found["sub"], found["client_id"]) == (about["sub"], registered.client_id)
    assert introspected("refresh_token")["active"] is True

    gone = session.revoke_token(
        known["revocation_endpoint"], token=given["refresh_token"], token_type_hint="refresh_token"
    )

    assert gone.status_code == 200
    assert introspected("refresh_token") == {"active": False}
    with pytest.raises(OAuthError) as refused:
        session.refresh_token(refresh_token=given["refresh_token"])
    assert refused.value.error == "invalid_grant"
    session.revoke_token(
        known["revocation_endpoint"], token=given["access_token"], token_type_hint="access_token"
    )
    assert introspected("access_token") == {"active": False}
    assert session.get(known["userinfo_endpoint"]).status_code == 401


def test_a_wrong_password_leads_nowhere(session: OAuth2Session, known: dict[str, Any]) -> None:
    url, _ = session.create_authorization_url(
        known["authorization_endpoint"], code_verifier=secrets.token_urlsafe(48)
    )

    with requests.Session() as browser:
        shown = send_form(browser, url, "five blue herons by the weir")

    assert not isinstance(shown, str), shown
    assert 400 <= shown.status_code < 500


def test_a_request_without_pkce_is_sent_back(session: OAuth2Session, known: dict[str, Any]) -> None:
    url, state = session.create_authorization_url(known["authorization_endpoint"])

    with requests.Session() as browser:
        landed = land(browser, browser.get(url, allow_redirects=False, timeout=30))

    assert isinstance(landed, str)
    assert parameters(landed)["error"] == "invalid_request"
    assert (parameters(landed)["state"], parameters(landed)["iss"]) == (state, known["issuer"])


@pytest.mark.parametrize("method", METHODS)
def test_a_vendor_asks_for_itself(vendor: Client, known: dict[str, Any], method: str) -> None:
    with OAuth2Session(
        vendor.client_id,
        vendor.client_secret,
        token_endpoint_auth_method=method,
        token_endpoint=known["token_endpoint"],
        default_timeout=30,
    ) as session:
        given = session.fetch_token(grant_type="client_credentials", audience="tech-vendor/acme")

        assert given["token_type"].lower() == "bearer"
        found = session.introspect_token(
            known["introspection_endpoint"], token=given["access_token"]
        ).json()
        assert (found["active"], found["aud"]) == (True, ["tech-vendor/acme"])
