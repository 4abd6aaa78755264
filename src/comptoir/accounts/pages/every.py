"""All pages of accounts."""

from comptoir.accounts.pages import (
    applications,
    credentials,
    factors,
    files,
    invitations,
    link,
    organisations,
    profile,
    security,
    sign_in,
    sign_up,
    stores,
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
    *organisations.PAGES,
    *invitations.PAGES,
    *stores.PAGES,
    *link.PAGES,
    *ui.PAGES,
    *vendors.PAGES,
    *vendor_modules.PAGES,
    *applications.PAGES,
    *credentials.PAGES,
    *vendor_log.PAGES,
    *files.PAGES,
]
