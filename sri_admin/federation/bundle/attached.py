"""Files in bundles: cut into parts, each opened by a line that says of which file it is; taken as over the network."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sri_admin.federation import fetching, files, limits
from sri_admin.federation.lines import HASH_TEXT, LineError, ProtocolError, encode, expect_fields, matching_text, parse
from sri_admin.kernel import blobs, spool
from sri_admin.kernel.blob_store import NoRoomError, StoreUnreachableError

_FIELDS: Final = {"sha256", "size"}


class Cut(NamedTuple):
    """The bytes of a file from `start` to before `stop`, behind the line that names it."""

    start: int
    stop: int
    body: bytes


def cuts(sha256: str, size: int) -> Iterator[Cut]:
    """Cut a file of the store; nothing if it is not here as its record says."""
    if blobs.size_of(sha256) != size:
        return
    line = encode({"sha256": sha256, "size": size})
    for start in range(0, size, limits.FILE_PART_BYTES):
        stop = min(start + limits.FILE_PART_BYTES, size)
        yield Cut(start, stop, b"\n".join((line, b"".join(blobs.read(sha256, start, stop)))))


def take(start: int, body: bytes) -> int:
    """Take a part of a file that a record here names and the store lacks; return 1 when the file became whole by it.

    What stands in its way is noted with the file, as when it is fetched, and stops no record.
    """
    line, _end, piece = body.partition(b"\n")
    value = parse(line)
    expect_fields(value, _FIELDS)
    sha256 = matching_text(value, "sha256", HASH_TEXT)
    file = next((each for each in files.wanted() if (each.sha256, each.size) == (sha256, value["size"])), None)
    if file is None or file.held < start:  # here already or named by no record; or what comes before it found no room
        return 0
    new = piece[file.held - start :]
    if file.held + len(new) > file.size:
        raise LineError("bad_field", "a file is longer than it says")
    try:
        spool.append_part(sha256, new)
        if file.held + len(new) < file.size:
            return 0
        fetching.land(file)
    except ProtocolError as error:
        fetching.note(file, error.code, error.detail)
        return 0
    except (NoRoomError, StoreUnreachableError) as error:
        fetching.note(file, error.stable_code, "")
        return 0
    return 1
