"""What PHP makes of values, on its own (spec/eventbus.md §1.2, §2.1)."""

from comptoir.simulator.wire import fingerprint, lines, number, serialize, upsert


def test_an_empty_batch_has_the_modules_fingerprint() -> None:
    assert fingerprint([]) == "40cd750bba9870f18aada2478b24840a"


def test_serialize_writes_as_php_does() -> None:
    value = {"a": [1, 0.1, True, None], "é": "✨"}
    assert serialize(value) == (
        'a:2:{s:1:"a";a:4:{i:0;i:1;i:1;d:0.1;i:2;b:1;i:3;N;}s:2:"é";s:3:"✨";}'
    )


def test_floats_lose_their_zero_and_old_ones_their_noise() -> None:
    assert repr(number(7.0, old=False)) == "7"
    assert repr(number(1.4000000000000057, old=False)) == "1.4000000000000057"
    assert repr(number(1.4000000000000057, old=True)) == "1.4"
    assert repr(number(-0.0, old=False)) == "0"


def test_lines_are_ascii_without_a_last_newline() -> None:
    text = lines([upsert("carts", {"a": "é/😀\0"}), upsert("carts", {})])
    assert text == (
        b'{"action":"upsert","collection":"carts","properties":{"a":"\\u00e9/\\ud83d\\ude00"}}\r\n'
        b'{"action":"upsert","collection":"carts","properties":{}}'
    )
