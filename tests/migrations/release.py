"""The dumps of releases, read and written.

`python -m tests.migrations.release NAME` writes them (releases/README.md). Run it in a checkout of
that release: the data is synced, hashed and dumped by its own code.
"""

import gzip
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import LiteralString, cast

import psycopg

from tests import pg, synced
from tests.server import Server, running
from tests.synced import Synced

RELEASES = Path(__file__).parent / "releases"
KEY = "the installation key of the dumps, no secret"
SCALE = 0.1
PG_DUMP = (
    "pg_dump --format=plain --no-owner --no-privileges --no-comments --inserts"
    " --rows-per-insert=200"
).split()


def write(name: str, engine: str, folder: Path = RELEASES) -> None:
    """`NAME-ENGINE.sql.gz`, and `NAME-ENGINE.json`: how to read it and what it must give."""
    with running(engine, secret_key=KEY) as comptoir:
        made = synced.fill(comptoir, SCALE)
        assert comptoir.stop() == 0
        dump = _sqlite(comptoir) if engine == "sqlite" else _postgresql(comptoir)
    packed = gzip.compress(dump.encode(), 9, mtime=0)
    (folder / f"{name}-{engine}.sql.gz").write_bytes(packed)
    wanted = {"secret_key": KEY, "vendor": made.vendor, "hashes": made.hashes}
    text = json.dumps(wanted, indent=1, sort_keys=True) + "\n"
    (folder / f"{name}-{engine}.json").write_text(text, "utf-8")


def names(engine: str) -> list[str]:
    """The releases whose dumps are kept, the oldest first."""
    return sorted(p.name.rpartition("-")[0] for p in RELEASES.glob(f"*-{engine}.sql.gz"))


def load(name: str, engine: str, comptoir: Server) -> Synced:
    """Put a dump where the server will look, with its installation key in the data directory."""
    dump = gzip.decompress((RELEASES / f"{name}-{engine}.sql.gz").read_bytes()).decode()
    wanted = json.loads((RELEASES / f"{name}-{engine}.json").read_text("utf-8"))
    comptoir.data.mkdir(mode=0o700)
    key = comptoir.data / "secret.key"
    key.touch(0o600)
    key.write_text(wanted["secret_key"] + "\n")
    if engine == "sqlite":
        with closing(sqlite3.connect(comptoir.data / "comptoir.db")) as database:
            database.executescript(dump)
    else:
        url = comptoir.environ["COMPTOIR_DATABASE_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(cast("LiteralString", dump))
    return Synced(wanted["vendor"], wanted["hashes"])


def _sqlite(comptoir: Server) -> str:
    with closing(sqlite3.connect(comptoir.data / "comptoir.db")) as database:
        return "\n".join(database.iterdump()) + "\n"


def _postgresql(comptoir: Server) -> str:
    """Without psql's own commands (`\\restrict`), which are not SQL."""
    url = comptoir.environ["COMPTOIR_DATABASE_URL"]
    tool = str(pg.binaries() / PG_DUMP[0])
    done = subprocess.run([tool, *PG_DUMP[1:], url], capture_output=True, check=True)
    lines = done.stdout.decode().split("\n")
    return "\n".join(line for line in lines if not line.startswith("\\"))


if __name__ == "__main__":
    for each in ("sqlite", "postgresql"):
        write(sys.argv[1], each)
