"""Who follows a guide at this machine: a terminal, browser windows, a fingerprint reader."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Locator, Page

from tests.browser import accessible, png
from tests.browser.guide import Step
from tests.browser.watch import PATIENCE, Watched
from tests.eventually import eventually

WIDTH, HEIGHT, STRIDE = 880, 900, 40
"""Of a picture, in pixels; its height is the page's, rounded up to the stride."""
PATIENT = PATIENCE / 1000
FOCUSED = "e => e === document.activeElement"
LINED = "e => { const s = getComputedStyle(e); return s.outlineStyle + ' ' + s.outlineWidth; }"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Terminal:
    """Runs the guide's commands in a folder of its own, on ports of its own."""

    folder: Path
    ports: dict[str, str]
    """The guide's port → the one that is used."""
    values: dict[str, str] = field(default_factory=dict)
    started: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def ported(self, text: str) -> str:
        said = "|".join(map(re.escape, self.ports))
        return re.sub(said, lambda found: self.ports[found[0]], text)

    def run(self, step: Step) -> None:
        assert step.snippet is not None
        text = self.ported(step.snippet.filled(self.values)).replace(".venv/bin/", "")
        if text == "make env":
            return  # whoever runs this has done it
        environ = {k: v for k, v in os.environ.items() if not k.startswith("COMPTOIR_")}
        environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
        if "comptoir serve" in text or "comptoir simulate" in text:
            self._start(text, environ)
            return
        done = subprocess.run(
            ["bash", "-euc", text],
            env=environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{text}: {done.stderr}"
        self.values["CODE"] = done.stdout.strip()

    def _start(self, text: str, environ: dict[str, str]) -> None:
        log = self.folder / f"window{len(self.started) + 1}.log"
        before, _, command = text.rpartition("comptoir ")
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-euc", f"{before}exec comptoir {command}"],
                env=environ,
                cwd=self.folder,
                stdout=out,
                stderr=out,
            )
        self.started.append(process)
        ready = "Ctrl-C ends them" if command.startswith("simulate") else ""

        def is_ready() -> bool:
            said = log.read_text("utf-8", "replace")
            assert process.poll() is None, said
            return ready in said if ready else answers(self.ported("http://localhost:8000/healthz"))

        eventually(is_ready, 60)

    def close(self) -> None:
        for process in reversed(self.started):
            process.terminate()
            process.wait(30)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextlib.contextmanager
def terminal(ports: dict[str, str]) -> Iterator[Terminal]:
    with tempfile.TemporaryDirectory(prefix="comptoir-guide-") as folder:
        made = Terminal(Path(folder), ports)
        try:
            yield made
        finally:
            made.close()


@dataclass
class Walker:
    """Does a guide's steps in windows of a browser. `keyboard`: without a mouse."""

    browser: Browser
    terminal: Terminal
    locale: str
    keyboard: bool
    pictures: Path
    """The folder that pictures are written to."""
    windows: list[Watched] = field(default_factory=list)
    current: Page | None = None
    """Where something was done last."""

    def walk(self, steps: list[Step]) -> None:
        self.private("")
        own = self.windows[0]
        for step in steps:
            if step.kind == "heading" and self.windows[-1] is not own:
                self._switch(own)
            elif step.kind == "run":
                self._read_secret(step)
                self.terminal.run(step)
            elif step.kind == "fill":
                self.fill(step.what, self.terminal.values.get(step.value, step.value))
            elif step.kind != "heading":
                getattr(self, step.kind)(step.what)

    def verdict(self) -> list[str]:
        """Close the windows. Returns what any of them complained about."""
        opened = list({id(window): window for window in self.windows}.values())
        for window in opened:
            window.close()
        return [said for window in opened for said in window.verdict()]

    def _switch(self, window: Watched) -> None:
        self.windows.append(window)
        self.current = window.context.pages[0]

    def private(self, _: str) -> None:
        context = self.browser.new_context(
            locale=self.locale, viewport={"width": WIDTH, "height": HEIGHT}
        )
        window = Watched(context)
        page = window.page()
        devices = context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self._switch(window)

    @property
    def context_pages(self) -> list[Page]:
        """Of the window in hand, a pop-up before what it came from."""
        return list(reversed(self.windows[-1].context.pages))

    def open(self, url: str) -> None:
        page = self.context_pages[-1]
        page.goto(self.terminal.ported(url))
        self.current = page

    def press(self, name: str) -> None:
        def buttons(page: Page) -> Locator:
            named = page.get_by_role("button", name=name, exact=True)
            return named.or_(page.get_by_role("link", name=name, exact=True))

        page, found = self._found(name, buttons)
        if self.keyboard:
            self._reach(page, found)
            page.keyboard.press("Enter")
        else:
            found.click(no_wait_after=True)

    def fill(self, label: str, value: str) -> None:
        page, found = self._found(label, lambda page: page.get_by_label(label, exact=True))
        if self.keyboard:
            self._reach(page, found)
            page.keyboard.press("Control+A")
            page.keyboard.type(value)
        else:
            found.fill(value)
        assert found.input_value() == value

    def see(self, text: str) -> None:
        self._found(text, lambda page: page.get_by_text(text))

    def picture(self, name: str) -> None:
        """The page as it is, which must also be one that everybody can use."""
        page = self.current
        assert page is not None
        page.wait_for_load_state("load")
        faults = accessible.faults(page)
        assert not faults, faults
        tall = page.evaluate("document.body.getBoundingClientRect().height")
        height = min(HEIGHT, -(-int(tall + 1) // STRIDE) * STRIDE)
        wide = page.evaluate("innerWidth")
        clip = {"x": 0, "y": 0, "width": wide, "height": height}
        path = self.pictures / name
        path.write_bytes(png.packed(page.screenshot(clip=clip)))

    def _found(self, what: str, locate: Callable[[Page], Locator]) -> tuple[Page, Locator]:
        """The first that is visible, in the newest window that has it."""

        def look() -> tuple[Page, Locator] | None:
            for page in self.context_pages:
                with contextlib.suppress(Exception):  # it closed just now
                    found = locate(page).locator("visible=true").first
                    if found.is_visible():
                        return page, found
            self.context_pages[-1].wait_for_timeout(50)
            return None

        found = eventually(look, PATIENT)
        assert found is not None, what
        self.current = found[0]
        return found

    def _reach(self, page: Page, wanted: Locator) -> None:
        """By Tab alone, and where one is can be seen."""
        page.wait_for_load_state("load")
        for _ in range(60):
            if wanted.evaluate(FOCUSED):
                break
            page.keyboard.press("Tab")
        assert wanted.evaluate(FOCUSED), f"Tab does not lead to {wanted}"
        style, _, width = wanted.evaluate(LINED).partition(" ")
        assert style != "none" and float(width.removesuffix("px")) >= 1, "the focus is not seen"

    def _read_secret(self, step: Step) -> None:
        if "SECRET" in step.what:
            _, secret = self._found("SECRET", lambda page: page.locator("[data-test=totp-secret]"))
            self.terminal.values["SECRET"] = secret.inner_text()
