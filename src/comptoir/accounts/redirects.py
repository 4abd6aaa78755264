"""Where a browser may be sent back to after a sign-in or sign-out. Exact matches only
(RFC 9700 §2.1)."""

from urllib.parse import urlsplit

from comptoir.accounts.rules import Client, ClientKind, Shop, usable_url

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def redirect_uris(client: Client, shop: Shop | None) -> tuple[str, ...]:
    """The client's redirect URIs. A store's follow from where its back office is: PrestaShop
    before 9, and 9 with and without `index.php` (spec/accounts.md §1.4.4)."""
    if client.kind is not ClientKind.STORE:
        return client.redirect_uris
    if shop is None or not shop.back_office_url:
        return ()
    office = shop.back_office_url
    return (
        f"{office}/index.php?controller=AdminOAuth2PsAccounts",
        f"{office}/modules/ps_accounts/oauth2",
        f"{office}/index.php/modules/ps_accounts/oauth2",
    )


def post_logout_uris(client: Client, shop: Shop | None) -> tuple[str, ...]:
    """Where a sign-out may lead (spec/accounts.md §1.4.6)."""
    if client.kind is not ClientKind.STORE:
        return client.post_logout_uris
    if shop is None or not shop.back_office_url:
        return ()
    office = shop.back_office_url
    return (
        f"{office}/index.php?controller=AdminLogin&logout=1&oauth2Callback=1",
        f"{office}/logout?oauth2Callback=1",
        f"{office}/index.php/logout?oauth2Callback=1",
    )


def usable_redirect(uri: str) -> bool:
    """Whether an application may register it: https, or http on the person's own machine
    (RFC 8252 §7.3); nothing that is matched loosely."""
    if not usable_url(uri) or "*" in uri or "#" in uri or "\\" in uri:
        return False
    parts = urlsplit(uri)
    return parts.scheme == "https" or parts.hostname in LOOPBACK
