"""All pages of accounts."""

from comptoir.accounts.pages import factors, files, profile, security, sign_in, sign_up

PAGES = [
    *sign_in.PAGES,
    *sign_up.PAGES,
    *profile.PAGES,
    *security.PAGES,
    *factors.PAGES,
    *files.PAGES,
]
