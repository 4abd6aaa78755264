"""Write the pictures of the guides anew: `.venv/bin/python -m tests.browser.pictures`.

The guides are followed on the very ports that they name, which must be free.
"""

import shutil

from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.browser.guide import steps
from tests.browser.walk import Walker, terminal
from tests.browser.watch import PATIENCE
from tests.guides.snippets import GUIDES

PICTURES = GUIDES / "pictures"
WALKED = {"merchant.md": "en-US", "merchant.fr.md": "fr-FR"}
"""Guide → what the reader's browser speaks."""


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    named = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        for guide, locale in WALKED.items():
            found = steps(guide)
            with terminal({}) as shell:
                walker = Walker(browser, shell, locale, keyboard=False, pictures=PICTURES)
                walker.walk(found)
                assert walker.verdict() == []
            named |= {step.what for step in found if step.kind == "picture"}
        browser.close()
    for path in PICTURES.glob("*.png"):
        if path.name not in named:
            path.unlink()


if __name__ == "__main__":
    main()
