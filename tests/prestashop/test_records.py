"""Upload lines: a row, deletes, or a line kept aside; never an exception."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.records import Delete, Record, Unreadable, Upsert, columns, read_line
from tests.prestashop.test_values import JSON_VALUES

UTC = ZoneInfo("UTC")
PARIS = ZoneInfo("Europe/Paris")
TYPE = {"id_image_type": 1, "name": "cart_default", "width": "125", "products": True}


def line(collection: str = "image_types", **members: Any) -> bytes:
    return json.dumps({"collection": collection, **members}).encode()


def read(sent: bytes, zone: ZoneInfo = UTC) -> list[Record]:
    return list(read_line(sent, zone))


def one(sent: bytes, zone: ZoneInfo = UTC) -> Record:
    (record,) = read(sent, zone)
    return record


def row(sent: bytes, zone: ZoneInfo = UTC) -> Upsert:
    record = one(sent, zone)
    assert isinstance(record, Upsert), record
    return record


def value(record: Upsert, name: str) -> Any:
    return record.values[columns(record.content).index(name)]


def raw(text: str) -> bytes:
    """An image type whose name is `text`, written as it stands."""
    return (
        b'{"action":"upsert","collection":"image_types",'
        b'"properties":{"id_image_type":1,"width":7,"name":' + text.encode() + b"}}"
    )


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"  \t "])
def test_a_blank_line_says_nothing(sent: bytes) -> None:
    assert read(sent) == []


def test_an_upsert() -> None:
    found = row(line(action="upsert", properties=TYPE) + b"\r\n")

    assert (found.content.name, found.id, found.sort_id) == ("image_types", "1", "a1")
    assert value(found, "id_image_type") == 1
    assert value(found, "name") == "cart_default"
    assert value(found, "width") == 125
    assert value(found, "products") is True
    assert value(found, "height") is None
    assert (found.extra, found.misfits) == (None, None)


def test_older_modules_send_no_action() -> None:
    assert row(line(properties=TYPE)).values == row(line(action="upsert", properties=TYPE)).values


def test_unknown_members_of_a_line_do_not_matter() -> None:
    assert row(line(properties=TYPE, checksum="x", batch={"n": 1})).id == "1"


def test_deletes_of_current_and_older_modules() -> None:
    current = one(line(action="delete", properties={"id": 12}))
    older = read(line(deleteIds=[12, "13", "14-0"]))

    assert isinstance(current, Delete)
    assert (current.content.name, current.id) == ("image_types", "12")
    assert [d.id for d in older if isinstance(d, Delete)] == ["12", "13", "14-0"]


@pytest.mark.parametrize("wrong", [None, True, False, 1.5, [], {}])
def test_a_delete_needs_an_id(wrong: object) -> None:
    found = one(line(action="delete", properties={"id": wrong}))

    assert isinstance(found, Unreadable)
    assert found.content == "image_types"


@pytest.mark.parametrize(
    "sent",
    [
        b"x",
        b"{",
        b"[]",
        b"7",
        b"null",
        b"{}",
        b"\xff\xfe",
        b'{"collection":7,"properties":{}}',
        b'{"collection":"image_types","action":7,"properties":{}}',
        b'{"collection":"image_types","properties":{"id_image_type":1}} trailing',
        b'{"collection":"image_types","deleteIds":[{}]}',
        b'{"collection":"image_types","deleteIds":"1"}',
        line("nonsense", properties={"id": 1}),
        line("info", properties={"shop_id": 1}),
        line("imageTypes", properties=TYPE),
        line(),
        line(properties=None),
        line(properties=[]),
        line(properties="x"),
        line(action="replace", properties=TYPE),
        line(properties={"name": "no key"}),
        line(properties={"id_image_type": None}),
        line(properties={"id_image_type": []}),
        line(properties={"id_image_type": "a\0"}),
    ],
)
def test_a_line_that_cannot_be_applied_is_kept_as_it_came(sent: bytes) -> None:
    found = one(b"  " + sent + b"\r\n")

    assert isinstance(found, Unreadable)
    assert found.line == sent
    assert 0 < len(found.reason) < 200


def test_info_is_called_shops_and_has_one_row() -> None:
    assert row(line("shops", properties={"shop_id": 3})).id == "1"


def test_unknown_properties_are_kept() -> None:
    more = {"zz": None, "nested": {"a": [1, "é"]}, "big": 2**70}

    assert row(line(properties=TYPE | more)).extra == more


def test_a_misfit_keeps_the_row() -> None:
    found = row(line(properties=TYPE | {"width": "wide", "height": 5}))

    assert value(found, "width") is None
    assert value(found, "height") == 5
    assert found.misfits == {"width": ("not a whole number", "wide")}


def test_a_misfitting_date_leaves_both_its_columns_empty() -> None:
    found = row(line("orders", properties={"id_order": 1, "created_at": "soon", "reference": "X"}))

    assert value(found, "created_at") is None
    assert value(found, "created_at_offset") is None
    assert value(found, "reference") == "X"
    assert found.misfits is not None and set(found.misfits) == {"created_at"}
    assert len(found.values) == len(columns(found.content))


INFO = {"shop_id": 1, "created_at": "2026-07-01 12:00:00"}


def offset_of_info(timezone: str) -> Any:
    found = row(line("shops", properties=INFO | {"timezone": timezone}), PARIS)
    return value(found, "created_at_offset")


def test_a_date_without_offset_is_read_in_the_rows_zone_else_in_the_stores() -> None:
    assert value(row(line("shops", properties=INFO), PARIS), "created_at_offset") == 120
    assert offset_of_info("America/New_York") == -240
    assert offset_of_info("") == 120
    assert offset_of_info("../../etc/passwd") == 120


@pytest.mark.parametrize("name", ["Nowhere/Land", "0", "GMT+25", "Europe/París"])
def test_an_unknown_zone_is_no_zone(name: str) -> None:
    assert offset_of_info(name) == 120


def test_a_nul_character_is_a_misfit() -> None:
    assert row(raw('"a\\u0000b"')).misfits == {"name": ("a NUL character", "a\0b")}


@pytest.mark.parametrize("number", ["1e400", "-1e999"])
def test_a_number_beyond_all_bounds_spoils_its_value_only(number: str) -> None:
    sent = b'{"collection":"image_types","properties":{"id_image_type":1,"name":"n","width":%s}}'
    found = row(sent % number.encode())

    assert value(found, "name") == "n"
    assert found.misfits is not None and set(found.misfits) == {"width"}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "undefined", "'a'", "01"])
def test_what_is_not_json_is_set_aside(text: str) -> None:
    assert isinstance(one(raw(text)), Unreadable)


@pytest.mark.parametrize("half", ['"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d x"'])
def test_half_a_surrogate_pair_is_kept_aside_with_its_line(half: str) -> None:
    found = one(raw(half))

    assert isinstance(found, Unreadable)
    assert half.encode() in found.line


def test_bytes_that_are_no_utf8_are_kept_aside() -> None:
    sent = raw('"x"').replace(b'"x"', b'"\xe9"')

    assert one(sent) == Unreadable(one(sent).reason, sent)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "name"), [("image_types", "name"), ("image_types", "zz"), ("products", "name")]
)
@pytest.mark.parametrize("depth", [100, 990, 995, 1000, 100_000])
def test_deep_nesting_raises_nothing(content: str, name: str, depth: int) -> None:
    key = catalogue()[content].shape.key[0]
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        nested = opening * depth + "1" + closing * depth
        sent = f'{{"collection":"{content}","properties":{{"{key}":1,"{name}":{nested}}}}}'
        assert isinstance(one(sent.encode()), Upsert | Unreadable)


def test_deep_nesting_in_a_json_property_raises_nothing() -> None:
    for depth in range(900, 1000):
        nested = "[" * depth + "]" * depth
        read(f'{{"collection":"products","properties":{{"unique_product_id":"1",'
             f'"features":{nested}}}}}'.encode())  # fmt: skip


@pytest.mark.parametrize("content", catalogue())
@given(st.data())
def test_any_properties_give_a_row_or_an_unreadable_line(content: str, data: Any) -> None:
    known = catalogue()[content]
    easy = [p.name for p in known.properties]
    names = st.sampled_from(easy) | st.text(max_size=8)
    properties = data.draw(st.dictionaries(names, JSON_VALUES, max_size=6))
    keys = {name: data.draw(st.integers(0, 99)) for name in known.shape.key}
    sent = line(known.collection, action="upsert", properties=properties | keys)
    record = one(sent)

    if isinstance(record, Unreadable):
        assert record.line == sent
        assert record.content in ("", content)
        return
    assert isinstance(record, Upsert)
    assert len(record.values) == len(columns(record.content))
    everything = set(properties) | set(keys)
    sent_names = {p.name for p in known.sent}
    assert set(record.extra or {}) == everything - sent_names
    assert set(record.misfits or {}) <= set(properties)


@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing(sent: bytes) -> None:
    for record in read(sent):
        assert isinstance(record, Unreadable)


def test_equal_digests_mean_equal_rows() -> None:
    same = row(line(properties=TYPE)).digest
    assert row(line(properties=TYPE)).digest == same
    assert row(b" " + line(properties=TYPE) + b"\r").digest == same
    assert row(line(properties=TYPE | {"width": 126})).digest != same
    assert row(line(properties=TYPE), PARIS).digest != same


def test_an_empty_key_is_set_aside() -> None:
    found = one(b'{"collection":"carts","properties":{"id_cart":""}}')
    assert isinstance(found, Unreadable)
    assert found.reason == "the key is empty"


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    found = one(b'\xef\xbb\xbf{"collection":"carts","properties":{"id_cart":"7"}}')
    assert isinstance(found, Upsert)
    assert found.id == "7"
