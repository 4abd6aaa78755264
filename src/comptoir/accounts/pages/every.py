"""All pages of accounts."""

from comptoir.accounts.pages import files, sign_in, sign_up

PAGES = [*sign_in.PAGES, *sign_up.PAGES, *files.PAGES]
