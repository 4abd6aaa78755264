"""As `test_refused_addresses.py`, where a store migrates, is linked, unlinked or moves: nothing
that is private is ever connected to, whichever way it is named."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from comptoir.accounts import all_shops, find_shop
from comptoir.accounts import verify as verification
from comptoir.accounts.errors import IdentityInvalid, StoreCannotBeRequested
from comptoir.accounts.identities import create_identity
from comptoir.accounts.legacy import describe, migrate
from comptoir.accounts.legacy.errors import LinkRefused, MigrationFailed
from comptoir.accounts.rules import Place
from comptoir.infra.http.context import Context
from comptoir.infra.http.outbound import Outbound
from tests.accounts.fake_store import PROOF, LoopThread
from tests.accounts.legacy_world import Cloud, cloud, place
from tests.accounts.old_store import LINK, URL, OldStore, old_store, public_key
from tests.senders.test_refused_addresses import HOSTS, OURS, Names, nobody_came, public, traps

INSIDE = ["127.0.0.1"]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Private addresses are not allowed, as when nobody says so."""
    changes: dict[str, Any] = {"allow_private_addresses": False, "identity_rate": 10_000}
    with cloud("sqlite", tmp_path_factory.mktemp("guard"), **changes) as made:
        yield made


@pytest.fixture
def shop() -> Iterator[OldStore]:
    """A store at every address of this machine, one of which stands for a public one."""
    loop, made = LoopThread(), OldStore(public_key())

    async def start() -> web.AppRunner:
        runner = await made.start()
        port = made.port
        await web.TCPSite(runner, OURS, port).start()
        made.url, made.domain = f"http://shop.example:{port}/shop", f"shop.example:{port}"
        return runner

    runner = loop.run(start())
    yield made
    loop.run(runner.cleanup())
    loop.close()


def guarded(*turns: list[str]) -> Outbound:
    return Outbound(allow_private=False, public=public, resolver=Names(*turns))


def identity(there: Cloud, at: Place) -> str:
    with there.context.db.begin("tests") as work:
        return create_identity(work, at, there.context.vault)[0].shop_id


def test_a_store_is_not_migrated_to_a_private_address(there: Cloud) -> None:
    described = {"frontendUrl": "https://shop.example", "backOfficeUrl": "", "name": "x"}
    made = there.call("POST", "/accounts/v1/shop-identities", "", described).json
    client = {"client_id": made["clientId"], "client_secret": made["clientSecret"]}
    token = there.token(client, f"shop_{made['cloudShopId']}")
    path = f"/accounts/v1/shop-identities/{made['cloudShopId']}/migrate"
    with traps() as (port, found):
        for host in HOSTS:
            body = {"frontendUrl": f"http://{host}:{port}/shop", "proof": PROOF}
            answer = there.call("PUT", path, token, body)
            assert answer.status in (400, 422), (host, answer.text)
            assert nobody_came(found), host
    status = there.asked(client, f"shop_{made['cloudShopId']}")
    assert status == 200, "its secret is the one it had"


def test_no_store_is_linked_at_a_private_address(there: Cloud, shop: OldStore) -> None:
    with there.context.db.reading() as db:
        before = len(all_shops(db))
    with traps() as (port, found):
        for host in HOSTS:
            at = place(shop, frontend_url=f"http://{host}:{port}/shop")
            with pytest.raises((StoreCannotBeRequested, IdentityInvalid)):
                there.link(shop, Outbound(allow_private=False), place=at)
            assert nobody_came(found), host
    with there.context.db.reading() as db:
        assert len(all_shops(db)) == before


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"],
)
def test_a_name_that_leads_to_a_private_address(there: Cloud, shop: OldStore, address: str) -> None:
    shop_id = identity(there, place(shop))

    async def proofs(context: Context) -> list[Any]:
        return [
            await verification.check(context, shop_id, place(shop), PROOF),
            await migrate.check(context, shop_id, place(shop), PROOF),
        ]

    for failed in there.play(proofs, guarded([address])):
        assert isinstance(failed, StoreCannotBeRequested)
        assert "is not a public address" in failed.reason
    with pytest.raises(StoreCannotBeRequested, match="cannot be requested"):
        there.link(shop, guarded([address]))
    assert shop.seen == []


def test_a_redirect_into_the_network(there: Cloud, shop: OldStore) -> None:
    """Inside the shop's own host, whose name leads elsewhere by then; and to another host."""
    shop_id = identity(there, place(shop))
    for location in ("/shop/inside", "http://127.0.0.1:1/", "http://169.254.169.254/latest"):

        def leads(to: str = location) -> web.Response:
            return web.Response(status=302, headers={"Location": to, "Connection": "close"})

        shop.broken["GET", "apiV2ShopProof"] = shop.broken["GET", URL] = leads
        for check in (verification.check, migrate.check):

            async def proof(context: Context, check: Any = check) -> Any:
                return await check(context, shop_id, place(shop), PROOF)

            failed = there.play(proof, guarded([OURS], INSIDE))
            assert isinstance(failed, StoreCannotBeRequested)
        with pytest.raises(StoreCannotBeRequested):
            there.link(shop, guarded([OURS], INSIDE))
    assert {request.path for request in shop.seen} == {"/shop/index.php"}
    assert len(shop.seen) == 9


def test_a_name_that_changes_while_the_store_is_linked(there: Cloud, shop: OldStore) -> None:
    """It was looked at under a public address: what follows goes to no other."""
    answer = shop.reply

    async def closing(request: web.Request) -> web.StreamResponse:
        found = await answer(request)
        found.force_close()
        return found

    shop.reply = closing
    with there.context.db.reading() as db:
        before = len(all_shops(db))
    with pytest.raises(LinkRefused) as failed:
        there.link(shop, guarded([OURS], INSIDE))
    assert failed.value.step == LINK
    assert "is not a public address" in failed.value.reason
    assert shop.names == [("GET", URL)]
    with there.context.db.reading() as db:
        assert len(all_shops(db)) == before


def test_a_store_that_moves_or_is_unlinked(there: Cloud, shop: OldStore) -> None:
    made = there.link(shop, guarded([OURS]))
    calls = len(shop.calls)
    with old_store() as inside:

        async def moves(context: Context) -> bool:
            return await describe.check(context, made, place(inside))

        with pytest.raises(StoreCannotBeRequested):
            there.play(moves, guarded([OURS]))
        assert inside.seen == []
    there.unlink(made.shop_id, guarded(INSIDE))
    with there.context.db.reading() as db:
        after = find_shop(db, made.shop_id)
    assert after is not None and after.point_of_contact_uuid is None
    assert len(shop.calls) == calls, "the store is not told at a private address"


def test_what_cannot_be_an_address_is_not_looked_up(there: Cloud, shop: OldStore) -> None:
    shop_id = identity(there, place(shop))

    async def proof(context: Context) -> Any:
        return await migrate.check(context, shop_id, place(shop, frontend_url="http://[::1"), PROOF)

    with pytest.raises(MigrationFailed):
        there.play(proof, guarded([OURS]))
