"""Templates of the pages, and their static files."""

from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from comptoir.accounts.pages import looks

_environment = Environment(
    loader=PackageLoader("comptoir.accounts.pages", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, *, visit: Any, **facts: object) -> str:
    """The page. `t` in a template is the visitor's language: `t("sign_in.title")`; `moment`,
    `day` and `browser` write instants and browsers."""
    made = _environment.get_template(template)
    said = {"visit": visit, "t": visit.say, "me": visit.visitor}
    looked = {"moment": looks.moment, "day": looks.day, "browser": looks.browser}
    return made.render(**said, **looked, **facts)


def static(name: str) -> bytes:
    return resources.files("comptoir.accounts.pages").joinpath("static", name).read_bytes()
