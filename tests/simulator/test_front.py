"""Before any controller PrestaShop leads to its own host (spec/eventbus.md §2)."""

from tests.simulator.stage import Stage, played


def test_another_host_is_led_to_the_shops_own() -> None:
    async def scenario(there: Stage) -> None:
        url = f"{there.store.frontend_url}/index.php?fc=module&module=ps_eventbus"
        headers = {"Host": "other.example"}
        async with there.http.get(url, headers=headers, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, url)

    played(scenario)
