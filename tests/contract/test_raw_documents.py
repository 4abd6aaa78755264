"""What the documents say of the Raw API is what it does (spec/rawapi.md §1, §11)."""

from typing import Any

import pytest

from comptoir.cloudsync.raw import ENDPOINTS
from comptoir.infra.http.auth import Access
from comptoir.infra.http.endpoint import Endpoint
from tests.contract.raw_reference import contents, json_type, shown

BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}
GENERIC = ("createdAt", "updatedAt", "lastSyncedAt")


def pascal(path: str) -> str:
    return "".join(word.capitalize() for word in path.split("-"))


def routes(path: str) -> list[Endpoint]:
    if path == "shop":
        return [BY_NAME["getShop"]]
    return [BY_NAME[f"list{pascal(path)}"], BY_NAME[f"get{pascal(path)}Item"]]


def test_34_lists_with_single_rows_and_the_shop() -> None:
    assert len(ENDPOINTS) == len(BY_NAME) == 69
    for path in contents():
        paths = [endpoint.path for endpoint in routes(path)]
        assert (
            paths
            == [f"/raw/v1/{{shop_id}}/{path}", f"/raw/v1/{{shop_id}}/{path}/{{id}}"][: len(paths)]
        )
    assert {(e.method, e.access, e.api) for e in ENDPOINTS} == {("GET", Access.VENDOR, "raw")}


@pytest.mark.parametrize("path", contents())
def test_the_schema_of_a_row_is_that_of_the_catalogue(path: str) -> None:
    content = contents()[path]
    item = routes(path)[-1].answers[200]["properties"]["item"]
    kinds = {name: schema["type"] for name, schema in item["properties"].items()}

    assert kinds == {name: json_type(content, name) for name in shown(content)}
    if path != "shop":
        assert routes(path)[0].answers[200]["properties"]["items"]["items"] == item


@pytest.mark.parametrize("path", contents())
def test_examples_fit_their_schema(path: str) -> None:
    for endpoint in routes(path):
        fits(endpoint.answer_example, endpoint.answers[200])


def fits(value: Any, schema: dict[str, Any]) -> None:
    if value is None:
        assert schema.get("nullable"), schema
        return
    kinds: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool}
    kinds |= {"integer": int, "number": (int, float)}
    assert isinstance(value, kinds[schema["type"]]), (value, schema)
    assert isinstance(value, bool) == (schema["type"] == "boolean")
    if schema["type"] == "object":
        assert value.keys() == schema["properties"].keys()
        for name, member in schema["properties"].items():
            fits(value[name], member)
    if schema["type"] == "array":
        for member in value:
            fits(member, schema["items"])


@pytest.mark.parametrize("path", [path for path in contents() if path != "shop"])
def test_every_parameter_of_the_go_client_is_taken(path: str) -> None:
    """Those of catalogue.json: the equality filters, the ranges and the generic ones."""
    known = {p.name for p in routes(path)[0].params if p.where == "query"}
    wanted = {"limit", "offset", "sort", "direction"}
    wanted |= {name + end for name in GENERIC for end in ("", "Start", "End")}
    for prop in contents()[path]["properties"].values():
        if prop.get("filter"):
            wanted.add(prop["camelName"])
        if prop.get("range"):
            wanted |= {prop["camelName"] + end for end in ("Start", "End")}

    assert wanted <= known
    if path == "carrier-details":
        assert {"delimiter1SEnd", "delimiter2SEnd"} <= known
