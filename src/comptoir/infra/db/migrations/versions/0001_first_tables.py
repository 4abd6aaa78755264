"""The first tables: accounts, keys, the 35 raw contents, sync state, outbox and audit log.

The columns stand beside this file as they were on that day: the catalogue moves on, this does not.
"""

import json
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from comptoir.infra.db.tables import Text

revision = "0001"
down_revision = None

TYPES = {
    "boolean": sa.Boolean,
    "bigint": sa.BigInteger,
    "smallint": sa.SmallInteger,
    "double": sa.Double,
    "text": Text,
    "binary": sa.LargeBinary,
}


def upgrade() -> None:
    tables = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    for name, table in tables.items():
        columns = [
            sa.Column(
                column,
                TYPES[kind](),
                nullable=null != "not null",
                server_default=None if default is None else sa.text(_literal(kind, default)),
            )
            for column, kind, null, default in table["columns"]
        ]
        op.create_table(name, *columns, sa.PrimaryKeyConstraint(*table["key"], name=f"pk_{name}"))
        for index, indexed in table["indexes"].items():
            op.create_index(index, name, indexed)


def _literal(kind: str, default: str) -> str:
    return f"'{default}'" if kind == "text" else default
