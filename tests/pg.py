"""A real PostgreSQL for the tests, made and thrown away by them.

`root_url()` is the server every process of one test run shares: the one named by
COMPTOIR_TEST_POSTGRES, else one started here and stopped with the process that started it.
`python -m tests.pg CMD…` (`scripts/with-postgres`) runs a command beside such a server.
"""

import atexit
import contextlib
import os
import pwd
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from comptoir.infra.settings import Settings
from tests.eventually import eventually
from tests.ports import free_port

VARIABLE = "COMPTOIR_TEST_POSTGRES"
USER = "comptoir"
START_WITHIN = 60.0

SETTINGS = {
    "fsync": "on",
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "autovacuum_naptime": "10s",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    """`postgresql://comptoir@127.0.0.1:PORT`, without a database name."""
    process: "subprocess.Popen[bytes]"
    home: Path

    def stop(self) -> None:
        """Fast shutdown, and remove everything the server wrote. Safe to repeat."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


def binaries() -> Path:
    """The folder of `initdb` and `postgres`: on PATH, else the newest Debian one."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3])
    )
    if debian:
        return debian[-1].parent
    raise RuntimeError("PostgreSQL's initdb is not installed: run `make env`")


def start() -> Server:
    """Start a server on an empty cluster: trust on loopback, fsync on, never as root.

    Raises:
        RuntimeError: PostgreSQL is not installed, or did not start; carries its log.
    """
    tools, home = binaries(), Path(tempfile.mkdtemp(prefix="comptoir-pg-", dir=_open_folder()))
    become, data = _unprivileged(home), home / "data"
    how = "--auth=trust --encoding=UTF8 --locale=C --no-sync --no-instructions"
    made = subprocess.run(
        [*become, str(tools / "initdb"), f"--pgdata={data}", f"--username={USER}", *how.split()],
        cwd=home,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr.decode()}")
    return _serve(home, free_port())


def start_again(ended: Server) -> Server:
    """A server that has ended, on its cluster and at its address.

    Raises:
        RuntimeError: it did not start; carries its log.
    """
    return _serve(ended.home, int(ended.url.rpartition(":")[2]))


def _serve(home: Path, port: int) -> Server:
    tools, log = binaries(), home / "log"
    settings = {**SETTINGS, "port": str(port), "unix_socket_directories": str(home)}
    options = [f"--{name}={value}" for name, value in settings.items()]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *_unprivileged(home),
                "--pdeathsig=INT",  # the signal ends the server with us, however we end
                str(tools / "postgres"),
                "-D",
                str(home / "data"),
                *options,
            ],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    server = Server(f"postgresql://{USER}@127.0.0.1:{port}", process, home)
    if not _answers(server):
        server.stop()
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text() if log.exists() else ''}")
    return server


def root_url() -> str:
    """The shared server's address, starting one if this run has none. No database name in it."""
    if VARIABLE not in os.environ:
        server = start()
        os.environ[VARIABLE] = server.url
        atexit.register(server.stop)
    return os.environ[VARIABLE].rstrip("/")


def driven(url: str) -> str:
    """The address as the product's own connections have it, with the driver in it."""
    return Settings(database_url=url).database


def create_database(name: str, template: str = "template0") -> str:
    """An empty database, or a copy of `template`. Returns its address."""
    root = root_url()
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    with _admin(root) as admin:
        _alone(admin, copy)
    return f"{root}/{name}"


def drop_database(name: str) -> None:
    """Drop it, ending the connections that are still open. Nothing happens if there is none."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with _admin(root_url()) as admin:
        _alone(admin, drop)


@contextlib.contextmanager
def fresh_database(template: str = "template0") -> Iterator[str]:
    """A database of one's own: its address. Dropped at the end."""
    name = f"test_{secrets.token_hex(8)}"
    url = create_database(name, template)
    try:
        yield url
    finally:
        drop_database(name)


def ensure_template(name: str, build: Callable[[str], object]) -> str:
    """`name`, a database to copy from: made once for the whole run by `build(url)`.

    Use as `create_database(other, template=ensure_template("migrated", migrate))`. `build` must
    close its connections: a database in use cannot be copied.
    """
    with _admin(root_url()) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        made = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if made is None:
            half_made = f"{name}_{secrets.token_hex(4)}"
            build(create_database(half_made))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(half_made), sql.Identifier(name)
            )
            _alone(admin, rename)
    return name


def engine_env(engine: str, tmp_path: Path) -> dict[str, str]:
    """The environment that puts a server process on `engine`, with an empty database.

    SQLite needs none: the server makes its file in its data folder. A PostgreSQL database lives
    until the end of the run.
    """
    if engine == "sqlite":
        return {}
    name = f"test_{secrets.token_hex(8)}"
    return {"COMPTOIR_DATABASE_URL": create_database(name)}


def _admin(root: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(f"{root}/postgres", autocommit=True)


def _alone(admin: "psycopg.Connection[Any]", statement: sql.Composed) -> None:
    """Once nobody is in the database, autovacuum and connections that end included."""

    def done() -> bool:
        with contextlib.suppress(psycopg.errors.ObjectInUse):
            admin.execute(statement)
            return True
        return False

    eventually(done, START_WITHIN)


def _open_folder() -> str:
    """A folder for temporary files that every user can reach: PostgreSQL does not run as root."""
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        path = Path(folder).resolve()
        if all(p.stat().st_mode & 0o001 for p in (path, *path.parents)):
            return str(path)
    raise RuntimeError("no temporary folder that an unprivileged user can reach: set TMPDIR")


def _unprivileged(home: Path) -> list[str]:
    """The command prefix to run as somebody else than root, who is given `home`."""
    if os.geteuid() != 0:
        return ["setpriv"]
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(home, user.pw_uid, user.pw_gid)
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            return ["setpriv", *ids]
    raise RuntimeError("PostgreSQL refuses to run as root, and there is no user `nobody`")


def _answers(server: Server) -> bool:
    """True once the server takes connections; False if it ended or START_WITHIN seconds passed."""
    for _ in range(int(START_WITHIN / 0.05)):
        if server.process.poll() is not None:
            return False
        with contextlib.suppress(psycopg.OperationalError):
            _admin(server.url).close()
            return True
        select.select([], [], [], 0.05)
    return False


def main(command: list[str]) -> int:
    """Run `command` beside a server of its own. Returns its exit status."""
    if not command:
        print("usage: python -m tests.pg CMD [ARG…]", file=sys.stderr)
        return 2
    server = start()
    try:
        return subprocess.run(
            command, env={**os.environ, VARIABLE: server.url}, check=False
        ).returncode
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
