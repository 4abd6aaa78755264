"""The comparison that keeps published interfaces: each rule once broken and once kept."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.app.wiring import all_endpoints
from comptoir.infra.http.documents import documents
from tests.contract.compatible import codes, compare, compare_events

DAY = date(2026, 6, 1)
MADE = documents(all_endpoints(), "https://api.example").openapi

ROW = {
    "type": "object",
    "required": ["id", "state"],
    "properties": {
        "id": {"type": "integer"},
        "state": {"type": "string", "enum": ["open", "done"]},
        "note": {"type": "string", "nullable": True},
        "at": {"type": "string", "format": "date-time"},
        "size": {"type": "integer", "minimum": 0, "maximum": 10},
        "price": {"type": "number"},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "next": {"$ref": "#/components/schemas/Row"},
    },
}
ASKED = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 64},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "count": {"type": "number"},
        "list": {"type": "array", "items": {"type": "integer"}},
        "either": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    },
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "paths": {
        "/rows/{id}": {
            "get": {
                "operationId": "getRow",
                "security": [{"token": ["read"]}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"$ref": "#/components/parameters/limit"},
                ],
                "responses": {
                    "200": {
                        "description": "OK",
                        "headers": {"ETag": {"schema": {"type": "string"}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Row"}}
                        },
                    },
                    "404": {
                        "description": "none",
                        "content": {"application/json": {"examples": {"row.unknown": {}}}},
                    },
                },
            },
        },
        "/rows": {
            "post": {
                "operationId": "addRow",
                "security": [],
                "requestBody": {"content": {"application/json": {"schema": ASKED}}},
                "responses": {"201": {"description": "Created"}},
            },
        },
    },
    "components": {
        "parameters": {
            "limit": {
                "name": "limit",
                "in": "query",
                "schema": {"type": "integer", "maximum": 1000, "default": 10},
            }
        },
        "schemas": {"Row": ROW},
        "securitySchemes": {"token": {"type": "oauth2"}},
    },
}
GET = "paths/~rows~{id}/get"
POST = "paths/~rows/post"
ANSWER = "components/schemas/Row"
LIMIT = "components/parameters/limit"
BODY = POST + "/requestBody/content/application~json/schema"
GONE: Any = object()


def changed(document: dict[str, Any], *changes: tuple[str, Any]) -> dict[str, Any]:
    """A copy with values set at paths; `~` is a slash in a name. GONE removes."""
    made = deepcopy(document)
    for path, value in changes:
        *steps, last = [step.replace("~", "/") for step in path.split("/")]
        at = made
        for step in steps:
            at = at[int(step)] if isinstance(at, list) else at[step]
        if value is GONE:
            del at[int(last) if isinstance(at, list) else last]
        elif isinstance(at, list):
            at.insert(int(last), value)
        else:
            at[last] = value
    return made


BREAKING = {
    "a path": ("paths/~rows", GONE, "POST /rows: the operation is gone"),
    "an operation": (GET, GONE, "GET /rows/{id}: the operation is gone"),
    "an operationId": (GET + "/operationId", "x", "operationId is another"),
    "a parameter": (GET + "/parameters/1", GONE, "query parameter limit: the parameter is gone"),
    "a parameter is required": (LIMIT + "/required", True, "limit: the parameter is required now"),
    "a new required parameter": (
        GET + "/parameters/0",
        {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}},
        "query parameter q: a new parameter is required",
    ),
    "a parameter elsewhere": (LIMIT + "/in", "header", "limit: the parameter is gone"),
    "a parameter's style": (LIMIT + "/style", "spaceDelimited", "its style is another"),
    "a parameter's type": (LIMIT + "/schema/type", "string", "type integer is taken no longer"),
    "a parameter's range": (LIMIT + "/schema/maximum", 100, "maximum is narrower"),
    "a parameter's default": (LIMIT + "/schema/default", 20, "the default is another"),
    "a body": (POST + "/requestBody", GONE, "POST /rows body: the body is taken no longer"),
    "a body is required": (POST + "/requestBody/required", True, "a body is required now"),
    "a media type": (
        POST + "/requestBody/content",
        {"text/csv": {}},
        "the media type application/json is gone",
    ),
    "a member to send": (BODY + "/properties/kind", GONE, "body.kind: the member is gone"),
    "a member is required": (BODY + "/required", ["name", "kind"], "body.kind: the member is requ"),
    "a new required member": (BODY + "/required", ["name", "more"], "body.more: the member is req"),
    "a value to send": (BODY + "/properties/kind/enum", ["a"], "body.kind: the value 'b' is gone"),
    "an enum where there was none": (BODY + "/properties/name/enum", ["x"], "only some values"),
    "a type to send": (BODY + "/properties/count/type", "integer", "number is taken no longer"),
    "a length to send": (BODY + "/properties/name/maxLength", 8, "maxLength is narrower"),
    "a shortest length": (BODY + "/properties/name/minLength", 2, "minLength is narrower"),
    "a pattern": (BODY + "/properties/name/pattern", "^a", "pattern is another"),
    "items to send": (BODY + "/properties/list/items/type", "string", "body.list[]: type integer"),
    "unique items": (BODY + "/properties/list/uniqueItems", True, "uniqueItems is narrower"),
    "an alternative to send": (
        BODY + "/properties/either",
        {"type": "string"},
        "the alternative 'integer' is taken no longer",
    ),
    "other members": (BODY + "/additionalProperties", False, "other members are refused now"),
    "a status": (GET + "/responses/200", GONE, "answer 200: the status is gone"),
    "a refusal's status": (GET + "/responses/404", GONE, "answer 404: the status is gone"),
    "an answer's header": (GET + "/responses/200/headers", {}, "the header ETag is gone"),
    "an answer's media type": (
        GET + "/responses/200/content",
        {},
        "the media type application/json is gone",
    ),
    "an answer's member": (ANSWER + "/properties/note", GONE, "200.note: the member is gone"),
    "an answer's member may miss": (ANSWER + "/required", ["id"], "200.state: the member may be"),
    "an answer's type": (ANSWER + "/properties/id/type", "string", "type string may come now"),
    "an answer's number": (ANSWER + "/properties/id/type", "number", "type number may come now"),
    "an answer's null": (ANSWER + "/properties/at/nullable", True, "type null may come now"),
    "an answer's format": (ANSWER + "/properties/at/format", GONE, "200.at: format is another"),
    "an answer's range": (ANSWER + "/properties/size/maximum", GONE, "maximum is wider"),
    "an answer's new value": (
        ANSWER + "/properties/state/enum",
        ["open", "done", "lost"],
        "the value 'lost' is new",
    ),
    "an answer's lost value": (ANSWER + "/properties/state/enum", ["open"], "'done' is gone"),
    "an answer's free value": (ANSWER + "/properties/state/enum", GONE, "any value may come now"),
    "an answer's new alternative": (
        ANSWER + "/properties/either/anyOf/0",
        {"type": "boolean"},
        "the alternative 'boolean' is new",
    ),
    "an answer's lost alternative": (
        ANSWER + "/properties/either/anyOf/1",
        GONE,
        "the alternative 'integer' is gone",
    ),
    "a token where none was": (POST + "/security", [{"token": []}], "no token no longer gives"),
    "a scope more": (GET + "/security", [{"token": ["read", "admin"]}], "token no longer gives"),
    "another token": (GET + "/security", [{"other": []}], "token no longer gives access"),
    "a scheme": ("components/securitySchemes/token/type", "http", "its type is another"),
}
KEPT = {
    "a new path": ("paths/~more", {}),
    "a new operation": ("paths/~rows/get", {"operationId": "x", "responses": {}}),
    "a new optional parameter": (
        GET + "/parameters/0",
        {"name": "q", "in": "query", "schema": {"type": "string"}},
    ),
    "a wider parameter": (LIMIT + "/schema/maximum", 5000),
    "a new optional member": (BODY + "/properties/more", {"type": "string"}),
    "a member needed no longer": (BODY + "/required", []),
    "one more value to send": (BODY + "/properties/kind/enum", ["a", "b", "c"]),
    "any value to send": (BODY + "/properties/kind/enum", GONE),
    "a longer text": (BODY + "/properties/name/maxLength", GONE),
    "one more alternative to send": (BODY + "/properties/either/oneOf/0", {"type": "boolean"}),
    "one more media type": (POST + "/requestBody/content/text~csv", {}),
    "a new member in an answer": (ANSWER + "/properties/more", {"type": "string"}),
    "a new status": (GET + "/responses/409", {"description": "x"}),
    "a new header": (GET + "/responses/200/headers/Link", {"schema": {"type": "string"}}),
    "an integer for a number": (ANSWER + "/properties/price/type", "integer"),
    "never null": (ANSWER + "/properties/note/nullable", False),
    "always there": (ANSWER + "/required", ["id", "state", "note"]),
    "a narrower range in an answer": (ANSWER + "/properties/size/maximum", 5),
    "no token needed": (GET + "/security", []),
    "a scope less": (GET + "/security", [{"token": []}]),
    "one more way in": (GET + "/security", [{"other": []}, {"token": ["read"]}]),
    "words": (ANSWER + "/description", "Other words."),
    "deprecation": (GET + "/deprecated", True),
}


@pytest.mark.parametrize("rule", BREAKING)
def test_a_change_that_breaks_clients(rule: str) -> None:
    path, value, words = BREAKING[rule]

    found = [str(d) for d in compare(DOCUMENT, changed(DOCUMENT, (path, value)), DAY)]

    assert any(words in text for text in found), found
    assert all("make a v2" in text and "deprecated" in text for text in found)


@pytest.mark.parametrize("rule", KEPT)
def test_a_change_that_clients_do_not_see(rule: str) -> None:
    path, value = KEPT[rule]
    assert changed(DOCUMENT, (path, value)) != DOCUMENT
    assert compare(DOCUMENT, changed(DOCUMENT, (path, value)), DAY) == []


@pytest.mark.parametrize(
    ("sunset", "deprecated", "breaks"),
    [
        ("2026-05-31", True, False),
        ("2026-06-01", True, True),
        ("2026-05-31", False, True),
        (None, True, True),
    ],
)
def test_an_operation_may_go_after_its_sunset(
    sunset: str | None, deprecated: bool, breaks: bool
) -> None:
    old = changed(DOCUMENT, (GET + "/deprecated", deprecated), (GET + "/x-sunset", sunset))

    assert bool(compare(old, changed(old, (GET, GONE)), DAY)) == breaks


def test_a_reference_counts_as_what_it_leads_to() -> None:
    inline = changed(DOCUMENT, (GET + "/responses/200/content/application~json/schema", ROW))
    whole = {"allOf": [{"$ref": "#/components/schemas/Row"}]}
    wrapped = changed(DOCUMENT, (GET + "/responses/200/content/application~json/schema", whole))
    for other in (inline, wrapped):
        assert compare(DOCUMENT, other, DAY) == []
        assert compare(other, DOCUMENT, DAY) == []


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_document_is_compatible_with_itself(name: str) -> None:
    assert compare(MADE[name], deepcopy(MADE[name]), DAY) == []


MEMBERS = [
    (schema, member)
    for schema, found in MADE["accounts"]["components"]["schemas"].items()
    for member in found.get("properties", {})
]


@given(st.sampled_from(MEMBERS))
def test_no_member_of_a_real_document_can_go_unseen(lost: tuple[str, str]) -> None:
    found = deepcopy(MADE["accounts"])
    del found["components"]["schemas"][lost[0]]["properties"][lost[1]]

    assert any("the member is gone" in d.what for d in compare(MADE["accounts"], found, DAY))


OPTIONAL = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "boolean", "object"])},
    optional={"nullable": st.booleans(), "description": st.text(max_size=5)},
)


@given(st.dictionaries(st.from_regex(r"new_[a-z]{1,5}", fullmatch=True), OPTIONAL, max_size=4))
def test_adding_what_is_optional_breaks_nobody(members: dict[str, Any]) -> None:
    found = changed(DOCUMENT)
    found["components"]["schemas"]["Row"]["properties"] |= members
    asked = found["paths"]["/rows"]["post"]["requestBody"]["content"]["application/json"]
    asked["schema"]["properties"] |= members
    found["paths"]["/rows/{id}"]["get"]["parameters"] += [
        {"name": name, "in": "query", "schema": schema} for name, schema in members.items()
    ]

    assert compare(DOCUMENT, found, DAY) == []
    assert bool(compare(found, DOCUMENT, DAY)) == bool(members), "and taking it away does"


EVENT = {
    "type": "object",
    "required": ["shop_id"],
    "properties": {
        "shop_id": {"type": "string", "description": "whose"},
        "contents": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("properties/shop_id", GONE, "shop_id: the member is gone"),
        ("properties/shop_id/type", "integer", "shop_id: the member has another type"),
        ("properties/contents/items/type", "integer", "contents: the member has another type"),
        ("properties/shop_id/enum", ["a"], "shop_id: the member has another type"),
        ("required", [], "shop_id: the member may be missing now"),
    ],
)
def test_an_event_that_changed(path: str, value: Any, words: str) -> None:
    found = [str(d) for d in compare_events(EVENT, changed(EVENT, (path, value)))]
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties/more", {"type": "string"}),
        ("properties/shop_id/description", "other words"),
        ("required", ["shop_id", "contents"]),
    ],
)
def test_an_event_that_means_the_same(path: str, value: Any) -> None:
    assert compare_events(EVENT, changed(EVENT, (path, value))) == []


def test_codes_are_found_in_shared_refusals_too() -> None:
    assert codes(DOCUMENT) == {"row.unknown"}
    assert "infra.token_missing" in codes(MADE["cloudsync"])
