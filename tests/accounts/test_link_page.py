"""The page on which a person links stores with `ps_accounts` 5 to 7 (spec/accounts.md §4.8)."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.accounts.old_store import CLIENT, OldStore, old_store
from tests.accounts.pages.browser import Browser, mails, person, told, words
from tests.ports import free_port
from tests.server import Answer, Server

LINK = "/account/link"


@pytest.fixture
def old() -> Iterator[OldStore]:
    with old_store() as made:
        yield made


def said(shop: OldStore, **more: Any) -> dict[str, Any]:
    known = {"name": "Demo", "frontUrl": shop.url, "id": "1", "publicKey": shop.key}
    return {**known, "boBaseUrl": f"{shop.url}/admin-dev", "moduleVersion": "7.2.2"} | more


def send(browser: Browser, *shops: dict[str, Any]) -> Answer:
    text = base64.b64encode(json.dumps(shops).encode()).decode()
    page = browser.get(f"{LINK}?shops={quote(text, safe='')}")
    assert page.status == 200, page.text
    return browser.submit(page, LINK)


def test_the_owner_before_is_told(comptoir: Server, old: OldStore) -> None:
    eve, mallory = (person(comptoir, f"{name}@link.example") for name in ("eve", "mallory"))
    for one in (eve, mallory):
        browser = Browser(comptoir)
        browser.sign_in(one)
        uuid = old.state.get(CLIENT, {}).get("uid", "")
        assert send(browser, said(old, uuid=uuid)).status == 200
    (mail,) = told(comptoir, eve.email, mallory.email)
    assert old.url in mail.text
    assert not mails(comptoir, mallory.email)


STRANGE: dict[str, dict[str, Any]] = {
    "nul": {"name": "a\0b"},
    "half": {"name": "x\ud800y"},
    "digit": {"employeeId": "\u00b2"},
    "long": {"employeeId": "9" * 5000},
}


@pytest.mark.parametrize("strange", STRANGE)
def test_what_no_back_office_says(comptoir: Server, old: OldStore, strange: str) -> None:
    browser = Browser(comptoir)
    browser.sign_in(person(comptoir, f"{strange}@link.example"))
    assert send(browser, said(old, **STRANGE[strange])).status == 200


REFUSED = {
    "en": ("cannot be used", "could not be reached", "says that its domain is"),
    "fr": ("ne convient pas", "n’a pas pu être jointe", "dit que son domaine est"),
}


@pytest.mark.parametrize("language", REFUSED)
def test_why_it_failed_is_said_in_the_visitors_language(
    comptoir: Server, old: OldStore, language: str
) -> None:
    browser = Browser(comptoir, **{"Accept-Language": language})
    browser.sign_in(person(comptoir, f"why-{language}@link.example"))
    invalid, silent, other = REFUSED[language]
    page = send(browser, said(old, publicKey="no key"))
    assert (page.status, invalid in words(page)) == (422, True)
    page = send(browser, said(old, frontUrl=f"http://127.0.0.1:{free_port()}"))
    assert (page.status, silent in words(page)) == (422, True)
    old.domain = "other.example"
    page = send(browser, said(old))
    assert (page.status, other in words(page)) == (422, True)
    assert "other.example" in words(page)


PAGE = "improve/modules/manage/action/configure/ps_accounts"


@pytest.mark.parametrize("page", ["", "/", f"/{PAGE}", f"/{PAGE}?_token=x", f"/index.php/{PAGE}"])
def test_the_back_office_is_read_from_a_page_of_it(
    comptoir: Server, old: OldStore, page: str
) -> None:
    """PrestaShop 9 has no `index.php` in it."""
    browser = Browser(comptoir)
    browser.sign_in(person(comptoir, f"office{abs(hash(page))}@link.example"))
    shown = said(old, url=f"{old.url}/admin-dev{page}")
    del shown["boBaseUrl"]
    assert send(browser, shown).status == 200
    found = comptoir.quick_cli("store", "show", old.state[CLIENT]["uid"])
    assert found["backOfficeUrl"] == f"{old.url}/admin-dev"


def test_a_back_office_that_cannot_be_read_stops_nothing(comptoir: Server, old: OldStore) -> None:
    browser = Browser(comptoir)
    browser.sign_in(person(comptoir, "no-office@link.example"))
    assert send(browser, said(old, boBaseUrl="the office")).status == 200
    found = comptoir.quick_cli("store", "show", old.state[CLIENT]["uid"])
    assert found["backOfficeUrl"] == ""
