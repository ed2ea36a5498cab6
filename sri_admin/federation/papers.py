"""Documents that prove themselves: exact bytes and the signatures of them, as one JSON object of base64url."""

from collections.abc import Iterator
from contextlib import contextmanager

from sri_admin.federation.checkpoint import from_base64url, to_base64url
from sri_admin.federation.lines import LineError, ProtocolError, encode, expect_fields, parse
from sri_admin.kernel.signing import SignatureError


def written(payload: bytes, **proofs: bytes) -> bytes:
    """Return the document of a payload and what proves it."""
    return encode({"p": to_base64url(payload), **{name: to_base64url(each) for name, each in proofs.items()}})


def parted(document: bytes, *names: str) -> tuple[bytes, ...]:
    """Return the payload of a document and its proofs in the order they are named; LineError."""
    outer = parse(document)
    expect_fields(outer, {"p", *names})
    return tuple(from_base64url(outer[name]) for name in ("p", *names))


@contextmanager
def refusing(kind: type[ProtocolError]) -> Iterator[None]:
    """Refuse what cannot be read as `malformed` and what is not signed right by its code, in one kind of error."""
    try:
        yield
    except LineError as error:
        raise kind("malformed", str(error)) from error
    except SignatureError as error:
        raise kind(error.code, error.detail) from error
