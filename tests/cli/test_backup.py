"""Backup, restore and move, with real servers: what was acknowledged is there, or nothing is."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg
import pytest
import sqlalchemy as sa

from comptoir.app.wiring import build
from comptoir.cloudsync import runs
from comptoir.infra.db import ends, snapshot
from comptoir.infra.settings import load as load_settings
from tests import synced
from tests.cloudsync.ground import BOUNDARY, line, multipart
from tests.conftest import SLICE, VERIFY
from tests.eventually import eventually
from tests.migrations import release
from tests.server import Identity, Server, prepared
from tests.synced import Synced

STORES = 3
PAGE = 40
LAST = 64
"""Bytes of a backup that a restore is kept waiting for."""
ACKNOWLEDGED = 300 if VERIFY else 12
"""Uploads that have been answered before the backup begins."""
MODULE = ("module", "register", "--vendor", "reader", "reads", "--contents", "categories")


@pytest.fixture(params=SLICE)
def engine(request: pytest.FixtureRequest) -> str:
    """Both in `make verify`: each of these takes long."""
    name: str = request.param
    return name


@contextmanager
def installed(engine: str) -> Iterator[tuple[Server, Synced]]:
    """The installation of the last release, upgraded; the stores are gone. Not started."""
    with prepared(engine, allow_private_addresses="0") as comptoir:
        made = release.load(release.names(engine)[-1], engine, comptoir)
        assert comptoir.quick_cli("store", "list")
        yield comptoir, made


def url_of(comptoir: Server) -> sa.URL:
    environ = {k: v for k, v in comptoir.environ.items() if k.startswith("COMPTOIR_")}
    return sa.make_url(load_settings(environ=environ).database)


def sums(comptoir: Server) -> dict[str, snapshot.Sum]:
    with ends.living(url_of(comptoir)) as db:
        return snapshot.sums(db)


def is_empty(comptoir: Server) -> bool:
    """No database in the data directory, or nothing in the PostgreSQL database."""
    if "COMPTOIR_DATABASE_URL" not in comptoir.environ:
        return not (comptoir.data / "comptoir.db").exists()
    with psycopg.connect(comptoir.environ["COMPTOIR_DATABASE_URL"]) as db:
        found = db.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchone()
    return found is None


def refused(comptoir: Server, *arguments: str) -> str:
    """What a command that fails says; nothing on standard output."""
    done = comptoir.quick(*arguments)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@dataclass
class Uploader:
    """One store that uploads page after page, and remembers what was acknowledged."""

    comptoir: Server
    store: Identity
    run_id: str
    acknowledged: int = 0
    refusals: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        token = self.comptoir.store_token(self.store)
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        while not self.ended.is_set():
            first = self.acknowledged * PAGE
            lines = [line("categories", category(n)) for n in range(first, first + PAGE)]
            path = f"/collector/upload/{self.run_id}"
            answer = self.comptoir.request(
                "POST", path, body=multipart(lines), token=token, headers=headers
            )
            if answer.status != 201:
                self.refusals.append(answer.text)
                return
            self.acknowledged += 1


def category(number: int) -> dict[str, object]:
    return {
        "id_category": number,
        "unique_category_id": f"{number}-1-en",
        "id_parent": 2,
        "name": f"“Name” {number} \r\n 👵🏼",
        "description": None if number % 3 else "",
        "iso_code": "en",
        "created_at": "2024-07-16T15:33:56+0200",
        "updated_at": "2024-07-16T15:33:56+0200",
    }


def uploaders(comptoir: Server) -> list[Uploader]:
    """Stores with a run under way that anybody may read, made beside the server."""
    made = []
    for number in range(STORES):
        store = comptoir.create_identity(f"http://127.0.0.1:1/store{number}")
        of_store = ("--shop", store.shop_id, "--module", "reads")
        comptoir.quick_cli("consent", "grant", *of_store)
        made.append(store)
    environ = {k: v for k, v in comptoir.environ.items() if k.startswith("COMPTOIR_")}
    context = build(load_settings(environ=environ))
    found = []
    for store in made:
        with context.db.begin("test") as work:
            (run,) = runs.open_runs(work, store.shop_id, "categories", ["en"], full=True)
        found.append(Uploader(comptoir, store, run.run_id))
    context.db.close()
    return found


@contextmanager
def uploading(comptoir: Server) -> Iterator[list[Uploader]]:
    """The stores upload until the block ends."""
    stores = uploaders(comptoir)
    threads = [threading.Thread(target=store.work) for store in stores]
    for thread in threads:
        thread.start()
    try:
        yield stores
    finally:
        for store in stores:
            store.ended.set()
        for thread in threads:
            thread.join()
    assert not any(store.refusals for store in stores), stores[0].refusals


def ids_of(comptoir: Server, bearer: str, shop_id: str) -> list[int]:
    return sorted(
        int(row["idCategory"]) for row in synced._rows(comptoir, bearer, shop_id, "categories")
    )


def test_a_backup_under_load_has_all_that_was_acknowledged(engine: str, tmp_path: Path) -> None:
    file = tmp_path / "a.backup"
    with installed(engine) as (comptoir, made), prepared(engine) as other:
        comptoir.start()
        reader = comptoir.quick_cli("vendor", "create", "reader")
        comptoir.quick_cli(*MODULE)
        bearer = comptoir.vendor_token(reader)
        old = comptoir.vendor_token(made.vendor)
        with uploading(comptoir) as stores:
            eventually(lambda: sum(s.acknowledged for s in stores) >= ACKNOWLEDGED, 60)
            before = [store.acknowledged for store in stores]
            told = comptoir.cli("backup", str(file))
            after = [store.acknowledged + 1 for store in stores]
        assert sum(after) > sum(before) + STORES, "uploads went on meanwhile"
        assert comptoir.stop() == 0
        assert (told["secret_key"], told["bytes"]) == ("included", file.stat().st_size)
        assert file.stat().st_mode & 0o777 == 0o600

        # Tokens name the address they were made at.
        other.environ["COMPTOIR_PUBLIC_URL"] = comptoir.base
        other.environ["COMPTOIR_ALLOW_PRIVATE_ADDRESSES"] = "0"
        assert other.cli("restore", str(file))["rows"] == told["rows"]
        key = other.data / "secret.key"
        assert key.read_bytes() == (comptoir.data / "secret.key").read_bytes()
        assert key.stat().st_mode & 0o777 == 0o600
        other.start()
        assert synced._read(other, old, made.hashes) == made.hashes, "old tokens verify"
        assert other.vendor_token(made.vendor), "the clients' secrets count"
        for store, least, most in zip(stores, before, after, strict=True):
            found = ids_of(other, bearer, store.store.shop_id)
            assert found == list(range(len(found))), "pages come whole and in order"
            assert least * PAGE <= len(found) <= most * PAGE and not len(found) % PAGE
        assert other.stop() == 0


def test_a_backup_changes_nothing_and_restores_to_the_same(engine: str, tmp_path: Path) -> None:
    file, again = tmp_path / "a.backup", tmp_path / "b.backup"
    with installed(engine) as (comptoir, _), prepared(engine) as other:
        before = sums(comptoir)
        told = comptoir.quick_cli("backup", str(file))
        assert sums(comptoir) == before
        assert told["rows"] == sum(total.rows for total in before.values())
        said = refused(comptoir, "backup", str(file))
        assert "is there already" in said and "--force" in said
        assert comptoir.quick("backup", str(file), "--force").returncode == 0
        assert [p.name for p in tmp_path.iterdir()] == ["a.backup"]

        text = other.quick("restore", str(file)).stdout
        assert f"{told['rows']} rows" in text
        assert sums(other) == before
        assert other.quick_cli("backup", str(again))["rows"] == told["rows"]
        said = refused(other, "restore", str(file))
        assert "not empty" in said or "there already" in said
        assert sums(other) == before


def test_moves_to_the_other_engine_and_back(engine: str) -> None:
    there, back = ("postgresql", "sqlite") if engine == "sqlite" else ("sqlite", "postgresql")
    with installed(engine) as (comptoir, made), prepared(there) as other, prepared(back) as home:
        before, key = sums(comptoir), (comptoir.data / "secret.key").read_bytes()
        target = other.environ.get("COMPTOIR_DATABASE_URL", "sqlite")
        target = target.replace("comptoir@", "comptoir:sesame@")
        moved = comptoir.quick_cli("move", "--to", target)
        assert "sesame" not in json.dumps(moved)
        assert sums(comptoir) == before, "the source stays"
        if engine == "sqlite":
            assert "COMPTOIR_DATABASE_URL=postgresql://comptoir:***@" in moved["next"]
            comptoir.environ["COMPTOIR_DATABASE_URL"] = target
        else:
            assert "unset COMPTOIR_DATABASE_URL" in moved["next"]
            del comptoir.environ["COMPTOIR_DATABASE_URL"]
        assert sums(comptoir) == before
        comptoir.start()
        assert synced.hashes(comptoir, made) == made.hashes
        assert (comptoir.data / "secret.key").read_bytes() == key
        target = home.environ.get("COMPTOIR_DATABASE_URL") or f"sqlite:///{home.data}/comptoir.db"
        said = refused(comptoir, "move", "--to", target)
        assert "stop" in said, "a server is running"
        assert is_empty(home)
        assert comptoir.stop() == 0
        comptoir.quick_cli("move", "--to", target)
        assert sums(home) == sums(comptoir)


def test_other_sessions_on_postgresql_may_be_no_servers() -> None:
    with installed("postgresql") as (comptoir, _):
        with psycopg.connect(
            comptoir.environ["COMPTOIR_DATABASE_URL"], application_name="watcher", autocommit=True
        ) as db:
            db.execute("SELECT 1")
            said = refused(comptoir, "move", "--to", "sqlite")
            assert "watcher" in said and "--stopped" in said
            assert not (comptoir.data / "comptoir.db").exists()
            assert comptoir.quick("move", "--to", "sqlite", "--stopped").returncode == 0
            # Who writes now was not held up for ever.
            db.execute("UPDATE vendor SET created_at = created_at")
        assert (comptoir.data / "comptoir.db").exists()


def test_a_session_that_is_ending_is_waited_for() -> None:
    """PostgreSQL ends those of a server a little after it has stopped."""
    with installed("postgresql") as (comptoir, _):
        session = psycopg.connect(comptoir.environ["COMPTOIR_DATABASE_URL"])
        threading.Timer(0.2, session.close).start()
        with ends.at_rest(url_of(comptoir), stopped=False) as source:
            assert session.closed
            assert snapshot.sums(source)


def test_nobody_writes_to_the_source_of_a_move(engine: str) -> None:
    with installed(engine) as (comptoir, _), ends.at_rest(url_of(comptoir), stopped=False) as db:
        assert snapshot.sums(db)
        if engine == "sqlite":
            locked = pytest.raises(sqlite3.OperationalError, match="locked")
            file = comptoir.data / "comptoir.db"
            with closing(sqlite3.connect(file, timeout=0.1)) as lite, locked:
                lite.execute("UPDATE vendor SET created_at = created_at")
            return
        with psycopg.connect(comptoir.environ["COMPTOIR_DATABASE_URL"]) as other:
            other.execute("SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("UPDATE vendor SET created_at = created_at")


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backup") / "a.backup"
    with installed("sqlite") as (comptoir, _):
        comptoir.quick_cli("backup", str(file))
    return file


def test_damaged_and_cut_backups_leave_nothing(engine: str, backup: Path, tmp_path: Path) -> None:
    whole = backup.read_bytes()
    middle = len(whole) // 2
    wrong = {
        "another file": b"SQLite format 3\0" + whole,
        "nothing": b"",
        "cut": whole[:middle],
        "its end cut": whole[:-1],
        "damaged": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
    }
    with prepared(engine) as other:
        for what, content in wrong.items():
            file = tmp_path / what
            file.write_bytes(content)
            said = refused(other, "restore", str(file))
            assert "damaged" in said or "cut short" in said or "no backup" in said, what
            assert is_empty(other), what
            assert not list(other.data.glob("*")), what
        assert "No such file" in refused(other, "restore", str(tmp_path / "none"))
        other.quick_cli("restore", str(backup))


class Held:
    """A restore that has read most of its backup and waits for the rest."""

    def __init__(self, process: "subprocess.Popen[str]", pipe: IO[bytes], rest: bytes) -> None:
        self._process, self._pipe, self._rest = process, pipe, rest

    def finish(self) -> tuple[int, str]:
        """Give it the rest. Its status and what it said."""
        self._pipe.write(self._rest)
        self._pipe.close()
        out, err = self._process.communicate(timeout=60)
        return self._process.returncode, out + err

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def held(comptoir: Server, backup: Path, folder: Path) -> Iterator[Held]:
    path, whole = folder / "pipe", backup.read_bytes()
    os.mkfifo(path)
    command = [sys.executable, "-m", "comptoir.app.main", "restore", str(path)]
    with subprocess.Popen(
        command, env=comptoir.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            with path.open("wb", buffering=0) as pipe:
                pipe.write(whole[:-LAST])
                eventually(lambda: under_way(comptoir), 30)
                yield Held(process, pipe, whole[-LAST:])
        finally:
            process.kill()


def under_way(comptoir: Server) -> bool:
    """Whether somebody is making the tables."""
    if "COMPTOIR_DATABASE_URL" not in comptoir.environ:
        return (comptoir.data / ".comptoir.db.part").exists()
    with psycopg.connect(comptoir.environ["COMPTOIR_DATABASE_URL"]) as db:
        query = (
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON l.database = d.oid"
            " WHERE datname = current_database() AND mode = 'AccessExclusiveLock'"
        )
        (count,) = db.execute(query).fetchone() or (0,)
    return int(count) > 30


def test_a_restore_that_is_killed_leaves_nothing(engine: str, backup: Path, tmp_path: Path) -> None:
    with prepared(engine) as other, installed("sqlite") as (comptoir, _):
        with held(other, backup, tmp_path) as restore:
            restore.kill()
        eventually(lambda: is_empty(other))
        assert not (other.data / "secret.key").exists()
        other.quick_cli("restore", str(backup))
        assert sorted(path.name for path in other.data.iterdir()) == (
            ["comptoir.db", "secret.key"] if engine == "sqlite" else ["secret.key"]
        )
        assert sums(other) == sums(comptoir)


def test_what_is_made_beside_a_restore_stays(engine: str, backup: Path, tmp_path: Path) -> None:
    """On SQLite a server or a command that comes first has its own installation, whole. On
    PostgreSQL it waits, and goes on with what was restored."""
    with prepared(engine) as other, held(other, backup, tmp_path) as restore:
        command = [sys.executable, "-m", "comptoir.app.main", "vendor", "create", "first"]
        with subprocess.Popen(command, env=other.environ, stdout=subprocess.DEVNULL) as second:
            if engine == "sqlite":
                assert "under way" in refused(other, "restore", str(backup))
                assert second.wait(30) == 0
                code, said = restore.finish()
                assert code == 1 and "secret.key was made meanwhile" in said
            else:
                code, said = restore.finish()
                assert code == 0, said
                assert other.quick_cli("store", "list")
            assert second.wait(30) == 0
        assert "choose another name" in refused(other, "vendor", "create", "first")


def test_the_key_is_given_by_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "a.backup"
    with installed("sqlite") as (comptoir, _), prepared("sqlite") as other:
        key = (comptoir.data / "secret.key").read_text().strip()
        (comptoir.data / "secret.key").unlink()
        said = refused(comptoir, "backup", str(file))
        assert "COMPTOIR_SECRET_KEY" in said and not file.exists()
        comptoir.environ["COMPTOIR_SECRET_KEY"] = "another key, as long as it has to be"
        assert "another key" in refused(comptoir, "backup", str(file))
        comptoir.environ["COMPTOIR_SECRET_KEY"] = key
        assert comptoir.quick_cli("backup", str(file))["secret_key"] == "not included"
        assert key.encode() not in file.read_bytes()

        assert "set COMPTOIR_SECRET_KEY" in refused(other, "restore", str(file))
        other.environ["COMPTOIR_SECRET_KEY"] = "another key, as long as it has to be"
        assert "set the right one" in refused(other, "restore", str(file))
        assert is_empty(other)
        other.environ["COMPTOIR_SECRET_KEY"] = key
        other.quick_cli("restore", str(file))
        assert not (other.data / "secret.key").exists()


def test_another_key_in_the_data_directory_is_not_overwritten(backup: Path, tmp_path: Path) -> None:
    with prepared("sqlite") as other:
        other.data.mkdir()
        (other.data / "secret.key").write_text("the key of somebody else's installation\n")
        assert "move it away" in refused(other, "restore", str(backup))
        assert is_empty(other)


def test_only_a_backup_is_replaced(tmp_path: Path) -> None:
    """Not the database that is being backed up, nor the key, nor what a link leads to."""
    with installed("sqlite") as (comptoir, _):
        made, link = tmp_path / "a.backup", tmp_path / "link"
        comptoir.quick_cli("backup", str(made))
        link.symlink_to(made)
        kept = {p: p.read_bytes() for p in (comptoir.data / "secret.key", made)}
        for path in (comptoir.data / "comptoir.db", comptoir.data / "secret.key", link):
            assert "no backup" in refused(comptoir, "backup", str(path), "--force")
        assert {p: p.read_bytes() for p in kept} == kept
        assert link.is_symlink()
        assert comptoir.quick_cli("store", "list")
        assert "--force" in refused(comptoir, "backup", str(made))
        comptoir.quick_cli("backup", str(made), "--force")


def test_a_restore_needs_a_directory(backup: Path, tmp_path: Path) -> None:
    with prepared("sqlite") as other:
        file = tmp_path / "file"
        file.write_text("x")
        said = refused(other, "restore", str(backup), "--data", str(file))
        assert "name a directory" in said


def test_what_is_damaged_or_gone_is_named(tmp_path: Path) -> None:
    with installed("sqlite") as (comptoir, _):
        key = comptoir.data / "secret.key"
        kept = key.read_bytes()
        key.unlink()
        assert "put it back" in refused(comptoir, "store", "list")
        assert not key.exists(), "a wrong one would hide what is missing"
        key.write_bytes(b"\xff" * 40)
        for command in (("store", "list"), ("backup", str(tmp_path / "x"))):
            assert "secret.key" in refused(comptoir, *command)
        key.write_bytes(kept)
        (comptoir.data / "comptoir.db").write_bytes(b"no database at all" * 100)
        for command in (("store", "list"), ("serve", "--port", "1")):
            assert "restore" in refused(comptoir, *command)


@pytest.mark.parametrize(
    "to", ["", "mysql://h/x", "postgresql://h:port/x", "postgresql://u:sesame@127.0.0.1:1/x"]
)
def test_targets_that_cannot_be_used(to: str) -> None:
    with installed("sqlite") as (comptoir, _):
        done = comptoir.quick("move", "--to", to)
        assert done.returncode in (1, 2) and done.stdout == ""
        assert done.stderr.startswith("error: ") and "sesame" not in done.stderr


def test_there_must_be_an_installation(engine: str, tmp_path: Path) -> None:
    with prepared(engine) as other:
        for command in (("backup", str(tmp_path / "x")), ("move", "--to", "sqlite")):
            assert "no installation" in refused(other, *command)
        assert not other.data.exists()
        assert not list(tmp_path.iterdir())
