"""The curl command of an operation: what it needs stands in $TOKEN, $CLIENT_ID, $CLIENT_SECRET."""

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from comptoir.infra.http.postman import FORM, text

OPTIONAL_SHOWN = 1
"""Optional query parameters in a command, at most: enough to see how it is done."""


def command(base: str, method: str, path: str, operation: Mapping[str, Any]) -> str:
    """One command on several lines, to be pasted into a shell."""
    words = [f"curl {shlex.quote(base + target(path, operation))}"]
    if method != "GET":
        words[0] = words[0].replace("curl", f"curl -X {method}", 1)
    words += _credentials(operation)
    for param in operation.get("parameters", []):
        if param["in"] == "header" and (param.get("required") or "example" in param):
            words.append("-H " + shlex.quote(f"{param['name']}: {text(param.get('example', ''))}"))
    words += _body(operation)
    return " \\\n  ".join(words)


def target(path: str, operation: Mapping[str, Any]) -> str:
    """The path with its parameters filled in, and the query."""
    query = []
    for param in operation.get("parameters", []):
        value = text(param.get("example", ""))
        if param["in"] == "path":
            path = path.replace("{" + param["name"] + "}", quote(value, safe=""))
        elif param["in"] == "query" and (param.get("required") or "example" in param):
            query.append((not param.get("required"), param["name"], value))
    needed = [q[1:] for q in query if not q[0]]
    shown = [q[1:] for q in query if q[0]][:OPTIONAL_SHOWN]
    return path + ("?" + urlencode(needed + shown) if query else "")


def _credentials(operation: Mapping[str, Any]) -> list[str]:
    security = operation.get("security", [])
    if not security:
        return []
    if "clientBasic" in security[0]:
        return ['-u "$CLIENT_ID:$CLIENT_SECRET"']
    return ['-H "Authorization: Bearer $TOKEN"']


def _body(operation: Mapping[str, Any]) -> list[str]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        example = content.get("example")
        if kind == FORM:
            return [
                ("--data-urlencode " if quote(text(v), safe="_") != text(v) else "-d ")
                + shlex.quote(f"{k}={text(v)}")
                for k, v in (example or {}).items()
            ]
        if kind == "multipart/form-data":
            names = content["schema"].get("properties", {"file": {}})
            return ["-F " + shlex.quote(f"{name}=@{name}") for name in names]
        given = example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)
        return ["-H " + shlex.quote(f"Content-Type: {kind}"), "-d " + shlex.quote(given)]
    return []
