"""Forms of the token endpoint: read as the standard library reads them (URL Standard §5.1)."""

from urllib.parse import parse_qsl, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comptoir.oauth.errors import InvalidTokenRequest
from comptoir.oauth.token_endpoint import MOST_FIELDS, read_form

PART = st.text("ab=+%&;2fé\x7f ", max_size=8)


@given(st.lists(PART, max_size=6).map("&".join))
@example("a=1&&b=2&")
@example("scope=&audience=store%2F1+http%3A%2F%2Fx%2Faccounts")
@example("a")
@example("=1")
@example("a=%ff&b=%zz&c=%")
def test_a_form_is_read_as_others_read_it(text: str) -> None:
    pairs = parse_qsl(text, keep_blank_values=True)
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        with pytest.raises(InvalidTokenRequest, match="repeated"):
            read_form(text.encode())
    else:
        assert read_form(text.encode()) == dict(pairs)


@given(st.dictionaries(st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.text()))
def test_what_was_written_is_what_is_read(form: dict[str, str]) -> None:
    fit = {
        name: value.encode("utf-8", "replace").decode()
        for name, value in form.items()
        if (name or value) and "\0" not in value
    }
    body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fit.items())
    assert read_form(body.encode()) == fit


def test_bodies_that_are_no_forms_are_refused() -> None:
    for body, reason in (
        (b"a=\xff", "UTF-8"),
        (b"a=%00", "NUL"),
        (b"a=1&a=1", "repeated"),
        (b"&".join(b"p%d=1" % number for number in range(MOST_FIELDS + 1)), "more than"),
    ):
        with pytest.raises(InvalidTokenRequest, match=reason):
            read_form(body)
    most = b"&".join(b"p%d=1" % number for number in range(MOST_FIELDS))
    assert len(read_form(most)) == MOST_FIELDS
