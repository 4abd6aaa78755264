"""What is copied between databases and files arrives exactly, or nothing is kept."""

import math
import struct
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

import comptoir.accounts.tables
import comptoir.cloudsync.tables
import comptoir.oauth.tables  # noqa: F401 - all of the metadata
from comptoir.infra.db import archive, bulk, ends, load, migrate, snapshot
from comptoir.infra.db.snapshot import Column, Header, Message, Rows, Sum, Table, Trailer
from comptoir.infra.db.tables import Text, metadata
from tests import pg
from tests.conftest import SLICE, VERIFY

ODD = Table(
    "odd",
    [
        Column("truth", "bool"),
        Column("big", "int"),
        Column("small", "int"),
        Column("real", "float"),
        Column("words", "text"),
        Column("raw", "bytes"),
    ],
)
KINDS = (sa.Boolean, sa.BigInteger, sa.SmallInteger, sa.Double, Text, sa.LargeBinary)
BIG, SMALL = 2**63, 2**15
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NUMBERS = st.floats() | st.sampled_from([-0.0, math.inf, -math.inf, 5e-324])
ROWS = st.lists(
    st.tuples(
        st.none() | st.booleans(),
        st.none() | st.integers(-BIG, BIG - 1),
        st.none() | st.integers(-SMALL, SMALL - 1),
        st.none() | NUMBERS,
        st.none() | TEXTS,
        st.none() | st.binary(max_size=30),
    ),
    max_size=12,
)
HEADER = Header(product="0", schema=migrate.head(), engine="sqlite", made_at="")


def exact(row: Sequence[Any]) -> tuple[Any, ...]:
    """The row in a form that is equal only when every bit and every type is."""
    return tuple((type(v), struct.pack(">d", v) if isinstance(v, float) else v) for v in row)


def in_order(rows: Sequence[Sequence[Any]]) -> list[str]:
    return sorted(repr(exact(row)) for row in rows)


def kept(row: tuple[Any, ...], engine: str) -> tuple[Any, ...]:
    """SQLite has no negative zero."""
    if engine == "postgresql":
        return row
    return tuple(v + 0.0 if isinstance(v, float) else v for v in row)


@pytest.fixture(scope="module", params=SLICE)
def odd(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[sa.Engine]:
    """A database with one table that has a column of each kind."""
    of = sa.Table(
        ODD.name,
        sa.MetaData(),
        *[sa.Column(c.name, kind) for c, kind in zip(ODD.columns, KINDS, strict=True)],
    )
    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path_factory.mktemp('odd') / 'odd.db'}")
        of.create(engine)
        yield engine
        engine.dispose()
        return
    with pg.fresh_database() as url:
        engine = sa.create_engine(pg.driven(url))
        of.create(engine)
        yield engine
        engine.dispose()


def storable(rows: list[tuple[Any, ...]], engine: str) -> list[tuple[Any, ...]]:
    """What the engine can hold at all: the others are refused, see below."""
    return [
        row
        for row in rows
        if not (engine == "sqlite" and isinstance(row[3], float) and math.isnan(row[3]))
        and not (engine == "postgresql" and "\0" in (row[4] or ""))
    ]


@given(rows=ROWS)
def test_any_row_comes_back_from_each_engine(odd: sa.Engine, rows: list[tuple[Any, ...]]) -> None:
    name = odd.dialect.name
    rows = storable(rows, name)
    decode = snapshot.msgspec.msgpack.Decoder(ODD.row_type).decode
    with odd.connect() as connection:
        with bulk.loading(connection, ODD.name, ODD.names) as put:
            put(rows)
        chunks = list(snapshot.packed_rows(connection, ODD))
        connection.rollback()
    found = [decode(packed) for chunk in chunks for packed in chunk]

    assert in_order(found) == in_order([kept(row, name) for row in rows])


@given(rows=ROWS, order=st.randoms(use_true_random=False))
def test_a_sum_is_that_of_the_rows_in_any_order(rows: list[tuple[Any, ...]], order: Any) -> None:
    packed = [snapshot.encode(row) for row in rows]
    moved = list(packed)
    order.shuffle(moved)
    total = Sum().added(packed)

    assert Sum().added(moved[:3]).added(moved[3:]) == total
    assert Sum().added([*packed, *packed]) != total or not packed
    for index, one in enumerate(packed):
        changed = [*packed[:index], one + b"\0", *packed[index + 1 :]]
        assert Sum().added(changed) != total


def messages(rows: list[tuple[Any, ...]]) -> Iterator[Message]:
    """A stream in which only `odd` has rows."""
    packed = [snapshot.encode(row) for row in rows]
    yield HEADER
    yield ODD
    yield Rows([snapshot.msgspec.Raw(row) for row in packed])
    yield Trailer({ODD.name: Sum().added(packed)})


@given(rows=ROWS)
def test_a_file_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]]
) -> None:
    file = tmp_path_factory.mktemp("file") / "a"
    sent = list(messages(rows))
    size, trailer = archive.write(file, iter(sent))

    assert (size, trailer) == (file.stat().st_size, sent[-1])
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert contents(file) == [*map(snapshot.encode, sent)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("whole") / "a"
    rows = [(True, n, n % 7, n / 3, f"row {n}", bytes([n % 256]) * 9) for n in range(500)]
    archive.write(file, messages(rows))
    return file.read_bytes()


def contents(file: Path) -> list[bytes]:
    with archive.reading(file) as (header, others):
        return [snapshot.encode(message) for message in (header, *others)]


@pytest.fixture(scope="module")
def inside(whole: bytes, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What is in it."""
    file = tmp_path_factory.mktemp("inside") / "a"
    file.write_bytes(whole)
    return contents(file)


def damaged(folder: Path, whole: bytes, at: int, flipped: int) -> Path:
    """The file with other bits at that byte."""
    file = folder / "a"
    file.write_bytes(whole[:at] + bytes([whole[at] ^ flipped]) + whole[at + 1 :])
    return file


@given(where=st.floats(0, 1, exclude_max=True), flipped=st.integers(1, 255))
def test_a_damaged_file_gives_back_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
    whole: bytes,
    inside: list[bytes],
    where: float,
    flipped: int,
) -> None:
    """It is refused; a few bits only say how much memory to unpack it in, and change nothing."""
    file = damaged(tmp_path_factory.mktemp("damaged"), whole, int(where * len(whole)), flipped)
    try:
        found = contents(file)
    except snapshot.TransferError:
        return
    assert found == inside


@pytest.mark.parametrize("part", [0.001, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_damaged_file_is_refused(tmp_path: Path, whole: bytes, part: float) -> None:
    file = damaged(tmp_path, whole, int(part * len(whole)), 0xFF)
    with pytest.raises(snapshot.TransferError):
        contents(file)


def test_a_file_whose_window_is_said_to_be_larger_reads_the_same(
    tmp_path: Path, whole: bytes, inside: list[bytes]
) -> None:
    """RFC 8878 §3.1.1.1.2: the byte after the frame's descriptor."""
    assert contents(damaged(tmp_path, whole, len(archive.MAGIC) + 5, 1)) == inside


@pytest.mark.parametrize("text", [b"header", b"product", b"made now"])
def test_damage_inside_a_text_is_refused(tmp_path: Path, text: bytes) -> None:
    header = Header(product="0", schema="", engine="sqlite", made_at="made now")
    body = snapshot.encode(header).replace(text, b"\xff" * len(text))
    packed = archive.zstandard.compress(len(body).to_bytes(4) + body)
    (tmp_path / "a").write_bytes(archive.MAGIC + packed)
    with pytest.raises(snapshot.TransferError), archive.reading(tmp_path / "a"):
        pass


def test_damage_inside_a_row_is_refused() -> None:
    row = snapshot.encode((True, 1, 1, 0.5, "words", b"raw")).replace(b"words", b"word\xff")
    loader = load._Loader(ODD, pytest.fail, sqlite=True)
    with pytest.raises(snapshot.TransferError):
        loader.take(Rows([snapshot.msgspec.Raw(row)]))


@given(where=st.floats(0, 1, exclude_max=True) | st.integers(-20, -1))
def test_a_file_cut_short_is_refused(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, where: float
) -> None:
    file = tmp_path_factory.mktemp("cut") / "a"
    file.write_bytes(whole[: int(where if where < 0 else where * len(whole))])
    with pytest.raises(snapshot.TransferError), archive.reading(file) as (_, others):
        list(others)


def test_a_file_that_is_there_is_replaced_only_when_told(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("mine")
    with pytest.raises(FileExistsError):
        archive.write(file, messages([]))
    with pytest.raises(snapshot.TransferError, match="no backup"):
        archive.write(file, messages([]), replace=True)
    assert file.read_text() == "mine"
    file.write_bytes(archive.MAGIC + b"an earlier one")
    archive.write(file, messages([]), replace=True)
    assert file.read_bytes().startswith(archive.MAGIC)
    with pytest.raises(snapshot.TransferError):
        archive.write(file, iter([HEADER]), replace=True)
    assert list(tmp_path.iterdir()) == [file], "nothing is left of what failed"


@pytest.fixture
def target(database_url: str) -> sa.URL:
    return sa.make_url(pg.driven(database_url))


def stream_of(db: sa.Connection, **more: list[dict[str, Any]]) -> Iterator[Message]:
    """A stream of today's schema: tables by name with rows, the others empty."""
    sums = {}
    for table in snapshot.tables(db):
        packed = [
            snapshot.encode(tuple(row.get(name) for name in table.names))
            for row in more.get(table.name, [])
        ]
        sums[table.name] = Sum().added(packed)
        yield table
        yield Rows([snapshot.msgspec.Raw(row) for row in packed])
    yield Trailer(sums)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Connection]:
    """A database of today's schema, to say what its tables are."""
    url = sa.make_url(f"sqlite:///{tmp_path_factory.mktemp('migrated') / 'a.db'}")
    with ends.empty(url) as db:
        migrate.apply(db)
        yield db


VENDOR = {"vendor": "acme", "organisation_id": "o", "created_at": 1}


def test_every_table_of_the_product_is_copied(migrated: sa.Connection) -> None:
    found = {table.name: table.names for table in snapshot.tables(migrated)}

    assert found.keys() == metadata.tables.keys()
    for name, table in metadata.tables.items():
        assert set(found[name]) == set(table.c.keys())


def test_tables_of_somebody_else_are_left_alone(target: sa.URL, migrated: sa.Connection) -> None:
    with ends.empty(target) as db:
        load.fill(db, HEADER, stream_of(migrated))
        db.exec_driver_sql("CREATE TABLE theirs (a xml)")
    with ends.living(target) as db:
        assert {table.name for table in snapshot.tables(db)} == metadata.tables.keys()


def test_what_a_newer_program_made_is_refused(target: sa.URL, migrated: sa.Connection) -> None:
    newer = Header(product="9.9", schema="9999", engine="sqlite", made_at="")
    with pytest.raises(snapshot.TransferError, match="newer"), ends.empty(target) as db:
        load.fill(db, newer, stream_of(migrated))
    with ends.empty(target) as db:
        load.fill(db, HEADER, stream_of(migrated))
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(snapshot.TransferError, match="newer"), ends.living(target) as db:
        list(snapshot.stream(db, HEADER))


def wrong_streams(db: sa.Connection) -> Iterator[tuple[str, list[Message]]]:
    good = list(stream_of(db, vendor=[VENDOR]))
    at = next(i for i, m in enumerate(good) if isinstance(m, Table) and m.name == "vendor")
    other = list(stream_of(db, vendor=[VENDOR | {"created_at": 2}]))
    yield "a row changed", [*good[:-1], other[-1]]
    yield "rows left out", good[: at + 1] + good[at + 2 :]
    yield "rows twice", good[: at + 2] + good[at + 1 :]
    yield "a table left out", good[:at] + good[at + 2 :]
    yield "a table twice", good[: at + 2] + good[at:]
    yield "an unknown table", [*good[:at], Table("unknown", []), *good[at:]]
    yield "another column", [*good[:at], Table("vendor", [Column("x", "int")]), *good[at + 1 :]]
    yield (
        "another kind of value",
        [*good[: at + 1], Rows([snapshot.msgspec.Raw(b"\x93\x01\x02\x03")])],
    )
    yield "no end", good[:-1]
    yield "no beginning", good[1:]


def test_a_stream_that_is_not_whole_leaves_nothing(
    target: sa.URL, migrated: sa.Connection, engine: str
) -> None:
    """What is looked at is the same on both engines: PostgreSQL has to forget the first alone."""
    most = None if VERIFY or engine == "sqlite" else 2
    for what, wrong in islice(wrong_streams(migrated), most):
        with pytest.raises(snapshot.TransferError), ends.empty(target) as db:
            load.fill(db, HEADER, iter(wrong))
            raise AssertionError(what)
    with ends.empty(target) as db:
        load.fill(db, HEADER, stream_of(migrated, vendor=[VENDOR]))
    with ends.living(target) as db:
        assert snapshot.sums(db)["vendor"].rows == 1


def test_a_target_in_use_is_refused(target: sa.URL, migrated: sa.Connection) -> None:
    with ends.empty(target) as db:
        load.fill(db, HEADER, stream_of(migrated, vendor=[VENDOR]))
    refused = pytest.raises(snapshot.TransferError, match=r"not empty|there already")
    with refused, ends.empty(target) as db:
        raise AssertionError("it was not refused")
    with ends.living(target) as db:
        assert snapshot.sums(db)["vendor"].rows == 1


ORDER = {"shop_id": "s", "id": "1", "digest": b"", "first_seen_at": 1, "changed_at": 1} | {
    "last_synced_at": 1,
    "run_id": "",
    "lang": "",
}


def test_numbers_on_each_engine(target: sa.URL, migrated: sa.Connection, engine: str) -> None:
    """SQLite keeps -0.0 as 0.0; NaN, which it would make NULL, is refused."""
    numbers = {"total_paid_tax_incl": -0.0, "conversion_rate": math.inf}
    rows = [ORDER | numbers | {"sort_id": "1"}]
    with ends.empty(target) as db:
        load.fill(db, HEADER, stream_of(migrated, raw_orders=rows))
        query = "SELECT total_paid_tax_incl, conversion_rate FROM raw_orders"
        zero, infinite = db.exec_driver_sql(query).one()
    assert (zero, infinite) == (0.0, math.inf)
    assert math.copysign(1, zero) == (-1 if engine == "postgresql" else 1)


def test_nan_is_refused_where_it_would_be_lost(
    target: sa.URL, migrated: sa.Connection, engine: str
) -> None:
    rows = [ORDER | {"sort_id": "1", "conversion_rate": math.nan}]
    if engine == "postgresql":
        with ends.empty(target) as db:
            load.fill(db, HEADER, stream_of(migrated, raw_orders=rows))
        return
    refused = pytest.raises(snapshot.TransferError, match=r"raw_orders .*'s'.*NaN")
    with refused, ends.empty(target) as db:
        load.fill(db, HEADER, stream_of(migrated, raw_orders=rows))


def test_a_nul_character_is_refused_where_it_cannot_be_kept(
    target: sa.URL, migrated: sa.Connection, engine: str
) -> None:
    rows = [ORDER | {"sort_id": "1", "lang": "a\0b"}]
    if engine == "sqlite":
        with ends.empty(target) as db:
            load.fill(db, HEADER, stream_of(migrated, raw_orders=rows))
        with ends.living(target) as db:
            found = db.exec_driver_sql("SELECT lang FROM raw_orders").scalar()
            assert found == "a\0b"
        return
    refused = pytest.raises(snapshot.TransferError, match=r"'s'.*'1'.*lang.*NUL")
    with refused, ends.empty(target) as db:
        load.fill(db, HEADER, stream_of(migrated, raw_orders=rows))


@pytest.mark.parametrize(
    ("column", "value"),
    [("created_at", "'text'"), ("created_at", "1.5"), ("organisation_id", "CAST(X'FF' AS TEXT)")],
)
def test_what_sqlite_should_not_hold_is_refused(
    tmp_path: Path, migrated: sa.Connection, column: str, value: str
) -> None:
    """SQLite lets a foreign tool put anything anywhere."""
    url = sa.make_url(f"sqlite:///{tmp_path / 'a.db'}")
    with ends.empty(url) as db:
        load.fill(db, HEADER, stream_of(migrated, vendor=[VENDOR]))
        db.exec_driver_sql(f"UPDATE vendor SET {column} = {value}")
    with ends.living(url) as db, pytest.raises(snapshot.TransferError, match="vendor"):
        list(snapshot.stream(db, HEADER))
