"""JSON Schema 2020-12, as msgspec writes it, restated in the words of OpenAPI 3.0.3 (§4.7.24).

3.0.3 takes an older, smaller vocabulary: one `type`, `nullable` instead of null, booleans as
`exclusiveMinimum`, one `example`, and nothing beside a `$ref`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

Schema = dict[str, Any]

REF = "#/components/schemas/{name}"

KEPT = frozenset(
    """title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength
    pattern maxItems minItems uniqueItems maxProperties minProperties required enum type allOf
    oneOf anyOf not items properties additionalProperties description format default nullable
    discriminator readOnly writeOnly xml externalDocs example deprecated $ref""".split()
)
LISTS = ("allOf", "oneOf", "anyOf")


def components(kinds: Sequence[Any]) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """The schema of each type (mostly a reference), and the named schemas they refer to."""
    unique = list(dict.fromkeys(kinds))
    if not unique:
        return {}, {}
    found, named = msgspec.json.schema_components(unique, ref_template=REF)
    return (
        {kind: to_openapi(schema) for kind, schema in zip(unique, found, strict=True)},
        {name: to_openapi(schema) for name, schema in sorted(named.items())},
    )


def to_openapi(schema: Any) -> Schema:
    """The 3.0.3 form of a 2020-12 schema. What 3.0.3 cannot say is left out, never mis-said."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    done = _nested(dict(schema))
    for step in (_types, _values, _bounds, _tuples, _alternatives):
        done = step(done)
    kept = {k: v for k, v in done.items() if k in KEPT or k.startswith("x-")}
    if kept.get("required") == []:
        del kept["required"]
    if "$ref" in kept and len(kept) > 1:
        # Whatever stands beside a reference is ignored in 3.0.3.
        kept = {"allOf": [{"$ref": kept.pop("$ref")}], **kept}
    return kept


def _nested(schema: Schema) -> Schema:
    for word in LISTS:
        if word in schema:
            # null stays as it is here: `_alternatives` turns it into `nullable`.
            schema[word] = [s if s == {"type": "null"} else to_openapi(s) for s in schema[word]]
    if "properties" in schema:
        schema["properties"] = {k: to_openapi(v) for k, v in schema["properties"].items()}
    for word in ("not", "items"):
        if word in schema and not isinstance(schema[word], bool):
            schema[word] = to_openapi(schema[word])
    if isinstance(schema.get("additionalProperties"), Mapping):
        schema["additionalProperties"] = to_openapi(schema["additionalProperties"])
    return schema


def _types(schema: Schema) -> Schema:
    kinds = schema.get("type")
    if kinds == "null":
        return {**_without(schema, "type"), "nullable": True, "enum": [None]}
    if not isinstance(kinds, list):
        return schema
    others = [k for k in kinds if k != "null"]
    if len(others) == 1:
        schema["type"] = others[0]
        if "null" in kinds:
            schema["nullable"] = True
        return schema
    alternatives: list[Schema] = [{"type": k} for k in others]
    if "null" in kinds:
        alternatives.append({"type": "null"})
    return {**_without(schema, "type"), "anyOf": alternatives}


def _values(schema: Schema) -> Schema:
    if "const" in schema:
        schema["enum"] = [schema["const"]]
    if "enum" in schema:
        schema = _typed(schema)
    examples = schema.get("examples")
    if examples and "example" not in schema:
        schema["example"] = examples[0]
    if schema.get("contentEncoding") == "base64":
        schema["format"] = "byte"
    return schema


def _typed(schema: Schema) -> Schema:
    """msgspec leaves the type of an enumeration out; `nullable` needs one beside it."""
    values = [v for v in schema["enum"] if v is not None]
    if "type" not in schema and values:
        if all(isinstance(v, str) for v in values):
            schema["type"] = "string"
        elif all(type(v) is int for v in values):
            schema["type"] = "integer"
    if None in schema["enum"]:
        schema["nullable"] = True
    return schema


def _bounds(schema: Schema) -> Schema:
    for word, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        bound = schema.get(word)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            schema[plain], schema[word] = bound, True
    return schema


def _tuples(schema: Schema) -> Schema:
    """A fixed list of items: 3.0.3 can only say that each is one of them, and how many."""
    first = schema.get("prefixItems")
    if first is None:
        if schema.get("items") is False:
            schema["items"], schema["maxItems"] = {}, 0
        elif schema.get("items") is True or (schema.get("type") == "array"):
            items = schema.get("items")
            schema["items"] = items if isinstance(items, Mapping) else {}
        return schema
    kinds: list[Schema] = []
    for item in map(to_openapi, first):
        if item not in kinds:
            kinds.append(item)
    schema["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return schema


def _alternatives(schema: Schema) -> Schema:
    for word in ("anyOf", "oneOf"):
        if {"type": "null"} not in schema.get(word, ()):
            continue
        others = [s for s in schema[word] if s != {"type": "null"}]
        rest = _without(schema, word)
        if len(others) == 1:
            schema = _nullable({**others[0], **rest})
        else:
            # `nullable` counts only beside a `type` (3.0.3 §4.7.24.1), so one of them carries it.
            chosen = next((i for i, s in enumerate(others) if "type" in s), 0)
            others[chosen] = _nullable(others[chosen])
            schema = {**rest, word: others}
    return schema


def _nullable(schema: Schema) -> Schema:
    if "enum" in schema and None not in schema["enum"]:
        schema = {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "nullable": True}


def _without(schema: Schema, word: str) -> Schema:
    return {k: v for k, v in schema.items() if k != word}


def hoist(schema: Schema, known: dict[str, Schema]) -> Schema:
    """A 3.0.3 schema with each object that has a `title` moved into `known` and referred to.

    Raises:
        ValueError: another schema has that title already.
    """
    done = dict(schema)
    for word in LISTS:
        if word in done:
            done[word] = [hoist(s, known) for s in done[word]]
    if "properties" in done:
        done["properties"] = {k: hoist(v, known) for k, v in done["properties"].items()}
    for word in ("items", "not", "additionalProperties"):
        if isinstance(done.get(word), dict):
            done[word] = hoist(done[word], known)
    if "title" not in done or "properties" not in done:
        return done
    name = str(done["title"])
    if known.setdefault(name, done) != done:
        raise ValueError(f"two schemas are called {name}")
    return {"$ref": REF.format(name=name)}
