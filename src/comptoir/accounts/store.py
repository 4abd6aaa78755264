"""SQL of stores, organisations, clients, modules and consents. Vendors: `vendor_store.py`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import Any

import msgspec
import sqlalchemy as sa

from comptoir.accounts import tables
from comptoir.accounts.errors import ShopNotFound, StoreOfOtherMode
from comptoir.accounts.rules import Client, ClientKind, Consent, Module, Shop
from comptoir.base.mode import Mode
from comptoir.infra.db.dialect import bind_list, lock_store, native, one_of, upsert
from comptoir.infra.work import Work

_SHOP = [tables.shop.c[f.name] for f in fields(Shop)]
_FIND_SHOP = sa.select(*_SHOP).where(tables.shop.c.shop_id == sa.bindparam("shop"))
_CONSENTED = (
    sa.select(tables.consent.c.content, tables.module.c.contents)
    .join(tables.module, tables.module.c.module == tables.consent.c.module)
    .where(
        tables.consent.c.shop_id == sa.bindparam("shop"), tables.consent.c.withdrawn_at.is_(None)
    )
)
_CONSENTED_TO = _CONSENTED.where(tables.module.c.vendor == sa.bindparam("vendor"))
"""Made once: to make a statement costs more than to run it."""


def _shop(row: sa.Row[tuple[object, ...]]) -> Shop:
    values = row._asdict()
    return Shop(**{**values, "mode": Mode(values["mode"])})


def find_shop(db: sa.Connection, shop_id: str) -> Shop | None:
    if "\0" in shop_id:  # PostgreSQL would not even look for it
        return None
    row = db.execute(_FIND_SHOP, {"shop": shop_id}).first()
    return _shop(row) if row else None


def load_shop(db: sa.Connection, shop_id: str) -> Shop:
    """Raises: ShopNotFound."""
    found = find_shop(db, shop_id)
    if found is None:
        raise ShopNotFound(shop_id=shop_id)
    return found


def take_shop(db: sa.Connection, shop_id: str) -> Shop:
    """The store, for who changes it: they take turns until the end of the transaction, for
    `save_shop` writes the whole of it. Raises: ShopNotFound."""
    lock_store(db, shop_id)
    return load_shop(db, shop_id)


def take_address(db: sa.Connection, frontend_url: str) -> None:
    """Who has proved to be there takes turns with others; before `take_shop`, always."""
    lock_store(db, f"address {frontend_url}")


def load_shop_of(db: sa.Connection, shop_id: str, mode: Mode) -> Shop:
    """The store, for a vendor whose token has this mode. Raises: ShopNotFound, StoreOfOtherMode."""
    found = load_shop(db, shop_id)
    if found.mode is not mode:
        raise StoreOfOtherMode(needed=found.mode.value)
    return found


def all_shops(db: sa.Connection) -> list[Shop]:
    """Every store of the installation, oldest first: the operator's list."""
    order = (tables.shop.c.created_at, tables.shop.c.shop_id)
    return [_shop(row) for row in db.execute(sa.select(*_SHOP).order_by(*order))]


def shops_of(db: sa.Connection, organisation_ids: list[str]) -> list[Shop]:
    """The stores of these organisations, by name."""
    theirs = tables.shop.c.organisation_id.in_(organisation_ids)
    order = (tables.shop.c.name, tables.shop.c.created_at, tables.shop.c.shop_id)
    return [_shop(row) for row in db.execute(sa.select(*_SHOP).where(theirs).order_by(*order))]


def other_verified_shops(db: sa.Connection, frontend_url: str, shop_id: str) -> list[Shop]:
    """Verified identities, `shop_id` aside, that claim the same address."""
    at_url = tables.shop.c.frontend_url == frontend_url
    rows = db.execute(
        sa.select(*_SHOP).where(at_url, tables.shop.c.verified, tables.shop.c.shop_id != shop_id)
    )
    return [_shop(row) for row in rows]


def shops_cloned_at(db: sa.Connection, url: str) -> list[Shop]:
    """Those of which a copy was seen at this address."""
    rows = db.execute(sa.select(*_SHOP).where(tables.shop.c.clone_url == url))
    return [_shop(row) for row in rows]


def save_shop(db: sa.Connection, shop: Shop) -> None:
    """All but the mode of a store that is there: the operator alone changes it, with `set_mode`."""
    values = {**asdict(shop), "mode": shop.mode.value}
    upsert(db, tables.shop, values, keep=("created_at", "mode"))


def set_mode(db: sa.Connection, shop_id: str, mode: Mode) -> None:
    db.execute(tables.shop.update().where(tables.shop.c.shop_id == shop_id).values(mode=mode.value))


def set_owner(
    db: sa.Connection,
    shop: Shop,
    *,
    organisation_id: str,
    user_id: str | None,
    email: str | None,
    now: int,
) -> Shop:
    """The store with its new owner; its client and the whole of it go to the organisation."""
    changed = replace(
        shop,
        organisation_id=organisation_id,
        point_of_contact_uuid=user_id,
        point_of_contact_email=email,
        updated_at=now,
    )
    save_shop(db, changed)
    change_client(db, shop.client_id, organisation_id=organisation_id)
    return changed


def set_contact_email(db: sa.Connection, user_id: str, email: str) -> None:
    """The address of a person changed who is some stores' point of contact."""
    theirs = tables.shop.c.point_of_contact_uuid == user_id
    for row in db.execute(sa.select(tables.shop.c.shop_id).where(theirs).order_by("shop_id")).all():
        lock_store(db, row.shop_id)
    db.execute(tables.shop.update().where(theirs).values(point_of_contact_email=email))


def add_organisation(db: sa.Connection, organisation_id: str, name: str, now: int) -> None:
    db.execute(
        tables.organisation.insert().values(
            organisation_id=organisation_id, name=name, created_at=now
        )
    )


def find_organisation(db: sa.Connection, organisation_id: str) -> str | None:
    """Its name; None when there is none."""
    c = tables.organisation.c
    return db.execute(sa.select(c.name).where(c.organisation_id == organisation_id)).scalar()


def rename_organisation(db: sa.Connection, organisation_id: str, name: str) -> None:
    mine = tables.organisation.c.organisation_id == organisation_id
    db.execute(tables.organisation.update().where(mine).values(name=name))


def remove_organisation(db: sa.Connection, organisation_id: str) -> None:
    """One that nothing belongs to."""
    mine = tables.organisation.c.organisation_id == organisation_id
    db.execute(tables.organisation.delete().where(mine))


def add_client(db: sa.Connection, client: Client, organisation_id: str, now: int) -> None:
    db.execute(
        tables.client.insert().values(
            client_id=client.client_id,
            organisation_id=organisation_id,
            kind=client.kind.value,
            shop_id=client.shop_id,
            vendor=client.vendor,
            secret_hash=client.secret_hash,
            mode=client.mode.value,
            name=client.name,
            public=client.public,
            redirect_uris=json.dumps(client.redirect_uris),
            post_logout_uris=json.dumps(client.post_logout_uris),
            scopes=" ".join(client.scopes),
            created_at=now,
        )
    )


_COLUMNS = [name for name in Client.__struct_fields__ if name != "verified"]
_CLIENT = [tables.client.c[name] for name in _COLUMNS]
_CLIENT_SQL = (
    f"SELECT {', '.join(f'c.{name}' for name in _COLUMNS)}, s.verified"  # noqa: S608 - our own names
    " FROM client AS c LEFT JOIN shop AS s ON s.shop_id = c.shop_id WHERE "
)
_FIND_CLIENT = {
    dialect: native(dialect, _CLIENT_SQL + "c.client_id = :key")
    for dialect in ("sqlite", "postgresql")
}
_FIND_CLIENTS = {
    dialect: native(dialect, _CLIENT_SQL + one_of(dialect, "c.client_id"))
    for dialect in ("sqlite", "postgresql")
}
_uris = msgspec.json.Decoder(tuple[str, ...]).decode


def _client(values: dict[str, Any]) -> Client:
    values["kind"] = ClientKind(values["kind"])
    values["mode"] = Mode(values["mode"])
    values["public"] = bool(values["public"])
    values["redirect_uris"] = _uris(values["redirect_uris"])
    values["post_logout_uris"] = _uris(values["post_logout_uris"])
    values["previous_secret_hash"] = values["previous_secret_hash"] or b""
    values["scopes"] = tuple(values["scopes"].split())
    return Client(**values)


def find_client(db: sa.Connection, client_id: str) -> Client | None:
    return None if "\0" in client_id else find_clients(db, [client_id]).get(client_id)


def find_clients(db: sa.Connection, client_ids: Sequence[str]) -> dict[str, Client]:
    """Those of them that there are, by id. By the driver itself: each token asks for one."""
    dialect = db.dialect.name
    cursor = db.connection.cursor()
    if len(client_ids) == 1:
        cursor.execute(_FIND_CLIENT[dialect], {"key": client_ids[0]})
    else:
        cursor.execute(_FIND_CLIENTS[dialect], {"keys": bind_list(dialect, client_ids)})
    found = {}
    for row in cursor.fetchall():
        values = dict(zip(_COLUMNS, row, strict=False))
        values["verified"] = bool(row[-1])
        found[row[0]] = _client(values)
    return found


def clients_of_vendor(db: sa.Connection, vendor: str) -> list[Client]:
    """Also those that are revoked; the oldest first."""
    c = tables.client.c
    order = (c.created_at, c.client_id)
    rows = db.execute(sa.select(*_CLIENT).where(c.vendor == vendor).order_by(*order))
    return [_client(row._asdict()) for row in rows]


def change_client(db: sa.Connection, client_id: str, **values: object) -> None:
    db.execute(
        tables.client.update().where(tables.client.c.client_id == client_id).values(**values)
    )


def end_previous_secret(work: Work, client_id: str) -> None:
    """The present one was used."""
    change_client(work.db, client_id, previous_secret_hash=None, previous_until=None)


def take_client(db: sa.Connection, client_id: str) -> None:
    """Who changes a client by what it is now takes turns with others."""
    lock_store(db, f"client/{client_id}")


def revoke_client(db: sa.Connection, client_id: str, now: int) -> bool:
    """False when it is revoked already."""
    c = tables.client.c
    in_force = (c.client_id == client_id, c.revoked_at.is_(None))
    return db.execute(tables.client.update().where(*in_force).values(revoked_at=now)).rowcount == 1


def delete_client(db: sa.Connection, client_id: str) -> None:
    db.execute(tables.client.delete().where(tables.client.c.client_id == client_id))


def modules_of_vendor(db: sa.Connection, vendor: str) -> list[Module]:
    c = tables.module.c
    rows = db.execute(
        sa.select(c.module, c.vendor, c.contents).where(c.vendor == vendor).order_by(c.module)
    )
    return [Module(row.module, row.vendor, tuple(json.loads(row.contents))) for row in rows]


def find_module(db: sa.Connection, name: str) -> Module | None:
    if "\0" in name:
        return None
    c = tables.module.c
    row = db.execute(sa.select(c.module, c.vendor, c.contents).where(c.module == name)).first()
    return Module(row.module, row.vendor, tuple(json.loads(row.contents))) if row else None


def take_module(db: sa.Connection, name: str) -> None:
    """Who registers a module takes turns with others: the name is the first one's."""
    lock_store(db, f"module/{name}")


def save_module(db: sa.Connection, module: Module, now: int) -> None:
    values = {
        "module": module.name,
        "vendor": module.vendor,
        "contents": json.dumps(module.contents),
        "created_at": now,
        "updated_at": now,
    }
    upsert(db, tables.module, values, keep=("created_at",))


def granted(db: sa.Connection, shop_id: str, module: str) -> dict[str, int]:
    """Contents in force between a store and a module, with the instant of the grant."""
    c = tables.consent.c
    rows = db.execute(
        sa.select(c.content, c.granted_at).where(
            c.shop_id == shop_id, c.module == module, c.withdrawn_at.is_(None)
        )
    )
    return {row.content: row.granted_at for row in rows}


def add_consent(db: sa.Connection, shop_id: str, module: str, content: str, now: int) -> None:
    values = {
        "shop_id": shop_id,
        "module": module,
        "content": content,
        "granted_at": now,
        "withdrawn_at": None,
    }
    upsert(db, tables.consent, values)


def end_consents(
    db: sa.Connection, shop_id: str, module: str, contents: list[str], now: int
) -> None:
    c = tables.consent.c
    in_force = (c.shop_id == shop_id, c.module == module, c.withdrawn_at.is_(None))
    db.execute(
        tables.consent.update().where(*in_force, c.content.in_(contents)).values(withdrawn_at=now)
    )


def consents_of(db: sa.Connection, shop_id: str) -> list[Consent]:
    """What each module may read from the store now."""
    c, m = tables.consent.c, tables.module.c
    rows = db.execute(
        sa.select(c.module, m.vendor, c.content, c.granted_at)
        .join(tables.module, m.module == c.module)
        .where(c.shop_id == shop_id, c.withdrawn_at.is_(None))
        .order_by(c.module, c.content)
    )
    found: dict[str, Consent] = {}
    for row in rows:
        before = found.get(row.module, Consent(row.module, row.vendor, (), row.granted_at))
        found[row.module] = replace(
            before,
            contents=(*before.contents, row.content),
            granted_at=min(before.granted_at, row.granted_at),
        )
    return list(found.values())


def consented_contents(db: sa.Connection, shop_id: str, vendor: str = "") -> set[str]:
    """Contents that some module (of `vendor`, if given) may read from the store now."""
    if vendor:
        found = db.execute(_CONSENTED_TO, {"shop": shop_id, "vendor": vendor})
    else:
        found = db.execute(_CONSENTED, {"shop": shop_id})
    return {content for content, contents in found if content in json.loads(contents)}


def set_versions(db: sa.Connection, shop_id: str, prestashop: str, module: str) -> None:
    """What the store said of its versions; an empty text changes nothing."""
    said = {"prestashop_version": prestashop, "module_version": module}
    values = {name: text for name, text in said.items() if text}
    if values:
        db.execute(tables.shop.update().where(tables.shop.c.shop_id == shop_id).values(values))
