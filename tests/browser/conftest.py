"""Chromium as Debian has it, driven from the test; a fresh profile for each test."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.watch import PATIENCE, Watched
from tests.server import Server, running

HERE = ("localhost", "*.localhost", "127.0.0.1")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules={', '.join(['MAP * ~NOTFOUND', *(f'EXCLUDE {h}' for h in HERE)])}",
]


# For one file: while Playwright's synchronous side is open its event loop counts as running in this
# thread, so no test of another file in this process could call asyncio.run.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Fails, never skips, when there is none."""
    found = shutil.which("chromium")
    assert found, "Chromium is not installed: run `make env`"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS, timeout=120_000)
        yield browser
        browser.close()


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    """Fails a test whose pages write an error to the console, throw, or break their policy."""
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    watching = Watched(context)
    yield watching
    watching.close()
    assert watching.verdict() == []


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page()


@pytest.fixture(scope="module")
def comptoir() -> Iterator[Server]:
    """A server that a browser may call `localhost`, as passkeys need."""
    with running(host="localhost", identity_rate="100000") as made:
        yield made
