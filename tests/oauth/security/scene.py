"""Who is there: Ada, who is signed in, two applications with a secret, one without, a vendor, two
stores."""

from dataclasses import dataclass

from tests.oauth.security.browser import (
    ADA,
    AFTER,
    CALLBACK,
    PASSWORD,
    App,
    Browser,
    exchange,
)
from tests.server import Identity, Server

OFFICE = "http://127.0.0.1:1/shop/admin-dev"


@dataclass(frozen=True, slots=True)
class Scene:
    server: Server
    app: App
    other: App
    public: App
    vendor: dict[str, str]
    store: Identity
    second: Identity
    ada: Browser

    def store_app(self, store: Identity, redirect_uri: str = "") -> App:
        """The store's own client: PrestaShop 9 unless told otherwise."""
        return App(
            store.client_id,
            store.client_secret,
            redirect_uri or f"{OFFICE}/modules/ps_accounts/oauth2",
        )

    def tokens(self, app: App, **changes: str | None) -> dict[str, str]:
        """What the application gets when Ada lets it in."""
        given = exchange(self.server, app, self.ada.code(app, **changes))
        assert given.status == 200, given.text
        found: dict[str, str] = given.json
        return found

    def person(self, email: str, password: str = PASSWORD) -> str:
        """One more account. Returns the id."""
        made: dict[str, str] = self.server.quick_cli(
            "user", "create", "--email", email, "--password", password
        )
        return made["user"]


def built(server: Server) -> Scene:
    server.quick_cli("user", "create", "--email", ADA, "--password", PASSWORD)
    vendor = server.quick_cli("vendor", "create", "acme")
    ada = Browser(server)
    assert ada.sign_in().status == 303
    return Scene(
        server,
        application(server),
        application(server),
        application(server, public=True),
        vendor,
        server.create_identity("http://127.0.0.1:1/shop"),
        server.create_identity("http://127.0.0.1:1/second"),
        ada,
    )


def application(
    server: Server, redirect_uri: str = CALLBACK, after: str = AFTER, public: bool = False
) -> App:
    made = server.quick_cli(
        *("client", "create", "--vendor", "acme", "--redirect-uri", redirect_uri),
        *("--post-logout-redirect-uri", after),
        *(("--public",) if public else ()),
    )
    return App(made["client_id"], made.get("client_secret", ""), redirect_uri)
