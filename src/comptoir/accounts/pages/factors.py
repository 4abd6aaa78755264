"""Turn the second factor on and off; add and remove passkeys; sign in with one."""

import segno
from starlette.responses import Response

from comptoir.accounts.pages.acting import act
from comptoir.accounts.pages.entry import enter
from comptoir.accounts.pages.notices import tell
from comptoir.accounts.pages.page import SIGN_IN, Page, Visit, Who, go
from comptoir.accounts.pages.security import HERE, SessionNotThere
from comptoir.accounts.pages.sign_in import sign_in_form
from comptoir.accounts.pages.sure import ask
from comptoir.accounts.people import passkeys, second_factor
from comptoir.accounts.people import store as people
from comptoir.accounts.people.errors import SignInFailed
from comptoir.accounts.people.rules import User
from comptoir.infra.vault import VaultError
from comptoir.infra.work import Work

TOTP = f"{HERE}/second-factor"
PASSKEYS = f"{HERE}/passkeys"
REMOVE = f"{PASSKEYS}/remove"
OFFERED = "new totp secret"
OFFERED_SECONDS = 3600


async def new_totp(visit: Visit) -> Response:
    """Who loads the page again finds the same secret: it may be in their app already. Who signs in
    again does not."""
    if visit.me.user.has_totp:
        return go(HERE)
    secret = _offered(visit, visit.cookie("totp"))
    return _totp_form(visit, secret or second_factor.secret_from(visit.context.ids.entropy()))


def _offered(visit: Visit, sealed: str) -> str:
    """The secret that was shown in this session; empty when it is none."""
    try:
        return visit.context.vault.open(bytes.fromhex(sealed), _purpose(visit)).decode()
    except (ValueError, VaultError):
        return ""


def _purpose(visit: Visit) -> str:
    return f"{OFFERED} {visit.me.session.session_id}"


def _totp_form(visit: Visit, secret: str, fault: str = "") -> Response:
    address = second_factor.address_of(secret, visit.me.user.email)
    sealed = visit.context.vault.seal(secret.encode(), _purpose(visit)).hex()
    visit.set_cookie("totp", sealed, OFFERED_SECONDS)
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
    secret = _offered(visit, visit.form.get("sealed", ""))
    if not secret:
        return go(TOTP)
    code = visit.form.get("code", "")

    def unit(work: Work) -> list[str] | None:
        made = second_factor.turn_on(work, context.vault, user.user_id, secret, code)
        if made is not None:
            tell(work, visit, user.email, "second_factor_on")
        return made

    made = await act(visit, unit)
    if made is None:
        return _totp_form(visit, secret, visit.say("second_factor.wrong"))
    visit.set_cookie("totp", "", 0)
    return visit.page("recovery-codes.html", here=HERE, codes=made)


async def ask_end_totp(visit: Visit) -> Response:
    if not visit.me.user.has_totp:
        return go(HERE)
    return ask(visit, "off", here=HERE, action=f"{TOTP}/end", back=HERE)


async def end_totp(visit: Visit) -> Response:
    user = visit.me.user

    def unit(work: Work) -> None:
        second_factor.turn_off(work, user.user_id)
        tell(work, visit, user.email, "second_factor_off")

    await act(visit, unit)
    visit.set_cookie("totp", "", 0)
    return go(f"{HERE}?done=second_factor_off")


async def ask_renew_codes(visit: Visit) -> Response:
    if not visit.me.user.has_totp:
        return go(HERE)
    return ask(visit, "new_codes", here=HERE, action=f"{TOTP}/codes", back=HERE)


async def renew_codes(visit: Visit) -> Response:
    user, vault = visit.me.user, visit.context.vault
    if not user.has_totp:
        return go(HERE)
    made = await act(
        visit, lambda work: second_factor.renew_recovery_codes(work, vault, user.user_id)
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

    def unit(work: Work) -> bool:
        done = passkeys.register(work, context.vault, site, user.user_id, sealed, answer, name)
        if done:
            tell(work, visit, user.email, "passkey_added", name=name)
        return done

    if not await act(visit, unit):
        return await _passkey_form(visit, visit.say("passkey.not_added"))
    return go(f"{HERE}?done=passkey")


async def ask_remove_passkey(visit: Visit) -> Response:
    """Raises: SessionNotThere."""
    user_id, credential_id = visit.me.user.user_id, visit.query("credential_id")
    if not credential_id:
        return go(HERE)  # who had to sign in once more before it was sent
    known = await visit.context.db.read(lambda db: passkeys.passkeys_of(db, user_id))
    names = {key.credential_id: key.name for key in known}
    if credential_id not in names:
        raise SessionNotThere
    return ask(
        visit,
        "passkey",
        here=HERE,
        action=REMOVE,
        back=HERE,
        fields={"credential_id": credential_id},
        name=names[credential_id],
    )


async def remove_passkey(visit: Visit) -> Response:
    """Raises: SessionNotThere."""
    user, credential_id = visit.me.user, visit.form.get("credential_id", "")

    def unit(work: Work) -> None:
        if not passkeys.remove(work, user.user_id, credential_id):
            raise SessionNotThere
        tell(work, visit, user.email, "passkey_removed")

    await act(visit, unit)
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
    try:
        return await enter(visit, user, passkeys.METHODS, wanted)
    except SignInFailed:
        return sign_in_form(visit, wanted, fault=visit.say("passkey.failed"), status=400)


PAGES = [
    Page("GET", TOTP, new_totp, Who.JUST_SIGNED_IN),
    Page("POST", TOTP, send_totp, Who.JUST_SIGNED_IN, "sign-in"),
    Page("GET", f"{TOTP}/end", ask_end_totp, Who.JUST_SIGNED_IN),
    Page("POST", f"{TOTP}/end", end_totp, Who.JUST_SIGNED_IN),
    Page("GET", f"{TOTP}/codes", ask_renew_codes, Who.JUST_SIGNED_IN),
    Page("POST", f"{TOTP}/codes", renew_codes, Who.JUST_SIGNED_IN),
    Page("GET", PASSKEYS, new_passkey, Who.JUST_SIGNED_IN),
    Page("POST", PASSKEYS, send_passkey, Who.JUST_SIGNED_IN),
    Page("GET", REMOVE, ask_remove_passkey, Who.JUST_SIGNED_IN),
    Page("POST", REMOVE, remove_passkey, Who.JUST_SIGNED_IN),
    Page("POST", f"{SIGN_IN}/passkey", sign_in_with_passkey, Who.ANYONE, "sign-in"),
]
