"""Every command of the documents, pasted into a shell against a running server.

Only what names something of this installation is put in: the store's id, the row's id, tokens.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from comptoir.accounts import create_vendor, load_shop, register_module
from comptoir.accounts.store import save_shop
from comptoir.app.wiring import all_endpoints
from comptoir.infra.http import curl
from comptoir.infra.http.documents import documents
from comptoir.infra.http.samples import TOKEN
from comptoir.infra.http.sharing import operations
from comptoir.prestashop.catalogue import catalogue
from tests.contract.people import signed_in
from tests.contract.raw_reference import MADE_ROWS, made_lines
from tests.contract.raw_world import World, running

REFUSED = {
    "verifyShopIdentity": "no store answers at the example's address",
    "migrateShopIdentity": "no store answers at the example's address",
    "refreshShopToken": "the example's token is nobody's",
    "refreshUserToken": "the example's token is nobody's",
    "validateJob": "no run is under way",
    "validateNoJob": "the empty job is never open",
    "uploadRecords": "no run is under way",
    "deleteRecords": "no run is under way",
    "setPointOfContact": "the example's token is nobody's",
    "revokeToken": "the token here is the store's, the client a vendor",
}
"""operationId → why the example cannot succeed here. Its refusal must be a documented one."""
OWNER = "5mE1uT2n"
OPERATIONS = [
    (name, operation["operationId"])
    for name, document in documents(all_endpoints(), "").openapi.items()
    for _, _, operation in operations(document)
]


@dataclass
class Live:
    world: World
    base: str
    made: dict[str, dict[str, Any]]
    env: dict[str, str]
    tokens: dict[str, str]
    shops: dict[str, str]
    """Access → the store that its calls are about."""
    folder: Path
    """Holds the file that uploads send."""

    def run(self, document: str, name: str) -> tuple[int, str, str, dict[str, Any]]:
        """(status, media type, body, operation) of the documented command."""
        method, path, operation = next(
            found for found in operations(self.made[document]) if found[2]["operationId"] == name
        )
        known = self._known(path, operation)
        command = curl.command(self.base, method, path, known).replace(
            TOKEN, self.tokens.get("store", "")
        )
        token = self.tokens.get(operation["x-access"], "")
        done = subprocess.run(
            ["sh", "-c", command + " -s -w '\\n%{http_code} %{content_type}'"],
            env={**os.environ, **self.env, "TOKEN": token},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            cwd=self.folder,
        )
        body, _, last = done.stdout.rpartition("\n")
        status, _, kind = last.partition(" ")
        return int(status), kind, body, operation

    def _known(self, path: str, operation: dict[str, Any]) -> dict[str, Any]:
        shop = self.shops.get(operation["x-access"], "")
        values = {"shop_id": shop, "id": self._row(path, shop), "owner_uid": OWNER}
        params = [
            {**p, "example": values[p["name"]]} if p["in"] == "path" and p["name"] in values else p
            for p in operation.get("parameters", [])
        ]
        known = {**operation, "parameters": params}
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            example = content.get("example")
            if isinstance(example, dict) and "shopId" in example:
                changed = {**content, "example": {**example, "shopId": shop}}
                known["requestBody"] = {"content": {kind: changed}}
        return known

    def _row(self, path: str, shop: str) -> str:
        if not path.endswith("/{id}"):
            return ""
        rows = path.removesuffix("/{id}").replace("{shop_id}", shop)
        found = self.world.request(
            "GET", rows, {"Authorization": f"Bearer {self.tokens['vendor']}"}
        )
        return str(found.json["items"][0]["id"])


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    (folder / "file").write_bytes(b"")
    with running("sqlite", folder / "data") as world:
        base = f"http://127.0.0.1:{world.port}"
        made = documents(all_endpoints(), base).openapi
        with world.context.db.begin("tests") as work:
            vendor = create_vendor(work, "acme", world.context.vault)
            register_module(work, "acme", "acme_reports", list(catalogue()))
        env = {"CLIENT_ID": vendor.client_id, "CLIENT_SECRET": vendor.client_secret}
        found = Live(world, base, made, env, {}, {}, folder)
        found.shops["vendor"] = world.add_shop("made")
        world.ingest("made", made_lines(MADE_ROWS))
        world.consent("made", "acme_reports")
        found.tokens["vendor"] = json.loads(found.run("oauth", "createToken")[2])["access_token"]
        store = json.loads(found.run("accounts", "createShopIdentity")[2])
        found.shops["store"] = store["cloudShopId"]
        found.shops["any store"] = found.shops["store"]
        found.tokens["store"] = found.tokens["any store"] = world.store_token(store)
        found.tokens["user"] = signed_in(world.context, store["clientId"], "Ada")
        _linked(found, store)
        yield found


def _linked(found: Live, made: dict[str, Any]) -> None:
    """The store has an owner, and what it would hold with `ps_accounts` 5 to 7."""
    world, shop_id = found.world, made["cloudShopId"]
    with world.context.db.begin("tests") as work:
        shop = load_shop(work.db, shop_id)
        save_shop(work.db, replace(shop, point_of_contact_uuid=OWNER))
    at = f"/accounts/v1/shop-identities/{shop_id}/tokens"
    tokens = world.get(at, found.tokens["store"]).json
    found.tokens["v7 store"] = world.issued({"audience": f"shop_{shop_id}"}, made)
    found.tokens["legacy store"] = tokens["shop"]["token"]
    found.tokens["legacy owner"] = tokens["pointOfContact"]["token"]
    found.shops.update(dict.fromkeys(("v7 store", "legacy store", "legacy owner"), shop_id))


@pytest.mark.parametrize(("document", "name"), OPERATIONS, ids=[name for _, name in OPERATIONS])
def test_the_documented_command_works(live: Live, document: str, name: str) -> None:
    status, kind, body, operation = live.run(document, name)

    assert str(status) in operation["responses"], body
    assert (status >= 400) == (name in REFUSED), body
    content = operation["responses"][str(status)].get("content", {})
    if not content:
        assert body == ""
        return
    assert kind in content
    shape = {
        **content[kind]["schema"],
        "components": live.made[document]["components"],
    }
    assert [e.message for e in OAS30Validator(shape).iter_errors(json.loads(body))] == []


def test_the_documents_of_the_running_server_are_these(live: Live) -> None:
    for name, document in live.made.items():
        assert live.world.get(f"/openapi/{name}.json").json == document
    page = live.world.request("GET", "/docs", {})
    assert page.status == 200
    assert live.base in page.text


def test_every_exception_is_an_operation() -> None:
    assert REFUSED.keys() <= {name for _, name in OPERATIONS}
