"""Turn the second factor on and off; add and remove passkeys; sign in with one."""

import segno
from starlette.responses import Response

from comptoir.accounts.pages.entry import enter
from comptoir.accounts.pages.notices import tell
from comptoir.accounts.pages.page import SIGN_IN, Page, Visit, Who, go
from comptoir.accounts.pages.security import HERE, SessionNotThere
from comptoir.accounts.pages.sign_in import sign_in_form
from comptoir.accounts.people import passkeys, second_factor
from comptoir.accounts.people import store as people
from comptoir.accounts.people.rules import User
from comptoir.infra.vault import VaultError
from comptoir.infra.work import Work

TOTP = f"{HERE}/second-factor"
PASSKEYS = f"{HERE}/passkeys"
SEALED = "new totp secret"


async def new_totp(visit: Visit) -> Response:
    if visit.me.user.has_totp:
        return go(HERE)
    secret = second_factor.secret_from(visit.context.ids.entropy())
    return _totp_form(visit, secret)


def _totp_form(visit: Visit, secret: str, fault: str = "") -> Response:
    address = second_factor.address_of(secret, visit.me.user.email)
    sealed = visit.context.vault.seal(secret.encode(), f"{SEALED} {visit.me.user.user_id}").hex()
    picture = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
    return visit.page(
        "second-factor.html",
        400 if fault else 200,
        here=HERE,
        fault=fault,
        sealed=sealed,
        picture=picture,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    )


async def send_totp(visit: Visit) -> Response:
    context, user = visit.context, visit.me.user
    if user.has_totp:
        return go(HERE)
    try:
        sealed = bytes.fromhex(visit.form.get("sealed", ""))
        secret = context.vault.open(sealed, f"{SEALED} {user.user_id}").decode()
    except (ValueError, VaultError):
        return go(TOTP)
    code = visit.form.get("code", "")
    made = await context.db.write(
        lambda work: second_factor.turn_on(work, context.vault, user.user_id, secret, code),
        actor=visit.actor,
        request_id=visit.request_id,
    )
    if made is None:
        return _totp_form(visit, secret, visit.say("second_factor.wrong"))
    await tell(visit, user.email, "second_factor_on")
    return visit.page("recovery-codes.html", here=HERE, codes=made)


async def end_totp(visit: Visit) -> Response:
    user = visit.me.user
    await visit.context.db.write(
        lambda work: second_factor.turn_off(work, user.user_id),
        actor=visit.actor,
        request_id=visit.request_id,
    )
    await tell(visit, user.email, "second_factor_off")
    return go(f"{HERE}?done=second_factor_off")


async def renew_codes(visit: Visit) -> Response:
    user, vault = visit.me.user, visit.context.vault
    if not user.has_totp:
        return go(HERE)
    made = await visit.context.db.write(
        lambda work: second_factor.renew_recovery_codes(work, vault, user.user_id),
        actor=visit.actor,
        request_id=visit.request_id,
    )
    return visit.page("recovery-codes.html", here=HERE, codes=made)


async def new_passkey(visit: Visit) -> Response:
    return await _passkey_form(visit)


async def _passkey_form(visit: Visit, fault: str = "") -> Response:
    context, user = visit.context, visit.me.user
    site = passkeys.site_of(context.settings.base)
    if site is None:
        return go(HERE)
    known = await context.db.read(lambda db: passkeys.passkeys_of(db, user.user_id))
    asked = passkeys.ask_for_new(context.vault, site, user, known, context.ids.entropy(), visit.now)
    return visit.page("passkey.html", 400 if fault else 200, here=HERE, fault=fault, asked=asked)


async def send_passkey(visit: Visit) -> Response:
    context, user, form = visit.context, visit.me.user, visit.form
    site = passkeys.site_of(context.settings.base)
    if site is None:
        return go(HERE)
    sealed, answer = form.get("sealed", ""), form.get("credential", "")
    name = form.get("name", "") or visit.say("passkey.unnamed")
    done = await context.db.write(
        lambda work: passkeys.register(
            work, context.vault, site, user.user_id, sealed, answer, name
        ),
        actor=visit.actor,
        request_id=visit.request_id,
    )
    if not done:
        return await _passkey_form(visit, visit.say("passkey.not_added"))
    await tell(visit, user.email, "passkey_added", name=name)
    return go(f"{HERE}?done=passkey")


async def remove_passkey(visit: Visit) -> Response:
    """Raises: SessionNotThere."""
    user, credential_id = visit.me.user, visit.form.get("credential_id", "")
    done = await visit.context.db.write(
        lambda work: passkeys.remove(work, user.user_id, credential_id),
        actor=visit.actor,
        request_id=visit.request_id,
    )
    if not done:
        raise SessionNotThere
    await tell(visit, user.email, "passkey_removed")
    return go(f"{HERE}?done=passkey_removed")


async def sign_in_with_passkey(visit: Visit) -> Response:
    context, form = visit.context, visit.form
    site = passkeys.site_of(context.settings.base)
    if site is None:
        return go(SIGN_IN)

    def unit(work: Work) -> User | None:
        user_id = passkeys.accept(
            work, context.vault, site, form.get("sealed", ""), form.get("credential", "")
        )
        return people.find_user(work.db, user_id) if user_id else None

    user = await context.db.write(unit, request_id=visit.request_id)
    wanted = form.get("next", "")
    if user is None:
        return sign_in_form(visit, wanted, fault=visit.say("passkey.failed"), status=400)
    return await enter(visit, user, passkeys.METHODS, wanted)


PAGES = [
    Page("GET", TOTP, new_totp, Who.JUST_SIGNED_IN),
    Page("POST", TOTP, send_totp, Who.JUST_SIGNED_IN, "sign-in"),
    Page("POST", f"{TOTP}/end", end_totp, Who.JUST_SIGNED_IN),
    Page("POST", f"{TOTP}/codes", renew_codes, Who.JUST_SIGNED_IN),
    Page("GET", PASSKEYS, new_passkey, Who.JUST_SIGNED_IN),
    Page("POST", PASSKEYS, send_passkey, Who.JUST_SIGNED_IN),
    Page("POST", f"{PASSKEYS}/remove", remove_passkey, Who.JUST_SIGNED_IN),
    Page("POST", f"{SIGN_IN}/passkey", sign_in_with_passkey, Who.ANYONE, "sign-in"),
]
