"""Settings: from arguments, environment, file, default, in this order; nothing unknown passes."""

from dataclasses import fields
from pathlib import Path

import pytest

from comptoir.infra.settings import SERVICES, Settings, SettingsError, load
from comptoir.prestashop.hosts import HOSTS


def loaded(*, file: Path | None = None, **environ: str) -> Settings:
    return load(environ={f"COMPTOIR_{k.upper()}": v for k, v in environ.items()}, file=file)


NUMBERS = [field.name for field in fields(Settings) if field.type in (int, float)]


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "comptoir.toml"


def test_the_defaults() -> None:
    settings = load(environ={})

    assert settings == Settings()
    assert settings.base == "http://127.0.0.1:8000"
    assert settings.database == "sqlite:///data/comptoir.db"
    assert settings.services == set(SERVICES)
    assert settings.allow_private_addresses is False


def test_every_setting_says_what_it_is() -> None:
    assert all(field.metadata["help"] for field in fields(Settings))


def test_arguments_win_over_environment_over_file(toml: Path) -> None:
    toml.write_text('port = 1\nhost = "a"\nlog_level = "debug"\n')

    settings = load(
        environ={"COMPTOIR_PORT": "2", "COMPTOIR_HOST": "b"}, file=toml, port=3, host=None
    )
    assert (settings.port, settings.host, settings.log_level) == (3, "b", "debug")


def test_the_environment_names_the_file(toml: Path) -> None:
    toml.write_text("port = 4321\n")

    assert loaded(config=str(toml)).port == 4321


def test_conversions(toml: Path) -> None:
    settings = loaded(
        data="/srv/data",
        port="81",
        verify_timeout="2.5",
        services="accounts, cloudsync,",
        public_url="https://comptoir.example/",
        database_url="postgresql://u:p@h/n",
    )
    assert settings.data == Path("/srv/data")
    assert settings.port == 81
    assert settings.verify_timeout == 2.5
    assert settings.services == {"accounts", "cloudsync"}
    assert settings.runs("accounts") and not settings.runs("billing")
    assert settings.base == "https://comptoir.example"
    assert settings.database == "postgresql+psycopg://u:p@h/n"
    toml.write_text('services = ["accounts"]\nallow_private_addresses = true\nport = 5\n')
    settings = load(environ={}, file=toml)
    assert settings.services == {"accounts"}
    assert settings.allow_private_addresses is True
    assert settings.port == 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, True) for text in ("1", "true", "YES", "on")),
        *((text, False) for text in ("0", "false", "No", "off", "")),
    ],
)
def test_flags(text: str, value: bool) -> None:
    assert loaded(allow_private_addresses=text).allow_private_addresses is value


def test_the_tests_own_variables_are_no_settings() -> None:
    assert loaded(test_postgres="x", verify="1", shared="/x") == Settings()


@pytest.mark.parametrize(
    ("name", "near"),
    [("prot", "COMPTOIR_PORT"), ("public_uri", "COMPTOIR_PUBLIC_URL"), ("service", "SERVICES")],
)
def test_an_unknown_name_is_refused_with_a_hint(name: str, near: str) -> None:
    with pytest.raises(SettingsError, match=f"COMPTOIR_{name.upper()}.*did you mean.*{near}"):
        loaded(**{name: "1"})


def test_an_unknown_name_that_is_like_nothing_shows_what_there_is() -> None:
    with pytest.raises(SettingsError, match=r"known: .*COMPTOIR_PORT"):
        loaded(zzzzzzzz="1")


def test_an_unknown_name_in_the_file_is_refused(toml: Path) -> None:
    toml.write_text("prot = 1\n")
    with pytest.raises(SettingsError, match=r"comptoir\.toml: unknown setting prot.*port"):
        load(environ={}, file=toml)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("port", "eighty", "port"),
        ("port", "8.5", "port"),
        ("verify_timeout", "soon", "verify_timeout"),
        *((name, "0", f"{name}: 0 .*above 0") for name in NUMBERS),
        ("identity_rate", "-5", "above 0"),
        ("backoff_most", "inf", "above 0"),
        ("backoff_most", "nan", "above 0"),
        ("port", "65536", "65535"),
        ("verify_timeout", "9", "10 s"),
        ("log_level", "loud", "debug, info"),
        ("allow_private_addresses", "maybe", "write 1 or 0"),
        ("services", "accounts,biling", "biling.*choose among"),
        ("public_url", "comptoir.example", "public_url"),
        ("public_url", "ftp://comptoir.example", "public_url"),
        ("public_url", "https://u:sesame@comptoir.example", "address alone"),
        ("public_url", "https://comptoir.example/?a", "address alone"),
        ("public_url", "https://comptoir.example/a#b", "address alone"),
        ("public_url", "https://comptoir.example/a b", "address alone"),
        ("public_url", "https://comptoir.example\n", "address alone"),
        ("public_url", "https://é.example", "xn--"),
        ("public_url", "http://[::1", "address alone"),
        ("public_url", "http://h:port", "address alone"),
        ("database_url", "postgresql://u:pass@word:sesame@h/db", "%40 for @"),
        ("database_url", "postgresql://u:sesame@h:port/x", "%40 for @"),
        ("database_url", "postgresql://u:sesame@[::1/x", "%40 for @"),
        ("database_url", "mysql://h/n", "postgresql://user"),
        ("config", "/nowhere/at/all.toml", "COMPTOIR_CONFIG"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_name(
    name: str, value: str, words: str
) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        loaded(**{name: value})
    assert "sesame" not in str(refused.value), "passwords are not repeated"


def test_a_file_that_is_no_toml_is_refused(toml: Path) -> None:
    toml.write_text("port: 1")
    with pytest.raises(SettingsError, match="not TOML"):
        load(environ={}, file=toml)


def test_a_file_that_cannot_be_read_is_refused(toml: Path) -> None:
    toml.write_bytes(b'host = "\xff"')
    with pytest.raises(SettingsError, match="UTF-8"):
        load(environ={}, file=toml)
    with pytest.raises(SettingsError, match="COMPTOIR_CONFIG"):
        load(environ={"COMPTOIR_CONFIG": str(toml.parent)})


def test_host_aliases_from_the_environment(toml: Path) -> None:
    found = loaded(host_aliases=" Proxy.LAN. = collector , sync.lan=sync,").host_aliases
    assert found == {"proxy.lan": "collector", "sync.lan": "sync"}
    assert loaded(host_aliases="").host_aliases == {} == Settings().host_aliases
    found = loaded(host_aliases="prestashop,sync.lan=sync").host_aliases
    assert found == HOSTS | {"sync.lan": "sync"}
    toml.write_text('[host_aliases]\n"proxy.lan" = "collector"\n')
    assert load(environ={}, file=toml).host_aliases == {"proxy.lan": "collector"}
    toml.write_text('host_aliases = ["prestashop", "proxy.lan=collector"]')
    assert load(environ={}, file=toml).host_aliases == HOSTS | {"proxy.lan": "collector"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("proxy.lan=colector", "did you mean collector?"),
        ("proxy.lan=x", "there are accounts, oauth, collector, sync, live-sync"),
        ("proxy.lan", "write proxy.lan=SERVICE, or prestashop for all"),
        ("http://proxy.lan=collector", "leave out scheme, port and path"),
        ("proxy.lan:80=collector", "leave out scheme, port and path"),
        ("=collector", "is not a host name"),
        ("a..b=collector", "is not a host name"),
        ("127.0.0.1=collector", "is the host of public_url"),
    ],
)
def test_host_aliases_that_cannot_be_used(written: str, said: str) -> None:
    with pytest.raises(SettingsError, match="host_aliases") as refused:
        loaded(host_aliases=written)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("written", "said"),
    [("[host_aliases]\nproxy.lan = 'collector'", "in quotes"), ("host_aliases = 1", "a table")],
)
def test_host_aliases_that_the_file_says_wrong(toml: Path, written: str, said: str) -> None:
    toml.write_text(written)
    with pytest.raises(SettingsError, match=said):
        load(environ={}, file=toml)
