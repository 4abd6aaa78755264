"""The published documents are valid, whole, and say only what OpenAPI 3.0.3 can say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from comptoir.app.wiring import all_endpoints
from comptoir.infra.http import failures, problems
from comptoir.infra.http.documents import COLLECTIONS, TABLE, documents
from comptoir.infra.http.openapi import plain_path
from comptoir.infra.http.postman import SCHEMA
from comptoir.infra.http.sharing import operations

BASE = "https://api.example:8443"
MADE = documents(all_endpoints(), BASE)
NAMES = sorted(MADE.openapi)
WORDS_OF_31 = {
    "const",
    "examples",
    "prefixItems",
    "$defs",
    "$schema",
    "$id",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "patternProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "dependentRequired",
    "dependentSchemas",
    "contentEncoding",
    "contentMediaType",
}


def schemas_in(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, schema) for every schema of the document, nested ones too."""
    for name, schema in document["components"]["schemas"].items():
        yield from _below(f"schemas/{name}", schema)
    for method, path, operation in operations(document):
        at = f"{method} {path}"
        for param in operation.get("parameters", []):
            yield from _below(f"{at} {param['name']}", param["schema"])
        for where, content in _contents(operation):
            yield from _below(f"{at} {where}", content["schema"])


def _below(where: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield where, schema
    for word in ("anyOf", "oneOf", "allOf"):
        for number, inner in enumerate(schema.get(word, ())):
            yield from _below(f"{where}/{word}/{number}", inner)
    for name, inner in schema.get("properties", {}).items():
        yield from _below(f"{where}/{name}", inner)
    for word in ("items", "not", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from _below(f"{where}/{word}", schema[word])


def _contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"body {kind}", content
    for status, answer in operation["responses"].items():
        for kind, content in answer.get("content", {}).items():
            yield f"{status} {kind}", content


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_openapi_303(name: str) -> None:
    document = MADE.openapi[name]

    assert document["openapi"] == "3.0.3"
    assert document["servers"] == [{"url": BASE}]
    OpenAPIV30SpecValidator(document).validate()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_a_document_is_of_openapi_31(name: str) -> None:
    document = MADE.openapi[name]
    wrong = []
    for where, schema in schemas_in(document):
        wrong += [f"{where}: {word}" for word in WORDS_OF_31 & schema.keys()]
        if not isinstance(schema.get("type", ""), str) or schema.get("type") == "null":
            wrong.append(f"{where}: type {schema['type']}")
        for word in ("exclusiveMinimum", "exclusiveMaximum"):
            if not isinstance(schema.get(word, False), bool):
                wrong.append(f"{where}: {word} is a number")
        if "$ref" in schema and len(schema) > 1:
            wrong.append(f"{where}: words beside a reference are ignored")
        if schema.get("type") == "array" and "items" not in schema:
            wrong.append(f"{where}: an array without items")

    assert wrong == []
    assert not {"webhooks", "jsonSchemaDialect"} & document.keys()
    assert "pathItems" not in document["components"]


def test_each_endpoint_is_in_the_documents_exactly_once() -> None:
    wanted = sorted((e.method, plain_path(e.path)) for e in all_endpoints())
    found = sorted(
        (method, path)
        for document in MADE.openapi.values()
        for method, path, _ in operations(document)
    )

    assert found == wanted
    assert len(set(found)) == len(found)


def test_an_operation_says_who_may_call_it() -> None:
    access = {(e.method, plain_path(e.path)): e.access.value for e in all_endpoints()}
    schemes = {
        "store": ["storeToken"],
        "vendor": ["vendorToken"],
        "user": ["userToken"],
        "v7 store": ["v7StoreToken"],
        "legacy store": ["legacyStoreToken"],
        "legacy owner": ["legacyOwnerToken"],
        "any store": ["storeToken", "legacyStoreToken"],
    }
    for document in MADE.openapi.values():
        for method, path, operation in operations(document):
            who = access[method, path]
            named = [name for way in operation["security"] for name in way]
            assert operation["x-access"] == who
            assert (named == schemes[who]) if who in schemes else set(named) <= {"clientBasic"}
            assert ("401" in operation["responses"]) >= (who in schemes), f"{method} {path}"


def test_operation_ids_are_unique_over_all_documents() -> None:
    found = [o["operationId"] for d in MADE.openapi.values() for _, _, o in operations(d)]

    assert sorted(found) == sorted(set(found))


def _examples(
    document: dict[str, Any],
) -> Iterator[tuple[str, dict[str, Any], Any]]:
    for method, path, operation in operations(document):
        for param in operation.get("parameters", []):
            if "example" in param:
                yield f"{method} {path} {param['name']}", param["schema"], param["example"]
        for where, content in _contents(operation):
            given = [e["value"] for e in content.get("examples", {}).values()]
            given += [content["example"]] if "example" in content else []
            for example in given:
                yield f"{method} {path} {where}", content["schema"], example


@pytest.mark.parametrize("name", NAMES)
def test_examples_fit_their_schemas(name: str) -> None:
    document = MADE.openapi[name]
    wrong = []
    for where, schema, example in _examples(document):
        validator = OAS30Validator({**schema, "components": document["components"]})
        wrong += [f"{where}: {error.message}" for error in validator.iter_errors(example)]

    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_examples_have_no_member_that_the_schema_does_not_know(name: str) -> None:
    document = MADE.openapi[name]
    known = document["components"]["schemas"]
    errors = {shape for shape, _ in failures.SHAPES.values()}
    wrong = []
    for where, schema, example in _examples(document):
        shape = schema.get("$ref", "").rpartition("/")[2]
        target = known.get(shape, schema)
        if shape in errors or not isinstance(example, dict) or "properties" not in target:
            continue
        wrong += [f"{where}: {m}" for m in example.keys() - target["properties"].keys()]

    assert wrong == []


def test_bodies_and_answers_have_examples() -> None:
    bare = [
        f"{method} {path} {where}"
        for document in MADE.openapi.values()
        for method, path, operation in operations(document)
        for where, content in _contents(operation)
        if where.endswith(("json", "urlencoded")) and not {"example", "examples"} & content.keys()
    ]

    assert bare == []


@pytest.mark.parametrize("problem", failures.leaves(), ids=lambda p: p.code)
@pytest.mark.parametrize("style", failures.SHAPES, ids=lambda s: s.__name__)
def test_every_problem_fits_the_shape_that_is_published(
    style: problems.Style, problem: type[Any]
) -> None:
    _, schema = failures.SHAPES[style]

    OAS30Validator(schema).validate(failures.example(style, problem))


def test_each_shape_on_the_wire_is_described() -> None:
    assert {*problems.STYLES.values(), problems.rfc9457} == set(failures.SHAPES)


def _requests(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for inner in item["item"]:
        if "item" in inner:
            yield from _requests(inner)
        else:
            yield inner


@pytest.mark.parametrize("name", sorted(MADE.postman))
def test_a_postman_collection_has_the_shape_of_v21(name: str) -> None:
    collection = MADE.postman[name]
    variables = {v["key"]: v["value"] for v in collection["variable"]}

    assert collection["info"]["schema"] == SCHEMA
    assert collection["info"]["name"]
    assert collection["auth"] == {
        "type": "bearer",
        "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}],
    }
    assert variables["baseUrl"] == BASE
    assert "token" in variables
    for item in _requests(collection):
        url = item["request"]["url"]
        assert item["name"]
        assert url["raw"].partition("?")[0] == "/".join([*url["host"], *url["path"]])
        named = {part[1:] for part in url["path"] if part.startswith(":")}
        assert {v["key"] for v in url.get("variable", [])} == named
        assert all(v["value"] for v in url.get("variable", []))
        assert {h["key"] for h in item["request"]["header"]} >= {"Accept"}


@pytest.mark.parametrize("name", sorted(MADE.postman))
def test_a_postman_collection_lists_the_same_operations(name: str) -> None:
    document, api, _ = COLLECTIONS[name]
    wanted = sorted(o[:2] for o in operations(MADE.openapi[document], api))
    folders = [f for f in MADE.postman[name]["item"] if f["name"] != "tokens"]
    found = sorted(
        (
            item["request"]["method"],
            "/"
            + "/".join(
                "{" + part[1:] + "}" if part.startswith(":") else part
                for part in item["request"]["url"]["path"]
            ),
        )
        for folder in folders
        for item in _requests(folder)
    )

    assert found == wanted


def test_a_service_that_is_off_has_no_document() -> None:
    accounts = [e for e in all_endpoints() if e.api in ("oauth", "accounts")]
    made = documents(accounts, BASE)

    assert sorted(made.openapi) == ["accounts", "oauth"]
    assert sorted(made.postman) == ["accounts"]


def test_an_endpoint_belongs_to_a_document() -> None:
    known = {api for document in TABLE.values() for api in document.apis}

    assert {e.api for e in all_endpoints()} <= known


def test_a_collection_belongs_to_a_document() -> None:
    for name, (document, api, _) in COLLECTIONS.items():
        assert document in TABLE, name
        assert not api or api in TABLE[document].apis, name


def test_the_base_is_nowhere_but_where_it_is_asked_for() -> None:
    text = str(MADE.openapi) + str(MADE.postman)

    assert "comptoir.example" not in text
    assert Path(BASE).name in text
