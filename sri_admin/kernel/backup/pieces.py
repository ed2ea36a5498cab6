"""Files of a backup: written whole or not at all, hashed on the way, read with their digest in mind."""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from sri_admin.kernel.backup.errors import DamagedError
from sri_admin.kernel.backup.manifest import Piece
from sri_admin.kernel.i18n import gettext as _

BLOCK = 1024 * 1024
_LEVEL, _GZIP = 1, 31
_DIGITS = frozenset("0123456789abcdef")


def write(path: Path, blocks: Iterator[bytes]) -> Piece:
    """Write a new file, readable by its owner alone, onto the disk; return its size and digest."""
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        for block in blocks:
            stream.write(block)
            digest.update(block)
            size += len(block)
        stream.flush()
        os.fsync(stream.fileno())
    return Piece(size, digest.hexdigest())


def packed(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Compress blocks into one gzip stream; fast rather than small."""
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    for block in blocks:
        if made := packer.compress(block):
            yield made
    yield packer.flush()


def blocks_of(path: Path) -> Iterator[bytes]:
    """Yield a file in blocks."""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block


def checked(path: Path, piece: Piece) -> Iterator[bytes]:
    """Yield a piece in blocks; DamagedError at its end if it is not the one the manifest names."""
    digest, size = hashlib.sha256(), 0
    if not path.is_file():
        raise DamagedError(_("The file %(name)s is missing in this backup. Take another backup.", name=path.name))
    for block in blocks_of(path):
        digest.update(block)
        size += len(block)
        yield block
    if (size, digest.hexdigest()) != (piece.size, piece.sha256):
        raise DamagedError(_("The file %(name)s of this backup is damaged. Take another backup.", name=path.name))


def unpacked(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Undo `packed`; DamagedError if the stream is none or ends too early."""
    opener = zlib.decompressobj(wbits=_GZIP)
    damaged = DamagedError(_("The file %(name)s of this backup is damaged. Take another backup.", name=name))
    try:
        for block in blocks:
            rest = block
            while rest and not opener.eof:
                yield opener.decompress(rest, BLOCK)
                rest = opener.unconsumed_tail
        yield opener.flush()
    except zlib.error:
        raise damaged from None
    if not opener.eof:
        raise damaged


def digest_of(path: Path, tell: Callable[[int], None] = lambda _size: None) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    for block in blocks_of(path):
        digest.update(block)
        tell(len(block))
    return digest.hexdigest()


def stored(root: Path) -> Iterator[Path]:
    """Yield the files of a content-addressed folder."""
    for path in sorted(root.glob("??/*")):
        if len(path.name) == 64 and set(path.name) <= _DIGITS:
            yield path
