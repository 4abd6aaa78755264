"""The only place that builds things: settings in, a context out."""

import sqlalchemy as sa

from comptoir import oauth
from comptoir.accounts import ENDPOINTS as ACCOUNTS
from comptoir.accounts import PAGES, Page
from comptoir.base.clock import Clock, SystemClock
from comptoir.base.ids import Ids, SystemIds
from comptoir.cloudsync import ENDPOINTS as CLOUDSYNC
from comptoir.infra.database import Database
from comptoir.infra.db.migrate import upgrade
from comptoir.infra.db.tables import audit_log
from comptoir.infra.http.admission import Limits
from comptoir.infra.http.context import Context
from comptoir.infra.http.endpoint import Endpoint
from comptoir.infra.http.outbound import Outbound
from comptoir.infra.mail import Mail
from comptoir.infra.metrics import Metrics
from comptoir.infra.settings import Settings
from comptoir.infra.vault import open_vault
from comptoir.oauth import ENDPOINTS as OAUTH
from comptoir.oauth import KeyRing, Revoked, Tokens, check_keys

SERVICES: dict[str, tuple[Endpoint, ...]] = {
    "accounts": tuple(ACCOUNTS),
    "cloudsync": tuple(CLOUDSYNC),
}
"""What each service brings. Keys and tokens come with any of them: all need them."""


def build(settings: Settings, clock: Clock | None = None, ids: Ids | None = None) -> Context:
    """Open the installation: data directory, keys, database at the current schema.

    Raises:
        VaultError: the database was made with another installation key, or the key is gone.
    """
    clock, ids = clock or SystemClock(), ids or SystemIds()
    database = Database(settings.database, clock, ids)
    upgrade(database.engine)
    with database.reading() as db:
        used = db.execute(sa.select(audit_log.c.id).limit(1)).first() is not None
        vault = open_vault(settings.secret_key, settings.data, used=used)
        check_keys(db, vault)
    tokens = Tokens(
        KeyRing(database, vault, clock),
        clock,
        ids,
        settings.base,
        settings.token_lifetime,
        settings.host_aliases,
        revoked=Revoked(database),
    )
    return Context(
        settings=settings,
        clock=clock,
        ids=ids,
        db=database,
        vault=vault,
        metrics=Metrics(),
        outbound=Outbound(allow_private=settings.allow_private_addresses),
        mail=Mail(settings.smtp_url, settings.mail_from, settings.data / "mail", clock, ids),
        authenticator=tokens,
        signer=tokens,
        limits=Limits(settings),
    )


def endpoints(settings: Settings) -> list[Endpoint]:
    """The endpoints of the services that run. What is off is absent everywhere."""
    chosen = [e for name, found in SERVICES.items() if settings.runs(name) for e in found]
    return [*OAUTH, *chosen]


def all_endpoints() -> list[Endpoint]:
    """Every endpoint there is: for the documents."""
    return [*OAUTH, *(endpoint for found in SERVICES.values() for endpoint in found)]


def pages(settings: Settings) -> list[Page]:
    """The pages of people, and the endpoints that browsers are sent to. They go with accounts."""
    return [*oauth.PAGES, *PAGES] if settings.runs("accounts") else []
