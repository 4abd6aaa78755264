"""Nobody learns from a page who has an account (OWASP ASVS 2.2, WSTG-IDNT-04): same status, same
text, same headers, same time."""

import re

import pytest

from comptoir.base.clock import monotonic
from tests.oauth.security.browser import PASSWORD, Browser, cookies_of, hidden, mails
from tests.oauth.security.scene import Scene
from tests.server import Answer

KNOWN, UNKNOWN = "somebody@b.test", "someone.@b.test"
"""Of the same length."""
VARIES = ("date", "x-request-id", "ratelimit", "set-cookie", "content-length")
ROUNDS = 5


@pytest.fixture(scope="module", autouse=True)
def somebody(scene: Scene) -> None:
    assert len(KNOWN) == len(UNKNOWN)
    scene.person(KNOWN)


def shape(answer: Answer, email: str) -> tuple[object, ...]:
    """What a stranger sees, without what is drawn anew each time."""
    text = re.sub(r"[0-9a-f]{32,}", "SEALED", answer.text).replace(email, "ADDRESS")
    headers = [(n.lower(), v) for n, v in answer.headers if n.lower() not in VARIES]
    cookies = [re.sub(r"=[^;]{16,}", "=VALUE", line) for line in cookies_of(answer)]
    return answer.status, text, sorted(headers), [re.sub("expires=[^;]*", "", c) for c in cookies]


def both(scene: Scene, page: str, **typed: str) -> list[tuple[object, ...]]:
    found = []
    for email in (KNOWN, UNKNOWN):
        browser = Browser(scene.server)
        answer = browser.send(page, email=email, **typed)
        found.append(shape(answer, email))
    return found


def test_wstg_idnt_04_a_sign_in(scene: Scene) -> None:
    known, unknown = both(scene, "/account/sign-in", password="not the password")
    assert known == unknown
    assert known[0] == 400


def test_wstg_idnt_04_a_sign_in_that_is_stopped(scene: Scene) -> None:
    found = []
    for email in (KNOWN, UNKNOWN):
        browser = Browser(scene.server)
        for _ in range(12):
            answer = browser.sign_in(email, "not the password")
            if answer.status == 429:
                break
        found.append((answer.status, shape(answer, email)[1]))
    assert found[0] == found[1]
    assert found[0][0] == 429


def test_wstg_idnt_04_a_sign_up(scene: Scene) -> None:
    before = len(mails(scene.server))
    known, unknown = both(scene, "/account/sign-up", password=PASSWORD)
    assert known == unknown
    assert known[0] == 303
    subjects = [subject for _, subject, _ in mails(scene.server)[before:]]
    assert len(subjects) == 2, "only the mailbox learns it"
    assert not re.search(r"\d{4}", subjects[0])


def test_wstg_idnt_04_a_reset(scene: Scene) -> None:
    known, unknown = both(scene, "/account/reset")
    assert known == unknown
    assert known[0] == 303


@pytest.mark.parametrize(
    ("begin", "page", "typed"),
    [
        ("/account/sign-up", "/account/confirm", {}),
        ("/account/reset", "/account/reset/code", {"password": "another password"}),
    ],
)
def test_wstg_idnt_04_the_page_for_the_code(
    scene: Scene, begin: str, page: str, typed: dict[str, str]
) -> None:
    found = []
    for email in (KNOWN, UNKNOWN):
        browser = Browser(scene.server)
        browser.send(begin, email=email, password=PASSWORD)
        shown = browser.get(page)
        wrong = [browser.send(page, code="00000000", **typed) for _ in range(6)]
        found.append([shape(answer, email) for answer in (shown, *wrong)])
    assert found[0] == found[1]


def test_wstg_idnt_04_by_time(scene: Scene) -> None:
    """The password of nobody is hashed as long. The fastest of turns about, and a wide bound:
    without the hash the ratio is beyond ten."""
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    for turn in range(ROUNDS):
        email = f"timed{turn}@b.test"
        scene.person(email)
        for kind, address in (("known", email), ("unknown", f"other{turn}@b.test")):
            browser = Browser(scene.server)
            form = hidden(browser.get("/account/sign-in"))
            form |= {"email": address, "password": "not the password"}
            start = monotonic()
            assert browser.go("POST", "/account/sign-in", form=form).status == 400
            taken[kind].append(monotonic() - start)
    ratio = min(taken["unknown"]) / min(taken["known"])
    assert 1 / 4 < ratio < 4, taken
