"""`comptoir store config`: files as the modules read them, and the hosts that lead here."""

import json
import tomllib
from pathlib import Path

import pytest

from comptoir.infra.settings import load
from comptoir.prestashop.hosts import CALLED, HOSTS
from comptoir.simulator import Cloud
from comptoir.simulator.php import read_array
from tests.server import Server, prepared

BASE = "https://comptoir.example/below"


@pytest.fixture(scope="module")
def alone() -> Server:
    """Nothing is opened: the command needs an address and no installation."""
    with prepared(public_url=f"{BASE}/") as made:
        return made


def printed(server: Server, *words: str) -> str:
    done = server.quick("store", "config", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(server: Server, *words: str, status: int) -> str:
    done = server.quick("store", "config", *words)
    assert (done.returncode, done.stdout) == (status, "")
    return done.stderr


def test_a_modules_config_php_and_nothing_else(alone: Server) -> None:
    found = read_array(printed(alone, "--module", "ps_eventbus"))

    assert found == {
        "ps_eventbus.proxy_api_url": f"{BASE}/collector",
        "ps_eventbus.sync_api_url": f"{BASE}/sync-api",
        "ps_eventbus.live_sync_api_url": f"{BASE}/live-sync/v1",
        "ps_eventbus.sentry_dsn": "none",
        "ps_eventbus.sentry_env": "production",
    }
    found = read_array(printed(alone, "--module", "ps_accounts"))
    assert found["ps_accounts.accounts_api_url"] == f"{BASE}/accounts/"
    assert found["ps_accounts.oauth2_url"] == BASE
    assert found["ps_accounts.token_audience"] == f"{BASE}/accounts"
    assert found["ps_accounts.cors_allowed_origins"] == ["https://comptoir.example"]
    assert found["ps_accounts.sso_api_url"] == f"{BASE}/accounts/"
    assert found["ps_accounts.check_api_ssl_cert"] is True
    assert found["ps_accounts.token_validator_leeway"] == 900
    reports = str(found["ps_accounts.sentry_credentials"])
    assert "@127.0.0.1:" in reports, "what a store reports of its failures stays in the store"


def test_what_the_first_versions_of_the_agent_read(alone: Server) -> None:
    lines = printed(alone, "--module", "ps_eventbus", "--old").splitlines()

    assert lines[0] == "parameters:"
    assert f"  ps_eventbus.proxy_api_url: '{BASE}/collector'" in lines
    said = refused(alone, "--module", "ps_accounts", "--old", status=2)
    assert "host names" in said


def test_for_people_both_files_and_the_hosts(alone: Server) -> None:
    text = printed(alone)

    for module in ("ps_eventbus", "ps_accounts"):
        assert printed(alone, "--module", module) in text
        assert f"modules/{module}/config.php" in text
    table = text[text.index("[host_aliases]") :]
    assert all(host in text for host in CALLED)
    environ: dict[str, str] = {}
    settings = load(environ=environ, host_aliases=tomllib.loads(table)["host_aliases"])
    assert settings.host_aliases == {host: HOSTS[host] for host in CALLED}


def test_as_json(alone: Server) -> None:
    found = alone.quick_cli("store", "config")

    assert found["base"] == BASE
    assert [file["path"] for file in found["files"]] == [
        "ps_eventbus/config.php",
        "ps_accounts/config.php",
    ]
    assert found["files"][0]["text"] == printed(alone, "--module", "ps_eventbus")
    assert set(found["hosts"]) == set(CALLED)
    setting = found["setting"]["COMPTOIR_HOST_ALIASES"]
    assert found["hosts"].items() <= load(environ={}, host_aliases=setting).host_aliases.items()


def test_files_are_written_and_none_is_replaced_unasked(alone: Server, tmp_path: Path) -> None:
    folder = tmp_path / "modules"
    said = printed(alone, "--write", str(folder))
    assert said.count("wrote ") == 2
    assert Cloud.of_modules(folder).proxy_api_url == f"{BASE}/collector"

    config = folder / "ps_eventbus/config.php"
    config.write_text("<?php // the merchant's\n", "utf-8")
    (folder / "ps_accounts/config.php").unlink()
    said = refused(alone, "--write", str(folder), status=1)
    assert str(config) in said and "--force" in said
    assert config.read_text("utf-8") == "<?php // the merchant's\n"
    assert not (folder / "ps_accounts/config.php").exists(), "all of them or none"
    printed(alone, "--write", str(folder), "--force")
    assert Cloud.of_modules(folder).oauth2_url == BASE


def test_where_nothing_can_be_written(alone: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")

    said = refused(alone, "--write", str(tmp_path / "file"), status=1)
    assert "cannot be written" in said
    assert "unknown module" in refused(alone, "--module", "ps_checkout", status=2)


@pytest.mark.parametrize("words", [(), ("--server", "http://127.0.0.1:1", "--modules", ".")])
def test_simulated_stores_are_told_their_server_once(alone: Server, words: tuple[str, ...]) -> None:
    done = alone.quick("simulate", *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert "--server URL, or --modules DIR" in done.stderr


def test_simulated_stores_refuse_a_folder_without_the_files(alone: Server, tmp_path: Path) -> None:
    done = alone.quick("simulate", "--modules", str(tmp_path))

    assert done.returncode == 2
    assert "does not hold the modules' config.php" in done.stderr


def test_it_says_when_nobody_has_set_the_address() -> None:
    with prepared("sqlite") as other:
        del other.environ["COMPTOIR_PUBLIC_URL"]
        done = other.quick("store", "config", "--json")
        assert (done.returncode, json.loads(done.stdout)["base"]) == (0, "http://127.0.0.1:8000")
        assert "COMPTOIR_PUBLIC_URL is not set" in done.stderr
