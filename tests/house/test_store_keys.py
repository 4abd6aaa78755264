"""A table that belongs to a store starts its key with the store (docs/decisions/0003)."""

import pkgutil
from importlib import import_module

import comptoir
from comptoir.infra.db.tables import metadata

SHOP = "shop_id"

EXCEPTIONS: dict[str, str] = {
    # table: why its key cannot start with the store although it names one
    "client": "found by client_id at the token endpoint, and vendors' clients have no store",
}


def load_tables() -> None:
    for module in pkgutil.walk_packages(comptoir.__path__, "comptoir."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            import_module(module.name)


def test_a_store_table_starts_its_primary_key_with_the_store() -> None:
    load_tables()
    wrong = [
        table.name
        for table in metadata.tables.values()
        if SHOP in table.c
        and table.name not in EXCEPTIONS
        and [column.name for column in table.primary_key][:1] != [SHOP]
    ]

    assert not wrong
    assert EXCEPTIONS.keys() <= metadata.tables.keys()


def test_no_index_or_foreign_key_crosses_stores() -> None:
    load_tables()
    wrong = []
    for table in metadata.tables.values():
        if SHOP not in table.c or table.name in EXCEPTIONS:
            continue
        wrong += [
            f"{table.name}: unique index {index.name} does not start with {SHOP}"
            for index in table.indexes
            if index.unique and next(iter(index.columns)).name != SHOP
        ]
        wrong += [
            f"{table.name}: foreign key to {key.referred_table.name} without {SHOP}"
            for key in table.foreign_key_constraints
            if SHOP not in [column.name for column in key.columns]
        ]

    assert not wrong
