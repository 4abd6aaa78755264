"""An installation without a server: people, organisations and stores on both engines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from comptoir.accounts import identities, store
from comptoir.accounts.people import members, users
from comptoir.accounts.people.rules import Role, User
from comptoir.accounts.rules import Place, Shop
from comptoir.base.clock import FrozenClock
from comptoir.base.ids import SeededIds
from comptoir.infra.database import Database
from comptoir.infra.db.tables import audit_log, outbox
from comptoir.infra.vault import Vault
from comptoir.infra.work import Work
from tests import pg

T = TypeVar("T")


@dataclass(slots=True)
class Town:
    db: Database
    clock: FrozenClock
    vault: Vault

    def do(self, run: Callable[[Work], T]) -> T:
        with self.db.begin("tests") as work:
            return run(work)

    def look(self, run: Callable[[sa.Connection], T]) -> T:
        with self.db.reading() as db:
            return run(db)

    def user(self, name: str) -> User:
        """With an organisation of their own, which has their name."""
        return self.do(
            lambda work: users.create_user(work, f"{name}@town.example", "", first_name=name)
        )

    def home(self, user: User) -> str:
        """The organisation that the person joined first."""
        return self.look(lambda db: members.organisations_of(db, user.user_id))[0].organisation_id

    def joins(self, user: User, organisation_id: str, role: Role) -> None:
        self.do(
            lambda work: members.add_member(
                work.db, organisation_id, user.user_id, role, work.now_ms
            )
        )

    def role(self, user: User, organisation_id: str) -> Role | None:
        return self.look(lambda db: members.role_in(db, organisation_id, user.user_id))

    def shop(self, owner: User) -> Shop:
        """A store in this person's organisation; they are its point of contact."""
        place = Place("Demo", "https://demo.example", "https://demo.example/admin", "1")

        def make(work: Work) -> Shop:
            shop, _ = identities.create_identity(work, place, self.vault)
            home = members.organisations_of(work.db, owner.user_id)[0].organisation_id
            return store.set_owner(
                work.db,
                shop,
                organisation_id=home,
                user_id=owner.user_id,
                email=owner.email,
                now=work.now_ms,
            )

        return self.do(make)

    def find(self, shop: Shop) -> Shop:
        return self.look(lambda db: store.load_shop(db, shop.shop_id))

    def announced(self, topic: str) -> list[str]:
        """Bodies of the events that wait, the oldest first."""
        query = sa.select(outbox.c.body).where(outbox.c.topic == topic).order_by(outbox.c.id)
        return self.look(lambda db: list(db.execute(query).scalars()))

    def audited(self, action: str) -> int:
        query = sa.select(sa.func.count()).where(audit_log.c.action == action)
        return self.look(lambda db: int(db.execute(query).scalar_one()))

    def refuses(self, problem: type[BaseException], run: Callable[[Work], Any]) -> None:
        with pytest.raises(problem):
            self.do(run)


@pytest.fixture
def town(migrated_url: str, clock: FrozenClock, ids: SeededIds) -> Iterator[Town]:
    url = pg.driven(migrated_url)
    database = Database(url, clock, ids)
    yield Town(database, clock, Vault("k" * 32))
    database.close()
