"""Real stores' payloads through the whole path, and a store upgraded from 1.6 to 8 in place."""

import asyncio
from pathlib import Path
from typing import Any

from comptoir.prestashop.catalogue import by_collection, catalogue
from tests.cloudsync.harness import Harness, running
from tests.contract import raw_reference


def payloads(version: str) -> dict[str, list[dict[str, Any]]]:
    """content → properties as captured."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in catalogue()}
    for record in raw_reference.captured_records(version):
        found[by_collection()[record["collection"]].name].append(record["properties"])
    return found


async def shown(h: Harness) -> dict[str, list[dict[str, Any]]]:
    shop = str(h.sim.stores[0].shop_id)
    return {name: await h.client.rows(shop, c.path) for name, c in catalogue().items()}


async def check(h: Harness, version: str) -> dict[str, dict[str, set[str]]]:
    """Every captured property reads back; returns the JSON types seen, by content and field."""
    types: dict[str, dict[str, set[str]]] = {}
    found = await shown(h)
    captured = raw_reference.expected(version)
    for name, content in catalogue().items():
        expected = captured.get(content.path, {})
        assert len(found[name]) == len(expected), (version, name)
        for row in found[name]:
            for field, value in expected[row["id"]].items():
                assert row[field] == value, (version, name, row["id"], field)
            for field, value in row.items():
                if value is not None:
                    kind = "number" if type(value) in (int, float) else type(value).__name__
                    types.setdefault(name, {}).setdefault(field, set()).add(kind)
    return types


def test_captured_stores_read_back_and_upgrade_in_place(migrated_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        options = {"versions": ("1.6",), "payloads": payloads("1.6"), "languages": ["en"]}
        async with running(migrated_url, tmp_path, options) as h:
            await h.onboard()
            await h.synced()
            seen = [await check(h, "1.6")]
            for version in ("1.7", "8"):
                h.sim.replace_data(h.sim.stores[0], version, payloads(version))
                since = h.now()
                await h.client.trigger(str(h.sim.stores[0].shop_id), full=True)
                await h.synced(since)
                seen.append(await check(h, version))
            for name in catalogue():
                fields = {field for types in seen for field in types.get(name, {})}
                for field in fields:
                    kinds = set().union(*(t.get(name, {}).get(field, set()) for t in seen))
                    assert len(kinds) == 1, (name, field, kinds)
            assert h.overview(h.sim.stores[0])["set_aside"] == []

    asyncio.run(scenario())
