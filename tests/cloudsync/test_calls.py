"""Where a call to a store's agent may be led, and what it may not."""

import pytest

from comptoir.cloudsync.calls import same_shop

SHOP = "http://shop.example/fr"


@pytest.mark.parametrize(
    ("target", "same"),
    [
        ("http://shop.example/fr/index.php?job_id=x&r=1", True),
        ("http://shop.example/fr/module/ps_eventbus/apiShopContent", True),
        ("https://shop.example/fr/index.php", True),
        ("http://shop.example/index.php", False),
        ("http://shop.example/french/index.php", False),
        ("http://www.shop.example/fr/index.php", False),
        ("http://shop.example:8080/fr/index.php", False),
        ("https://shop.example:8443/fr/index.php", False),
        ("http://shop.example@evil.example/fr/", False),
        ("ftp://shop.example/fr/", False),
        ("http://[broken/fr/", False),
        ("", False),
    ],
)
def test_only_the_same_shop_is_followed(target: str, same: bool) -> None:
    assert same_shop(SHOP, target) is same


def test_a_shop_on_https_is_not_followed_to_http() -> None:
    assert not same_shop("https://shop.example", "http://shop.example/index.php")
