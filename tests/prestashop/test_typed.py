"""The fast reader and the thorough one give the same row, whatever comes."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.prestashop import typed
from comptoir.prestashop.catalogue import by_collection, catalogue
from comptoir.prestashop.records import Unreadable, Upsert, _upsert
from tests.contract import raw_reference

ZONE = ZoneInfo("Europe/Paris")
PLAIN = [None, "", "0", "7", "07", "7.5", "x", 0, 7, -1, 7.0, 7.5, True, False]
LARGE = [2**63, -(2**63), 2**70, {}, {"a": 1}, [], [1], "i" * 600]
DATES = [
    "2024-07-16T15:33:56+0200",
    "2024-07-16 15:33:56",
    "2024-07-16T15:33:56Z",
    "2024-02-30",
    "0000-00-00",
    "2024-07-16T15:33:56+9900",
    "2024-07-16T25:33:56+0200",
]
ODD = st.sampled_from([*PLAIN, *LARGE, *DATES, "PGI+", "é", "a\0b"])


def both(collection: str, properties: dict[str, Any]) -> tuple[Any, Any]:
    """(what the fast reader says, what the thorough one says) of one row."""
    content = by_collection()[collection]
    line = json.dumps({"collection": collection, "properties": properties}).encode()
    slow = _upsert(content, dict(properties), line, ZONE)
    fast = typed.read(content, [line], ZONE)
    if fast is None:
        return None, slow
    assert typed.read_keys(content, [line]) == fast.ids
    return (fast.ids[0], [value for (value,) in fast.columns]), slow


def agree(collection: str, properties: dict[str, Any]) -> bool:
    """Whether the fast reader took the row; then it must be the thorough one's."""
    fast, slow = both(collection, properties)
    if fast is None:
        return False
    assert isinstance(slow, Upsert), slow
    assert (slow.extra, slow.misfits) == (None, None)
    assert fast == (slow.id, slow.values)
    assert [type(v) for v in fast[1]] == [type(v) for v in slow.values]
    return True


@pytest.mark.parametrize("version", ["1.6", "1.7", "8"])
def test_captured_rows_are_read_fast_and_the_same(version: str) -> None:
    records = [r for r in raw_reference.captured_records(version) if r["collection"] != "shops"]
    taken = [agree(r["collection"], r["properties"]) for r in records]
    assert taken
    assert all(taken)


@pytest.mark.parametrize("name", [n for n, c in catalogue().items() if not c.singleton])
@given(data=st.data())
def test_odd_values_are_left_to_the_thorough_reader(name: str, data: st.DataObject) -> None:
    content = catalogue()[name]
    made = raw_reference.made_line(
        raw_reference.by_name(content.collection), data.draw(st.integers(0, 50))
    )
    properties = json.loads(made)["properties"]
    names = st.sampled_from([p.name for p in content.sent] + ["unknown"])
    for key in data.draw(st.lists(names, max_size=3)):
        properties[key] = data.draw(ODD)
    if data.draw(st.booleans()):
        properties.pop(data.draw(st.sampled_from([p.name for p in content.sent])), None)
    agree(content.collection, properties)


def test_the_store_itself_is_read_thoroughly() -> None:
    fast, slow = both("shops", {"timezone": "Europe/Paris"})
    assert fast is None
    assert not isinstance(slow, Unreadable)
