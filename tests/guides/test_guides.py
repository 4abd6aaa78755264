"""Every snippet of the guides is run, in order, against a real server: guides cannot rot."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from comptoir.infra.settings import Settings, load
from comptoir.simulator import SimulatedStore, Simulation
from tests import pg
from tests.accounts.fake_store import LoopThread
from tests.accounts.pages.browser import PASSWORD, Browser, mails
from tests.conftest import SLICE
from tests.eventually import eventually
from tests.guides.snippets import GUIDES, Snippet, snippets
from tests.server import Identity, Server, prepared, running

SYNCED_WITHIN = 60.0
SETTING = re.compile(r"COMPTOIR_[A-Z_]+")


@dataclass
class Reader:
    """Somebody who follows a guide with a shell, and writes down what it prints."""

    server: Server
    values: dict[str, str]
    started: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """`comptoir` on the PATH; curl fails on a refusal, and says why."""
        home = self.server.folder / "home"
        home.mkdir(exist_ok=True)
        (home / ".curlrc").write_text("silent\nshow-error\nfail-with-body\nmax-time = 60\n")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return self.server.environ | {"PATH": path, "HOME": str(home), "CURL_HOME": str(home)}

    def run(self, snippet: Snippet) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-euc", snippet.filled(self.values)],
            env=self.environ,
            cwd=self.server.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    def follow(self, snippet: Snippet) -> Any:
        """Run it; it must succeed. JSON is read."""
        done = self.run(snippet)
        assert done.returncode == 0, f"{snippet}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout) if done.stdout[:1] in ("{", "[") else done.stdout

    def start(self, snippet: Snippet) -> None:
        """Start what does not end by itself."""
        log = (self.server.folder / "started.log").open("wb")
        with log:
            command = ["bash", "-euc", f"exec {snippet.filled(self.values)}"]
            self.started.append(
                subprocess.Popen(
                    command, env=self.environ, cwd=self.server.folder, stdout=log, stderr=log
                )
            )

    def close(self) -> None:
        for process in self.started:
            process.terminate()
        for process in self.started:
            process.wait(60)


@pytest.fixture(params=SLICE)
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param) as made:
        yield made


@pytest.fixture
def store(comptoir: Server) -> Iterator[SimulatedStore]:
    """The merchant's store of the integrator's guide, small."""
    loop = LoopThread()
    simulation = Simulation(1, 7, ("8",), comptoir.base, scale=0.05)
    loop.run(simulation.start())
    try:
        loop.run(simulation.stores[0].install())
        yield simulation.stores[0]
    finally:
        loop.run(simulation.stop())
        loop.close()


@pytest.fixture
def reader(comptoir: Server, store: SimulatedStore) -> Iterator[Reader]:
    identity = Identity(store.shop_id or "", store.client_id or "", store.client_secret or "")
    token = comptoir.store_token(identity)
    made = Reader(comptoir, {"BASE": comptoir.base, "STORE_TOKEN": token})
    yield made
    made.close()


def rows(answer: Any) -> list[Any]:
    """The rows of a list's answer, or the one object of a single item's."""
    if isinstance(answer, dict):
        lists = [value for value in answer.values() if isinstance(value, list)]
        return lists[0] if lists else [answer]
    return list(answer)


def test_the_integrators_guide(comptoir: Server, reader: Reader, store: SimulatedStore) -> None:
    read: list[str] = []
    for snippet in snippets("integrator.md"):
        text = snippet.text
        if "simulate" in text:
            reader.start(snippet)
            eventually(lambda: len(comptoir.cli("store", "list")) == 2, 90)
            eventually(lambda: all(s["isVerified"] for s in comptoir.cli("store", "list")), 90)
        elif "/raw/v1/" in text:
            found = eventually(lambda: rows(reader.follow(snippet)), SYNCED_WITHIN)  # noqa: B023
            assert found
            read.append(text)
        else:
            answer = reader.follow(snippet)
            if "vendor create" in text:
                reader.values["CLIENT_ID"] = answer["client_id"]
                reader.values["CLIENT_SECRET"] = answer["client_secret"]
            elif "store list" in text:
                assert store.shop_id in [found["cloudShopId"] for found in answer]
                reader.values["UUID"] = store.shop_id or ""
            elif "/oauth2/token" in text:
                assert answer["expires_in"] > 300
                reader.values["TOKEN"] = answer["access_token"]
    assert len(read) >= 3, "the guide ends with reading rows"


def test_the_vendors_guide(comptoir: Server, reader: Reader, store: SimulatedStore) -> None:
    """The pages by a browser, the commands by a shell; the operator does nothing."""
    text = (GUIDES / "vendor.md").read_text("utf-8")
    ada = Browser(comptoir)
    for path in set(re.findall(r"BASE(/account/[a-z-]+)", text)):
        assert ada.get(path).status in (200, 303), path
    _sign_up(ada, "ada@acme.example")
    made = ada.submit(ada.get("/account/vendors"), "/account/vendors", name="acme")
    for name in ("client_id", "client_secret"):
        (value,) = re.findall(rf'id="{name}" value="([^"]+)"', made.text)
        reader.values[name.upper()] = value
    modules = "/account/vendors/acme/modules"
    asked = {"module": "acme_reports", "content.products": "1", "content.orders": "1"}
    assert ada.submit(ada.get(modules), modules, **asked).status == 303
    reader.values["UUID"] = store.shop_id or ""
    scopes = []
    for snippet in snippets("vendor.md"):
        if "/raw/v1/" in snippet.text:
            assert eventually(lambda: rows(reader.follow(snippet)), SYNCED_WITHIN)  # noqa: B023
            continue
        answer = reader.follow(snippet)
        if "/oauth2/token" in snippet.text:
            scopes.append(answer["scope"])
            reader.values["TOKEN"] = answer["access_token"]
    assert scopes == ["", "reporting.read"]


def _sign_up(browser: Browser, address: str) -> None:
    page = browser.get("/account/sign-up")
    browser.submit(page, "/account/sign-up", email=address, password=PASSWORD)
    (mail,) = mails(browser.server, address)
    code = mail.subject.partition(":")[2].strip()
    done = browser.submit(browser.get("/account/confirm"), "/account/confirm", code=code)
    assert done.status == 303, done.text


def test_without_consent_the_guides_commands_are_refused(
    reader: Reader, store: SimulatedStore
) -> None:
    """As the guide says: the Raw API answers 403 and says what is missing."""
    commands = snippets("integrator.md")
    made = reader.follow(commands[0])
    reader.values |= {
        "CLIENT_ID": made["client_id"],
        "CLIENT_SECRET": made["client_secret"],
        "UUID": store.shop_id or "",
    }
    (ask,) = [c for c in commands if "/oauth2/token" in c.text]
    reader.values["TOKEN"] = reader.follow(ask)["access_token"]
    for command in commands:
        if "/raw/v1/" in command.text:
            done = reader.run(command)
            assert done.returncode != 0
            assert json.loads(done.stdout)["data"] == {"status": 403}


@pytest.mark.parametrize("engine", SLICE)
def test_the_operators_guide(engine: str) -> None:
    with prepared("sqlite") as server, pg.fresh_database() as database:
        where = {"/var/lib/comptoir": str(server.data), "PASSWORD": "secret"}
        served = 0
        for snippet in snippets("operator.md"):
            text = snippet.filled(where)
            if "comptoir serve" in text:
                served += 1
                changed = text.replace("8000", str(server.port)).replace(".venv/bin/", "")
                if engine == "postgresql":
                    server.environ["COMPTOIR_DATABASE_URL"] = database
                reader = Reader(server, {})
                reader.start(Snippet(snippet.guide, snippet.line, changed))
                server.process = reader.started[0]
                server.wait_healthy()
                assert (server.data / "secret.key").stat().st_mode & 0o777 == 0o600
                assert (server.data / "comptoir.db").exists() == (engine == "sqlite")
                assert server.stop() == 0
            elif text == "comptoir store config":
                assert "ps_eventbus/config.php" in Reader(server, {}).follow(snippet)
            elif text.startswith("comptoir user "):
                typed = [] if "second-factor" in text else ["--password", "seven pale otters"]
                done = server.quick(*text.split()[1:], *typed)
                assert done.returncode == 0, done.stderr
            elif text.startswith("comptoir organisation member "):
                (one,) = server.quick_cli("organisation", "list")
                done = server.quick(
                    *text.replace(" ID ", f" {one['organisation_id']} ").split()[1:]
                )
                assert "role owner" in done.stdout
            elif not re.match(r"comptoir (backup|restore|move) ", text):
                assert re.fullmatch(r"COMPTOIR_[A-Z_]+=\S+", text), "run it here too"
                name, _, value = text.partition("=")
                load(environ={name: value})
        assert served == 1


@pytest.mark.parametrize("engine", SLICE)
def test_backing_up_restoring_and_moving_as_the_guide_says(engine: str) -> None:
    """On one machine after the other; then from SQLite to PostgreSQL."""
    found = {
        name: next(s for s in snippets("operator.md") if f"comptoir {name} " in s.text)
        for name in ("backup", "restore", "move")
    }
    with running(engine) as server, prepared(engine) as other, pg.fresh_database() as database:
        server.cli("vendor", "create", "kept")
        Reader(server, {"/var/lib/comptoir": str(server.data)}).follow(found["backup"])
        (server.folder / "comptoir.backup").rename(other.folder / "comptoir.backup")
        reader = Reader(other, {"/var/lib/comptoir": str(other.data), "PASSWORD": "secret"})
        reader.follow(found["restore"])
        assert "choose another name" in other.run("vendor", "create", "kept").stderr
        if engine == "sqlite":
            text = found["move"].text
            there = re.sub(r"postgresql://\S+", database, text)
            assert there != text
            told = reader.follow(Snippet("operator.md", found["move"].line, there))
            other.environ["COMPTOIR_DATABASE_URL"] = database
            assert "COMPTOIR_DATABASE_URL=postgresql://" in told
            assert "choose another name" in other.run("vendor", "create", "kept").stderr


@pytest.mark.parametrize("guide", sorted(path.name for path in GUIDES.glob("*.md")))
def test_every_setting_that_a_guide_names_is_one(guide: str) -> None:
    text = (GUIDES / guide).read_text("utf-8")
    known = {f"COMPTOIR_{name.upper()}" for name in Settings.__dataclass_fields__}

    assert set(SETTING.findall(text)) <= known | {"COMPTOIR_CONFIG"}


def test_every_guide_is_followed() -> None:
    """The merchant's in a browser: `tests/browser/test_guide.py`."""
    followed = ["integrator.md", "merchant.fr.md", "merchant.md", "operator.md", "vendor.md"]

    assert sorted(path.name for path in GUIDES.glob("*.md")) == followed
