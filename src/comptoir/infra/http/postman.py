"""Postman collections (format v2.1.0), made from OpenAPI documents."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from comptoir.infra.http.samples import AUDIENCES, BASE
from comptoir.infra.http.sharing import operations

Json = dict[str, Any]

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
FORM = "application/x-www-form-urlencoded"
TOKEN_PATH = "/oauth2/token"  # noqa: S105
KEEP_TOKEN = "pm.collectionVariables.set('token', pm.response.json().access_token);"  # noqa: S105
VARIABLES = {
    "token": "An access token; the request in the folder `tokens` puts it here.",
    "clientId": "From `comptoir vendor create`.",
    "clientSecret": "From `comptoir vendor create`.",
}


def collection(
    name: str,
    document: Mapping[str, Any],
    api: str = "",
    tokens: Mapping[str, Any] | None = None,
) -> Json:
    """The collection of an OpenAPI `document`, or of one API in it, in folders by tag.

    `tokens` is the document that has the token endpoint: the request for one then comes first.
    """
    folders: dict[str, list[Json]] = {}
    if tokens is not None:
        folders["tokens"] = [_item(*o) for o in operations(tokens) if o[1] == TOKEN_PATH]
    callers = []
    for method, path, operation in operations(document, api):
        folders.setdefault(operation["tags"][0], []).append(_item(method, path, operation))
        callers.append(operation["x-access"])
    audience = AUDIENCES["store" if "store" in callers else "vendor"]
    base = document["servers"][0]["url"]
    return {
        "info": {
            "name": name,
            "description": document["info"].get("description", ""),
            "version": document["info"]["version"],
            "schema": SCHEMA,
        },
        "item": [{"name": tag, "item": items} for tag, items in folders.items()],
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}],
        },
        "variable": [
            {"key": "baseUrl", "value": base, "type": "string"},
            {"key": "audience", "value": audience.replace(BASE, base), "type": "string"},
            *(
                {"key": key, "value": "", "type": "string", "description": about}
                for key, about in VARIABLES.items()
            ),
        ],
    }


def _item(method: str, path: str, operation: Json) -> Json:
    request: Json = {
        "method": method,
        "header": _headers(operation),
        "url": _url(path, operation.get("parameters", [])),
        "description": operation.get("description", ""),
    }
    if auth := _auth(operation):
        request["auth"] = auth
    if body := _body(operation):
        request["body"] = body
    done: Json = {
        "name": operation["summary"],
        "request": request,
        "response": _answers(operation, request),
    }
    if path == TOKEN_PATH:
        script = {"type": "text/javascript", "exec": [KEEP_TOKEN]}
        done["event"] = [{"listen": "test", "script": script}]
    return done


def _auth(operation: Json) -> Json:
    """Empty: the collection's bearer token."""
    security = operation.get("security", [])
    if not security:
        return {"type": "noauth"}
    if "clientBasic" in security[0]:
        pair = (("username", "{{clientId}}"), ("password", "{{clientSecret}}"))
        return {
            "type": "basic",
            "basic": [{"key": k, "value": v, "type": "string"} for k, v in pair],
        }
    return {}


def _headers(operation: Json) -> list[Json]:
    found: list[Json] = [{"key": "Accept", "value": "application/json"}]
    content = operation.get("requestBody", {}).get("content", {})
    # Postman writes the boundary of a multipart body, and so its content type, by itself.
    found += [
        {"key": "Content-Type", "value": kind} for kind in content if kind != "multipart/form-data"
    ]
    for param in operation.get("parameters", []):
        if param["in"] == "header":
            found.append(_pair(param))
    return found


def _url(path: str, params: list[Json]) -> Json:
    parts = [re.sub(r"\{(\w+)\}", r":\1", part) for part in path.lstrip("/").split("/")]
    query = [_pair(p) for p in params if p["in"] == "query"]
    sent = [f"{q['key']}={quote(q['value'])}" for q in query if not q["disabled"]]
    done: Json = {
        "raw": "{{baseUrl}}/" + "/".join(parts) + ("?" + "&".join(sent) if sent else ""),
        "host": ["{{baseUrl}}"],
        "path": parts,
    }
    if query:
        done["query"] = query
    in_path = [p for p in params if p["in"] == "path"]
    if in_path:
        done["variable"] = [
            {
                "key": p["name"],
                "value": text(p.get("example", "")),
                "description": p.get("description", ""),
            }
            for p in in_path
        ]
    return done


def _pair(param: Json) -> Json:
    return {
        "key": param["name"],
        "value": text(param.get("example", "")),
        "description": param.get("description", ""),
        "disabled": not param.get("required", False),
    }


def text(value: Any) -> str:
    """A parameter's value as it stands in a URL: JSON's `true`, not Python's `True`."""
    return value if isinstance(value, str) else json.dumps(value)


def _body(operation: Json) -> Json:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        example = content.get("example")
        if kind == FORM:
            pairs = example or {}
            fields = [
                # Who asks differs by collection, so the audience is one of its variables.
                {"key": k, "value": "{{audience}}" if k == "audience" else text(v), "type": "text"}
                for k, v in pairs.items()
            ]
            return {"mode": "urlencoded", "urlencoded": fields}
        if kind == "multipart/form-data":
            names = content["schema"].get("properties", {"file": {}})
            return {
                "mode": "formdata",
                "formdata": [{"key": name, "type": "file", "src": []} for name in names],
            }
        raw = example if isinstance(example, str) else pretty(example)
        return {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
    return {}


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _answers(operation: Json, request: Json) -> list[Json]:
    # What is not sent is left out of the copy: a list has dozens of filters.
    url = {**request["url"]}
    url["query"] = [q for q in url.get("query", []) if not q["disabled"]]
    sent = {**request, "url": url, "description": ""}
    found = []
    for status, answer in operation["responses"].items():
        for kind, content in answer.get("content", {}).items():
            if not status.startswith("2") or "example" not in content:
                continue
            found.append(
                {
                    "name": answer["description"],
                    "originalRequest": sent,
                    "code": int(status),
                    "header": [{"key": "Content-Type", "value": kind}],
                    "body": pretty(content["example"]),
                }
            )
    return found
