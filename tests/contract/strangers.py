"""Stores and vendors that must not see each other, and a request for any endpoint there is.

`mine` shares with the vendor `first`, `foreign` with `second`; `withdrawn` shared with `first` and
no longer does; `unverified` shares with `first` and has not proved its address. Every text of a
store's rows and of its identity carries the store's own marker.
"""

import asyncio
import base64
import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from comptoir.accounts import find_shop, withdraw
from comptoir.accounts.store import save_shop
from comptoir.app.wiring import all_endpoints
from comptoir.cloudsync import runs
from comptoir.infra import log
from comptoir.infra.http.documents import documents
from comptoir.infra.http.endpoint import Endpoint
from comptoir.infra.http.openapi import operation_id
from comptoir.infra.http.sharing import operations
from comptoir.infra.settings import Settings
from comptoir.oauth.rules import Grant
from comptoir.prestashop.catalogue import catalogue
from tests.cloudsync.ground import BOUNDARY, multipart
from tests.contract.people import signed_in
from tests.contract.raw_reference import made_lines
from tests.contract.raw_world import VENDOR, Answer, World, running

FIRST, SECOND = VENDOR, "second"
STORES = ("mine", "foreign", "withdrawn", "unverified")
PLAIN = re.compile(r"[-+0-9.:T]*|Europe/Paris")
"""Texts that must stay as they are: numbers, times, ids, the zone."""
UNLIMITED = {
    f.name: 1_000_000
    for f in fields(Settings)
    if f.type in (int, float) and {"rate", "minute"} & set(f.name.split("_"))
}
"""Every setting that says how often one may call: these tests call more often."""
GARBAGE = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"
Json = dict[str, Any]


@dataclass(frozen=True)
class Store:
    name: str
    shop_id: str
    token: str
    expired: str
    job_id: str
    client_id: str
    client_secret: str
    old: dict[str, str] = field(default_factory=dict)
    """What the same store holds when it has `ps_accounts` 5 to 7: access → token."""
    refresh: dict[str, str] = field(default_factory=dict)
    """operationId → the refresh token that it takes."""

    @property
    def owner(self) -> str:
        return f"owner-{self.name}"

    @property
    def marker(self) -> str:
        return marker_of(self.name)


def marker_of(name: str) -> str:
    return f"Zq{name.capitalize()}Zq"


@dataclass(frozen=True)
class Sent:
    """A request before anybody's token is put to it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def names(self, store: Store) -> bool:
        """Whether it is about that store, by path or body."""
        return store.shop_id in self.path or store.shop_id.encode() in self.body


@dataclass
class Strangers:
    world: World
    stores: dict[str, Store] = field(default_factory=dict)
    vendors: dict[str, str] = field(default_factory=dict)
    """Vendor → its token."""
    people: dict[str, str] = field(default_factory=dict)
    """Store → the access token of a person who signed in to it."""
    others: dict[str, str] = field(default_factory=dict)
    """Tokens that open nothing: name → token."""

    @cached_property
    def examples(self) -> dict[str, Json]:
        """operationId → its operation in the documents."""
        made = documents(all_endpoints(), self.world.context.settings.base).openapi
        return {
            operation["operationId"]: operation
            for document in made.values()
            for _, _, operation in operations(document)
        }

    def request(self, sent: Sent, token: str) -> Answer:
        given = {"Authorization": f"Bearer {token}"} if token else {}
        return self.world.request(sent.method, sent.path, {**sent.headers, **given}, sent.body)

    def build(self, endpoint: Endpoint, store: Store) -> Sent:
        """A request that `endpoint` takes, about `store`; fails where it must be taught one."""
        values = self.values(store)
        if endpoint.name in store.refresh:
            values["token"] = store.refresh[endpoint.name]
        path, headers, query = endpoint.path, {}, {}
        for name in re.findall(r"\{(\w+)(?::\w+)?\}", endpoint.path):
            value = self.row(endpoint, store) if name == "id" else values.get(name)
            assert value is not None, f"{endpoint.path}: tell Strangers.values what {name} is"
            path = re.sub(rf"\{{{name}(:\w+)?\}}", quote(str(value), safe=""), path)
        operation = self.examples[operation_id(endpoint)]
        for param in operation.get("parameters", []):
            if param.get("required") and param["in"] != "path":
                value = values.get(param["name"], param.get("example"))
                assert value is not None, f"{endpoint.path}: {param['name']} needs an example"
                {"header": headers, "query": query}[param["in"]][param["name"]] = str(value)
        kind, body = self._body(endpoint, operation, values)
        if kind:
            headers["Content-Type"] = kind
        asked = f"{path}?{urlencode(query)}" if query else path
        return Sent(endpoint.method, asked, headers, body)

    def values(self, store: Store) -> Json:
        """What stands for a name in paths, parameters and bodies."""
        return {
            "shop_id": store.shop_id,
            "shopId": store.shop_id,
            "job_id": store.job_id,
            "owner_uid": store.owner,
            "module": f"{FIRST}_all",
            "vendor": FIRST,
            "vendor_id": FIRST,
            "vendorId": FIRST,
            "shopContents": ["orders"],
            "pointOfContactJWT": self.people[store.name],
        }

    def credentials(self, store: Store) -> Json:
        """What the store's own client sends for a token, and one that it got."""
        return {
            "client_id": store.client_id,
            "client_secret": store.client_secret,
            "grant_type": "client_credentials",
            "audience": f"store/{store.shop_id} {self.world.context.settings.base}/accounts",
            "scope": "",
            "token": store.token,
        }

    def row(self, endpoint: Endpoint, store: Store) -> str:
        """The id of a row of the list that the endpoint belongs to."""
        rows, slash, rest = endpoint.path.partition("/{id}")
        assert slash and not rest, f"{endpoint.path}: whose id is it?"
        path = rows.replace("{shop_id}", store.shop_id)
        reader = self.vendors[SECOND if store.name == "foreign" else FIRST]
        if store.name == "withdrawn":
            path = rows.replace("{shop_id}", self.stores["mine"].shop_id)
        found = self.world.get(path, reader)
        assert found.status == 200, found.text
        return str(found.json["items"][0]["id"])

    def _body(self, endpoint: Endpoint, operation: Json, values: Json) -> tuple[str, bytes]:
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return "", b""
        ((kind, described),) = content.items()
        if kind == "multipart/form-data":
            return f"{kind}; boundary={BOUNDARY}", multipart(UPLOADED)
        example = described.get("example")
        assert isinstance(example, dict), f"{endpoint.path}: its body needs an example"
        filled = {name: values.get(name, value) for name, value in example.items()}
        if kind == "application/json":
            return kind, json.dumps(filled).encode()
        assert kind == "application/x-www-form-urlencoded", f"{endpoint.path}: {kind}?"
        return kind, urlencode(filled).encode()


UPLOADED = [json.dumps({"action": "upsert", "collection": "languages", "properties": {}}).encode()]


def marked(lines: Iterable[bytes], marker: str) -> Iterator[bytes]:
    """The lines with the marker in every text that may have it."""
    for text in lines:
        record = json.loads(text)
        name = next(c.name for c in catalogue().values() if c.collection == record["collection"])
        known = catalogue()[name].by_name
        sent = record["properties"]
        for key, value in sent.items():
            if isinstance(value, dict):
                sent[key] = {k: f"{v}{marker}" for k, v in value.items()}
            elif isinstance(value, str) and known[key].base64:
                whole = base64.b64decode(value) + marker.encode()
                sent[key] = base64.b64encode(whole).decode()
            elif isinstance(value, str) and not PLAIN.fullmatch(value):
                sent[key] = value + marker
        yield json.dumps(record).encode()


@contextlib.contextmanager
def strangers(engine: str, folder: Path, rows: int = 3) -> Iterator[Strangers]:
    """The server with all of them."""
    log.configure("error")
    with running(engine, folder, **UNLIMITED) as world:
        there = Strangers(world)
        there.vendors[FIRST] = world.vendor(FIRST, f"{FIRST}_all", list(catalogue()))
        there.vendors[SECOND] = world.vendor(SECOND, f"{SECOND}_all", list(catalogue()))
        there.others["expired vendor"] = there.vendors[FIRST]
        secrets = {name: _identity(world, name) for name in STORES}
        early = {name: world.store_token(made) for name, made in secrets.items()}
        world.clock.advance(timedelta(hours=3))
        for name, vendor in ((FIRST, FIRST), (SECOND, SECOND)):
            there.vendors[name] = _issued(world, f"tech-vendor/{vendor}", API)
        for name, made in secrets.items():
            world.shops[name] = made["cloudShopId"]
            world.ingest(name, marked(made_lines(rows), marker_of(name)))
            world.consent(name, f"{SECOND if name == 'foreign' else FIRST}_all")
            there.stores[name] = Store(
                name,
                made["cloudShopId"],
                world.store_token(made),
                early[name],
                _job(world, name),
                made["clientId"],
                made["clientSecret"],
            )
        for store in there.stores.values():
            linked(world, store)
        with world.context.db.begin("tests") as work:
            withdraw(work, world.shops["withdrawn"], f"{FIRST}_all")
        for name, store in there.stores.items():
            there.people[name] = signed_in(world.context, store.client_id, store.marker)
        _others(there)
        yield there


def linked(world: World, store: Store) -> None:
    """The store has its owner, and the tokens of before version 8 that are good now."""
    with world.context.db.begin("tests") as work:
        shop = find_shop(work.db, store.shop_id)
        assert shop is not None
        save_shop(work.db, replace(shop, point_of_contact_uuid=store.owner))
    answer = world.get(f"/accounts/v1/shop-identities/{store.shop_id}/tokens", store.token)
    assert answer.status == 200, answer.text
    own, owner = answer.json["shop"], answer.json["pointOfContact"]
    made = {"clientId": store.client_id, "clientSecret": store.client_secret}
    store.old["v7 store"] = world.issued({"audience": f"shop_{store.shop_id}"}, made)
    store.old["legacy store"] = own["token"]
    store.old["legacy owner"] = owner["token"]
    store.refresh["refreshShopToken"] = own["refreshToken"]
    store.refresh["refreshUserToken"] = owner["refreshToken"]


API = "https://api.cloudsync.prestashop.com"


def _others(there: Strangers) -> None:
    world, mine = there.world, there.stores["mine"]
    there.others |= {
        "none": "",
        "garbage": GARBAGE,
        "expired store": mine.expired,
        "our call to the store": _issued(world, f"ps_accounts/{mine.shop_id}", API),
        "store without API": _issued(world, f"store/{mine.shop_id}"),
        "store for another API": _issued(
            world, f"store/{mine.shop_id}", "https://elsewhere.example"
        ),
        "vendor without API": _issued(world, f"tech-vendor/{FIRST}"),
        "both at once": _issued(world, f"store/{mine.shop_id}", f"tech-vendor/{FIRST}", API),
        "API alone": _issued(world, API),
    }


def _issued(world: World, *audiences: str) -> str:
    """A token of ours with these audiences, whether or not a client could ask for it."""
    signer: Any = world.context.signer
    return str(asyncio.run(signer.issue("client", Grant(audiences, ()))))


def _identity(world: World, name: str) -> Json:
    marker = marker_of(name)
    described = {
        "frontendUrl": f"https://{marker}.example".lower(),
        "backOfficeUrl": f"https://{marker}.example/admin-{marker}",
        "multiShopId": 1,
        "name": f"Shop {marker}",
    }
    kind = {"Content-Type": "application/json"}
    made = world.request("POST", "/accounts/v1/shop-identities", kind, json.dumps(described))
    assert made.status == 201, made.text
    found: Json = made.json
    with world.context.db.begin("tests") as work:
        shop = find_shop(work.db, found["cloudShopId"])
        assert shop is not None
        save_shop(work.db, replace(shop, verified=name != "unverified"))
    return found


def _job(world: World, name: str) -> str:
    with world.context.db.begin("tests") as work:
        (run,) = runs.open_runs(work, world.shops[name], "languages", [""], full=False)
    return str(run.run_id)
