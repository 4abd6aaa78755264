"""`config.php` as PHP reads it, and what modules miss in it."""

import pytest

from comptoir.prestashop.module_config import config_files
from comptoir.simulator import Cloud, PhpUnreadable
from comptoir.simulator.php import read_array


def test_an_array_of_literals() -> None:
    text = r"""<?php
/**
 * As modules' own files begin.
 */
// and so on
return [
    'a.b' => 'it\'s a \\ and a \n', # the rest is a comment
    'numbers' => [1, -2, 1.5,],
    'words' => ['yes' => true, 'no' => FALSE, 'none' => null],
    'empty' => [],
];
"""
    assert read_array(text) == {
        "a.b": "it's a \\ and a \\n",
        "numbers": [1, -2, 1.5],
        "words": {"yes": True, "no": False, "none": None},
        "empty": {},
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "return ['a' => 1];",
        "<?php\nreturn ['a' => 1]",
        "<?php\nreturn ['a' => 1",
        "<?php\nreturn ['a' 1];",
        "<?php\nreturn ['a' => 1 'b' => 2];",
        "<?php\nreturn ['a' => 'open];",
        "<?php\nreturn ['a' => getenv('X')];",
        "<?php\nreturn ['a' => 1, 2];",
        "<?php\nreturn [1];",
        "<?php\nreturn 1;",
        "<?php\nreturn ['a' => 1]; echo 'x';",
        '<?php\nreturn ["a" => 1];',
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(PhpUnreadable):
        read_array(text)


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "https://it's.example/a\\b"])
def test_what_is_printed_reads_back(base: str) -> None:
    eventbus, accounts = (file.text for file in config_files(base)[:2])

    cloud = Cloud.configured(accounts, eventbus)
    assert cloud.proxy_api_url == f"{base}/collector"
    assert cloud.accounts == cloud.token_audience == f"{base}/accounts"
    assert cloud.sso_api_url == Cloud.at(base).sso_api_url == f"{base}/accounts/"


def test_a_missing_parameter_is_missed() -> None:
    eventbus, accounts = (file.text for file in config_files("http://x")[:2])
    for text in (eventbus, accounts):
        for left_out in text.splitlines()[3:-1]:
            key = left_out.split("'")[1]
            without = [t.replace(left_out + "\n", "") for t in (accounts, eventbus)]
            if key in OPTIONAL:
                Cloud.configured(*without)
            else:
                with pytest.raises(KeyError, match=key):
                    Cloud.configured(*without)


OPTIONAL = (
    "ps_accounts.svc_accounts_ui_url",
    "ps_accounts.verify_account_tokens",
    "ps_accounts.sso_api_url",
    "ps_accounts.indirect_channel_api_url",
)
"""For versions before 8."""
