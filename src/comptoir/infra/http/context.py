"""What a request or a job may use. Wiring builds one per process; nothing is global."""

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from comptoir.base.clock import Clock
from comptoir.base.ids import Ids
from comptoir.infra.database import Database
from comptoir.infra.http.admission import Limits
from comptoir.infra.http.auth import Authenticator, Signer
from comptoir.infra.http.outbound import Outbound
from comptoir.infra.mail import Mail
from comptoir.infra.metrics import Metrics
from comptoir.infra.settings import Settings
from comptoir.infra.vault import Vault


@dataclass(slots=True)
class Context:
    settings: Settings
    clock: Clock
    ids: Ids
    db: Database
    vault: Vault
    metrics: Metrics
    outbound: Outbound
    mail: Mail
    authenticator: Authenticator
    signer: Signer
    limits: Limits
    under_way: set[str] = field(default_factory=set)
    """Requests with an `Idempotency-Key` that this process is answering."""
    wake: Callable[[], None] = lambda: None
    """Tell the worker that something is due; it looks at the database for what."""


BASE = "comptoir.base"
"""In the scope of a request that came by a host alias: the base that it was sent to."""


def context_of(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def base_of(request: Request) -> str:
    """Where the caller reaches us: BASE, or the alias that it used. Without a last slash."""
    return str(request.scope.get(BASE) or context_of(request).settings.base)


def request_id(request: Request) -> str:
    """The id this request is logged under: the caller's `X-Request-ID`, or a new one."""
    return str(request.scope.get("comptoir.request_id", ""))
