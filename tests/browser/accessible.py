"""Whether everybody can use a page: axe-core's rules, labels, nothing beside the window."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


@cache
def _axe() -> str:
    assert AXE.exists(), "the JavaScript packages are not installed: run `make env`"
    return AXE.read_text("utf-8")


def faults(page: Page) -> list[str]:
    """What axe-core has against the page as it is, one line for each element."""
    page.evaluate(_axe())
    told: Any = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {fault['help']}: {node['html']}"
        for fault in told["violations"]
        for node in fault["nodes"]
    ]


def beside(page: Page) -> int:
    """How many pixels of the page lie to the right of the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
