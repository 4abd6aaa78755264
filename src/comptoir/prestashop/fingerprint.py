"""One short hash for the content of a collection, whoever holds it.

The server's rows (as a vendor reads them from the Raw API) and the store's own rows give the same
fingerprint exactly when they hold the same values. Order does not matter, repeated rows do.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping

from comptoir.prestashop.catalogue import Content

Row = Mapping[str, object]


def canonical(content: Content, row: Row) -> str:
    """The row's uploaded properties as one line of JSON: sorted camelCase keys, no nulls.

    Whole numbers lose their fraction (`7.0` is `7`); keys that the agent does not send are left
    out, so that what the cloud adds (id, shopId, lastSyncedAt…) does not count.
    """
    shown = {p.camel: row.get(p.camel) for p in content.sent}
    kept = {name: _plain(value) for name, value in shown.items() if value is not None}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def fingerprint(content: Content, rows: Iterable[Row]) -> tuple[int, str]:
    """(number of rows, first 12 hex digits of the hash over the sorted rows)."""
    lines = sorted(canonical(content, row) for row in rows)
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass"))
    return len(lines), digest.hexdigest()[:12]


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value
