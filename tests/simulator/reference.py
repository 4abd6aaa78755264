"""A perfect cloud in dictionaries: drives a store's agent and keeps what it sends.

It applies the rules of spec/eventbus.md §3.4 and of the catalogue: upserts by key, deletes by id,
the bare product id, rows that end with another row, batches that are a whole parent.
"""

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession

from comptoir.base.instant import format_ms, is_zero_date, parse
from comptoir.prestashop.catalogue import Api, Content, Kind, Property, catalogue
from comptoir.simulator import SimulatedStore
from tests.simulator.cloud import Cloud

Row = dict[str, Any]


@dataclass
class Reference:
    """The rows of one store by content and key, as the Raw API would give them."""

    cloud: Cloud
    store: SimulatedStore
    http: ClientSession
    rows: dict[str, dict[tuple[Any, ...], Row]] = field(
        default_factory=lambda: {name: {} for name in catalogue()}
    )
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    answers: list[Row] = field(default_factory=list)

    async def call(self, controller: str = "apiShopContent", **params: Any) -> Any:
        """(status, reason, JSON or text) of one call."""
        query = {"fc": "module", "module": "ps_eventbus", "controller": controller}
        query |= {name: str(value) for name, value in params.items()}
        url = f"{self.store.frontend_url}/index.php"
        async with self.http.get(url, params=query, allow_redirects=False) as answer:
            text = await answer.text()
            if answer.content_type == "application/json":
                return answer.status, answer.reason, json.loads(text)
            return answer.status, answer.reason, text

    async def run(self, content: str, lang: str, *, full: bool, limit: int) -> int:
        """One run to its end; how many pages it took."""
        known = catalogue()[content]
        pages, again, batch = 0, True, []
        while again:
            self.cloud.uploads.clear()
            status, _, answer = await self.call(
                shop_content=content,
                job_id="job-1",
                lang_iso=lang,
                limit=limit,
                full=int(full and not pages),
            )
            assert status in (200, 201), answer
            self.answers.append(answer)
            for upload in self.cloud.uploads:
                batch.extend(upload.records)
                self._parents(known, upload.records, incremental=answer["syncType"] != "full")
                for record in upload.records:
                    self._apply(known, record)
            again = answer["has_remaining_objects"]
            pages += 1
            assert pages < 500, "an endless run"
        self._bare_products(known, batch)
        return pages

    async def sync(self, *, full: bool, limit: int = 50) -> None:
        """Every content in every language that it needs; `info` first: it tells the zone."""
        for name in ["info", *(name for name in catalogue() if name != "info")]:
            known = catalogue()[name]
            languages = self.store.languages if known.shape.per_language else [None]
            for lang in languages:
                wide = 10_000 if name in ("images", "currencies", "bundles") else limit
                await self.run(name, lang or self.store.languages[0], full=full, limit=wide)

    def _apply(self, known: Content, record: Row) -> None:
        assert record["collection"] == known.collection
        sent = record["properties"]
        if record["action"] == "delete":
            self._delete(known, sent["id"])
            return
        if known.name == "info":
            self.zone = ZoneInfo(sent["timezone"])
        row = {p.camel: self._read(p, sent.get(p.name)) for p in known.sent}
        self.rows[known.name][self._key(known, row)] = row

    def _key(self, known: Content, row: Row) -> tuple[Any, ...]:
        return tuple(row[known.by_name[name].camel] for name in known.shape.key)

    def _delete(self, known: Content, object_id: str) -> None:
        if known.name == "products" and "-" not in object_id:
            # At once only the row without combination; the others when the run has ended.
            self._drop(known, lambda row: row["idProductAttribute"] == f"{object_id}-0")
            return
        names = [known.by_name[name].camel for name in known.shape.delete_by]
        gone = self._drop(
            known, lambda row: "-".join(str(row[name]) for name in names) == object_id
        )
        if known.name == "products":
            product, combination = object_id.split("-")
            for content, ours in (
                ("stocks", ("idProduct", "idProductAttribute")),
                ("product_suppliers", ("idProduct", "idProductAttribute")),
            ):
                pair = (product, combination)
                self._drop(
                    catalogue()[content],
                    lambda row, o=ours, p=pair: tuple(str(row[n]) for n in o) == p,
                )
        else:
            self._cascade(known, gone)

    def _bare_products(self, known: Content, batch: list[Row]) -> None:
        if known.name != "products":
            return
        upserted = {str(r["properties"].get("id_product")) for r in batch}
        for record in batch:
            bare = record["properties"].get("id", "-")
            if record["action"] == "delete" and "-" not in bare and bare not in upserted:
                self._drop(known, lambda row, b=bare: row["idProduct"] == b)
                self._cascade(known, [{"idProduct": bare}])

    def _cascade(self, known: Content, gone: list[Row]) -> None:
        for content, links in known.shape.cascade:
            other = catalogue()[content]
            for row in gone:
                pairs = [
                    (other.by_name[theirs].camel, str(row[known.by_name[ours].camel]))
                    for theirs, ours in links
                ]
                self._drop(other, lambda r, ps=pairs: all(str(r[n]) == v for n, v in ps))

    def _drop(self, known: Content, test: Any) -> list[Row]:
        table = self.rows[known.name]
        gone = [key for key, row in table.items() if test(row)]
        return [table.pop(key) for key in gone]

    def _parents(self, known: Content, records: list[Row], *, incremental: bool) -> None:
        """What a batch does not repeat of a parent is gone."""
        if not (known.shape.whole_parent and incremental):
            return
        name = known.by_name[known.shape.outbox_id[0]]
        parents = {str(r["properties"][name.name]) for r in records if r["action"] == "upsert"}
        self._drop(known, lambda row: str(row[name.camel]) in parents)

    def _read(self, prop: Property, value: Any) -> Any:
        if value is None:
            return None
        if prop.base64:
            return base64.b64decode(value).decode()
        if prop.kind is Kind.TIME:
            if not value or is_zero_date(value):
                return None
            return format_ms(parse(value, self.zone)[0])
        if prop.kind is Kind.JSON:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else ""
        if prop.api is Api.STRING:
            return value if isinstance(value, str) else json.dumps(value)
        if prop.api is Api.INTEGER:
            return int(value)
        return float(value) if prop.api is Api.NUMBER else value

    def table(self, content: str) -> list[Row]:
        return list(self.rows[content].values())


def same(left: list[Row], right: list[Row]) -> bool:
    """The same rows, in any order."""
    return sorted(map(_line, left)) == sorted(map(_line, right))


def difference(left: list[Row], right: list[Row]) -> str:
    """What differs, for the message of a failed test: field by field where rows pair up."""
    mine, theirs = {_line(r) for r in left}, {_line(r) for r in right}
    lost = [json.loads(line) for line in sorted(mine - theirs)]
    found = [json.loads(line) for line in sorted(theirs - mine)]
    text = f" {len(lost)} only left, {len(found)} only right"
    for a, b in list(zip(lost, found, strict=False))[:3]:
        text += f"\n{ {k: (a[k], b[k]) for k in a if a[k] != b[k]} }"
    for row in [*lost[len(found) :], *found[len(lost) :]][:3]:
        text += f"\n{ {k: v for k, v in row.items() if str(k).startswith(('id', 'unique'))} }"
    return text


def _line(row: Row) -> str:
    plain = {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in row.items()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)
