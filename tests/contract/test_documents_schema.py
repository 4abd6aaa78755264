"""JSON Schema 2020-12 as msgspec writes it, in the words of OpenAPI 3.0.3."""

from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator

from comptoir.infra.http.samples import sample
from comptoir.infra.http.schema import components, hoist, to_openapi


class Inner(msgspec.Struct):
    """A named part."""

    text: str


class Everything(msgspec.Struct, rename="camel"):
    more_than_three: Annotated[int, msgspec.Meta(gt=3)]
    below: Annotated[float, msgspec.Meta(lt=0.5)]
    choice: Literal["a", "b"] | None
    number: Literal[1, 2]
    either: int | str | None
    pair: tuple[int, str]
    inner: Inner
    perhaps: Inner | None
    blob: bytes
    counts: dict[str, int | None]
    anything: Any
    shown: Annotated[str, msgspec.Meta(examples=["x", "y"], description="Words")] = ""


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (
            {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
            {"type": "integer", "nullable": True, "default": None},
        ),
        (
            {"anyOf": [{"$ref": "#/a"}, {"type": "null"}]},
            {"allOf": [{"$ref": "#/a"}], "nullable": True},
        ),
        (
            {"$ref": "#/a", "description": "which"},
            {"allOf": [{"$ref": "#/a"}], "description": "which"},
        ),
        ({"$ref": "#/a"}, {"$ref": "#/a"}),
        (
            {"enum": ["a", None]},
            {"enum": ["a", None], "type": "string", "nullable": True},
        ),
        ({"const": 3}, {"enum": [3], "type": "integer"}),
        (
            {"type": "integer", "exclusiveMinimum": 3},
            {"type": "integer", "minimum": 3, "exclusiveMinimum": True},
        ),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}], "items": False, "minItems": 1},
            {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        ),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"type": "object", "required": []}, {"type": "object"}),
        (
            {"type": "object", "properties": {"const": {"const": "a"}}},
            {"type": "object", "properties": {"const": {"enum": ["a"], "type": "string"}}},
        ),
        ({"type": "string", "$comment": "x", "if": {}}, {"type": "string"}),
        (True, {}),
        (False, {"not": {}}),
    ],
    ids=str,
)
def test_restated(given: Any, wanted: dict[str, Any]) -> None:
    assert to_openapi(given) == wanted
    assert to_openapi(to_openapi(given)) == wanted, "restating twice changes nothing"


def test_a_sample_fits_the_schema_it_was_made_from() -> None:
    found, named = components([Everything])
    made = sample(found[Everything], named)

    validator = OAS30Validator({**found[Everything], "components": {"schemas": named}})
    assert [e.message for e in validator.iter_errors(made)] == []
    assert made["shown"] == "x"


def test_an_object_with_a_title_is_named_once() -> None:
    row = {"type": "object", "title": "Row", "properties": {"id": {"type": "string"}}}
    known: dict[str, Any] = {}

    done = hoist({"type": "array", "items": row}, known)

    assert done == {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}
    assert hoist(row, known) == done["items"]
    assert known == {"Row": row}
    with pytest.raises(ValueError, match="two schemas are called Row"):
        hoist({**row, "required": ["id"]}, known)


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
values = st.fixed_dictionaries(
    {
        "moreThanThree": st.integers(0, 6) | scalars,
        "below": st.floats(0, 1) | scalars,
        "choice": st.sampled_from(["a", "b", "c", None]),
        "number": st.integers(0, 3),
        "either": scalars,
        "inner": st.fixed_dictionaries({"text": scalars}),
        "counts": st.dictionaries(st.text(max_size=2), scalars, max_size=2),
        "anything": scalars,
    }
)


@given(values)
def test_what_the_server_reads_the_published_schema_takes(value: dict[str, Any]) -> None:
    """Strictly: what msgspec refuses, the schema refuses, and the other way round."""
    value = {**value, "pair": [1, "a"], "perhaps": {"text": "x"}, "blob": "dGV4dA=="}
    found, named = components([Everything])
    validator = OAS30Validator({**found[Everything], "components": {"schemas": named}})
    try:
        msgspec.convert(value, Everything)
        taken = True
    except msgspec.ValidationError:
        taken = False

    assert validator.is_valid(value) is taken
