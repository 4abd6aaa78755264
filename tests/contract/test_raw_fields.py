"""`fields=`: rows of only what was asked for, on lists and single items."""

from collections.abc import Iterator
from typing import Any

import pytest

from comptoir.cloudsync.raw import filters, query
from comptoir.prestashop.catalogue import catalogue
from tests.conftest import SLICE
from tests.contract.raw_reference import LISTS, MADE_ROWS, by_name, contents, made_line, shown
from tests.contract.raw_world import World, small_world


@pytest.fixture(scope="module", params=SLICE)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with small_world(request.param, tmp_path_factory.mktemp("raw")) as made:
        yield made


@pytest.mark.parametrize("path", LISTS)
def test_every_field_can_be_asked_for_alone(there: World, path: str) -> None:
    whole = there.page("made", path, limit=1000)
    for name in sorted(shown(contents()[path])):
        found = there.listed("made", path, limit=1000, fields=name)
        wanted = {"id": "id", name: name}
        assert found["items"] == [{n: row[n] for n in wanted} for row in whole["items"]], name
        assert found["total"] == whole["total"]


@pytest.mark.parametrize("path", contents())
def test_one_row_of_a_few_fields(there: World, path: str) -> None:
    where = there.path("made", path)
    if path != "shop":
        where += "/" + there.page("made", path, limit=1)["items"][0]["id"]
    whole = there.get(where).json
    names = sorted(shown(contents()[path]))[:3]
    found = there.get(where, fields=" , ".join(names)).json

    assert found == {
        "kind": whole["kind"],
        "item": {n: v for n, v in whole["item"].items() if n in {"id", *names}},
    }


def test_filters_and_sort_go_by_fields_that_do_not_show(there: World) -> None:
    asked: dict[str, Any] = {"isPaid": "false", "sort": "reference", "direction": "desc"}
    found = there.page("made", "orders", fields="idOrder", limit=5, **asked)

    assert [list(row) for row in found["items"]] == [["id", "idOrder"]] * 5
    wanted = there.ids("made", "orders", limit=5, **asked)
    assert [row["id"] for row in found["items"]] == wanted
    assert "fields=idOrder&" in found["links"]["next"]


def test_no_name_is_every_field(there: World) -> None:
    whole = there.page("made", "orders")["items"]

    for nothing in ("", " ", ","):
        assert there.page("made", "orders", fields=nothing)["items"] == whole
    row = there.path("made", "orders", "1")
    assert there.get(row, fields="").text == there.get(row).text


def test_properties_of_no_catalogue_show_without_fields_only(there: World) -> None:
    there.add_shop("odd")
    there.consent("odd", "acme_all")
    there.ingest("odd", [made_line(by_name("carts"), 1, new_thing=5)])

    assert there.page("odd", "carts")["items"][0]["newThing"] == 5
    assert there.page("odd", "carts", fields="idCart")["items"] == [{"id": "1", "idCart": "1"}]
    assert there.get(there.path("odd", "carts"), fields="newThing").status == 400


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("refernce", ("'refernce' is none", "did you mean 'reference'.")),
        ("id,IDORDER", ("'IDORDER'", "'idOrder'")),
        ("id_order", ("'id_order'", "'idOrder'")),
        ("zzz", ("orders has the fields id, shopId",)),
        ("*", ("'*'",)),
        ("id\0", ("fields",)),
        ("x" * 5000, ("fields",)),
    ],
)
def test_a_name_of_no_field_is_refused(there: World, asked: str, said: tuple[str, ...]) -> None:
    for where in (there.path("made", "orders"), there.path("made", "orders", "1")):
        answer = there.get(where, fields=asked)
        assert (answer.status, answer.json["error"]) == (400, "cloudsync.parameter_invalid")
        assert len(answer.json["message"]) < 400
        for words in said:
            assert words in answer.json["message"]
        assert there.get(where + "?fields=id&fields=id").status == 400


def test_only_these_columns_are_read(there: World) -> None:
    """No large text is read from disk for nothing."""
    content, shop = catalogue()["products"], there.shops["made"]
    with there.context.db.reading() as db:
        wanted = filters.read(content, b"fields=reference&limit=5", db.dialect.name)
        total, rows = query.page(db, content, shop, wanted, with_orders=False)
        chosen = filters.chosen_fields(content, b"fields=reference")
        (one,) = query.one(db, content, shop, rows[0][0], with_orders=False, chosen=chosen)

    assert total == MADE_ROWS
    assert {len(row) for row in rows} == {2}
    assert tuple(one) == tuple(rows[0])
