"""What would break a client that was written for a published document. Pure.

A client fits what it sends to the published request, and reads answers as published. So today's
server must take all that the published one took, and may answer nothing that was not published;
what readers do not know, they ignore (docs/decisions/0012).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.contract.fitting import Side, differences

Json = Mapping[str, Any]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MENDED = (
    "Clients rely on it: keep it, and add what is new beside it; or make a v2 path beside this"
    " one and mark this one deprecated, with a sunset."
)


@dataclass(frozen=True, slots=True)
class Difference:
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {MENDED}"


def compare(published: Json, today: Json, day: date) -> list[Difference]:
    """What in `today` breaks clients of `published`. An operation whose published sunset lies
    before `day` may be gone."""
    return [Difference(where, what) for where, what in _documents(published, today, day)]


def compare_events(published: Json, today: Json) -> list[Difference]:
    """The same for the schema of an event: members may be added, none may change."""
    found = []
    for name, schema in published.get("properties", {}).items():
        now = today.get("properties", {}).get(name)
        if now is None:
            found.append(Difference(name, "the member is gone"))
        elif _bare(now) != _bare(schema):
            found.append(Difference(name, "the member has another type or meaning"))
        elif name in published.get("required", ()) and name not in today.get("required", ()):
            found.append(Difference(name, "the member may be missing now"))
    return found


def codes(document: Json) -> set[str]:
    """Every code of a refusal that the document names."""
    return {
        code
        for _, _, operation in _operations(document)
        for status, answer in operation["responses"].items()
        if status >= "400"
        for content in _resolved(answer, document).get("content", {}).values()
        for code in content.get("examples", {})
    }


def _bare(part: Any) -> Any:
    """Without the words that are for people."""
    if isinstance(part, list):
        return [_bare(p) for p in part]
    if not isinstance(part, Mapping):
        return part
    return {k: _bare(v) for k, v in part.items() if k not in ("title", "description", "examples")}


def _resolved(part: Json, document: Json) -> Json:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _documents(old: Json, new: Json, day: date) -> Iterator[tuple[str, str]]:
    schemes = old.get("components", {}).get("securitySchemes", {})
    for name, scheme in schemes.items():
        now = new.get("components", {}).get("securitySchemes", {}).get(name)
        for word in ("type", "scheme", "in", "name"):
            if now is not None and now.get(word) != scheme.get(word):
                yield f"security scheme {name}", f"its {word} is another"
    for path, method, before in _operations(old):
        where = f"{method.upper()} {path}"
        after = new["paths"].get(path, {}).get(method)
        if after is not None:
            yield from _operation(where, before, after, old, new)
        elif not _over(before, day):
            yield where, "the operation is gone"


def _over(operation: Json, day: date) -> bool:
    sunset = operation.get("x-sunset")
    return bool(operation.get("deprecated") and sunset and date.fromisoformat(sunset) < day)


def _operation(
    where: str, before: Json, after: Json, old: Json, new: Json
) -> Iterator[tuple[str, str]]:
    if before.get("operationId") != after.get("operationId"):
        yield where, "its operationId is another: generated clients name their methods by it"
    yield from _security(where, before, after, old, new)
    yield from _parameters(where, before, after, old, new)
    yield from _body(where, before, after, old, new)
    for status, answer in before["responses"].items():
        at = f"{where} answer {status}"
        if status not in after["responses"]:
            yield at, "the status is gone"
            continue
        now = _resolved(after["responses"][status], new)
        yield from _answer(at, _resolved(answer, old), now, old, new)


def _security(
    where: str, before: Json, after: Json, old: Json, new: Json
) -> Iterator[tuple[str, str]]:
    """Each published way in must still lead in: it may need less, never more."""
    accepted = after.get("security", new.get("security", [])) or [{}]
    for way in before.get("security", old.get("security", [])) or [{}]:
        if not any(_opens(way, other) for other in accepted):
            name = " and ".join(way) or "no token"
            yield where, f"{name} no longer gives access"


def _opens(had: Json, needed: Json) -> bool:
    return all(name in had and set(scopes) <= set(had[name]) for name, scopes in needed.items())


def _parameters(
    where: str, before: Json, after: Json, old: Json, new: Json
) -> Iterator[tuple[str, str]]:
    had, has = _by_name(before, old), _by_name(after, new)
    for key, param in had.items():
        at = f"{where} {key[0]} parameter {key[1]}"
        now = has.get(key)
        if now is None:
            yield at, "the parameter is gone"
            continue
        if now.get("required") and not param.get("required"):
            yield at, "the parameter is required now"
        for word in ("style", "explode"):
            if now.get(word) != param.get(word):
                yield at, f"its {word} is another"
        yield from differences(
            at, Side(param.get("schema", {}), old), Side(now.get("schema", {}), new), sent=True
        )
    for key, param in has.items():
        if key not in had and param.get("required"):
            yield f"{where} {key[0]} parameter {key[1]}", "a new parameter is required"


def _by_name(operation: Json, document: Json) -> dict[tuple[str, str], Json]:
    found = [_resolved(p, document) for p in operation.get("parameters", ())]
    # Names of header fields have no case (RFC 9110 §5.1).
    return {(p["in"], p["name"].lower() if p["in"] == "header" else p["name"]): p for p in found}


def _body(where: str, before: Json, after: Json, old: Json, new: Json) -> Iterator[tuple[str, str]]:
    at = f"{where} body"
    had = _resolved(before.get("requestBody", {}), old)
    has = _resolved(after.get("requestBody", {}), new)
    if has.get("required") and not had.get("required"):
        yield at, "a body is required now"
    if had and not has:
        yield at, "the body is taken no longer"
        return
    yield from _contents(at, had, has, old, new, sent=True)


def _answer(at: str, before: Json, after: Json, old: Json, new: Json) -> Iterator[tuple[str, str]]:
    names = {name.lower() for name in after.get("headers", {})}
    for name in before.get("headers", {}):
        if name.lower() not in names:
            yield at, f"the header {name} is gone"
    yield from _contents(at, before, after, old, new, sent=False)


def _contents(
    at: str, before: Json, after: Json, old: Json, new: Json, *, sent: bool
) -> Iterator[tuple[str, str]]:
    has = after.get("content", {})
    for kind, content in before.get("content", {}).items():
        if kind not in has:
            yield at, f"the media type {kind} is gone"
            continue
        then, now = content.get("schema", {}), has[kind].get("schema", {})
        yield from differences(at, Side(then, old), Side(now, new), sent=sent)
