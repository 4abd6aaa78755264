"""What an installation had before there were modes is live, and its credentials go on working."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from comptoir.accounts import find_client, find_shop
from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.base.mode import Mode
from comptoir.infra.database import Database
from comptoir.infra.db import migrate
from comptoir.infra.vault import Vault
from tests import pg

VAULT = Vault("k" * 40)
CLIENT = """INSERT INTO client (client_id, organisation_id, kind, vendor, secret_hash, created_at)
    VALUES ('v_test_looking-id', 'o', 'vendor', 'acme', :hash, 1)"""
SHOP = """INSERT INTO shop (shop_id, frontend_url, created_at, updated_at)
    VALUES ('s', 'https://shop.example', 1, 1)"""


@pytest.fixture
def before(database_url: str, clock: FrozenClock, ids: SeededIds) -> Iterator[Database]:
    """The schema of the first version, with a vendor's client and a store."""
    made = Database(pg.driven(database_url), clock, ids)
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.HERE)))
    with made.begin("test") as work:
        config.attributes["connection"] = work.db
        command.upgrade(config, "0001")
        work.db.execute(sa.text(CLIENT), {"hash": VAULT.hash("cs_old")})
        work.db.execute(sa.text(SHOP))
    yield made
    made.close()


def test_what_was_there_is_live(before: Database) -> None:
    migrate.upgrade(before.engine)

    with before.reading() as db:
        client, shop = find_client(db, "v_test_looking-id"), find_shop(db, "s")
    assert client is not None and shop is not None
    assert (client.mode, shop.mode) == (Mode.LIVE, Mode.LIVE)
    assert VAULT.matches("cs_old", client.secret_hash)
