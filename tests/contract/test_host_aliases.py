"""Modules with hard-coded hosts: each alias answers at its root paths as we do at our own."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from comptoir.app.aliases import ROOTS
from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.hosts import HOSTS, SERVICES
from comptoir.simulator import Cloud, Simulation
from tests import server
from tests.cloudsync.ground import BOUNDARY, line, multipart
from tests.conftest import SLICE
from tests.contract.strangers import UNLIMITED
from tests.eventually import eventually_async
from tests.server import Answer, Identity, Server

LIVE = "hints.lab"
ALIASES = HOSTS | {LIVE: "live-sync"}
ACCOUNTS, OAUTH = "accounts-api.distribution.prestashop.net", "oauth.prestashop.com"
PROXY, SYNC = "eventbus-proxy.psessentials.net", "eventbus-sync.psessentials.net"
CLOUDSYNC = "api.cloudsync.prestashop.com"


@pytest.fixture(scope="module", params=SLICE)
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    often = {name: str(most) for name, most in UNLIMITED.items()}
    aliases = f"prestashop,{LIVE}=live-sync"
    with server.running(request.param, host_aliases=aliases, **often) as made:
        yield made


def at(comptoir: Server, host: str, method: str, path: str, **how: Any) -> Answer:
    headers = {"Host": host} | how.pop("headers", {})
    return comptoir.request(method, path, headers=headers, **how)


@pytest.fixture(scope="module")
def store(comptoir: Server) -> Identity:
    """Made by the hosts that its module knows, with the audience that it knows."""
    described = {"frontendUrl": "http://127.0.0.1:1", "multiShopId": 1}
    made = at(comptoir, ACCOUNTS, "POST", "/v1/shop-identities", json_body=described)
    assert made.status == 201, made.text
    return Identity(made.json["cloudShopId"], made.json["clientId"], made.json["clientSecret"])


@pytest.fixture(scope="module")
def token(comptoir: Server, store: Identity) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": store.client_id,
        "client_secret": store.client_secret,
        "scope": "",
        "audience": f"store/{store.shop_id} https://{ACCOUNTS}",
    }
    found = at(comptoir, OAUTH, "GET", "/.well-known/openid-configuration").json
    path = found["token_endpoint"].removeprefix(f"http://{OAUTH}")
    given = at(comptoir, OAUTH, "POST", path, form=form)
    assert given.status == 200, given.text
    return str(given.json["access_token"])


JOB = "0193b2f4-7c1e-7a52-9d0b-4be1f2a7c6d8"
SHOP = "{shop}"
HERE: list[tuple[str, str, str, str]] = [
    (ACCOUNTS, "POST", "/v1/shop-identities", "/accounts/v1/shop-identities"),
    (
        ACCOUNTS,
        "GET",
        f"/v1/shop-identities/{SHOP}/status",
        f"/accounts/v1/shop-identities/{SHOP}/status",
    ),
    (ACCOUNTS, "POST", "/v1/shop/token/verify", "/accounts/v1/shop/token/verify"),
    (
        ACCOUNTS,
        "GET",
        f"/v1/shops/{SHOP}/consents/acme_sync",
        f"/accounts/v1/shops/{SHOP}/consents/acme_sync",
    ),
    (ACCOUNTS, "GET", "/healthcheck", "/accounts/healthcheck"),
    (ACCOUNTS, "GET", "/nothing", "/accounts/nothing"),
    (ACCOUNTS, "DELETE", "/healthcheck", "/accounts/healthcheck"),
    (OAUTH, "POST", "/oauth2/token", "/oauth2/token"),
    (OAUTH, "GET", "/oauth2/nothing", "/oauth2/nothing"),
    (OAUTH, "GET", "/.well-known/jwks.json", "/.well-known/jwks.json"),
    (PROXY, "POST", f"/upload/{JOB}", f"/collector/upload/{JOB}"),
    (PROXY, "POST", f"/delete/{JOB}", f"/collector/delete/{JOB}"),
    (PROXY, "GET", f"/upload/{JOB}", f"/collector/upload/{JOB}"),
    (SYNC, "GET", f"/job/{JOB}", f"/sync-api/job/{JOB}"),
    (SYNC, "GET", "/job/", "/sync-api/job/"),
    (SYNC, "POST", f"/notify/{SHOP}", f"/live-sync/v1/notify/{SHOP}"),
    (CLOUDSYNC, "POST", f"/live-sync/v1/notify/{SHOP}", f"/live-sync/v1/notify/{SHOP}"),
    (CLOUDSYNC, "GET", f"/raw/v1/{SHOP}/orders", f"/raw/v1/{SHOP}/orders"),
    (CLOUDSYNC, "GET", f"/raw/v1/{SHOP}/orders/1", f"/raw/v1/{SHOP}/orders/1"),
    (
        CLOUDSYNC,
        "GET",
        f"/reporting/v1/shop-sync-summary/{SHOP}",
        f"/reporting/v1/shop-sync-summary/{SHOP}",
    ),
    (CLOUDSYNC, "POST", "/sync/v1/sync/trigger", "/sync/v1/sync/trigger"),
    (LIVE, "POST", f"/notify/{SHOP}", f"/live-sync/v1/notify/{SHOP}"),
    (LIVE, "POST", f"/live-sync/v1/notify/{SHOP}", f"/live-sync/v1/notify/{SHOP}"),
    ("api.billing.prestashop.com", "GET", f"/shops/{SHOP}", f"/billing/shops/{SHOP}"),
]
"""Host, method, path there, path here."""


@pytest.mark.parametrize(
    ("host", "method", "there", "here"), HERE, ids=[f"{h} {m} {p}" for h, m, p, _ in HERE]
)
def test_an_alias_answers_as_our_own_path_does(
    comptoir: Server, store: Identity, token: str, host: str, method: str, there: str, here: str
) -> None:
    """However the host is written, with and without a last slash, refusals and unknown paths."""
    seen: list[int] = []
    for slash in ("", "/"):
        own, path = (p.replace(SHOP, store.shop_id) + slash for p in (here, there))
        for bearer in ("", token):
            how = {"token": bearer} if bearer else {}
            ours = comptoir.request(method, own, **how)
            for written in (host, host.upper(), f"{host}:443", f"{host}."):
                answer = at(comptoir, written, method, path, **how)
                assert (answer.status, kind(answer)) == (ours.status, kind(ours)), (written, path)
                assert answer.header("Allow") == ours.header("Allow")
            # A base URL configured with a last slash, by a module that joins texts.
            doubled = at(comptoir, host, method, f"/{path}", **how)
            assert doubled.status == ours.status
            seen.append(ours.status)
    assert seen[0] != 404 or "nothing" in there or there == "/job/" or "billing" in here


def kind(answer: Answer) -> tuple[str | None, object]:
    """The media type and the members of the body: the error shape, among other things."""
    body = answer.json if answer.body else None
    return answer.header("Content-Type"), sorted(body) if isinstance(body, dict) else body


def test_every_service_that_a_host_can_be_is_tried() -> None:
    assert set(ROOTS) == set(SERVICES) == {ALIASES[host] for host, *_ in HERE}


@pytest.mark.parametrize(
    ("host", "path", "members"),
    [
        (OAUTH, "/raw/v1/x/orders", {"error", "error_description"}),
        (OAUTH, "/healthz", {"error", "error_description"}),
        (OAUTH, "/", {"error", "error_description"}),
        (CLOUDSYNC, "/accounts/healthcheck", {"code", "message", "statusText", "data", "error"}),
        (CLOUDSYNC, "/rawish", {"code", "message", "statusText", "data", "error"}),
        (PROXY, "/accounts/healthcheck", {"error", "message"}),
        (SYNC, "/collector/upload/x", {"error", "message"}),
        (ACCOUNTS, "/metrics", {"error", "message"}),
    ],
)
def test_an_alias_serves_its_service_and_nothing_else(
    comptoir: Server, host: str, path: str, members: set[str]
) -> None:
    answer = at(comptoir, host, "GET", path)

    assert (answer.status, set(answer.json)) == (404, members)
    assert answer.header("X-Request-ID")


def test_a_host_that_is_no_alias_is_served_everything(comptoir: Server) -> None:
    for host in ("elsewhere.example", "x.oauth.prestashop.com", "[::1]:80", "", "oauth"):
        assert at(comptoir, host, "GET", "/healthz").status == 200
        assert at(comptoir, host, "GET", f"/job/{JOB}").status == 404


def test_discovery_leads_to_the_host_it_was_asked_at(comptoir: Server) -> None:
    """The module uses the endpoints as they are, and never checks the issuer: tokens name BASE."""
    own = comptoir.get("/.well-known/openid-configuration").json
    assert own["token_endpoint"] == f"{comptoir.base}/oauth2/token"
    for host in (OAUTH, f"{OAUTH}:8443"):
        found = at(comptoir, host, "GET", "/.well-known/openid-configuration").json
        assert found["issuer"] == own["issuer"] == comptoir.base
        assert found["token_endpoint"] == f"http://{host}/oauth2/token"
        assert found["jwks_uri"] == f"http://{host}/.well-known/jwks.json"


def test_audiences_name_an_alias_by_either_scheme_and_nobody_else(
    comptoir: Server, store: Identity
) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": store.client_id,
        "client_secret": store.client_secret,
    }
    statuses = {}
    for name in (
        f"https://{ACCOUNTS}",
        f"https://{ACCOUNTS}/",
        f"http://{LIVE}:81/x",
        f"https://{ACCOUNTS}.example",
        f"https://x.{ACCOUNTS}",
        f"ftp://{ACCOUNTS}",
        ACCOUNTS,
    ):
        asked = form | {"audience": f"store/{store.shop_id} {name}"}
        given = comptoir.post("/oauth2/token", form=asked)
        statuses[name] = given.status
        if given.status == 200:
            path = f"/accounts/v1/shop-identities/{store.shop_id}/status"
            assert comptoir.get(path, token=given.json["access_token"]).status == 200
    assert list(statuses.values()) == [200, 200, 200, 400, 400, 400, 400]


class ToLoopback(AbstractResolver):
    """What an operator's DNS does."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        assert host in HOSTS, f"a module asked for {host}"
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        return


def production(port: int) -> Cloud:
    """As in the released zips; our test server has neither TLS nor port 443."""

    def url(host: str) -> str:
        return f"http://{host}:{port}"

    return Cloud(
        accounts_api_url=f"{url(ACCOUNTS)}/",
        oauth2_url=url(OAUTH),
        token_audience=f"https://{ACCOUNTS}",
        accounts_ui_url="https://accounts.distribution.prestashop.net",
        accounts_cdn_url="https://assets.prestashop3.com/accounts-components/1/psaccountsVue.js",
        testimonials_url="",
        check_api_ssl_cert=True,
        proxy_api_url=url(PROXY),
        sync_api_url=url(SYNC),
        live_sync_api_url=f"{url(CLOUDSYNC)}/live-sync/v1",
    )


async def linked_and_synced(comptoir: Server, name: str, **how: Any) -> None:
    """A store installs, is verified, syncs, tells of a change and syncs again."""
    simulation = Simulation(stores=1, seed=5, versions=("8",), scale=0.2, **how)
    await simulation.start()
    try:
        (simulated,) = simulation.stores
        await simulated.install()
        shop_id = str(simulated.shop_id)
        await asyncio.to_thread(grant, comptoir, name, shop_id)

        def rows() -> int:
            shown = comptoir.quick_cli("store", "show", shop_id)
            assert shown["isVerified"] is True
            found = {c["content"]: c["rows"] for c in shown["sync"]["contents"]}
            return int(found.get("products", 0))

        many = simulated.fingerprint("products")[0]

        async def complete() -> bool:
            return many > 0 and await asyncio.to_thread(rows) == many

        assert await eventually_async(complete, 60)
        simulated.live(20)
        await simulation.settled()
        health = await simulated.handle("ps_eventbus", "apiHealthCheck", "GET", {}, {})
        assert health.json is not None and health.json["is_valid_jwt"] is True
        assert simulation.counters.uploads > 0
    finally:
        await simulation.stop()


def grant(comptoir: Server, name: str, shop_id: str) -> None:
    comptoir.quick_cli("vendor", "create", name)
    wanted = ",".join(catalogue())
    comptoir.quick_cli("module", "register", "--vendor", name, name, "--contents", wanted)
    comptoir.quick_cli("consent", "grant", "--shop", shop_id, "--module", name)


def test_a_store_with_prestashops_own_hosts_is_linked_and_synced(comptoir: Server) -> None:
    asyncio.run(
        linked_and_synced(comptoir, "hosts", cloud=production(comptoir.port), resolver=ToLoopback())
    )


def test_a_store_with_the_printed_config_is_linked_and_synced(comptoir: Server) -> None:
    printed = {
        module: comptoir.quick("store", "config", "--module", module).stdout
        for module in ("ps_accounts", "ps_eventbus")
    }
    cloud = Cloud.configured(printed["ps_accounts"], printed["ps_eventbus"])

    asyncio.run(linked_and_synced(comptoir, "config", cloud=cloud))


@pytest.mark.parametrize("generation", ["v2", "v3", "v4"])
def test_both_generations_of_the_module_upload_by_the_alias(
    comptoir: Server, store: Identity, token: str, generation: str
) -> None:
    """No such job, so the store's answer is 404; without the alias it would not get so far."""
    records = [line("products", {"id_product": 1})]
    body, kinds = {
        "v2": (b"lines=%7B%7D", "application/x-www-form-urlencoded"),
        "v3": (
            multipart(records, "ps_eventbus_boundary"),
            "multipart/form-data; boundary=ps_eventbus_boundary",
        ),
        "v4": (multipart(records), f"multipart/form-data; boundary={BOUNDARY}"),
    }[generation]
    for path in ("upload", "delete"):
        headers = {"Content-Type": kinds}
        answer = at(
            comptoir, PROXY, "POST", f"/{path}/{JOB}", body=body, token=token, headers=headers
        )
        own = comptoir.post(f"/collector/{path}/{JOB}", body=body, token=token, headers=headers)
        assert (answer.status, answer.json) == (own.status, own.json)
        assert answer.json["error"] == "cloudsync.job_unknown"


def test_an_old_module_with_v1_twice_in_its_path(comptoir: Server, token: str) -> None:
    """The base URL of versions 5 and 6 ends in `/v1/` (spec/accounts.md §1.6)."""
    for path in ("/v1/shop/token/verify", "/v1/v1/shop/token/verify", "/v1/auth/token/verify"):
        answer = at(comptoir, ACCOUNTS, "POST", path, json_body={"token": token})
        assert answer.status == 200, (path, answer.text)
    assert at(comptoir, ACCOUNTS, "GET", "/v1/healthcheck").status == 200
    assert at(comptoir, ACCOUNTS, "GET", "/v1/v3/healthcheck").status == 404


@pytest.mark.parametrize("path", ["/oauth2/auth", "/oauth2/sessions/logout", "/userinfo"])
def test_old_names_of_the_sign_in(comptoir: Server, path: str) -> None:
    """Modules have them built in, or keep for a day what discovery said before."""
    assert at(comptoir, OAUTH, "GET", path).status in {400, 401, 303, 200}
    assert at(comptoir, OAUTH, "GET", f"{path}/x").status == 404
    assert comptoir.get(path).status == 404, "they are no names of ours"
