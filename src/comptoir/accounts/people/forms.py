"""Forms that have their effect once: a reload that sends one again makes nothing a second time.

The page seals who may send the form and when it was made; sending it uses it up, in the
transaction of its effect.
"""

import msgspec

from comptoir.accounts.errors import FormSentAlready
from comptoir.accounts.people.tables import sent_form
from comptoir.infra.db.dialect import insert_new
from comptoir.infra.vault import Vault, VaultError
from comptoir.infra.work import Work

KEEP_MS = 86_400_000
"""How long a form is good; afterwards it need not be remembered."""
SEALED = "form that is good once"


class Form(msgspec.Struct):
    form_id: str
    user_id: str
    made_at: int


def make(vault: Vault, form_id: str, user_id: str, now: int) -> str:
    """For a hidden field. `form_id`: a new one for each form that is shown."""
    form = Form(form_id, user_id, now)
    return vault.seal(msgspec.json.encode(form), SEALED).hex()


def use(work: Work, vault: Vault, sealed: str, user_id: str) -> None:
    """Raises: FormSentAlready; the same for a form that is too old or not this person's."""
    try:
        form = msgspec.json.decode(vault.open(bytes.fromhex(sealed), SEALED), type=Form)
    except (ValueError, VaultError, msgspec.DecodeError) as wrong:
        raise FormSentAlready from wrong
    mine = form.user_id == user_id and form.made_at > work.now_ms - KEEP_MS
    values = {"form_hash": vault.hash(f"form {form.form_id}"), "sent_at": work.now_ms}
    if not mine or not insert_new(work.db, sent_form, values):
        raise FormSentAlready


def forget(work: Work) -> None:
    work.db.execute(sent_form.delete().where(sent_form.c.sent_at <= work.now_ms - KEEP_MS))
