"""A perfect cloud that reads everything knows exactly the store's truth, and keeps knowing it."""

import pytest

from comptoir.prestashop.catalogue import catalogue
from comptoir.prestashop.fingerprint import fingerprint
from tests.simulator.reference import Reference, difference, same
from tests.simulator.stage import Stage, played

VERSIONS = ("1.6", "1.7", "8", "8.2", "9", "1.7.2.4")


def assert_same(there: Reference) -> None:
    for name, known in catalogue().items():
        seen, truth = there.table(name), there.store.truth(name)
        assert same(seen, truth), name + difference(seen, truth)
        assert fingerprint(known, seen) == there.store.fingerprint(name), name


@pytest.mark.parametrize("version", VERSIONS)
def test_a_full_run_of_everything_gives_the_truth(version: str) -> None:
    async def scenario(there: Stage) -> None:
        reference = there.reference()
        await reference.sync(full=True, limit=50)
        assert all(reference.table(name) for name in catalogue()), "no content is empty"
        assert_same(reference)

    played(scenario, versions=(version,), languages=("fr", "en"))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("version", ["1.6", "9"])
def test_incremental_runs_keep_up_with_the_stores_life(version: str, seed: int) -> None:
    async def scenario(there: Stage) -> None:
        reference = there.reference()
        await reference.sync(full=True, limit=200)
        for _ in range(4):
            told = there.store.live(60)
            assert len(told) == 60
            there.cloud.advance(3600)
            await reference.sync(full=False, limit=7)
            assert_same(reference)

    played(scenario, versions=(version,), seed=seed, languages=("en", "fr"))
