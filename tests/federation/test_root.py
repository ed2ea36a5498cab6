"""A root is trusted by its fingerprint or by the thresholds of two versions, and never goes back."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.federation.lines import encode
from sri_admin.federation.root import Root, RootError, root_fingerprint, root_payload, sign_root, verify_root
from sri_admin.kernel.signing import SigningKey

OFFICERS = [SigningKey.from_seed(bytes([i]) * 32) for i in range(1, 6)]
CONTROL = SigningKey.from_seed(bytes([9]) * 32)


def root(version: int, holders: list[SigningKey], *, threshold: int = 2) -> Root:
    """Return a root of these holders."""
    keys = tuple(key.verify_key for key in holders)
    return Root(version, threshold, keys, (CONTROL.verify_key,), "2026-11-20T10:00:00Z")


FIRST = root(1, OFFICERS[:3])
SECOND = root(2, OFFICERS[2:5])


def refusal(file: bytes, trusted: Root | str = FIRST) -> str:
    """Return the code with which a root file is refused."""
    with pytest.raises(RootError) as refused:
        verify_root(file, trusted)
    return refused.value.code


def test_the_first_root_is_trusted_by_its_fingerprint_however_it_is_spaced() -> None:
    payload = root_payload(FIRST)
    file = sign_root(payload, OFFICERS[:2])
    assert verify_root(file, root_fingerprint(payload)) == FIRST
    assert verify_root(file, root_fingerprint(payload).replace(" ", "")) == FIRST
    assert refusal(file, root_fingerprint(root_payload(SECOND))) == "wrong_fingerprint"
    assert refusal(sign_root(root_payload(SECOND), OFFICERS), root_fingerprint(payload)) == "root_gap"


@given(st.sets(st.integers(0, 4)))
def test_the_next_root_needs_the_threshold_of_both_versions(signers: set[int]) -> None:
    file = sign_root(root_payload(SECOND), [OFFICERS[i] for i in sorted(signers)])
    if len(signers & {0, 1, 2}) >= 2 and len(signers & {2, 3, 4}) >= 2:
        assert verify_root(file, FIRST) == SECOND
    else:
        assert refusal(file) == "root_threshold"


@pytest.mark.parametrize(("version", "code"), [(1, "root_rollback"), (4, "root_gap")])
def test_versions_follow_one_another(version: int, code: str) -> None:
    assert refusal(sign_root(root_payload(root(version, OFFICERS[:3])), OFFICERS), SECOND) == code


def test_the_trusted_version_is_accepted_again_but_no_other_of_its_number() -> None:
    assert verify_root(sign_root(root_payload(FIRST), OFFICERS), FIRST) == FIRST
    other = FIRST._replace(at="2026-11-21T10:00:00Z")
    assert refusal(sign_root(root_payload(other), OFFICERS)) == "forked_root"


def test_one_key_signing_twice_is_refused() -> None:
    file = json.loads(sign_root(root_payload(SECOND), OFFICERS[2:3]))
    file["signatures"] *= 2
    assert refusal(encode(file)) == "bad_root"


def test_a_signature_under_another_name_does_not_count() -> None:
    file = json.loads(sign_root(root_payload(SECOND), OFFICERS[:3]))
    file["signatures"][1]["kid"] = OFFICERS[3].kid
    assert refusal(encode(file)) == "root_threshold"


@pytest.mark.parametrize("threshold", [0, 4])
def test_a_threshold_lies_between_one_and_the_number_of_keys(threshold: int) -> None:
    with pytest.raises(RootError):
        root_payload(root(1, OFFICERS[:3], threshold=threshold))


def test_a_key_stands_once_so_that_it_cannot_count_twice() -> None:
    with pytest.raises(RootError):
        root_payload(root(1, [OFFICERS[0], OFFICERS[0]]))


@given(st.data())
def test_a_flipped_bit_never_changes_what_is_trusted(data: st.DataObject) -> None:
    file = bytearray(sign_root(root_payload(SECOND), OFFICERS[1:4]))
    file[data.draw(st.integers(0, len(file) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(RootError):
        assert verify_root(bytes(file), FIRST) == SECOND


@pytest.mark.parametrize("file", [b"", b"{}", b'{"p":"e30","signatures":[]}', b'{"p":"e30","signatures":[1]}'])
def test_what_has_not_the_form_is_refused(file: bytes) -> None:
    assert refusal(file) == "bad_root"


def test_a_key_under_a_false_name_is_refused() -> None:
    value: Any = json.loads(root_payload(FIRST))
    value["keys"][0]["kid"] = OFFICERS[4].kid
    assert refusal(sign_root(encode(value), OFFICERS)) == "bad_root"
