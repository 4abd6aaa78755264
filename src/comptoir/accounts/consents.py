"""Grant and withdraw: a store lets a module's vendor read contents of it, one by one."""

import sqlalchemy as sa

from comptoir.accounts import store
from comptoir.accounts.errors import ContentsUnknown, ModuleNotFound
from comptoir.accounts.events import ConsentChanged
from comptoir.accounts.rules import Module
from comptoir.infra.work import Work
from comptoir.prestashop.catalogue import content_named
from comptoir.prestashop.contents import ALWAYS

consented_contents = store.consented_contents


def may_read(db: sa.Connection, shop_id: str, vendor: str, content: str) -> bool:
    """Whether some module of `vendor` has the store's consent for `content`."""
    return content in store.consented_contents(db, shop_id, vendor)


def grant(
    work: Work, shop_id: str, module_name: str, contents: list[str] | None = None
) -> list[str]:
    """Consent to everything the module asks for, or to the named `contents` of it and no others.

    The mandatory contents are always among them (spec/ui.md §2). Returns the contents in force, in
    catalogue order. Safe to repeat: what is in force keeps its date and is not announced again.

    Raises:
        ShopNotFound, ModuleNotFound, ContentsUnknown.
    """
    store.take_shop(work.db, shop_id)
    module = _module(work.db, module_name)
    wanted = _asked(module, contents)
    before = store.granted(work.db, shop_id, module_name)
    fresh = [name for name in wanted if name not in before]
    for name in fresh:
        store.add_consent(work.db, shop_id, module_name, name, work.now_ms)
    if fresh:
        work.emit(ConsentChanged(shop_id, module_name, granted=True, contents=fresh))
        work.audit("consent.granted", shop_id=shop_id, module=module_name, contents=fresh)
    _end(work, shop_id, module_name, sorted(set(before) - set(wanted)))
    return wanted


def withdraw(work: Work, shop_id: str, module_name: str) -> list[str]:
    """End the consent to a module, for all contents. Returns what was in force.

    Raises:
        ShopNotFound, ModuleNotFound.
    """
    store.take_shop(work.db, shop_id)
    _module(work.db, module_name)
    before = sorted(store.granted(work.db, shop_id, module_name))
    _end(work, shop_id, module_name, before)
    return before


def _end(work: Work, shop_id: str, module_name: str, contents: list[str]) -> None:
    if contents:
        store.end_consents(work.db, shop_id, module_name, contents, work.now_ms)
        work.emit(ConsentChanged(shop_id, module_name, granted=False, contents=contents))
        work.audit("consent.withdrawn", shop_id=shop_id, module=module_name, contents=contents)


def state(db: sa.Connection, shop_id: str, module_name: str) -> tuple[Module, dict[str, int]]:
    """The module and the contents in force with the instant of their grant.

    Raises:
        ShopNotFound, ModuleNotFound.
    """
    store.load_shop(db, shop_id)
    return _module(db, module_name), store.granted(db, shop_id, module_name)


def _module(db: sa.Connection, name: str) -> Module:
    module = store.find_module(db, name)
    if module is None:
        raise ModuleNotFound(module=name)
    return module


def _asked(module: Module, names: list[str] | None) -> list[str]:
    if names is None:
        return list(module.contents)
    found = [(name, content_named(name)) for name in names]
    wrong = [n for n, c in found if c is None or c.name not in module.contents]
    if wrong:
        raise ContentsUnknown(names=wrong, known=list(module.contents))
    wanted = {content.name for _, content in found if content is not None} | set(ALWAYS)
    return [name for name in module.contents if name in wanted]
