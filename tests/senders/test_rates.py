"""How often somebody may call: told in every answer, refused with 429, counted per caller."""

from collections.abc import Iterator

import pytest

from tests.senders.station import Station, Store
from tests.server import Answer, running

IDENTITIES = "/accounts/v1/shop-identities"


@pytest.fixture
def station() -> Iterator[Station]:
    rates = {"client_rate": 4, "address_rate": 3, "token_rate": 6, "identity_rate": 5}
    limits = {name: str(rate) for name, rate in (rates | {"verify_rate": 2}).items()}
    with running(trusted_proxies="127.0.0.0/8", **limits) as server:
        yield Station(server)


def from_address(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


def refused(answer: Answer, policy: str) -> None:
    assert answer.status == 429, answer.text
    assert "infra.rate_limited" in answer.text
    assert f'"{policy}";r=0;t=' in (answer.header("RateLimit") or "")
    assert 1 <= int(answer.header("Retry-After") or "") <= 60


def test_each_caller_has_its_own(station: Station) -> None:
    server, shop, other = station.server, station.store(), station.store()
    for _ in range(4):
        assert shop.job("none") == 404
    refused(server.get("/sync-api/job/none", token=shop.token), "client")
    assert other.job("none") == 404
    _addresses_without_a_token(station)
    _tokens(station, shop)
    _verify(station, other)
    _not_limited(station)


def _addresses_without_a_token(station: Station) -> None:
    server = station.server
    mine = from_address("198.51.100.1")
    told = []
    for _ in range(3):
        answer = server.get("/accounts/healthcheck", headers=mine)
        assert answer.status == 200
        assert answer.header("RateLimit-Policy") == '"address";q=3;w=60'
        told.append(answer.header("RateLimit"))
    assert [each.partition(";t=")[0] for each in told if each] == [
        f'"address";r={left}' for left in (2, 1, 0)
    ]
    refused(server.get("/accounts/healthcheck", headers=mine), "address")
    # A token that is none counts against its address.
    wrong = server.get("/sync-api/job/none", token="none", headers=from_address("198.51.100.2"))
    assert wrong.status == 401
    assert wrong.header("RateLimit") is not None
    refused(server.get("/sync-api/job/none", token="none", headers=mine), "address")
    # The proxy adds whom it saw; what came before is the caller's own claim.
    claimed = from_address("8.8.8.8, 198.51.100.1")
    refused(server.get("/accounts/healthcheck", headers=claimed), "address")
    # Everybody of one IPv6 network is one caller.
    for last in range(3):
        network = from_address(f"2001:db8:1:2::{last}")
        assert server.get("/accounts/healthcheck", headers=network).status == 200
    network = from_address("2001:db8:1:2:ffff::1")
    refused(server.get("/accounts/healthcheck", headers=network), "address")
    elsewhere = from_address("2001:db8:1:3::1")
    assert server.get("/accounts/healthcheck", headers=elsewhere).status == 200


def _tokens(station: Station, shop: Store) -> None:
    mine = from_address("198.51.100.3")
    form = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}
    for _ in range(6):
        answer = station.server.post("/oauth2/token", form=form, headers=mine)
        assert (answer.status, answer.json["error"]) == (401, "invalid_client")
        assert answer.header("RateLimit-Policy") == '"token";q=6;w=60'
    refused(station.server.post("/oauth2/token", form=form, headers=mine), "token")
    assert shop.server.post(IDENTITIES, {}, headers=mine).status == 400


def _verify(station: Station, shop: Store) -> None:
    described = {"frontendUrl": "http://127.0.0.1:1/", "proof": "0" * 64}
    path, mine = f"{IDENTITIES}/{shop.shop_id}/verify", from_address("198.51.100.4")

    def verify() -> Answer:
        return station.server.post(path, described, token=shop.token, headers=mine)

    for _ in range(2):
        answer = verify()
        assert answer.status == 422
        policies = (answer.header("RateLimit-Policy") or "").split(", ")
        assert policies == ['"client";q=4;w=60', '"verify";q=2;w=60', '"verify-address";q=20;w=60']
    refused(verify(), "verify")


def _not_limited(station: Station) -> None:
    for path in ("/healthz", "/metrics", "/docs"):
        answer = station.server.get(path)
        assert (answer.status, answer.header("RateLimit")) == (200, None)


def test_a_claim_of_another_address_counts_from_a_proxy_only() -> None:
    with running(address_rate="2") as server:
        for number in range(2):
            headers = from_address(f"198.51.100.{number}")
            assert server.get("/accounts/healthcheck", headers=headers).status == 200
        answer = server.get("/accounts/healthcheck", headers=from_address("198.51.100.9"))
        refused(answer, "address")
        assert server.get("/accounts/healthcheck").status == 429


def test_by_default_a_full_sync_and_a_vendor_are_not_hindered() -> None:
    """The default lets one client make 200 requests a second, for ever, and these at once."""
    with running() as server:
        shop = Station(server).store()
        answer = server.get("/sync-api/job/none", token=shop.token)
        assert answer.header("RateLimit-Policy") == '"client";q=12000;w=60'
        assert all(shop.job("none") == 404 for _ in range(200))


def test_a_proxy_that_is_no_address_is_refused_at_the_start() -> None:
    with running() as server:
        server.stop()
        server.environ["COMPTOIR_TRUSTED_PROXIES"] = "10.0.0.1/8"
        done = server.run("serve", "--port", str(server.port))
        assert done.returncode != 0
        assert "trusted_proxies: '10.0.0.1/8' does not fit" in done.stderr
        assert "Traceback" not in done.stderr
        server.environ["COMPTOIR_TRUSTED_PROXIES"] = ""
