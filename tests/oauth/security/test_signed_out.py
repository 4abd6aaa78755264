"""Who is signed out while an application sends them here lets nothing in (OWASP ASVS 3.3.3)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from comptoir.accounts.people import sessions
from comptoir.accounts.people import store as people
from comptoir.accounts.people.rules import email_key
from tests.accounts.pages.opened import opened
from tests.conftest import SLICE
from tests.oauth.security.browser import Browser, landed
from tests.oauth.security.conftest import QUICK
from tests.oauth.security.scene import Scene, built
from tests.server import running


@pytest.fixture(scope="module", params=SLICE)
def there(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with running(request.param, **QUICK) as server:
        yield built(server)


def test_asvs_3_3_3_who_is_being_signed_out_lets_nothing_in(there: Scene) -> None:
    """Their session was there when the browser came."""
    there.person("letting@b.test")
    browser = Browser(there.server)
    browser.sign_in("letting@b.test")
    with ThreadPoolExecutor(2) as beside:
        with opened(there.server) as context, context.db.begin("operator") as work:
            user = people.find_user_by_email(work.db, email_key("letting@b.test"))
            assert user is not None
            sessions.sign_out_everywhere(work, user.user_id)
            asks = ({}, {"prompt": "none"})
            late = [beside.submit(browser.authorize, there.app, **more) for more in asks]
            wait(late, timeout=1)
            assert not any(one.done() for one in late)
        shown, silent = (one.result() for one in late)
    assert (shown.header("Location") or "").startswith("/account/sign-in?next=")
    assert landed(silent)["error"] == "login_required"
