"""Names and descriptions, made of the words by a seed: the same seed says the same thing."""

import unicodedata

from comptoir.simulator.model import Category, Product
from comptoir.simulator.words import DEPARTMENTS, SENTENCES, SERIES, Said, said

ROOT: Said = ("Root", "Racine", "Raíz", "Root", "Root")
HOME: Said = ("Home", "Accueil", "Inicio", "Startseite", "Home")


def category_name(category: Category, iso: str) -> str:
    if category.department < 0:
        return said(ROOT if category.parent == 0 else HOME, iso)
    name = said(DEPARTMENTS[category.department][0], iso)
    return f"{name} {category.series}" if category.series else name


def product_name(product: Product, iso: str) -> str:
    """The first name, with an edition once it was edited."""
    edition = f" {_roman(product.revision)}" if product.revision else ""
    return first_name(product, iso) + edition


def first_name(product: Product, iso: str) -> str:
    nouns = DEPARTMENTS[product.department][1]
    noun = said(nouns[product.seed % len(nouns)], iso)
    series = SERIES[product.seed // 7 % len(SERIES)]
    return f"{noun} « {series} »" if iso == "fr" else f"{noun} “{series}”"


def product_slug(product: Product, iso: str) -> str:
    """Set once: editing a name leaves the link alone."""
    nouns = DEPARTMENTS[product.department][1]
    noun = said(nouns[product.seed % len(nouns)], iso)
    return slug(f"{noun} {SERIES[product.seed // 7 % len(SERIES)]}")


def short_html(product: Product, iso: str) -> str:
    return f"<p>{_sentence(product.seed + product.revision, iso)}</p>"


def long_html(product: Product, iso: str) -> str:
    """Some hundreds of characters; one product in a hundred has twenty kilobytes."""
    mixed = product.seed * 2654435761 + product.revision * 97
    count = 220 if mixed // 13 % 100 == 0 else 2 + mixed // 31 % 6
    body = "</p>\r\n<p>".join(_sentence(mixed // 7 + n * 5, iso) for n in range(count))
    return f"<h2>{product_name(product, iso)}</h2>\r\n<p>{body}</p>"


def category_html(category: Category, iso: str) -> str:
    if category.department < 0:
        return ""
    return f"<p>{_sentence(category.id + category.revision, iso)}</p>"


def slug(text: str) -> str:
    """As PrestaShop writes links: lower-case ASCII letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    return "-".join(words)


def _sentence(number: int, iso: str) -> str:
    return said(SENTENCES[number % len(SENTENCES)], iso)


def _roman(number: int) -> str:
    return "I" * number if number < 4 else f"N°{number}"
