"""Today's interfaces keep what the last published version promised (docs/decisions/0012)."""

import json
from pathlib import Path
from typing import Any

import pytest

from comptoir.app.wiring import all_endpoints
from comptoir.base.clock import SystemClock
from comptoir.cli.reference import event_schemas
from comptoir.infra.http.documents import documents
from tests.contract.compatible import codes, compare, compare_events
from tests.fixtures import REPO

FOLDER = REPO / "contract" / "published"
LAST = max(FOLDER.iterdir(), key=lambda path: [int(part) for part in path.name.split(".")])
TODAY = documents(all_endpoints(), "https://comptoir.example").openapi
EVENTS = event_schemas()


def published(kind: str) -> dict[str, Any]:
    files = sorted((LAST / kind).glob("*.json"))
    return {path.stem: json.loads(path.read_text("utf-8")) for path in files}


@pytest.mark.parametrize("name", published("openapi"))
def test_a_published_document_is_kept(name: str) -> None:
    assert name in TODAY, "clients rely on it"
    day = SystemClock().now().date()
    found = compare(published("openapi")[name], TODAY[name], day)
    assert found == [], "\n".join(["", *map(str, found)])


def test_a_code_that_was_published_is_known_today() -> None:
    before = {code for document in published("openapi").values() for code in codes(document)}
    now = {code for document in TODAY.values() for code in codes(document)}
    assert before, "they are in the examples of the refusals"
    assert before - now == set(), "codes never change: clients decide by them"


@pytest.mark.parametrize("topic", published("events"))
def test_a_published_event_means_what_it_meant(topic: str) -> None:
    assert topic in EVENTS, "readers wait for it"
    found = compare_events(published("events")[topic], EVENTS[topic])
    assert found == [], "\n".join(["", *map(str, found)])


def test_what_is_published_is_whole() -> None:
    """Else there would be nothing to compare with."""
    version: Path = LAST
    assert sorted(path.name for path in version.iterdir()) == ["events", "openapi"]
    assert {"accounts", "cloudsync", "oauth"} <= published("openapi").keys()
    assert published("events")
