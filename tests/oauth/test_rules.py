"""Which grant a client gets: never more than its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.accounts import Client, ClientKind
from comptoir.app.wiring import all_endpoints
from comptoir.infra.http.auth import LITERALS, SCOPES, Access, is_ours
from comptoir.oauth.errors import InvalidScope, InvalidTarget
from comptoir.oauth.rules import decide, own_audiences

BASE = "https://comptoir.example"
SHOP = Client("c", ClientKind.STORE, "s1", "", b"", None)
VENDOR = Client("v", ClientKind.VENDOR, "", "acme", b"", None)
LIMITED = Client("l", ClientKind.VENDOR, "", "acme", b"", None, scopes=("raw.read",))
ALLOWED = {"c": {"shop.verified"}, "v": set(SCOPES.values()), "l": {"raw.read"}}
NAMES = st.sampled_from(
    [
        "store/s1",
        "store/s2",
        "shop_s1",
        "shop_s2",
        "tech-vendor/acme",
        "tech-vendor/other",
        BASE,
        f"{BASE}/",
        f"{BASE}/accounts",
        f"{BASE}.evil",
        f"{BASE}x/y",
        "https://elsewhere",
        *sorted(LITERALS),
    ]
) | st.text("abc/-_ ", max_size=8)


@given(
    st.sampled_from([SHOP, VENDOR, LIMITED]),
    st.lists(NAMES, max_size=4),
    st.lists(st.sampled_from(["shop.verified", "admin", *SCOPES.values()]), max_size=2),
    st.booleans(),
)
def test_a_grant_holds_nothing_foreign(
    client: Client, audiences: list[str], scopes: list[str], verified: bool
) -> None:
    try:
        grant = decide(client, " ".join(audiences), " ".join(scopes), base=BASE, verified=verified)
    except (InvalidTarget, InvalidScope):
        return
    assert all(a in own_audiences(client) or is_ours(a, BASE) for a in grant.audiences)
    assert grant.audiences
    assert len(set(grant.audiences)) == len(grant.audiences)
    assert set(grant.scopes) <= ALLOWED[client.client_id]
    assert client is not SHOP or verified or not grant.scopes
    assert set(grant.scopes) == set(scopes) or (not scopes and grant.scopes == client.scopes)
    assert client is not LIMITED or grant.scopes, "a token without scopes opens everything"


def test_every_api_of_vendors_has_a_scope() -> None:
    apis = {e.api for e in all_endpoints() if e.access is Access.VENDOR}
    assert apis == SCOPES.keys()
    assert len(set(SCOPES.values())) == len(SCOPES)


@pytest.mark.parametrize(
    "audience", ["", "/", f"{BASE}evil", f"{BASE}.evil", f"x{BASE}", "https://", "prestashop.net"]
)
def test_what_is_not_ours(audience: str) -> None:
    assert not is_ours(audience, BASE)


@pytest.mark.parametrize("audience", [BASE, f"{BASE}/", f"{BASE}/accounts/", *sorted(LITERALS)])
def test_what_is_ours(audience: str) -> None:
    assert is_ours(audience, BASE)
