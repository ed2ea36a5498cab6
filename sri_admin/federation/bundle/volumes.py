"""Bundles as files: split by size, each volume with the whole manifest in front, none with a name inside (§13.1).

A volume is two lines and bytes. Nothing in it names a path, so nothing can be written anywhere by reading it.
"""

import hashlib
import os
import re
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, Final

from sri_admin.federation import limits
from sri_admin.federation.bundle.box import BundleError
from sri_admin.federation.bundle.manifest import FORMAT, MOST_VOLUMES, Manifest, Volume
from sri_admin.kernel import folders

SUFFIX: Final = ".sribundle"
MOST_CONTENT: Final = 4_000 * limits.MIB  # with the manifest below what FAT32 can hold
_FIRST_LINE: Final = re.compile(rb"sri-bundle ([1-9][0-9]{0,5}) ([1-9][0-9]{0,2})\n")
_FIRST_LINE_BYTES: Final = 64
_PIECE: Final = limits.MIB

Progress = Callable[[int, int], None]


@dataclass
class Splitter:
    """Takes the locked parts one after the other, keeps them in a spool and reckons how they fall into volumes."""

    spool: BinaryIO
    volume_bytes: int
    _done: list[Volume] = field(default_factory=list)
    _size: int = 0
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, content: bytes) -> None:
        """Take more; BundleError `too_many_volumes` when the volumes are too small for it."""
        self.spool.write(content)
        view = memoryview(content)
        while view:
            if self._size == self.volume_bytes:
                self._close()
            fits = view[: self.volume_bytes - self._size]
            self._digest.update(fits)
            self._size += len(fits)
            view = view[len(fits) :]

    def volumes(self) -> tuple[Volume, ...]:
        """Return the volumes of everything taken."""
        self._close()
        return tuple(self._done)

    def _close(self) -> None:
        if len(self._done) == MOST_VOLUMES:
            raise BundleError("too_many_volumes", f"more than {MOST_VOLUMES} volumes of {self.volume_bytes} bytes")
        self._done.append(Volume(self._size, self._digest.hexdigest()))
        self._size, self._digest = 0, hashlib.sha256()


def write_volumes(folder: Path, name: str, sealed: bytes, *, volumes: Sequence[Volume], spool: IO[bytes]) -> list[Path]:
    """Write the volumes of a bundle into a folder, each whole or not at all; one alone has no number in its name."""
    spool.seek(0)
    written: list[Path] = []
    for number, volume in enumerate(volumes, 1):
        path = folder / (name + SUFFIX + (f".{number:03d}" if len(volumes) > 1 else ""))
        draft = path.with_name(path.name + ".part")
        with draft.open("wb") as file:
            file.write(b"sri-bundle %d %d\n%s\n" % (FORMAT, number, sealed))
            for piece in _pieces(spool, volume.size):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        written.append(path)
    folders.sync(folder)  # only then a stick may be pulled out
    return written


def find(folder: Path) -> list[list[Path]]:
    """Return the files of every bundle in a folder, those of one bundle together."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if path.suffix == SUFFIX or (path.with_suffix("").suffix == SUFFIX and path.suffix[1:].isdecimal()):
            found[path.name.partition(SUFFIX)[0]].append(path)
    return list(found.values())


class Shelf:
    """The open files of one bundle."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Open files that are volumes of one bundle; BundleError `not_a_bundle`, `newer_bundle`, `other_bundle`."""
        self._files: dict[int, BinaryIO] = {}
        self._closing = ExitStack()
        self.line = b""
        try:
            for path in paths:
                self._add(path)
        except BaseException:
            self.close()
            raise
        if not self._files:
            raise BundleError("not_a_bundle", "no file was given")

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._closing.close()

    def numbers(self) -> list[int]:
        """Return the numbers of the volumes that are here."""
        return sorted(self._files)

    def check(self, manifest: Manifest, progress: Progress) -> None:
        """Refuse a bundle unless every volume is here as it was written: `missing_volume`, `damaged_volume`."""
        total = len(manifest.volumes)
        missing = [number for number in range(1, total + 1) if number not in self._files]
        if missing:
            named = ", ".join(map(str, missing))
            raise BundleError("missing_volume", f"volume {named} of {total} is not here", volumes=named, total=total)
        self.check_here(manifest, progress)

    def check_here(self, manifest: Manifest, progress: Progress) -> None:
        """Refuse a volume that is here and not as it was written: `damaged_volume`; one too many is `bad_manifest`."""
        total, seen = len(manifest.volumes), 0
        if max(self._files) > total:
            raise BundleError("bad_manifest", f"volume {max(self._files)} of {total}")
        here = [(number, manifest.volumes[number - 1]) for number in self.numbers()]
        whole = sum(volume.size for _number, volume in here)
        for number, volume in here:
            file, digest = self._files[number], hashlib.sha256()
            start = file.tell()
            if os.fstat(file.fileno()).st_size - start != volume.size:
                raise _damaged(number, total, "it does not have the size it was written with")
            for piece in _pieces(file, volume.size):
                digest.update(piece)
                seen += len(piece)
                progress(seen, whole)
            if digest.hexdigest() != volume.sha256:
                raise _damaged(number, total, "it does not have the digest it was written with")
            file.seek(start)

    def parts(self, manifest: Manifest) -> Iterator[bytes]:
        """Give the locked bytes of every part, one at a time; BundleError when a volume changed since."""
        volumes = iter(enumerate(manifest.volumes, 1))
        number, left = 0, 0
        for part in manifest.parts:
            joined = bytearray()
            while len(joined) < part.stored:
                if not left:
                    number, volume = next(volumes)
                    left = volume.size
                    continue
                piece = self._files[number].read(min(left, part.stored - len(joined)))
                if not piece:
                    raise _damaged(number, len(manifest.volumes), "it ends too early")
                joined += piece
                left -= len(piece)
            if hashlib.sha256(joined).hexdigest() != part.sha256:
                raise _damaged(
                    number, len(manifest.volumes), f"lines {part.from_n} to {part.to_n} are not what they were"
                )
            yield bytes(joined)

    def _add(self, path: Path) -> None:
        # A link on a stranger's stick could lead anywhere, so only a file itself is opened.
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise BundleError("not_a_bundle", f"cannot be opened: {error.strerror}", file=path.name) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise BundleError("not_a_bundle", "not a file", file=path.name)
        file = self._closing.enter_context(os.fdopen(handle, "rb"))
        found = _FIRST_LINE.fullmatch(file.readline(_FIRST_LINE_BYTES))
        if found is None:
            raise BundleError("not_a_bundle", "not a file of this program", file=path.name)
        if int(found[1]) > FORMAT:
            raise BundleError("newer_bundle", f"format {int(found[1])}, known here is {FORMAT}", file=path.name)
        line = file.readline(limits.LINE_BYTES + 1)
        if not line.endswith(b"\n"):
            raise BundleError("bad_manifest", "the manifest has no end", file=path.name)
        if self.line not in {b"", line[:-1]}:
            raise BundleError("other_bundle", "the files belong to different bundles", file=path.name)
        self.line = line[:-1]
        self._files.setdefault(int(found[2]), file)


def _pieces(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0:
        piece = file.read(min(size, _PIECE))
        if not piece:
            return
        size -= len(piece)
        yield piece


def _damaged(number: int, total: int, detail: str) -> BundleError:
    return BundleError("damaged_volume", f"volume {number} of {total}: {detail}", volumes=str(number), total=total)
