"""Whether what one side writes fits what the other side reads: two JSON schemas compared. Pure.

The schemas are those of OpenAPI 3.0.3, with references into their documents.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

Json = Mapping[str, Any]
Found = Iterator[tuple[str, str]]
UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "minLength", "minItems", "minProperties")
EXACT = ("pattern", "format", "multipleOf", "not")
ANY = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})


@dataclass(frozen=True, slots=True)
class Side:
    """A schema and the document that its references lead into."""

    schema: Json
    document: Json

    def at(self, schema: Json) -> "Side":
        return replace(self, schema=schema)


def differences(where: str, old: Side, new: Side, *, sent: bool) -> Found:
    """(where, what) for each thing that breaks clients of `old`.

    `sent`: clients write by `old` and the server reads by `new`; otherwise the server writes by
    `new` and clients read by `old`, ignoring members that they do not know.
    """
    yield from _compare(where, old, new, sent, frozenset())


def _compare(where: str, old: Side, new: Side, sent: bool, seen: frozenset[str]) -> Found:
    pair = f"{old.schema.get('$ref')} {new.schema.get('$ref')}"
    if "$ref" in old.schema and "$ref" in new.schema:
        if pair in seen:
            return
        seen |= {pair}
    before, after = _alternatives(old), _alternatives(new)
    if len(before) == len(after) == 1:
        yield from _plain(where, before[0], after[0], sent, seen)
        return
    writers, readers = (before, after) if sent else (after, before)
    for writer in writers:
        if not any(_fits(where, writer, reader, sent, seen) for reader in readers):
            name = writer.schema.get("type", "one")
            whose = "is taken no longer" if sent else "is new: clients do not know it"
            yield where, f"the alternative {name!r} {whose}"
    if not sent:
        for reader in readers:
            if not any(_fits(where, writer, reader, sent, seen) for writer in writers):
                yield where, f"the alternative {reader.schema.get('type', 'one')!r} is gone"


def _fits(where: str, writer: Side, reader: Side, sent: bool, seen: frozenset[str]) -> bool:
    old, new = (writer, reader) if sent else (reader, writer)
    return next(_plain(where, old, new, sent, seen), None) is None


def _alternatives(side: Side) -> list[Side]:
    """The schema without references, `allOf`, `anyOf` and `oneOf`: one side per alternative."""
    schema = _merged(side)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            rest = {k: v for k, v in schema.items() if k != word}
            inner = [a.schema for s in schema[word] for a in _alternatives(side.at(s))]
            found = [_joined(rest, alternative) for alternative in inner]
            return [a for s in found for a in _alternatives(side.at(s))]
    return [side.at(schema)]


def _merged(side: Side) -> Json:
    schema = side.schema
    while "$ref" in schema:
        target: Any = side.document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    if "allOf" not in schema:
        return schema
    done: Json = {k: v for k, v in schema.items() if k != "allOf"}
    for part in schema["allOf"]:
        done = _joined(done, _merged(side.at(part)))
    return done


def _joined(left: Json, right: Json) -> Json:
    """Both hold. Words of the left win, but for members."""
    members = {**right.get("properties", {}), **left.get("properties", {})}
    required = [*right.get("required", ()), *left.get("required", ())]
    return {
        **right,
        **left,
        **({"properties": members} if members else {}),
        **({"required": required} if required else {}),
    }


def _plain(where: str, old: Side, new: Side, sent: bool, seen: frozenset[str]) -> Found:
    """Two schemas without references and alternatives."""
    writer, reader = (old.schema, new.schema) if sent else (new.schema, old.schema)
    missing = _types(writer) - _types(reader)
    if missing and not (missing == {"integer"} and "number" in _types(reader)):
        names = ", ".join(sorted(missing))
        yield where, f"type {names} {'is taken no longer' if sent else 'may come now'}"
        return
    yield from _values(where, old.schema, new.schema, sent)
    yield from _limits(where, writer, reader, sent)
    if sent and "default" in old.schema and old.schema["default"] != new.schema.get("default"):
        yield where, "the default is another"
    yield from _members(where, old, new, sent, seen)
    then, now = old.schema.get("items"), new.schema.get("items")
    if then is not None and now is not None:
        yield from _compare(f"{where}[]", old.at(then), new.at(now), sent, seen)


def _types(schema: Json) -> frozenset[str]:
    if "type" not in schema:
        return ANY
    given = schema["type"]
    return frozenset({given, "null"} if schema.get("nullable") else {given})


def _values(where: str, old: Json, new: Json, sent: bool) -> Found:
    """Of an enum. In an answer it is closed: neither a value that clients do not know, nor one
    less of those they wait for."""
    had, has = old.get("enum"), new.get("enum")
    if had is None and has is None:
        return
    if had is None or has is None:
        narrowed = had is None
        if narrowed == sent:
            yield where, "only some values are taken now" if sent else "any value may come now"
        return
    gone = [value for value in had if value not in has]
    if gone:
        yield where, f"the value {gone[0]!r} is gone"
    more = [value for value in has if value not in had]
    if more and not sent:
        yield where, f"the value {more[0]!r} is new: clients do not know it"


def _limits(where: str, writer: Json, reader: Json, sent: bool) -> Found:
    what = "is narrower than published" if sent else "is wider than published"
    for words, sign in ((UPPER, 1), (LOWER, -1)):
        for word in words:
            if word not in reader:
                continue
            if word not in writer or sign * writer[word] > sign * reader[word]:
                yield where, f"{word} {what}"
    for word in ("exclusiveMaximum", "exclusiveMinimum", "uniqueItems"):
        if reader.get(word) and not writer.get(word):
            yield where, f"{word} {what}"
    for word in EXACT:
        if word in reader and writer.get(word) != reader[word]:
            yield where, f"{word} is another"


def _members(where: str, old: Side, new: Side, sent: bool, seen: frozenset[str]) -> Found:
    then, now = old.schema.get("properties", {}), new.schema.get("properties", {})
    needed, given = set(old.schema.get("required", ())), set(new.schema.get("required", ()))
    for name, schema in then.items():
        at = f"{where}.{name}"
        if name not in now:
            yield at, "the member is gone"
        else:
            yield from _compare(at, old.at(schema), new.at(now[name]), sent, seen)
    changed = (given - needed) if sent else (needed - given)
    for name in sorted(changed):
        if sent or name in now:
            yield f"{where}.{name}", f"the member {'is required' if sent else 'may be missing'} now"
    rest, rests = old.schema.get("additionalProperties"), new.schema.get("additionalProperties")
    if sent and rests is False and rest is not False and _types(old.schema) & {"object"}:
        yield where, "other members are refused now"
    if isinstance(rest, Mapping) and isinstance(rests, Mapping):
        yield from _compare(f"{where}.*", old.at(rest), new.at(rests), sent, seen)
