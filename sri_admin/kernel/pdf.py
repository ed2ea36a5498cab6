"""PDF files people send us: looked into in a confined process before anybody else opens them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sri_admin.kernel import confined, pdf_reader
from sri_admin.kernel.confined import RefusedFileError, TooHeavyError
from sri_admin.kernel.errors import FieldError, InvalidError
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l

MEDIA_TYPE: Final = "application/pdf"
MOST_BYTES: Final = 25 * 1024 * 1024
_NOT_READABLE: Final = _l("This PDF file cannot be read. Print it to a new PDF file and choose that one.")
_WHY: Final[Mapping[str, LazyText]] = {
    "not_pdf": _l("This is not a PDF file. Save or scan the paper as PDF and choose that file."),
    "cut_off": _l("The end of this PDF file is missing. Copy it again from where it was made, or scan it anew."),
    "encrypted": _l("This PDF file is locked with a password. Save it without one and choose it again."),
    "active": _l(
        "This PDF file contains programs, active forms or other files. Print it to a new PDF file and choose that one."
    ),
    "no_pages": _l("This PDF file has no pages, or too many. Check that it is the right one."),
}


def check(path: Path, *, field: str) -> None:
    """Refuse what is no plain, whole PDF file with InvalidError on the field, its `code` saying why."""
    try:
        confined.read(pdf_reader.inspect, path)
    except RefusedFileError as no:
        raise InvalidError([FieldError(field, _WHY.get(no.reason, _NOT_READABLE))], code=f"pdf_{no.reason}") from None
    except TooHeavyError as no:
        raise InvalidError([FieldError(field, no.message)], code=no.code) from None
