"""A real `comptoir serve` in a process of its own, with what tests do to it from outside.

    with server.running("postgresql") as comptoir:
        vendor = comptoir.cli("vendor", "create", "acme")
        assert comptoir.get("/healthz").status == 200
        assert comptoir.stop() == 0
        comptoir.start()  # on the same data, at the same address

For speed, keep one for a module: a fixture with `scope="module"` around `running`.
"""

import base64
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests import pg
from tests.eventually import eventually
from tests.fixtures import REPO
from tests.ports import free_port

START_WITHIN = 60.0
END_WITHIN = 60.0
PATIENCE = 30.0
"""Seconds that a request of the test may take."""
CLOUDSYNC = "https://api.cloudsync.prestashop.com"
"""PrestaShop's literal audience, as its clients send it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came: the body in raw bytes."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON. Fails on anything that is not strictly JSON, `NaN` among it."""
        return json.loads(self.body, parse_constant=_no_constant)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def header(self, name: str) -> str | None:
        """The value of a header; all of them with commas between when it is repeated."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a store got when it identified itself."""

    shop_id: str
    client_id: str
    client_secret: str


@dataclass(slots=True)
class Server:
    """The server process, its data, and the ways in: HTTP and the command line."""

    folder: Path
    port: int
    environ: dict[str, str]
    host: str = "127.0.0.1"
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def base(self) -> str:
        """BASE, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log_text(self) -> str:
        """Everything that the server wrote, restarts included."""
        return (self.folder / "server.log").read_text("utf-8", "replace")

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log's lines; fails when one is not a JSON object."""
        lines = [json.loads(line) for line in self.log_text.splitlines()]
        assert all(isinstance(line, dict) for line in lines)
        return lines

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start the process and do not wait."""
        assert self.process is None, "it runs already"
        command = [sys.executable, "-m", "comptoir.app.main", "serve", "--port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environ, cwd=self.folder, stdout=log, stderr=log
            )
        return self.process

    def start(self) -> None:
        """Start the process and wait until it can serve."""
        self.launch()
        self.wait_healthy()

    def wait_healthy(self) -> None:
        eventually(self.healthy, START_WITHIN)

    def healthy(self) -> bool:
        assert self.process is not None and self.process.poll() is None, self.log_text
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False

    def stop(self) -> int:
        """End it with SIGTERM. Returns the exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it with SIGKILL, as when the machine loses power."""
        self._end(signal.SIGKILL)

    def restart(self, **changes: str) -> None:
        """SIGTERM, which must end it with 0, and start on the same data. `changes`: settings."""
        assert self.stop() == 0, self.log_text
        self.environ.update({f"COMPTOIR_{name.upper()}": text for name, text in changes.items()})
        self.start()

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None, "it does not run"
        self.process.send_signal(number)
        try:
            status = self.process.wait(END_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.process = None
        return status

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own; `path` goes out byte for byte."""
        sent = {"Accept": "application/json", **(headers or {})}
        if json_body is not None:
            body = json.dumps(json_body).encode()
            sent.setdefault("Content-Type", "application/json")
        if form is not None:
            body = urlencode(form).encode()
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())

    def get(self, path: str, **how: Any) -> Answer:
        return self.request("GET", path, **how)

    def post(self, path: str, json_body: Any = None, **how: Any) -> Answer:
        return self.request("POST", path, json_body=json_body, **how)

    def put(self, path: str, json_body: Any = None, **how: Any) -> Answer:
        return self.request("PUT", path, json_body=json_body, **how)

    def delete(self, path: str, **how: Any) -> Answer:
        return self.request("DELETE", path, **how)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command on the same data, whatever becomes of it. It need not be running."""
        return subprocess.run(
            [sys.executable, "-m", "comptoir.app.main", *arguments],
            env=self.environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def cli(self, *arguments: str) -> Any:
        """The value that a command prints with `--json`; it must end with 0 and print no more."""
        return _printed(self.run(*arguments, "--json"))

    def quick(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """As `run`, but inside this process and so ten times as fast: for what is not about
        processes."""
        from typer.testing import CliRunner

        from comptoir.app.main import app

        ours = {k: v for k, v in self.environ.items() if k.startswith("COMPTOIR_")}
        done = CliRunner().invoke(app, list(arguments), env=ours)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    def quick_cli(self, *arguments: str) -> Any:
        """As `cli`, inside this process."""
        return _printed(self.quick(*arguments, "--json"))

    def create_identity(self, frontend_url: str, **more: object) -> Identity:
        """As `ps_accounts` does on install (spec/accounts.md §1.3.1)."""
        described = {
            "backOfficeUrl": f"{frontend_url}/admin-dev",
            "frontendUrl": frontend_url,
            "multiShopId": 1,
            "name": "Demo",
        }
        made = self.post("/accounts/v1/shop-identities", described | more)
        assert made.status == 201, made.text
        return Identity(made.json["cloudShopId"], made.json["clientId"], made.json["clientSecret"])

    def store_token(self, store: Identity, scope: str = "") -> str:
        """As `ps_accounts` asks for it: the secret in the form (spec/accounts.md §1.4.3)."""
        form = {
            "grant_type": "client_credentials",
            "client_id": store.client_id,
            "client_secret": store.client_secret,
            "scope": scope,
            "audience": f"store/{store.shop_id} {self.base}/accounts",
        }
        given = self.post("/oauth2/token", form=form)
        assert given.status == 200, given.text
        token: str = given.json["access_token"]
        return token

    def vendor_token(self, vendor: Mapping[str, str]) -> str:
        """As PrestaShop's clients ask for it (spec/rawapi.md §2); `vendor`: as created by CLI."""
        form = {
            "audience": f"{CLOUDSYNC} tech-vendor/{vendor['vendor']}",
            "client_id": vendor["client_id"],
            "grant_type": "client_credentials",
        }
        headers = {"Authorization": basic(vendor["client_id"], vendor["client_secret"])}
        given = self.post("/oauth2/token", form=form, headers=headers)
        assert given.status == 200, given.text
        token: str = given.json["access_token"]
        return token


def _printed(done: "subprocess.CompletedProcess[str]") -> Any:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout, parse_constant=_no_constant)


def basic(client_id: str, secret: str) -> str:
    """The value of a Basic header, not URL-encoded first (spec/rawapi.md §2)."""
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


@contextlib.contextmanager
def prepared(engine: str = "sqlite", host: str = "127.0.0.1", **changes: str) -> Iterator[Server]:
    """Everything but the process: empty data, an address. `changes`: settings by name.

    `host`: what BASE calls this machine. Passkeys need `localhost`, for an IP address is no RP id.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="comptoir-test-")))
        environ = {k: v for k, v in os.environ.items() if not k.startswith("COMPTOIR_")}
        environ["PYTHONPATH"] = str(REPO / "src")
        environ["COMPTOIR_DATA"] = str(folder / "data")
        environ["COMPTOIR_ALLOW_PRIVATE_ADDRESSES"] = "1"
        if engine == "postgresql":
            environ["COMPTOIR_DATABASE_URL"] = stack.enter_context(pg.fresh_database())
        made = Server(folder, free_port(), environ, host)
        # The command line publishes the same BASE as the server.
        environ["COMPTOIR_PUBLIC_URL"] = made.base
        environ.update({f"COMPTOIR_{name.upper()}": text for name, text in changes.items()})
        try:
            yield made
        finally:
            if made.process is not None:
                made.stop()


@contextlib.contextmanager
def running(engine: str = "sqlite", host: str = "127.0.0.1", **changes: str) -> Iterator[Server]:
    """A server that serves, on empty data. Ended, and its data removed, at the end."""
    with prepared(engine, host, **changes) as made:
        made.start()
        yield made
