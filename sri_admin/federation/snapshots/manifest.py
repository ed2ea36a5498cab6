"""What a snapshot is on the wire: a signed manifest, and signed pages of lines as they stood (§15.2, §15.3)."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

from sri_admin.federation import limits
from sri_admin.federation.chain import extend, line_hash
from sri_admin.federation.checkpoint import KeyResolver, open_paper, payload_of, seal_paper
from sri_admin.federation.key_life import Place
from sri_admin.federation.lines import (
    HASH_TEXT,
    UUID_TEXT,
    Change,
    JsonObject,
    LineError,
    decode_entry,
    encode,
    entry_hash,
    expect_fields,
    matching_text,
    moment_text,
    parse,
    positive_integer,
    stream_name,
)
from sri_admin.federation.merge import Entry, Refused, StreamError, check_values, split_page
from sri_admin.kernel.signing import SigningKey, VerifyKey

MANIFEST: Final = "snapshot"
PAGE: Final = "snapshot-page"
START: Final = Place(0, 0)


class Manifest(NamedTuple):
    """The word of who holds a stream: up to this place it consists of so many lines with this digest."""

    stream: str
    epoch: int
    log_id: str
    n: int
    chain: bytes
    records: int
    digest: bytes
    at: str
    node: str

    @property
    def place(self) -> Place:
        """The place it reaches; pages go on after it."""
        return Place(self.epoch, self.n)


class Line(NamedTuple):
    """A line of a snapshot with its place, and what it says."""

    place: Place
    raw: bytes
    entry: Entry

    @property
    def h(self) -> bytes:
        """The hash of the line, also where only its erased form is left."""
        return hash_of(self.raw, self.entry)

    @property
    def of_record(self) -> Change | None:
        """The change it is, if it is one that can be read."""
        return self.entry if isinstance(self.entry, Change) else None


def hash_of(raw: bytes, entry: Entry) -> bytes:
    """Return h of a line (§4.1)."""
    return line_hash(raw) if isinstance(entry, Refused) else entry_hash(raw, entry)


def read_line(place: Place, raw: bytes) -> Line:
    """Return a line with what it says; one that breaks the profile keeps its place."""
    try:
        return Line(place, raw, decode_entry(raw))
    except LineError as error:
        return Line(place, raw, Refused(place.n, error.code, error.detail))


def seed(stream: str, place: Place) -> bytes:
    """Return the digest of a snapshot before its first line."""
    return line_hash("\n".join((f"{limits.PROTOCOL} {MANIFEST}", stream, str(place.epoch), str(place.n))).encode())


def add(total: bytes, lines: Iterable[tuple[Place, bytes]]) -> bytes:
    """Return a digest after more lines, each by its place and hash."""
    for place, h in lines:
        total = extend(total, line_hash(f"{place.epoch} {place.n} {h.hex()}".encode()))
    return total


def seal(manifest: Manifest, key: SigningKey) -> bytes:
    """Return the signed line of a manifest."""
    value = {**manifest._asdict(), "chain": manifest.chain.hex(), "digest": manifest.digest.hex()}
    return seal_paper(MANIFEST, value, key)


def read_kept(line: bytes) -> Manifest:
    """Return a manifest whose signature was checked when it was kept."""
    return _manifest_from(payload_of(line))


def open_manifest(line: bytes, stream: str, resolve_key: KeyResolver) -> Manifest:
    """Return a manifest signed by a key good at its place; SealError, StreamError `wrong_stream`."""
    try:
        manifest = _manifest_from(open_paper(line, MANIFEST, _key_of(line, resolve_key)))
    except LineError as error:
        raise StreamError("bad_snapshot", str(error)) from error
    if manifest.stream != stream:
        raise StreamError("wrong_stream", f"{manifest.stream} instead of {stream}")
    return manifest


def _key_of(line: bytes, resolve_key: KeyResolver) -> Callable[[str], VerifyKey | None]:
    # Where a key must be good is said inside what it signed, as for every statement about a stream.
    def find(kid: str) -> VerifyKey | None:
        value = payload_of(line)
        return resolve_key(kid, stream_name(value, "stream"), positive_integer(value, "epoch"), _count(value, "n"))

    return find


def write_page(
    manifest: Manifest, lines: Sequence[tuple[Place, bytes]], *, before: bytes, after: bytes, key: SigningKey
) -> bytes:
    """Return a page: for each epoch the numbers of its lines and the lines, then what its giver signs."""
    body: list[bytes] = []
    for epoch, of_epoch in groupby(lines, key=lambda each: each[0].epoch):
        run = list(of_epoch)
        body.append(encode({"k": "g", "epoch": epoch, "n": [place.n for place, _raw in run]}))
        body += [raw for _place, raw in run]
    said = {
        "stream": manifest.stream,
        "epoch": manifest.epoch,
        "n": manifest.n,
        "digest": manifest.digest.hex(),
        "before": before.hex(),
        "after": after.hex(),
    }
    return b"\n".join((*body, seal_paper(PAGE, said, key))) + b"\n"


def read_page(
    body: bytes, manifest: Manifest, *, after: Place, before: bytes, resolve_key: KeyResolver
) -> tuple[list[Line], bytes]:
    """Return the lines of a page that follows a place, and the digest after them (§15.3); StreamError, SealError."""
    content, sealed = split_page(body)
    try:
        said = _page_from(open_paper(sealed, PAGE, _key_of(sealed, resolve_key)))
        check_values(content)
        lines = _lines(content)
    except LineError as error:
        raise StreamError("bad_snapshot", str(error)) from error
    if said["of"] != (manifest.stream, manifest.epoch, manifest.n, manifest.digest.hex()):
        raise StreamError("snapshot_replaced", "the page is of another snapshot")
    _check(lines, manifest, after)
    total = add(before, ((each.place, each.h) for each in lines))
    if (before.hex(), total.hex()) != (said["before"], said["after"]):
        raise StreamError("bad_snapshot", "the lines do not give the signed digest")
    return lines, total


def _check(lines: Sequence[Line], manifest: Manifest, after: Place) -> None:
    if not lines:
        raise StreamError("no_progress", "a page without lines")
    if len(lines) > limits.PAGE_CHANGES or (
        len(lines) > 1 and sum(len(each.raw) for each in lines) > limits.PAGE_BYTES
    ):
        raise StreamError("page_too_large", f"{len(lines)} lines")
    places = [after, *(each.place for each in lines)]
    if any(one >= other for one, other in pairwise(places)) or places[-1] > manifest.place:
        raise StreamError("bad_snapshot", "the lines are not in order")
    if any(each.entry.n != each.place.n for each in lines):
        raise StreamError("bad_snapshot", "a line stands at another number")


def _lines(content: Sequence[bytes]) -> list[Line]:
    found: list[Line] = []
    left = list(reversed(content))
    while left:
        run = parse(left.pop())
        expect_fields(run, {"k", "epoch", "n"})
        numbers, epoch = run["n"], positive_integer(run, "epoch")
        if run["k"] != "g" or type(numbers) is not list or not all(type(n) is int and n >= 1 for n in numbers):
            raise LineError("bad_field", "n")
        if not numbers or len(numbers) > len(left):
            raise LineError("bad_field", "a page names lines it does not hold")
        found += [read_line(Place(epoch, n), left.pop()) for n in numbers]
    return found


def _manifest_from(value: JsonObject) -> Manifest:
    expect_fields(value, {"kind", *Manifest._fields})
    return Manifest(
        stream=stream_name(value, "stream"),
        epoch=positive_integer(value, "epoch"),
        log_id=matching_text(value, "log_id", UUID_TEXT),
        n=_count(value, "n"),
        chain=bytes.fromhex(matching_text(value, "chain", HASH_TEXT)),
        records=_count(value, "records"),
        digest=bytes.fromhex(matching_text(value, "digest", HASH_TEXT)),
        at=moment_text(value, "at"),
        node=matching_text(value, "node", UUID_TEXT),
    )


def _page_from(value: JsonObject) -> dict[str, Any]:
    expect_fields(value, {"kind", "stream", "epoch", "n", "digest", "before", "after"})
    of = stream_name(value, "stream"), positive_integer(value, "epoch"), _count(value, "n")
    digest, before, after = (matching_text(value, name, HASH_TEXT) for name in ("digest", "before", "after"))
    return {"of": (*of, digest), "before": before, "after": after}


def _count(value: JsonObject, key: str) -> int:
    number = value.get(key)
    if type(number) is not int or number < 0:
        raise LineError("bad_field", key)
    return number
