"""Looks into a PDF file from outside; run by `confined.read` alone."""

from collections.abc import Iterator
from typing import IO, Any, Final

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from sri_admin.kernel.confined_child import Refused

_HEAD, _END, _TAIL_BYTES = b"%PDF-", b"%%EOF", 1024
_MOST_OBJECTS, _MOST_PAGES = 200_000, 2_000
# What makes a reader run, fetch, send or unpack something, wherever it stands (ISO 32000-2 §7.11.4, §12.6.4, §12.7.8).
_ACTIVE_KEYS: Final = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"})
_ACTIVE_ACTIONS: Final = frozenset(
    {
        *("/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/GoToR", "/Rendition", "/Movie"),
        *("/Sound", "/RichMediaExecute"),
    }
)


def inspect(file: IO[bytes]) -> dict[str, int]:
    """Return the number of pages of a PDF file that is whole, open to read and shows itself without running anything.

    Refused with `not_pdf`, `cut_off`, `encrypted`, `active`, `too_many_objects`, `no_pages`.
    """
    _check_ends(file)
    reader = PdfReader(file)
    if reader.is_encrypted:
        raise Refused("encrypted")
    for each in _dictionaries(reader):
        _check_passive(each)
    pages = len(reader.pages)
    if not 0 < pages <= _MOST_PAGES:
        raise Refused("no_pages", pages=pages)
    return {"pages": pages}


def _check_ends(file: IO[bytes]) -> None:
    # A file that is two things at once has something before the one or after the other.
    if file.read(len(_HEAD)) != _HEAD:
        raise Refused("not_pdf")
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL_BYTES))
    _before, mark, after = file.read().rpartition(_END)
    if not mark:
        raise Refused("cut_off")
    if after.strip(b"\r\n\t \0"):
        raise Refused("not_pdf")
    file.seek(0)


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    numbers = {(number, generation) for generation, found in reader.xref.items() for number in found}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    waiting: list[Any] = [reader.trailer]
    waiting.extend(IndirectObject(number, generation, reader) for number, generation in sorted(numbers))
    seen = 0
    while waiting:
        seen += 1
        if seen > _MOST_OBJECTS:
            raise Refused("too_many_objects")
        each = waiting.pop()
        # Every indirect object is in the list already: following references would only go round in circles.
        found = each.get_object() if isinstance(each, IndirectObject) else each
        if isinstance(found, DictionaryObject):
            yield found
        parts = (
            found.values() if isinstance(found, DictionaryObject) else found if isinstance(found, ArrayObject) else ()
        )
        waiting.extend(part for part in parts if isinstance(part, (DictionaryObject, ArrayObject)))


def _check_passive(each: DictionaryObject) -> None:
    found = _ACTIVE_KEYS & set(each.keys())
    action = each.raw_get("/S") if "/S" in each else None
    if found or action in _ACTIVE_ACTIONS or each.get("/Type") == "/EmbeddedFile":
        raise Refused("active", what=min(found, default=str(action)))
