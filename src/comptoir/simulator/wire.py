"""What leaves the store: properties, lines and the upload body, as PHP writes them.

spec/eventbus.md §1.2 (upload), §4 (common rules of the properties).
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from comptoir.simulator.profile import Profile
from comptoir.simulator.values import At, Day, Decimal, Html, Pairs, Quoted, Row, Uncast, Value

Properties = dict[str, object]
Record = dict[str, object]


def properties(row: Row, profile: Profile) -> Properties:
    """The row as the agent encodes it in JSON."""
    return {name: _value(value, profile) for name, value in row.items()}


def _value(value: Value, profile: Profile) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return number(value, old=profile.old_floats)
    if isinstance(value, At):
        # PHP's DATE_ISO8601: shop time, no colon in the offset.
        return profile.local(value.ms).strftime("%Y-%m-%dT%H:%M:%S%z")
    if isinstance(value, Html):
        return base64.b64encode(value.text.encode()).decode()
    if isinstance(value, Decimal):
        return f"{value.number:.{value.digits}f}"
    if isinstance(value, Quoted):
        return str(value.number)
    if isinstance(value, Uncast):
        return str(value.number) if profile.uncast_is_text else value.number
    if isinstance(value, Day):
        return value.text
    return dict(value.items) if isinstance(value, Pairs) and value.items else ""


def number(value: float, *, old: bool) -> float:
    """A PHP float as JSON prints it: whole ones lose their fraction, old PHP cuts at 14 digits."""
    shown = float(f"{value:.14g}") if old else value
    return int(shown) if shown.is_integer() else shown


def upsert(collection: str, sent: Properties) -> Record:
    return {"action": "upsert", "collection": collection, "properties": sent}


def delete(collection: str, object_id: str) -> Record:
    return {"action": "delete", "collection": collection, "properties": {"id": object_id}}


def lines(records: Iterable[Record]) -> bytes:
    """NDJSON with CRLF between lines, none at the end; `\\uXXXX` for all but ASCII.

    PHP's agent cuts the text `\\u0000` out afterwards (spec/eventbus.md §1.2).
    """
    text = "\r\n".join(json.dumps(record, separators=(",", ":")) for record in records)
    return text.replace("\\u0000", "").encode("ascii")


def multipart(content: bytes, boundary: str) -> bytes:
    """The one part named `file`, as curl writes it."""
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="file"\r\n'
        "Content-Type: text/plain\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode()


def fingerprint(records: Sequence[Record]) -> str:
    """The `md5` of an answer: md5 of PHP's serialize() of the batch (spec/eventbus.md §2.1)."""
    return hashlib.md5(serialize(list(records)).encode(), usedforsecurity=False).hexdigest()


def serialize(value: object) -> str:
    """PHP's serialize() for what JSON can hold."""
    if value is None:
        return "N;"
    if isinstance(value, bool):
        return f"b:{int(value)};"
    if isinstance(value, int):
        return f"i:{value};"
    if isinstance(value, float):
        return f"d:{value!r};"
    if isinstance(value, str):
        return f's:{len(value.encode())}:"{value}";'
    if isinstance(value, Mapping):
        pairs = [(_key(k), serialize(v)) for k, v in value.items()]
    else:
        items = cast("Sequence[object]", value)
        pairs = [(f"i:{i};", serialize(v)) for i, v in enumerate(items)]
    return f"a:{len(pairs)}:{{{''.join(k + v for k, v in pairs)}}}"


def _key(key: object) -> str:
    return serialize(str(key))
