"""What tells of a change is sent, whatever becomes of the mail server and of ours meanwhile."""

import sqlite3

from tests.accounts.pages.browser import PASSWORD, mails, person, signed_in, told
from tests.ports import free_port
from tests.server import Server, running

EMAIL = "ada@told.example"
CHANGE = "/account/security/password"


def queued(server: Server) -> list[int]:
    """How often each mail in the queue was tried."""
    with sqlite3.connect(server.data / "comptoir.db") as db:
        found = [attempts for (attempts,) in db.execute("SELECT attempts FROM mail_queue")]
    db.close()
    return found


def test_a_mail_server_that_is_down_and_a_crash_delay_it_only() -> None:
    with running(smtp_url=f"smtp://127.0.0.1:{free_port()}") as server:
        browser = signed_in(server, person(server, EMAIL))
        new = {"old_password": PASSWORD, "password": "seven pale otters at noon"}
        assert browser.submit(browser.get(CHANGE), CHANGE, **new).status == 303

        server.kill()
        (tried,) = queued(server)
        assert tried in {0, 1}
        with sqlite3.connect(server.data / "comptoir.db") as db:  # as a minute or two later
            db.execute("UPDATE mail_queue SET due_at = created_at")
        db.close()
        server.environ["COMPTOIR_SMTP_URL"] = ""
        assert not mails(server, EMAIL)
        server.start()

        (mail,) = told(server, EMAIL, "password was changed")
        assert "/account/reset" in mail.text
