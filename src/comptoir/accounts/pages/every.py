"""All pages of accounts."""

from comptoir.accounts.pages import (
    factors,
    files,
    link,
    profile,
    security,
    sign_in,
    sign_up,
    ui,
)

PAGES = [
    *sign_in.PAGES,
    *sign_up.PAGES,
    *profile.PAGES,
    *security.PAGES,
    *factors.PAGES,
    *link.PAGES,
    *ui.PAGES,
    *files.PAGES,
]
