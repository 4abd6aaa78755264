"""A server, stores with `ps_accounts` 7, and the use case that a page calls to link them."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from comptoir.accounts import LinkWanted, Shop, User, link, unlink
from comptoir.accounts.people import store as people
from comptoir.accounts.people.rules import email_key
from comptoir.accounts.rules import Place
from comptoir.app.wiring import build
from comptoir.base.ids import SystemIds
from comptoir.infra.db.tables import audit_log, outbox
from comptoir.infra.http.context import Context
from comptoir.infra.http.outbound import Outbound
from tests.accounts.fake_store import PROOF
from tests.accounts.old_store import OldStore
from tests.contract.raw_world import Answer, World, running

OWNER, EMAIL = "Zx3mQf8LkTnYw0aB7cDeFgHiJ1k2", "owner@shop.example"
IDENTITIES = "/accounts/v1/shop-identities"
Json = dict[str, Any]


def place(shop: OldStore, **more: str) -> Place:
    base = Place("Demo", shop.url, f"{shop.url}/admin-dev", "1")
    return replace(base, **more)


@dataclass
class Cloud:
    """The server, and a second set of everything on its data: the page's."""

    world: World
    context: Context

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.world.port}"

    def link(self, shop: OldStore, outbound: Outbound | None = None, /, **more: Any) -> Shop:
        """As a page does; raises what `link` does."""
        wanted = replace(LinkWanted(place(shop), shop.key, OWNER, EMAIL, 3), **more)
        self.has_account(wanted)

        async def main(context: Context) -> Shop:
            return await link(context, wanted)

        return self.play(main, outbound)

    def has_account(self, wanted: LinkWanted) -> None:
        """Whoever links it; safe to repeat."""
        person = User(wanted.owner_id, wanted.owner_email)
        with self.context.db.begin("tests") as work:
            people.add_user(work.db, person, email_key(person.email), "", work.now_ms)

    def unlink(self, shop_id: str, outbound: Outbound | None = None) -> None:
        async def main(context: Context) -> None:
            await unlink(context, shop_id, actor=f"user:{OWNER}")

        self.play(main, outbound)

    def play(self, main: Any, outbound: Outbound | None = None) -> Any:
        async def run() -> Any:
            calls = outbound or Outbound(allow_private=True)
            try:
                return await main(replace(self.context, outbound=calls))
            finally:
                await calls.close()

        return asyncio.run(run())

    def call(
        self, method: str, path: str, token: str = "", body: Any = None, /, **headers: str
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        text = "" if body is None else json.dumps(body)
        return self.world.request(method, path, sent, text)

    def token(self, client: Json, audience: str) -> str:
        made = {"clientId": client["client_id"], "clientSecret": client["client_secret"]}
        return self.world.issued({"audience": audience}, made)

    def asked(self, client: Json, audience: str) -> int:
        """The status of a token request."""
        form = f"grant_type=client_credentials&client_id={client['client_id']}"
        form += f"&client_secret={client['client_secret']}&audience={audience}&scope="
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.world.request("POST", "/oauth2/token", kind, form).status

    def v7_tokens(self, shop: OldStore) -> Json:
        answer = self.call("GET", "/accounts/v2/shop/firebase/tokens", shop.state["token"])
        assert answer.status == 200, answer.text
        found: Json = answer.json
        return found

    def migrate(self, shop_id: str, shop: OldStore, token: str, /, **more: Any) -> Answer:
        body = {
            "backOfficeUrl": f"{shop.url}/admin-dev",
            "frontendUrl": shop.url,
            "multiShopId": 1,
            "name": "Demo",
            "fromVersion": "7.2.2",
            "proof": PROOF,
        }
        headers = {"X_Shop_Id": shop_id, "X_Module_Version": "8.0.13"}
        return self.call("PUT", f"{IDENTITIES}/{shop_id}/migrate", token, body | more, **headers)

    def topics(self, shop_id: str) -> list[str]:
        """What was announced of the store, in its order."""
        with self.context.db.reading() as db:
            rows = db.execute(outbox.select().where(outbox.c.shop_id == shop_id))
            return [row.topic for row in sorted(rows, key=lambda row: row.id)]

    def audited(self, shop_id: str) -> list[str]:
        with self.context.db.reading() as db:
            rows = db.execute(audit_log.select().where(audit_log.c.shop_id == shop_id))
            return [row.action for row in sorted(rows, key=lambda row: row.id)]


@contextlib.contextmanager
def cloud(engine: str, folder: Path, **changes: Any) -> Iterator[Cloud]:
    settings = {"allow_private_addresses": True, "verify_timeout": 60.0, "verify_rate": 10_000}
    with running(engine, folder, **(settings | changes)) as world:
        context = build(world.context.settings, world.clock, SystemIds())
        asyncio.run(context.signer.ready())  # as a server does before anybody waits for it
        try:
            yield Cloud(world, context)
        finally:
            context.db.close()


def refused(answer: Answer, status: int, code: str) -> Json:
    """The error body, checked against the shape of the Accounts API."""
    assert (answer.status, answer.json["error"]) == (status, code), answer.text
    found: Json = answer.json
    assert set(found) <= {"error", "message", "reason", "response"}
    assert isinstance(found["message"], str) and found["message"]
    return found
