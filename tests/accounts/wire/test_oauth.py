"""The authorization server on the wire (spec/accounts.md §1.4, §3)."""

import json
import re
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.accounts.oidc import VERIFIER, person_token, question, redirect_of
from tests.accounts.pages.browser import PASSWORD, Browser, person
from tests.accounts.wire.raw import COMMON, FORM, create, form, send
from tests.server import Server

OFFICE = "http://shop.example/admin-dev"
DISCOVERY = "/.well-known/openid-configuration"
USED = (
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "end_session_endpoint",
)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return tuple(json.loads(urlsafe_b64decode(part + "==")) for part in (header, claims))  # type: ignore[return-value]


def test_discovery(comptoir: Server) -> None:
    found = send(comptoir, "GET", DISCOVERY, COMMON)
    assert (found.status, found.headers["content-type"]) == (200, "application/json")
    told = found.json
    assert told["issuer"].rstrip("/") == comptoir.base
    for name in USED:
        assert isinstance(told[name], str) and told[name].startswith(f"{comptoir.base}/")
        assert "?" not in told[name]
    assert "S256" in told["code_challenge_methods_supported"]
    assert send(comptoir, "GET", f"/{DISCOVERY}", COMMON).body == found.body
    assert send(comptoir, "GET", f"{DISCOVERY}/", COMMON).body == found.body


def test_keys_as_the_modules_library_needs_them(comptoir: Server) -> None:
    uri = send(comptoir, "GET", DISCOVERY, COMMON).json["jwks_uri"]
    found = send(comptoir, "GET", uri.removeprefix(comptoir.base), COMMON)
    assert list(found.json) == ["keys"] and found.json["keys"]
    for key in found.json["keys"]:
        assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
        assert all(isinstance(key[name], str) and key[name] for name in ("kid", "n", "e"))
        assert not set(key) & {"d", "p", "q", "dp", "dq", "qi"}
    kids = [key["kid"] for key in found.json["keys"]]
    assert len(set(kids)) == len(kids)


def test_a_stores_token(comptoir: Server) -> None:
    store = create(comptoir, "http://shop.example")
    body = form(
        grant_type="client_credentials",
        client_id=store.client_id,
        client_secret=store.client_secret,
        scope="",
        audience=f"store/{store.shop_id} {comptoir.base}/accounts",
    )
    assert b"&scope=&audience=store%2F" in body and b"+http%3A%2F%2F" in body
    given = send(comptoir, "POST", "/oauth2/token", COMMON | FORM, body)
    assert (given.status, given.headers["content-type"]) == (200, "application/json")
    assert given.headers["cache-control"] == "no-store"
    told = given.json
    assert set(told) == {"access_token", "expires_in", "scope", "token_type"}
    assert type(told["expires_in"]) is int and 3500 <= told["expires_in"] <= 3600
    assert (told["scope"], told["token_type"].lower()) == ("", "bearer")
    header, claims = parts(told["access_token"])
    assert header["alg"] == "RS256" and header["kid"]
    assert claims["iss"].rstrip("/") == comptoir.base
    assert claims["sub"] == claims["client_id"] == store.client_id
    assert claims["aud"] == [f"store/{store.shop_id}", f"{comptoir.base}/accounts"]
    assert (claims["scp"], claims["ext"]) == ([], {})
    assert all(type(claims[name]) is int for name in ("iat", "nbf", "exp"))
    assert isinstance(claims["jti"], str)


def test_version_7_asks_for_another_audience(comptoir: Server) -> None:
    store = create(comptoir, "http://shop.example")
    body = form(
        grant_type="client_credentials",
        client_id=store.client_id,
        client_secret=store.client_secret,
        scope="",
        audience=f"shop_{store.shop_id}",
    )
    given = send(comptoir, "POST", "/oauth2/token", COMMON | FORM, body)
    assert given.status == 200
    assert parts(given.json["access_token"])[1]["aud"] == [f"shop_{store.shop_id}"]


def test_a_person_from_the_question_to_the_userinfo(comptoir: Server) -> None:
    who = person(comptoir, "ada@oidc.example", "Ada", "Lovelace")
    store = create(comptoir, "http://shop.example")
    redirect, browser = redirect_of(OFFICE), Browser(comptoir)
    page = browser.follow(browser.get(question(store.client_id, redirect)))
    at = browser.submit(page, "/account/sign-in", email=who.email, password=PASSWORD)
    while "/oauth2/" in (at.header("location") or ""):
        at = browser.get(at.header("location") or "")
    location = at.header("location") or ""
    assert location.startswith(f"{redirect}&"), "the query is there already"
    back = parse_qs(urlsplit(location).query)
    assert back["controller"] == ["AdminOAuth2PsAccounts"]
    assert back["state"] == ["0123456789abcdef" * 2]
    (code,) = back["code"]
    assert re.fullmatch(r"[^\s\"';()]+", code)
    body = form(
        grant_type="authorization_code",
        client_id=store.client_id,
        client_secret=store.client_secret,
        code=code,
        scope="",
        audience="",
        redirect_uri=redirect,
        code_verifier=VERIFIER,
    )
    assert b"&scope=&audience=&redirect_uri=" in body
    given = send(comptoir, "POST", "/oauth2/token", COMMON | FORM, body)
    told = given.json
    names = {"access_token", "refresh_token", "id_token", "expires_in", "token_type", "scope"}
    assert (given.status, set(told)) == (200, names)
    assert told["scope"] == "openid offline_access"
    _, claims = parts(told["access_token"])
    assert (claims["sub"], claims["aud"]) == (who.user_id, [])
    assert (claims["client_id"], claims["scp"]) == (store.client_id, ["openid", "offline_access"])
    _, id_claims = parts(told["id_token"])
    assert id_claims["sub"] == who.user_id and store.client_id in id_claims["aud"]
    _userinfo(comptoir, told["access_token"], who.user_id, who.email)
    assert send(comptoir, "POST", "/oauth2/token", COMMON | FORM, body).status == 400, "once"


def _userinfo(server: Server, token: str, user_id: str, email: str) -> None:
    headers = COMMON | {"Authorization": f"Bearer {token}"}
    told = send(server, "GET", "/oauth2/userinfo", headers)
    assert (told.status, told.headers["content-type"]) == (200, "application/json")
    assert told.json["sub"] == user_id and told.json["email"] == email
    assert told.json["email_verified"] is True
    assert (told.json["firstname"], told.json["lastname"]) == ("Ada", "Lovelace")
    assert told.json["name"] == "Ada Lovelace"
    assert isinstance(told.json.get("picture", ""), str)


def test_a_refresh_without_the_secret(comptoir: Server) -> None:
    who = person(comptoir, "bob@oidc.example")
    store = create(comptoir, "http://shop.example")
    got = person_token(comptoir, store, OFFICE, who)
    body = form(
        grant_type="refresh_token", client_id=store.client_id, refresh_token=got["refresh_token"]
    )
    told = send(comptoir, "POST", "/oauth2/token", COMMON | FORM, body)
    assert told.status == 200
    assert told.json["refresh_token"] != got["refresh_token"]
    other = create(comptoir, "http://shop.example")
    body = form(
        grant_type="refresh_token",
        client_id=other.client_id,
        refresh_token=told.json["refresh_token"],
    )
    told = send(comptoir, "POST", "/oauth2/token", COMMON | FORM, body)
    assert (told.status, told.json["error"]) == (400, "invalid_grant")
