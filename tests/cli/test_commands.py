"""The command line: JSON for programs, a next step for people, with or without a server."""

import json
import stat
from collections.abc import Iterator

import pytest

from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.contents import ALWAYS, FAMILIES
from tests.conftest import SLICE
from tests.server import Server, prepared, running

ALL = list(catalogue())


@pytest.fixture(scope="module", params=SLICE)
def alone(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The data of a server that is not running."""
    with prepared(request.param) as made:
        yield made


@pytest.fixture(scope="module", params=SLICE)
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param) as made:
        yield made


def fails(server: Server, *arguments: str, status: int = 1) -> str:
    """What a command that fails says on standard error; nothing on standard output."""
    for extra in ((), ("--json",)):
        done = server.quick(*arguments, *extra)
        assert done.returncode == status, done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
    return done.stderr


def test_the_first_command_makes_the_installation(alone: Server) -> None:
    made = alone.cli("vendor", "create", "first")

    assert set(made) == {"vendor", "mode", "client_id", "client_secret"}
    assert made["vendor"] == "first"
    key = alone.data / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_what_is_made_without_a_server_counts_when_it_starts(alone: Server) -> None:
    vendor = alone.cli("vendor", "create", "early")
    alone.start()
    try:
        assert alone.vendor_token(vendor)
    finally:
        assert alone.stop() == 0


def test_a_vendor_is_made_once(comptoir: Server) -> None:
    vendor = comptoir.quick_cli("vendor", "create", "acme")
    said = fails(comptoir, "vendor", "create", "acme")

    assert said.startswith("error: ")
    assert "acme" in said and "choose another name" in said
    assert comptoir.vendor_token(vendor), "the first one's secret still counts"


@pytest.mark.parametrize("name", ["", "a b", "-x", "é", "a/b", "x" * 65, "a\nb"])
def test_names_that_cannot_be_used(alone: Server, name: str) -> None:
    done = alone.quick("vendor", "create", "--", name)

    assert done.returncode == 1
    assert "1 to 64 letters" in done.stderr
    assert done.stdout == ""


def test_text_for_people_has_the_same_facts(alone: Server) -> None:
    done = alone.quick("vendor", "create", "readable")

    assert done.returncode == 0
    assert "client_secret  cs_" in done.stdout
    assert "not shown again" in done.stdout
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(done.stdout)


def test_a_module_asks_for_all_35(alone: Server) -> None:
    alone.quick_cli("vendor", "create", "everything")
    for names in (ALL, [name.replace("_", "-") for name in ALL]):
        made = alone.quick_cli(
            "module",
            "register",
            "--vendor",
            "everything",
            "all_of_it",
            "--contents",
            ",".join(names),
        )
        assert made == {"module": "all_of_it", "vendor": "everything", "contents": ALL}
        assert len(made["contents"]) == 35


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_stands_for_its_contents(alone: Server, family: str) -> None:
    alone.quick("vendor", "create", "families")
    register = ("module", "register", "--vendor", "families", f"of_{family}")
    made = alone.quick_cli(*register, "--contents", f" {family} ,")

    assert set(made["contents"]) == {*FAMILIES[family], *ALWAYS}
    assert made["contents"] == [name for name in ALL if name in made["contents"]]


def test_a_module_without_contents_gets_what_is_always_included(alone: Server) -> None:
    alone.quick_cli("vendor", "create", "modest")
    made = alone.quick_cli("module", "register", "--vendor", "modest", "modest_module")

    assert set(made["contents"]) == set(ALWAYS)


def test_what_a_module_cannot_ask_for(alone: Server) -> None:
    alone.quick_cli("vendor", "create", "wrong")
    register = ("module", "register", "--vendor", "wrong", "m", "--contents")
    said = fails(alone, *register, "orders,nonsense,cartProducts")
    assert "nonsense, cartProducts" in said
    assert "cart_products" in said, "it says what there is"


def test_a_module_belongs_to_a_vendor_that_is_there(alone: Server) -> None:
    said = fails(alone, "module", "register", "--vendor", "nobody", "m", "--contents", "orders")
    assert "comptoir vendor create nobody" in said
    for name in ("one", "other"):
        alone.quick_cli("vendor", "create", name)
    alone.quick_cli("module", "register", "--vendor", "one", "mine")
    said = fails(alone, "module", "register", "--vendor", "other", "mine")
    assert "another vendor" in said and "choose another name" in said


def test_stores(comptoir: Server) -> None:
    assert comptoir.quick_cli("store", "list") == []
    assert "No store yet" in comptoir.quick("store", "list").stdout
    store = comptoir.create_identity("http://127.0.0.1:1/shop", name="Löwe [b]x[/b]")
    (listed,) = comptoir.quick_cli("store", "list")
    assert listed["cloudShopId"] == store.shop_id
    assert listed["name"] == "Löwe [b]x[/b]"
    assert listed["isVerified"] is False
    shown = comptoir.quick_cli("store", "show", store.shop_id)
    assert {name: shown[name] for name in listed} == listed
    assert "sync" in shown
    for command in (("store", "list"), ("store", "show", store.shop_id)):
        text = comptoir.quick(*command)
        assert text.returncode == 0
        assert "Löwe [b]x[/b]" in text.stdout


def test_a_stores_name_cannot_harm_the_operators_screen(comptoir: Server) -> None:
    """Anyone may create an identity: markup and terminal codes in its name are shown as text."""
    names = ["[/red] [b", "\x1b[2Jgone\x07", "a\nb\r\tc", "\u202eevil"]
    for number, name in enumerate(names):
        store = comptoir.create_identity(f"http://127.0.0.1:1/harm{number}", name=name)
        for command in (("store", "list"), ("store", "show", store.shop_id)):
            done = comptoir.quick(*command)
            assert done.returncode == 0, done.stderr
            assert not any(code in done.stdout for code in "\x1b\x07\r\u202e")
        assert comptoir.quick_cli("store", "show", store.shop_id)["name"] == name
    assert "[/red] [b" in comptoir.quick("store", "list").stdout


def test_asking_for_a_sync(comptoir: Server) -> None:
    store = comptoir.create_identity("http://127.0.0.1:1/sync")
    asked = comptoir.quick_cli("store", "sync", store.shop_id, "--contents", "orders,order-details")
    assert asked == {
        "shop": store.shop_id,
        "contents": ["orders", "order_details"],
        "full": False,
    }
    asked = comptoir.quick_cli("store", "sync", store.shop_id, "--full")
    assert (asked["contents"], asked["full"]) == (ALL, True)
    said = fails(comptoir, "store", "sync", store.shop_id, "--contents", "ordres")
    assert "ordres" in said and "orders" in said


@pytest.mark.parametrize(
    "command",
    [
        ("store", "show", "no-such"),
        ("store", "sync", "no-such"),
        ("consent", "grant", "--shop", "no-such", "--module", "m"),
        ("consent", "withdraw", "--shop", "no-such", "--module", "m"),
    ],
)
def test_a_store_that_is_not_there(comptoir: Server, command: tuple[str, ...]) -> None:
    assert "comptoir store list" in fails(comptoir, *command)


def test_a_module_that_is_not_there(comptoir: Server) -> None:
    store = comptoir.create_identity("http://127.0.0.1:1/consent")
    shop = ("--shop", store.shop_id, "--module", "no_such")
    assert "comptoir module register" in fails(comptoir, "consent", "grant", *shop)
    assert "comptoir module register" in fails(comptoir, "consent", "withdraw", *shop)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("COMPTOIR_DATABASE", "x", "did you mean COMPTOIR_DATABASE_URL"),
        ("COMPTOIR_PORT", "x", "port"),
        ("COMPTOIR_CONFIG", "/nowhere.toml", "COMPTOIR_CONFIG"),
    ],
)
def test_settings_that_cannot_be_used(alone: Server, name: str, value: str, words: str) -> None:
    before = alone.environ.get(name)
    alone.environ[name] = value
    try:
        assert words in fails(alone, "store", "list", status=2)
    finally:
        del alone.environ[name]
        if before is not None:
            alone.environ[name] = before


@pytest.mark.parametrize(
    "url", ["postgresql://127.0.0.1:1/x", "postgresql://comptoir@127.0.0.1:1/no_such"]
)
def test_a_database_that_does_not_answer(alone: Server, url: str) -> None:
    before = alone.environ.get("COMPTOIR_DATABASE_URL")
    alone.environ["COMPTOIR_DATABASE_URL"] = url
    try:
        assert "COMPTOIR_DATABASE_URL" in fails(alone, "store", "list")
    finally:
        del alone.environ["COMPTOIR_DATABASE_URL"]
        if before is not None:
            alone.environ["COMPTOIR_DATABASE_URL"] = before


def test_the_data_option_wins_over_the_environment(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    with prepared() as server:
        made = server.quick("vendor", "create", "x", "--data", str(folder / "d"), "--json")
        assert made.returncode == 0
        assert (folder / "d" / "comptoir.db").exists()
        assert not server.data.exists()


@pytest.mark.parametrize("arguments", [(), ("vendor",), ("store",), ("--help",)])
def test_help_is_given(alone: Server, arguments: tuple[str, ...]) -> None:
    done = alone.quick(*arguments)
    assert "Usage" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_a_usage_error(alone: Server) -> None:
    done = alone.run("vendor", "destroy")
    assert done.returncode == 2
    assert "Usage" in done.stderr


def test_what_the_operator_does_is_in_the_audit_log(alone: Server) -> None:
    """And no secret with it."""
    made = alone.quick_cli("vendor", "create", "audited")
    if "COMPTOIR_DATABASE_URL" in alone.environ:
        import psycopg

        with psycopg.connect(alone.environ["COMPTOIR_DATABASE_URL"]) as db:
            rows = db.execute("SELECT actor, action, facts FROM audit_log").fetchall()
    else:
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(alone.data / "comptoir.db")) as lite:
            rows = lite.execute("SELECT actor, action, facts FROM audit_log").fetchall()
    mine = [row for row in rows if "audited" in row[2]]
    assert [(actor, action) for actor, action, _ in mine] == [("operator", "vendor.created")]
    assert made["client_id"] in mine[0][2]
    assert made["client_secret"] not in str(rows)
