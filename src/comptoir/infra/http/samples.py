"""Values for examples: believable, the same each time, and of the type that the schema asks for."""

from collections.abc import Mapping
from typing import Any

from comptoir.infra.http.schema import Schema

BASE = "https://comptoir.example"
"""Stands in examples for the base of the installation; documents name the real one."""
SHOP_ID = "5b0c9ad2-6a4e-4d3b-9c55-2f6d1f0a7e11"
SECRET = "the-secret-shown-once"  # noqa: S105
TOKEN = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"  # noqa: S105

AUDIENCES = {
    "store": f"store/{SHOP_ID} {BASE}/accounts",
    "vendor": "https://api.cloudsync.prestashop.com tech-vendor/acme",
}
"""What each kind of caller asks a token for."""

NAMED: dict[str, Any] = {
    "shopid": SHOP_ID,
    "jobid": "0193b2f4-7c1e-7a52-9d0b-4be1f2a7c6d8",
    "cloudshopid": SHOP_ID,
    "clientid": "store-7Hq2",
    "clientsecret": SECRET,
    "accesstoken": TOKEN,
    "token": TOKEN,
    "tokentype": "bearer",
    "expiresin": 3600,
    "frontendurl": "https://shop.example",
    "backofficeurl": "https://shop.example/admin-dev",
    "targeturl": "https://shop.example",
    "url": "https://shop.example",
    "name": "Demo shop",
    "module": "acme_reports",
    "vendor": "acme",
    "vendorid": "acme",
    "shopcontent": "orders",
    "content": "orders",
    "contents": ["orders"],
    "shopcontents": ["orders"],
    "names": ["order-lines"],
    "known": ["orders", "order-details"],
    "status": "ok",
    "scope": "shop.verified",
    "audience": "https://elsewhere.example",
    "granttype": "password",
    "issuer": BASE,
    "tokenendpoint": f"{BASE}/oauth2/token",
    "jwksuri": f"{BASE}/.well-known/jwks.json",
    "granttypessupported": ["client_credentials"],
    "kty": "RSA",
    "kid": "2026-01-31-8f3a",
    "alg": "RS256",
    "use": "sig",
    "n": "sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQ",
    "e": "AQAB",
    "needed": "vendor",
    "member": "frontendUrl",
    "reason": "the reason, in words",
    "parameter": "limit",
    "retryafter": 2,
    "limit": 10,
    "offset": 0,
    "total": 1,
    "granted": True,
    "isverified": True,
    "shopverificationerrorcode": "",
    "pointofcontactuuid": None,
    "pointofcontactemail": None,
    "id": "1",
}
"""Field name without underscores, in lower case → value."""

PLAIN: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}
FORMATS: dict[str, str] = {
    "date-time": "2026-01-31T09:00:00.000Z",
    "date": "2026-01-31",
    "uri": "https://shop.example",
    "uuid": SHOP_ID,
    "email": "anna@shop.example",
    "byte": "dGV4dA==",
    "binary": "…",
}
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def named(name: str) -> Any:
    """The value for a field of that name, or None."""
    if name.endswith(("At", "_at")):
        return FORMATS["date-time"]
    return NAMED.get(name.replace("_", "").replace("-", "").lower())


def sample(schema: Mapping[str, Any], known: Mapping[str, Schema], name: str = "") -> Any:
    """One value that fits `schema`; `known` holds the schemas that references name."""
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        return sample(known[target], known, name)
    if "example" in schema:
        return schema["example"]
    if "allOf" in schema:
        parts = [sample(s, known, name) for s in schema["allOf"]]
        if all(isinstance(p, dict) for p in parts):
            return {k: v for part in parts for k, v in part.items()}
        return parts[0]
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return sample(schema[word][0], known, name)
    if "enum" in schema:
        return schema["enum"][0]
    return _of_type(schema, known, name)


def _of_type(schema: Mapping[str, Any], known: Mapping[str, Schema], name: str) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        return {k: sample(s, known, k) for k, s in schema.get("properties", {}).items()}
    value = named(name)
    if kind == "array":
        if isinstance(value, list) and schema.get("items", {}).get("type") == "string":
            return value
        return _items(schema, known, name)
    fits = isinstance(value, TYPES[kind]) and not (kind != "boolean" and isinstance(value, bool))
    if value is not None and fits:
        return value
    if schema.get("nullable"):
        return None
    return schema.get("default") or FORMATS.get(schema.get("format", "")) or _within(schema, kind)


def _items(schema: Mapping[str, Any], known: Mapping[str, Schema], name: str) -> list[Any]:
    kinds = schema.get("items", {})
    kinds = kinds.get("anyOf", [kinds])
    made = [sample(kind, known, name.removesuffix("s")) for kind in kinds]
    wanted = schema.get("minItems", 1)
    return [made[n % len(made)] for n in range(wanted)]


def _within(schema: Mapping[str, Any], kind: str) -> Any:
    value = PLAIN[kind]
    if kind in ("integer", "number"):
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and value <= low:
            value = low + 1 if schema.get("exclusiveMinimum") else low
        if high is not None and value >= high:
            value = high - 1 if schema.get("exclusiveMaximum") else high
    if kind == "string" and len(value) < schema.get("minLength", 0):
        return value * int(schema["minLength"])
    return value
