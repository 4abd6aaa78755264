"""Which unchanged rows a full run has met: their keys, an upload's worth at a time.

At the end of the run whatever was neither written nor met is gone from the store. Keys are kept
compressed, some 3 bytes each, until the run has ended.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
import zstandard

from comptoir.cloudsync.tables import RAW, row_met
from comptoir.infra.db import dialect
from comptoir.prestashop.catalogue import Content


class Pass(NamedTuple):
    """One pass of a full run."""

    run_id: str
    number: int


_OF_PASS = (
    row_met.c.shop_id == sa.bindparam("shop"),
    row_met.c.run_id == sa.bindparam("run"),
    row_met.c["pass"] == sa.bindparam("number"),
)
_NOTE = row_met.insert().values(
    shop_id=sa.bindparam("shop"),
    run_id=sa.bindparam("run"),
    **{"pass": sa.bindparam("number")},
    part=sa.select(sa.func.coalesce(sa.func.max(row_met.c.part), 0) + 1)
    .where(*_OF_PASS)
    .scalar_subquery(),
    content=sa.bindparam("what"),
    sort_ids=sa.bindparam("keys"),
)


def note(
    db: sa.Connection, shop_id: str, full: Pass, content: Content, keys: Sequence[str]
) -> None:
    db.execute(
        _NOTE,
        {
            "shop": shop_id,
            "run": full.run_id,
            "number": full.number,
            "what": content.name,
            "keys": zstandard.compress(msgspec.json.encode(keys), 1),
        },
    )


def missing(
    db: sa.Connection,
    shop_id: str,
    content: Content,
    passes: Sequence[Pass],
    *conditions: sa.ColumnElement[bool],
) -> list[str]:
    """Keys of the live rows that meet all conditions and were not met in these passes.

    Makes a temporary table and drops it again.
    """
    table = RAW[content.name]
    query = sa.select(table.c.sort_id).where(
        table.c.shop_id == shop_id, table.c.removed_at.is_(None), *conditions
    )
    parts = _parts(db, shop_id, content, passes)
    if not parts:
        return list(db.execute(query).scalars())
    add = sa.text(f"INSERT INTO met SELECT {dialect.texts_of(db.dialect.name, 'keys')}")
    db.execute(sa.text(f"CREATE TEMPORARY TABLE met (sort_id text{dialect.bytewise(db)})"))
    for part in parts:
        db.execute(add, {"keys": zstandard.decompress(part).decode()})
    db.execute(sa.text("CREATE INDEX met_sort_id ON met (sort_id)"))
    here = sa.text(f"NOT EXISTS (SELECT 1 FROM met WHERE met.sort_id = {table.name}.sort_id)")
    found = list(db.execute(query.where(here)).scalars())
    db.execute(sa.text("DROP TABLE met"))
    return found


def _parts(
    db: sa.Connection, shop_id: str, content: Content, passes: Sequence[Pass]
) -> list[bytes]:
    c = row_met.c
    these = sa.or_(*(sa.and_(c.run_id == p.run_id, c["pass"] == p.number) for p in passes))
    query = sa.select(c.sort_ids).where(c.shop_id == shop_id, c.content == content.name, these)
    return [bytes(keys) for keys in db.execute(query).scalars()]


def forget(db: sa.Connection, shop_id: str, open_runs: "sa.Select[Any]") -> None:
    """Drop what runs that have ended had met."""
    c = row_met.c
    db.execute(row_met.delete().where(c.shop_id == shop_id, c.run_id.not_in(open_runs)))
