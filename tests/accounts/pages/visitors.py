"""Everybody who may come to a page: nobody, members of each role, somebody else, and those who hold
a bearer token instead of a cookie. What a request is about is made anew for each request."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from comptoir.accounts import identities, registration, store
from comptoir.accounts.applications import create_application, revoke_client
from comptoir.accounts.pages.credentials import OVERLAPS
from comptoir.accounts.people import (
    forms,
    invitations,
    members,
    organise,
    sessions,
    transfers,
    users,
)
from comptoir.accounts.people.rules import Invitation, Role, Transfer, User
from comptoir.accounts.people.tables import passkey, session
from comptoir.accounts.rules import Place
from comptoir.accounts.vendors import register_module
from comptoir.app.wiring import build
from comptoir.base.instant import to_ms
from comptoir.infra.http.context import Context
from comptoir.infra.settings import load
from comptoir.infra.work import Work
from tests.contract.people import signed_in
from tests.server import Answer, Server, running

T = TypeVar("T")
ROLES = {role.value: role for role in Role}
PEOPLE = (*ROLES, "addressee", "stranger")
"""`addressee`: invited to the organisation, and offered its store. `stranger`: of another one."""
OLD_MS = 16 * 60_000
PART = re.compile(r"\{(\w+)\}")
NOWHERE = {
    "organisation_id": "3f2b0c1e-0000-4000-8000-000000000000",
    "user_id": "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6",
    "invitation_id": "3f2b0c1e-0000-4000-8000-000000000001",
    "transfer_id": "3f2b0c1e-0000-4000-8000-000000000002",
    "shop_id": "3f2b0c1e-0000-4000-8000-000000000003",
    "vendor": "nobody",
    "module": "nothing",
    "client_id": "v_live_nothing",
    "application_id": "a_nothing",
    "revoked_id": "a_nothing_either",
    "name": "nothing.css",
}
"""For each name in a path, one of the right shape that there is not."""


@dataclass(slots=True)
class Ground:
    """A server and, beside it, its data."""

    server: Server
    context: Context
    people: dict[str, User]
    bearers: dict[str, str]
    """Tokens of each kind."""
    made: int = 0

    def do(self, run: Callable[[Work], T]) -> T:
        with self.context.db.begin("tests") as work:
            return run(work)

    def home(self, name: str) -> str:
        """The organisation that the person had first."""
        user = self.people[name]
        with self.context.db.reading() as db:
            return members.organisations_of(db, user.user_id)[0].organisation_id

    def subject(self) -> dict[str, str]:
        """A new organisation with a member of each role and one more, a store, an invitation and
        an offer. By the names of paths."""
        self.made += 1
        return self.do(self._subject)

    def _subject(self, work: Work) -> dict[str, str]:
        owner, now = self.people["owner"], work.now_ms
        here = organise.create_organisation(work, owner, f"Place {self.made}")
        other = users.create_user(work, f"more{self.made}@place.example", "")
        for user, role in (
            (self.people["admin"], Role.ADMIN),
            (self.people["member"], Role.MEMBER),
            (other, Role.MEMBER),
        ):
            members.add_member(work.db, here, user.user_id, role, now)
        place = Place(f"Store {self.made}", "https://place.example", "", "1")
        shop, _ = identities.create_identity(work, place, self.context.vault)
        store.set_owner(
            work.db,
            shop,
            organisation_id=here,
            user_id=owner.user_id,
            email=owner.email,
            now=now,
        )
        to, late = self.people["addressee"].email, now + 3_600_000
        asked = Invitation(work.ids.uuid(), here, "", to, Role.MEMBER, owner.user_id, now, late)
        invitations.save(work.db, asked)
        offered = Transfer(work.ids.uuid(), shop.shop_id, here, "", to, owner.user_id, now, late)
        transfers.save(work.db, offered)
        return {
            "organisation_id": here,
            "user_id": other.user_id,
            "invitation_id": asked.invitation_id,
            "transfer_id": offered.transfer_id,
            "shop_id": shop.shop_id,
            "name": "account.css",
            **self._vendor(work, here),
        }

    def _vendor(self, work: Work, organisation_id: str) -> dict[str, str]:
        """A vendor of the organisation, a client of it, a module and an application."""
        name, vault = f"vendor{self.made}", self.context.vault
        made = registration.register_vendor(
            work,
            vault,
            name,
            organisation_id=organisation_id,
            user_id=self.people["owner"].user_id,
            registration=registration.OPEN,
        )
        module = register_module(work, name, f"module{self.made}").name
        application = create_application(
            work, name, vault, redirect_uris=["https://application.example/callback"]
        )
        over = create_application(
            work, name, vault, redirect_uris=["https://application.example/callback"]
        )
        revoke_client(work, over.client_id, vendor=name)
        return {
            "revoked_id": over.client_id,
            "vendor": name,
            "module": module,
            "client_id": made.client_id,
            "application_id": application.client_id,
        }

    def cookies(self, name: str, *, old: bool = False, ended: bool = False) -> dict[str, str]:
        """Of a browser in which the person has just signed in."""

        def unit(work: Work) -> str:
            user_id = self.people[name].user_id
            secret, made = sessions.open_session(work, self.context.vault, user_id, ("pwd",))
            mine = session.c.session_id == made.session_id
            if old:
                then = made.authenticated_at - OLD_MS
                work.db.execute(session.update().where(mine).values(authenticated_at=then))
            if ended:
                sessions.end_sessions(work, user_id, only=made.session_id)
            return secret

        return {"session": self.do(unit)}

    def token(self, browser: str) -> str:
        """What the forms of a browser with this `form` cookie carry."""
        return self.context.vault.hash(f"form {browser}").hex()

    def fields(self, name: str) -> dict[str, str]:
        """What a form may ask for, so that any of them could be sent."""
        self.made += 1
        asked = {
            "email": f"new{self.made}@place.example",
            "name": "Place",
            "role": "member",
            "first_name": "Ada",
            "language": "en",
            "module": f"module-of-{self.made}",
            "mode": "test",
            "overlap": next(iter(OVERLAPS)),
            "redirect_uris": "https://application.example/callback",
            "scope.raw.read": "1",
        }
        if not name:
            return asked
        user_id = self.people[name].user_id
        now = to_ms(self.context.clock.now())
        once = forms.make(self.context.vault, self.context.ids.uuid(), user_id, now)
        return {**asked, "once": once, "organisation": self.home(name), **self.owned(name)}

    def owned(self, name: str) -> dict[str, str]:
        """Another session of the person's, and a passkey, as forms name them."""

        def unit(work: Work) -> dict[str, str]:
            user_id = self.people[name].user_id
            _, made = sessions.open_session(work, self.context.vault, user_id, ("pwd",))
            key = {"credential_id": work.ids.token(16), "user_id": user_id, "public_key": b"x"}
            work.db.execute(passkey.insert().values(created_at=work.now_ms, **key))
            return {"session_id": made.session_id, "credential_id": str(key["credential_id"])}

        return self.do(unit)

    def ask(
        self,
        method: str,
        path: str,
        about: Mapping[str, str],
        *,
        cookies: Mapping[str, str] = {},
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] = {},
    ) -> Answer:
        where = PART.sub(lambda found: quote(about[found[1]], safe=""), path)
        sent = {"Accept": "text/html", "Accept-Language": "en", **headers}
        if cookies:
            sent["Cookie"] = "; ".join(f"comptoir_{n}={text}" for n, text in cookies.items())
        return self.server.request(method, where, form=form, headers=sent)

    def send(
        self, method: str, path: str, about: Mapping[str, str], cookies: Mapping[str, str], by: str
    ) -> Answer:
        """As a browser does: with the form's cookie and its token. `by`: whose form it is."""
        if method == "GET":
            return self.ask(method, path, about, cookies=cookies)
        form = {**self.fields(by), "form_token": self.token("mine")}
        return self.ask(method, path, about, cookies={**cookies, "form": "mine"}, form=form)


def _keep(work: Work, user: User) -> None:
    """They are somebody's only owner: their account cannot be closed."""
    other = users.create_user(work, f"with-{user.email}", "")
    home = members.organisations_of(work.db, user.user_id)[0].organisation_id
    members.add_member(work.db, home, other.user_id, Role.MEMBER, work.now_ms)


@contextmanager
def ground(engine: str) -> Iterator[Ground]:
    rates = dict.fromkeys(("sign_in_rate", "address_rate", "identity_rate"), "1000000")
    with running(engine, **rates) as server:
        ours = {k: v for k, v in server.environ.items() if k.startswith("COMPTOIR_")}
        context = build(load(environ=ours))
        try:
            with context.db.begin("tests") as work:
                people = {
                    name: users.create_user(work, f"{name}@people.test", "", first_name=name)
                    for name in PEOPLE
                }
                for user in people.values():
                    _keep(work, user)
            identity = server.create_identity("https://bearer.example")
            vendor = server.quick_cli("vendor", "create", "bearer")
            bearers = {
                "store": server.store_token(identity),
                "vendor": server.vendor_token(vendor),
                "person": signed_in(context, identity.client_id, "Bearer"),
            }
            yield Ground(server, context, people, bearers)
        finally:
            context.db.close()
