"""OpenAPI 3.0.3 documents, made from `Endpoint` records and from nothing else."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from comptoir.infra.http import failures, idempotency
from comptoir.infra.http.auth import LEGACY, Access
from comptoir.infra.http.endpoint import Endpoint, Param
from comptoir.infra.http.samples import BASE, named, sample
from comptoir.infra.http.schema import Schema, components, hoist, to_openapi
from comptoir.infra.http.sharing import share

VERSION = "3.0.3"
Json = dict[str, Any]

SCHEMES = {
    Access.STORE: "storeToken",
    Access.VENDOR: "vendorToken",
    Access.USER: "userToken",
    Access.V7_STORE: "v7StoreToken",
    Access.LEGACY_STORE: "legacyStoreToken",
    Access.LEGACY_OWNER: "legacyOwnerToken",
}
WAYS = {Access.ANY_STORE: (Access.STORE, Access.LEGACY_STORE)}
"""Access → schemes, where there is more than one."""
BASIC = "clientBasic"
WHO = {
    Access.ANYONE: "Anyone, without a token.",
    Access.STORE: "A store, with its own access token: the audience names `store/<its id>`.",
    Access.VENDOR: "A tech vendor, with its access token: the audience names"
    " `tech-vendor/<its name>`. It sees the stores of its client's mode, live or test; what it may"
    " read, the merchant has consented to.",
    Access.USER: "A person, by the access token that an application got when they signed in to it.",
    Access.V7_STORE: "A store with `ps_accounts` 7, with its access token: the audience names"
    " `shop_<its id>`.",
    Access.LEGACY_STORE: "A store with `ps_accounts` 5 to 7, with its legacy token, or with an"
    " access token whose audience names `shop_<its id>`.",
    Access.LEGACY_OWNER: "The person to whom a store with `ps_accounts` 5 to 7 is linked: the"
    " legacy token that the store holds of them.",
    Access.ANY_STORE: "A store, with the token that its `ps_accounts` gives to other modules: its"
    " own access token, or the legacy token of one with `ps_accounts` before 7.1.1.",
}
ONE_GROUP = {
    "eventbus": "EventBus agent",
    "reporting": "reporting",
    "sync": "sync",
}
"""APIs small enough to be one group, whatever their paths."""


KEY = Param(
    idempotency.HEADER,
    "header",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    about="A new UUID for each new request. The same request with the same key, within 24 hours,"
    f" gets the first one's answer, with `{idempotency.REPLAYED}: true`, and has no further effect."
    " A refusal that changed nothing is not kept.",
)
KEPT = {
    idempotency.REPLAYED: {
        "description": "`true`: this is the kept answer of an earlier request with the same"
        f" {idempotency.HEADER}.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}


def build(
    title: str, version: str, base: str, endpoints: Sequence[Endpoint], about: str = ""
) -> Json:
    """The document of `endpoints`, served at `base` (no slash at the end).

    Raises:
        ValueError: two endpoints have the same method and path, or the same operationId.
    """
    types, named_schemas = components([t for e in endpoints for t in _types(e)])
    paths: dict[str, Json] = {}
    used: set[Access | str] = set()
    seen: set[str] = set()
    for endpoint in endpoints:
        operation, shapes = _operation(endpoint, types, named_schemas)
        named_schemas.update(shapes)
        at = paths.setdefault(plain_path(endpoint.path), {})
        method = endpoint.method.lower()
        if method in at or operation["operationId"] in seen:
            raise ValueError(f"{endpoint.method} {endpoint.path} is described twice")
        seen.add(operation["operationId"])
        at[method] = operation
        used.update((BASIC,) if _takes_basic(endpoint) else _ways(endpoint.access))
    tags = dict.fromkeys(tag_of(e) for e in endpoints)
    done = {
        "openapi": VERSION,
        "info": {
            "title": title,
            "version": version,
            **({"description": about} if about else {}),
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "servers": [{"url": BASE}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(named_schemas.items())),
            **share(paths),
            "securitySchemes": _schemes(used),
        },
    }
    return done if base == BASE else _at(base, done)


def _at(base: str, part: Any) -> Any:
    """`part` with the base that examples are written with replaced by the real one."""
    if isinstance(part, str):
        return part.replace(BASE, base)
    if isinstance(part, list):
        return [_at(base, p) for p in part]
    return {k: _at(base, v) for k, v in part.items()} if isinstance(part, dict) else part


def plain_path(path: str) -> str:
    """Starlette's `{rest:path}` is OpenAPI's `{rest}`."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def tag_of(endpoint: Endpoint) -> str:
    """The heading: as given, or the first part of the path that says more than the API's name."""
    if endpoint.tag or endpoint.api in ONE_GROUP:
        return endpoint.tag or ONE_GROUP[endpoint.api]
    parts = [p for p in endpoint.path.split("/") if p and not re.fullmatch(r"v\d+|\{.*\}", p)]
    if parts and parts[0] == ".well-known":
        return "discovery"
    if parts and parts[0] == "oauth2":
        return "tokens"
    telling = [p for p in parts if p != endpoint.api]
    return (telling or parts or [endpoint.api])[0]


def operation_id(endpoint: Endpoint) -> str:
    """`GET /raw/v1/{shop_id}/order-details` → `getRawV1ShopIdOrderDetails`."""
    if endpoint.name:
        return endpoint.name
    words = re.findall(r"[A-Za-z0-9]+", plain_path(endpoint.path))
    return endpoint.method.lower() + "".join(w[0].upper() + w[1:] for w in words)


def _is_type(shape: Any) -> bool:
    return not isinstance(shape, str | Mapping) and shape is not None


def _types(endpoint: Endpoint) -> list[Any]:
    return [s for s in (endpoint.body, *endpoint.answers.values()) if _is_type(s)]


def _takes_basic(endpoint: Endpoint) -> bool:
    """An `Authorization` header parameter: OpenAPI wants it said as a security scheme (§4.7.12)."""
    return any(p.where == "header" and p.name.lower() == "authorization" for p in endpoint.params)


def _ways(access: Access) -> Sequence[Access]:
    return WAYS.get(access, (access,))


def _operation(
    endpoint: Endpoint, types: Mapping[Any, Schema], known: dict[str, Schema]
) -> tuple[Json, dict[str, Schema]]:
    refused, shapes = failures.responses(endpoint)
    done: Json = {
        "tags": [tag_of(endpoint)],
        "summary": endpoint.summary,
        "operationId": operation_id(endpoint),
        "description": endpoint.about,
        "x-access": endpoint.access.value,
        "x-api": endpoint.api,
        "parameters": _parameters(endpoint),
        "requestBody": _body(endpoint, types, known),
        "responses": {**_answers(endpoint, types, known), **refused},
    }
    if endpoint.access is not Access.ANYONE:
        done["security"] = [{SCHEMES[way]: []} for way in _ways(endpoint.access)]
    elif _takes_basic(endpoint):
        done["security"] = [{BASIC: []}, {}]
    else:
        done["security"] = []
    if endpoint.deprecated is not None:
        done["deprecated"] = True
        done["x-sunset"] = endpoint.sunset.isoformat() if endpoint.sunset else None
    empty = [k for k in ("description", "parameters", "requestBody") if not done[k]]
    return {k: v for k, v in done.items() if k not in empty}, shapes


def _parameters(endpoint: Endpoint) -> list[Json]:
    params = [p for p in endpoint.params if not (p.where == "header" and p.name == "Authorization")]
    described = {p.name for p in params if p.where == "path"}
    in_path = re.findall(r"\{(\w+)(?::\w+)?\}", endpoint.path)
    params = [Param(name, "path") for name in in_path if name not in described] + params
    params += [KEY] if endpoint.keyed else []
    return [_parameter(p) for p in params]


def _parameter(param: Param) -> Json:
    schema = to_openapi(param.schema)
    example = param.example
    if example is None and param.where == "path":
        example = schema.get("example") or (schema.get("enum") or [None])[0]
        example = example or named(param.name) or sample(schema, {}, param.name)
    done: Json = {"name": param.name, "in": param.where}
    if param.required or param.where == "path":
        done["required"] = True
    if param.about:
        done["description"] = param.about
    done["schema"] = {k: v for k, v in schema.items() if k != "example"}
    if example is not None:
        done["example"] = example
    return done


def _body(endpoint: Endpoint, types: Mapping[Any, Schema], known: dict[str, Schema]) -> Json:
    if endpoint.body is None:
        return {}
    if isinstance(endpoint.body, str):
        content: Json = {"schema": {"type": "string", "format": "binary"}}
        if endpoint.body_example is not None:
            content["example"] = endpoint.body_example
        return {"description": endpoint.body, "content": {endpoint.body_kind: content}}
    schema = _schema(endpoint.body, types, known)
    example = endpoint.body_example
    done: Json = {
        "schema": schema,
        "example": sample(schema, known) if example is None else example,
    }
    return {
        "required": bool(_required(schema, known)),
        "content": {endpoint.body_kind: done},
    }


def _required(schema: Schema, known: Mapping[str, Schema]) -> list[str]:
    target = known[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    required: list[str] = target.get("required", [])
    return required


def _schema(shape: Any, types: Mapping[Any, Schema], known: dict[str, Schema]) -> Schema:
    return types[shape] if _is_type(shape) else hoist(shape, known)


def _answers(endpoint: Endpoint, types: Mapping[Any, Schema], known: dict[str, Schema]) -> Json:
    done: Json = {}
    given = endpoint.answer_example
    headers: Json = {
        name: {"description": about, "schema": {"type": "string"}}
        for name, about in endpoint.answer_headers.items()
    }
    headers |= KEPT if endpoint.keyed else {}
    told: Json = {"headers": headers} if headers else {}
    for status, shape in endpoint.answers.items():
        if isinstance(shape, str):
            done[str(status)] = {"description": shape, **told}
            continue
        schema = _schema(shape, types, known)
        content: Json = {"schema": schema}
        if given is not None:
            content["example"], given = given, None
        elif endpoint.answer_kind == "application/json":
            content["example"] = sample(schema, known)
        words = schema.get("description") or HTTPStatus(status).phrase
        done[str(status)] = {
            "description": words,
            **told,
            "content": {endpoint.answer_kind: content},
        }
    return done


def _schemes(used: set[Access | str]) -> Json:
    token_url = f"{BASE}/oauth2/token"
    own: Json = {"clientCredentials": {"tokenUrl": token_url, "scopes": {}}}
    signed_in: Json = {
        "authorizationCode": {
            "authorizationUrl": f"{BASE}/oauth2/authorize",
            "tokenUrl": token_url,
            "refreshUrl": token_url,
            "scopes": {
                "openid": "Who the person is",
                "offline_access": "A refresh token, which outlives the session",
            },
        }
    }
    found: Json = {}
    for access, name in SCHEMES.items():
        if access in LEGACY and access in used:
            found[name] = {"type": "http", "scheme": "bearer", "description": WHO[access]}
        elif access in used:
            flow = signed_in if access is Access.USER else own
            found[name] = {"type": "oauth2", "description": WHO[access], "flows": flow}
    if BASIC in used:
        found[BASIC] = {
            "type": "http",
            "scheme": "basic",
            "description": "client_id and client_secret; or both in the form, without this header.",
        }
    return found
