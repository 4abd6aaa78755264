"""Applications that have their client id built in keep it (spec/accounts.md §1.4.7)."""

from collections.abc import Iterator

import pytest

from tests.conftest import SLICE
from tests.oauth.security.browser import CALLBACK, App
from tests.oauth.security.scene import Scene, built
from tests.server import running

BUILT_IN = "auth-code-client"
CREATE = ("client", "create", "--vendor", "acme", "--redirect-uri", CALLBACK, "--public")


@pytest.fixture(scope="module", params=SLICE)
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with running(request.param) as server:
        yield built(server)


def test_it_signs_people_in_by_the_id_that_it_has(scene: Scene) -> None:
    made = scene.server.quick_cli(*CREATE, "--client-id", BUILT_IN)
    assert made == {"client_id": BUILT_IN}
    assert scene.tokens(App(BUILT_IN, ""))["access_token"]

    again = scene.server.quick(*CREATE, "--client-id", BUILT_IN)
    assert again.returncode != 0
    assert "there is a client of this id" in again.stderr


@pytest.mark.parametrize("wrong", ["ab", "s_store", "a_0", "v_live_x", "a b", "é" * 9, "x" * 65])
def test_ids_that_cannot_be_had(scene: Scene, wrong: str) -> None:
    refused = scene.server.quick(*CREATE, "--client-id", wrong)
    assert refused.returncode != 0
    assert "letters, digits" in " ".join(refused.stderr.split())
