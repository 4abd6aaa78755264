"""The page at `/docs`: what the OpenAPI documents say, for people."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from comptoir.infra.http import curl, failures
from comptoir.infra.http.auth import Access
from comptoir.infra.http.documents import COLLECTIONS, Documents
from comptoir.infra.http.openapi import WHO
from comptoir.infra.http.postman import pretty
from comptoir.infra.http.schema import Schema
from comptoir.infra.http.sharing import operations

MANY = 8
"""A longer table starts folded."""


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter, or a member of a body."""

    name: str
    where: str
    kind: str
    required: bool
    about: str
    example: str


@dataclass(frozen=True, slots=True)
class Refusal:
    status: str
    code: str
    message: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Answer:
    words: str
    """Status, and what it means."""
    example: str
    members: list[Row]


@dataclass(frozen=True, slots=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    about: str
    access: str
    who: str
    params: list[Row]
    body: list[Row]
    body_about: str
    curl: str
    answers: list[Answer]
    refusals: list[Refusal]
    going: str
    """Since when it is on its way out; empty while it is not."""


@dataclass(frozen=True, slots=True)
class Group:
    anchor: str
    title: str
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One OpenAPI document."""

    name: str
    title: str
    about: str
    groups: list[Group]
    collections: list[str]


def page(made: Documents) -> str:
    """The whole page as HTML."""
    environment = Environment(
        loader=PackageLoader("comptoir.app", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    first = next(iter(made.openapi.values()), {"info": {"version": ""}})
    return environment.get_template("docs.html").render(
        base=made.base,
        version=first["info"]["version"],
        chapters=[_chapter(name, document, made) for name, document in made.openapi.items()],
        who={access.value: WHO[access] for access in Access},
        problems=[
            (problem_anchor(p.code), p.code, p.status, p.title, failures.meaning(p))
            for p in failures.leaves()
        ],
        many=MANY,
    )


def prose(text: str) -> Markup:
    """Escaped text in which `words between backticks` are code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def problem_anchor(code: str) -> str:
    return "problem-" + re.sub(r"[^A-Za-z0-9_-]+", "-", code)


def _chapter(name: str, document: Mapping[str, Any], made: Documents) -> Chapter:
    groups: dict[str, list[Operation]] = {}
    shared = document["components"]["schemas"]
    for method, path, operation in operations(document):
        shown = _operation(made.base, method, path, operation, shared)
        groups.setdefault(operation["tags"][0], []).append(shown)
    return Chapter(
        name=name,
        title=document["info"]["title"],
        about=document["info"].get("description", ""),
        groups=[Group(f"{name}-{_slug(tag)}", tag, shown) for tag, shown in groups.items()],
        collections=[c for c in made.postman if COLLECTIONS[c][0] == name],
    )


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _operation(
    base: str, method: str, path: str, operation: Mapping[str, Any], known: Mapping[str, Schema]
) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    body: Schema = next((c["schema"] for c in content.values()), {})
    return Operation(
        anchor=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        about=operation.get("description", ""),
        access=operation["x-access"],
        who=WHO[Access(operation["x-access"])],
        params=[_parameter(p) for p in operation.get("parameters", [])],
        body=_members(body, known),
        body_about=operation.get("requestBody", {}).get("description", ""),
        curl=curl.command(base, method, path, operation),
        answers=list(_answers(operation, known)),
        refusals=_refusals(operation),
        going=_going(operation),
    )


def _going(operation: Mapping[str, Any]) -> str:
    if not operation.get("deprecated"):
        return ""
    sunset = operation["x-sunset"]
    return "Deprecated" + (f": it may be gone after {sunset}." if sunset else ".")


def _parameter(param: Mapping[str, Any]) -> Row:
    return Row(
        name=param["name"],
        where=param["in"],
        kind=kind_of(param["schema"]),
        required=param.get("required", False),
        about=param.get("description", ""),
        example=_plain(param.get("example")),
    )


def _members(
    schema: Mapping[str, Any], known: Mapping[str, Schema], before: str = "", depth: int = 3
) -> list[Row]:
    """The members of an object, and below them those of objects in it: `items[].idOrder`."""
    schema = _target(schema, known)
    required = schema.get("required", [])
    rows = []
    for name, inner in schema.get("properties", {}).items():
        about = inner.get("description", "")
        rows.append(Row(before + name, "", kind_of(inner), name in required, about, ""))
        step = "[]." if inner.get("type") == "array" else "."
        target = _target(inner.get("items", inner), known)
        if depth and target.get("properties"):
            rows += _members(target, known, before + name + step, depth - 1)
    return rows


def _target(schema: Mapping[str, Any], known: Mapping[str, Schema]) -> Mapping[str, Any]:
    parts = schema.get("allOf", ())
    reference = schema.get("$ref") or (parts[0].get("$ref") if len(parts) == 1 else None)
    return known[reference.rpartition("/")[2]] if reference else schema


def kind_of(schema: Mapping[str, Any]) -> str:
    """The type in a few words: `string (date-time)`, `array of string`, `a | b`."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        words = " | ".join(_plain(v) or "null" for v in schema["enum"])
    elif "type" not in schema:
        inner = [s for word in ("anyOf", "oneOf", "allOf") for s in schema.get(word, ())]
        words = " or ".join(kind_of(s).removesuffix(" or null") for s in inner) or "any"
    elif schema["type"] == "array":
        words = f"array of {kind_of(schema.get('items', {}))}"
    else:
        words = schema["type"] + (f" ({schema['format']})" if "format" in schema else "")
    inner_null = any(s.get("nullable") for s in schema.get("anyOf", ()))
    null = (schema.get("nullable") or inner_null) and "null" not in words
    return words + (" or null" if null else "")


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else pretty(value)


def _answers(operation: Mapping[str, Any], known: Mapping[str, Schema]) -> Iterator[Answer]:
    for status, answer in operation["responses"].items():
        if int(status) >= HTTPStatus.BAD_REQUEST:
            continue
        words = f"{status} {HTTPStatus(int(status)).phrase}"
        if answer["description"] != HTTPStatus(int(status)).phrase:
            words += ": " + answer["description"]
        for content in answer.get("content", {}).values() or [{}]:
            members = _members(content.get("schema", {}), known)
            yield Answer(words, _plain(content.get("example")), members)


def _refusals(operation: Mapping[str, Any]) -> list[Refusal]:
    found = []
    for status, answer in operation["responses"].items():
        for content in answer.get("content", {}).values():
            for code, example in content.get("examples", {}).items():
                if int(status) < HTTPStatus.BAD_REQUEST:
                    continue
                body = example["value"]
                message = next(
                    (body[k] for k in ("detail", "message", "error_description") if k in body), ""
                )
                found.append(Refusal(status, code, message, problem_anchor(code)))
    return found
