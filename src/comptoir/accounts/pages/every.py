"""All pages of accounts."""

from comptoir.accounts.pages import (
    applications,
    credentials,
    factors,
    files,
    link,
    profile,
    security,
    sign_in,
    sign_up,
    ui,
    vendor_log,
    vendor_modules,
    vendors,
)

PAGES = [
    *sign_in.PAGES,
    *sign_up.PAGES,
    *profile.PAGES,
    *security.PAGES,
    *factors.PAGES,
    *link.PAGES,
    *ui.PAGES,
    *vendors.PAGES,
    *vendor_modules.PAGES,
    *applications.PAGES,
    *credentials.PAGES,
    *vendor_log.PAGES,
    *files.PAGES,
]
