"""A small cloud that records what stores ask and send; it knows nothing of the real server."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from comptoir.base.clock import FrozenClock
from tests.simulator.cloud_identities import add_identities
from tests.simulator.cloud_legacy import Legacy, add_legacy
from tests.simulator.cloud_people import People, add_sign_in

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KEY = RSAKey.generate_key(2048, parameters={"kid": "cloud-1", "alg": "RS256", "use": "sig"})


@dataclass
class Upload:
    job: str
    headers: dict[str, str]
    body: bytes
    records: list[dict[str, Any]]


@dataclass
class Cloud:
    """Answers are attributes: change them to make it refuse."""

    clock: FrozenClock = field(default_factory=lambda: FrozenClock(NOW))
    url: str = ""
    job_status: int = 201
    upload_status: int = 201
    """0: the connection is closed without an answer."""
    upload_body: str = '{"ok":true}'
    verified_scope: bool = True
    create_answers: list[web.Response] = field(default_factory=list)
    """Given out before the real answer to a creation."""
    health_status: int = 200
    silent: bool = False
    """The health check never answers."""
    client_status: int = 200
    """Of the token endpoint, for shops."""
    verify_status: int = 200
    migrate_error: str = ""
    """The code that migrations are refused with; empty: they work."""
    jobs: list[str] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    hints: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    """(method, path, headers, form or JSON) of accounts and OAuth calls, in order."""
    bodies: list[str] = field(default_factory=list)
    """The bytes of the bodies of the same calls."""
    people: People = field(default_factory=People)
    legacy: Legacy = field(default_factory=Legacy)
    shops: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(
        default_factory=lambda: [{**KEY.as_dict(private=False), "alg": "RS256"}]
    )
    token_seconds: int = 3600
    on_upload: Callable[[], None] = lambda: None
    """Called while the store waits for the collector's answer."""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        add_identities(app.router, self)
        add_sign_in(app.router, self)
        add_legacy(app.router, self)
        app.router.add_get("/sync-api/job/{id:.*}", self._job)
        app.router.add_post("/collector/upload/{id}", self._upload)
        app.router.add_post("/live-sync/v1/notify/{id}", self._notify)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def sign(self, claims: dict[str, Any], *, alg: str = "RS256", kid: str = "cloud-1") -> str:
        now = int(self.clock.now().timestamp())
        whole = {"iss": self.url, "iat": now, "exp": now + self.token_seconds} | claims
        return jwt.encode({"alg": alg, "kid": kid}, whole, KEY)

    def proof_token(self, shop_id: str, **changes: Any) -> str:
        claims = {"aud": [f"ps_accounts/{shop_id}"], "scp": ["shop.proof.read"]}
        return self.sign(claims | changes)

    def firebase(self, sub: str, **claims: Any) -> str:
        """A token as modules before 8 knew them (§3.4)."""
        own = {"aud": "project", "user_id": sub, "sub": sub, "email_verified": True}
        return self.sign(own | claims)

    async def seen(self, request: web.Request) -> Any:
        """Keep what was asked; its form or JSON."""
        if request.content_type == "application/json" and request.can_read_body:
            body: Any = await request.json()
        else:
            body = dict(await request.post())
        self.asked.append((request.method, request.path, dict(request.headers), body))
        self.bodies.append((await request.read()).decode())
        return body

    async def _job(self, request: web.Request) -> web.Response:
        self.jobs.append(request.match_info["id"])
        return web.Response(status=self.job_status if request.match_info["id"] else 404)

    async def _upload(self, request: web.Request) -> web.Response:
        body = await request.read()
        records = parse(body, request.headers["Content-Type"])
        self.uploads.append(Upload(request.match_info["id"], dict(request.headers), body, records))
        self.on_upload()
        if not self.upload_status:
            assert request.transport is not None
            request.transport.close()
        text = None if self.upload_status == 204 else self.upload_body
        return web.Response(status=self.upload_status or 500, text=text)

    async def _notify(self, request: web.Request) -> web.Response:
        self.hints.append((request.match_info["id"], await request.json()))
        return web.Response(status=201)

    def advance(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


def parse(body: bytes, content_type: str) -> list[dict[str, Any]]:
    """The records of the one part; nothing when the closing boundary is missing."""
    boundary = content_type.partition("boundary=")[2].encode()
    if not body.endswith(b"--" + boundary + b"--\r\n"):
        return []
    head, _, rest = body.partition(b"\r\n\r\n")
    assert head.count(b"Content-Disposition") == 1
    content = rest.removesuffix(b"\r\n--" + boundary + b"--\r\n")
    return [json.loads(line) for line in content.split(b"\r\n") if line]
