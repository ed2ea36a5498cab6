"""A cursor comes back as it was given or is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.federation.checkpoint import to_base64url
from sri_admin.federation.cursor import Cursor, CursorError, decode_cursor, encode_cursor
from sri_admin.federation.lines import encode

CURSORS = st.builds(
    Cursor,
    st.sampled_from(["hub.control", "hub.language.pt-BR", "member.018f3a5e-7c4d-7b2a-9e1f-2d3c4b5a6978.ops"]),
    st.integers(1, 9999),
    st.integers(0, 2**53 - 1),
    st.binary(min_size=8, max_size=8),
)


@given(CURSORS, st.binary(max_size=24))
def test_a_cursor_comes_back_with_the_prefix_of_its_chain_value(cursor: Cursor, rest: bytes) -> None:
    assert decode_cursor(encode_cursor(cursor._replace(prefix=cursor.prefix + rest))) == cursor


@given(st.text(max_size=60))
def test_any_text_is_no_cursor(text: str) -> None:
    with pytest.raises(CursorError) as refused:
        decode_cursor(text)
    assert refused.value.code == "bad_cursor"


@given(CURSORS, st.data())
def test_a_cut_cursor_is_refused(cursor: Cursor, data: st.DataObject) -> None:
    text = encode_cursor(cursor)
    with pytest.raises(CursorError):
        decode_cursor(text[: data.draw(st.integers(0, len(text) - 1))])


@pytest.mark.parametrize("wrong", [{"n": -1}, {"e": 0}, {"c": "AB" * 8}, {"c": "ab" * 7}, {"s": "hub"}, {"q": 1}])
def test_a_field_of_another_form_is_refused(wrong: dict[str, object]) -> None:
    value: dict[str, object] = {"s": "hub.control", "e": 1, "n": 0, "c": "ab" * 8}
    with pytest.raises(CursorError):
        decode_cursor(to_base64url(encode(value | wrong)))


def test_a_very_long_cursor_is_refused_unread() -> None:
    with pytest.raises(CursorError):
        decode_cursor("e30" * 1000)
