"""Agents of stores with `ps_accounts` before 8, whose token is another (spec/eventbus.md §1)."""

import pytest

from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.fingerprint import fingerprint
from comptoir.simulator.accounts.claims import claims_of
from tests.accounts.pages.browser import person
from tests.eventually import eventually
from tests.journeys.accounts.old import linked, unlinks
from tests.journeys.accounts.stage import server, stage

CONTENTS = ("products", "orders")
KINDS = {"6.3.2": "comptoir-legacy", "7.0.8": "comptoir-legacy", "7.2.2": "shop_"}


@pytest.mark.parametrize("version", KINDS)
def test_it_syncs_end_to_end(engine: str, version: str) -> None:
    with server(engine) as comptoir, stage(comptoir, accounts_version=version, scale=0.3) as there:
        ada = person(comptoir, "ada@sync.example")
        store = linked(there, ada)
        shop_id = str(store.shop_id)
        aud = claims_of(there.run(store.access_token()))["aud"]
        assert str(aud if isinstance(aud, str) else aud[0]).startswith(KINDS[version])
        vendor = comptoir.quick_cli("vendor", "create", "acme")
        register = ("module", "register", "--vendor", "acme", "acme_sync", "--contents")
        comptoir.quick_cli(*register, ",".join(CONTENTS))
        bearer = comptoir.vendor_token(vendor)
        comptoir.quick_cli("consent", "grant", "--shop", shop_id, "--module", "acme_sync")
        asked = {"shopId": shop_id, "shopContents": list(CONTENTS)}
        assert comptoir.post("/sync/v1/sync/trigger-full", asked, token=bearer).status == 202

        def held(name: str) -> tuple[int, str]:
            path = f"/raw/v1/{shop_id}/{catalogue()[name].path}?limit=1000"
            found = comptoir.get(path, token=bearer).json["items"]
            return fingerprint(catalogue()[name], found)

        def equal() -> bool:
            return all(held(name) == store.fingerprint(name) for name in CONTENTS)

        eventually(equal, 60.0)
        agents = comptoir.get("/sync-api/job/x", token=there.run(store.access_token()))
        assert agents.status == 404, "its token is good; there is no such job"
        token = there.run(store.access_token())
        unlinks(comptoir, shop_id, ada)
        assert comptoir.get("/sync-api/job/x", token=token).status == 401
