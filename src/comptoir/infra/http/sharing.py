"""Parameters and refusals that many operations share, said once (OpenAPI 3.0.3 §4.7.7).

The Raw API has 69 operations with mostly the same filters and the same refusals.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

Json = dict[str, Any]


def share(paths: dict[str, Json]) -> dict[str, dict[str, Json]]:
    """Replace in `paths` what occurs more than once by references; returns what they refer to."""
    parts = list(_parts(paths))
    seen = Counter(_key(found) for _, _, found, _ in parts)
    named: dict[str, dict[str, Json]] = {"parameters": {}, "responses": {}}
    names: dict[str, str] = {}
    for holder, index, found, (section, wish) in parts:
        key = _key(found)
        if seen[key] < 2:
            continue
        if key not in names:
            names[key] = _free(wish, named[section])
            named[section][names[key]] = found
        holder[index] = {"$ref": f"#/components/{section}/{names[key]}"}
    return {section: found for section, found in named.items() if found}


def _parts(paths: Mapping[str, Json]) -> Iterator[tuple[Any, Any, Json, tuple[str, str]]]:
    """(holder, index in it, part, (section, wished name))."""
    for methods in paths.values():
        for operation in methods.values():
            for number, param in enumerate(operation.get("parameters", [])):
                yield operation["parameters"], number, param, ("parameters", param["name"])
            for status, answer in operation["responses"].items():
                if int(status) >= HTTPStatus.BAD_REQUEST:
                    wish = HTTPStatus(int(status)).phrase.replace(" ", "")
                    yield operation["responses"], status, answer, ("responses", wish)


def _key(part: Json) -> str:
    return json.dumps(part, sort_keys=True)


def _free(wish: str, taken: Mapping[str, Json]) -> str:
    if wish not in taken:
        return wish
    number = 2
    while f"{wish}{number}" in taken:
        number += 1
    return f"{wish}{number}"


def operations(document: Mapping[str, Any], api: str = "") -> Iterator[tuple[str, str, Json]]:
    """(method, path, operation) for each operation of `document`, or those of one API of it.

    What the operation shares with others stands in it again.
    """
    shared = document["components"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if api and operation.get("x-api") != api:
                continue
            whole = dict(operation)
            if "parameters" in whole:
                whole["parameters"] = [_whole(p, shared) for p in whole["parameters"]]
            whole["responses"] = {s: _whole(r, shared) for s, r in whole["responses"].items()}
            yield method.upper(), path, whole


def _whole(part: Json, shared: Mapping[str, Any]) -> Json:
    if "$ref" not in part:
        return part
    _, _, section, name = part["$ref"].split("/")
    found: Json = shared[section][name]
    return found
