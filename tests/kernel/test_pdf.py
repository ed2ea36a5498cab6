"""Only a plain, whole PDF file is taken, by what is in it; each no has a reason a person can act on."""

import zlib
from pathlib import Path

import pytest

from sri_admin.kernel import pdf
from sri_admin.kernel.errors import InvalidError
from tests.make import files

PLAIN = files.pdf(pages=2)


def refused(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "theirs"
    path.write_bytes(content)
    with pytest.raises(InvalidError) as no:
        pdf.check(path, field="file")
    assert no.value.fields[0].field == "file"
    return no.value.stable_code


def bomb() -> bytes:
    """An object stream that unpacks to more than a reader may use, named by a cross-reference stream."""
    packer, mebibyte = zlib.compressobj(9), bytes(1 << 20)
    first = packer.compress(mebibyte) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(mebibyte) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = zlib.compress(first + again * 639, 9)
    head = b"%PDF-1.5\n"
    stream = b"1 0 obj\n<</Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n" % len(packed)
    objects = head + stream + packed + b"\nendstream\nendobj\n"
    rows = bytes([1, 0, 0, 0, 9, 0]) + bytes([2, 0, 0, 0, 1, 0])
    xref = b"3 0 obj\n<</Type/XRef/W[1 4 1]/Index[1 2]/Size 3/Root 2 0 R/Length %d>>stream\n" % len(rows)
    return objects + xref + rows + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(objects)


def test_a_plain_file_is_taken(tmp_path: Path):
    path = tmp_path / "theirs"
    path.write_bytes(PLAIN)
    pdf.check(path, field="file")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "pdf_not_pdf"),
        (b"<html><script>alert(1)</script></html>" + PLAIN, "pdf_not_pdf"),
        (PLAIN + b"PK\x03\x04 and the rest of an archive", "pdf_not_pdf"),
        (PLAIN[: len(PLAIN) // 2], "pdf_cut_off"),
        (b"%PDF-1.7\nnothing at all\n%%EOF\n", "pdf_unreadable"),
        (files.locked_pdf(), "pdf_encrypted"),
        (files.running_pdf(), "pdf_active"),
        (files.launching_pdf(), "pdf_active"),
        (files.carrying_pdf(), "pdf_active"),
        (files.form_pdf(), "pdf_active"),
        (files.pdf(pages=0), "pdf_no_pages"),
    ],
    ids=["picture", "before", "after", "half", "empty", "locked", "script", "launch", "attachment", "xfa", "pageless"],
)
def test_whatever_else_it_is_it_is_refused_with_its_reason(tmp_path: Path, content: bytes, code: str):
    assert refused(tmp_path, content) == code


def test_a_file_that_unpacks_without_end_is_stopped(tmp_path: Path):
    content = bomb()
    assert len(content) < 100_000
    assert refused(tmp_path, content) in {"file_too_heavy", "pdf_unreadable"}
