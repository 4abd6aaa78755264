"""openid-client, as a vendor's Node back end uses it, against the authorization server.

The library checks by itself what OpenID Connect asks of a client: issuer, state, nonce, PKCE, the
ID token's signature and claims, and that userinfo is about the same person.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.browser.signing_in import (
    AWAY,
    EMAIL,
    SCOPE,
    Client,
    client,
    land,
    parameters,
    peopled,
    sign_in,
)
from tests.conftest import SLICE
from tests.fixtures import REPO
from tests.server import Server, running

NODE = REPO / ".venv" / "bin" / "node"
SCRIPT = Path(__file__).with_name("openid_client.mjs")
GONE = "http://127.0.0.1:1/gone"


@pytest.fixture(scope="module", params=SLICE)
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param, host="localhost") as made:
        yield made


@pytest.fixture(scope="module")
def vendor(comptoir: Server) -> Client:
    return peopled(comptoir)


@pytest.fixture(scope="module")
def registered(comptoir: Server, vendor: Client) -> Client:
    return client(comptoir, AWAY, after=(GONE,))


@pytest.fixture(params=["client_secret_basic", "client_secret_post"])
def method(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def settings_of(server: Server, known: Client, method: str) -> dict[str, Any]:
    return {
        "issuer": server.base,
        "client_id": known.client_id,
        "client_secret": known.client_secret,
        "method": method,
    }


def node(what: str, sent: dict[str, Any]) -> Any:
    done = subprocess.run(
        [NODE, SCRIPT, what],
        input=json.dumps(sent),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_person_signs_in_and_leaves(comptoir: Server, registered: Client, method: str) -> None:
    settings = settings_of(comptoir, registered, method)
    begun = node("begin", settings | {"redirect_uri": AWAY, "scope": SCOPE})
    assert begun["pkce"] is True, "the metadata says that S256 is known"
    with requests.Session() as browser:
        landed = sign_in(browser, begun["url"])
        done = node("finish", settings | {"landed": landed, "expected": begun["expected"]})

        _tokens_are_as_they_should(done, settings)
        left = node(
            "leave",
            settings
            | {
                "access_token": done["last"]["access_token"],
                "refresh_token": done["last"]["refresh_token"],
                "id_token": done["given"]["id_token"],
                "post_logout_redirect_uri": GONE,
                "state": "until then",
            },
        )
        assert left["before"]["active"] is True
        assert left["before"]["sub"] == done["claims"]["sub"]
        assert left["after"] == {"active": False}
        assert left["revoked"] == "invalid_grant"
        gone = land(browser, browser.get(left["url"], allow_redirects=False, timeout=30))
        assert isinstance(gone, str), gone.text
        assert gone.startswith(GONE + "?")
        assert parameters(gone) == {"state": "until then"}
        again = browser.get(begun["url"] + "&prompt=none", allow_redirects=False, timeout=30)
        refused = land(browser, again)
        assert isinstance(refused, str)
        assert parameters(refused)["error"] == "login_required"


def _tokens_are_as_they_should(done: dict[str, Any], settings: dict[str, Any]) -> None:
    given, claims, last = done["given"], done["claims"], done["last"]
    assert set(given["scope"].split()) == set(SCOPE.split())
    assert given["expires_in"] > 0
    assert claims["iss"] == settings["issuer"]
    assert claims["aud"] in (settings["client_id"], [settings["client_id"]])
    assert done["about"]["sub"] == claims["sub"]
    assert (done["about"]["email"], done["about"]["email_verified"]) == (EMAIL, True)
    assert last["refresh_token"] != given["refresh_token"]
    if done["lastClaims"] is not None:
        same = ("iss", "sub", "aud", "auth_time")  # OpenID Connect Core §12.2
        assert [done["lastClaims"][n] for n in same] == [claims[n] for n in same]
    assert done["refused"] == {
        "foreignIssuer": "OAUTH_INVALID_RESPONSE",
        "wrongState": "OAUTH_INVALID_RESPONSE",
    }


def test_a_vendor_asks_for_itself(comptoir: Server, vendor: Client, method: str) -> None:
    settings = settings_of(comptoir, vendor, method)

    done = node("itself", settings | {"audience": "tech-vendor/acme"})

    assert done["given"]["token_type"] == "bearer"
    assert (done["found"]["active"], done["found"]["aud"]) == (True, ["tech-vendor/acme"])
