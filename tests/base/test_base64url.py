import pytest

from comptoir.base import base64url

OCTETS = bytes([3, 236, 255, 224, 193])
"""RFC 7515, appendix C."""


def test_both_ways() -> None:
    assert base64url.encode(OCTETS) == "A-z_4ME"
    assert base64url.decode("A-z_4ME") == base64url.decode("A-z_4ME=") == OCTETS
    assert base64url.decode("") == b""


@pytest.mark.parametrize("text", ["A", "A-z_4", "é"])
def test_no_base64url(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64|data characters|ASCII"):
        base64url.decode(text)
