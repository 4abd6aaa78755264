"""A browser's windows with an eye on the console: what a page complains about fails its test."""

import contextlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, WebError

from tests.fixtures import REPO

PICTURES = REPO / ".state" / "pictures"
"""Where `picture` leaves them; not part of the repository."""
PATIENCE = 20_000.0
"""Milliseconds that a page may take for anything, beside a busy machine's other work."""
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (e) =>
  console.error(`refused by ${e.effectiveDirective}: ${e.blockedURI} at ${e.sourceFile}`));
"""
"""Some violations of a Content-Security-Policy are not written to the console otherwise."""


@dataclass
class Watched:
    """A fresh profile: no cookie, no storage. Every page that opens in it is listened to."""

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    _awaited: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(TELL_VIOLATIONS)
        self.context.on("console", self._said)
        self.context.on("weberror", self._thrown)

    def page(self) -> Page:
        return self.context.new_page()

    def expect(self, pattern: str) -> None:
        """A complaint that belongs to the test, as a regular expression. It must come."""
        self._awaited.append(pattern)

    def close(self) -> None:
        """Hear the pages out, and end them."""
        for page in self.context.pages:
            with contextlib.suppress(Error):  # it is on its way elsewhere
                page.evaluate("0")
        self.context.close()

    def verdict(self) -> list[str]:
        """What is wrong: complaints that nobody expected, and expected ones that did not come."""
        found = [
            text
            for text in self.complaints
            if not any(re.search(pattern, text) for pattern in self._awaited)
        ]
        found += [
            f"did not come: {pattern}"
            for pattern in self._awaited
            if not any(re.search(pattern, text) for text in self.complaints)
        ]
        return found

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "assert"):
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def _thrown(self, error: WebError) -> None:
        self.complaints.append(f"uncaught: {error.error}")


def picture(page: Page, name: str, *, whole: bool = True) -> Path:
    """The page as `NAME.png`, to look at: whole, or what the window shows of it."""
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path, full_page=whole)
    return path
