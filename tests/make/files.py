"""Builders of PDF files, sound and hostile, and of signed copies."""

import io
import random
from uuid import UUID

from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject, TextStringObject

from sri_admin.kernel import spool
from sri_admin.kernel.db import db
from sri_admin.members.models.agreement import Agreement, AgreementFile
from sri_admin.members.operations.files import add_signed_copy
from tests.make import members


def pdf(*, pages: int = 1, padding: int = 0, seed: int = 0) -> bytes:
    """Return a plain PDF file, with so many bytes of noise in it."""
    writer = _writer(pages)
    if padding:
        noise = StreamObject()
        noise.set_data(random.Random(seed).randbytes(padding))
        writer._add_object(noise)
    writer.add_metadata({"/Title": f"Agreement {seed}"})
    return _written(writer)


def locked_pdf() -> bytes:
    """Return a PDF file with a password."""
    writer = _writer(1)
    writer.encrypt("made up", algorithm="RC4-128")
    return _written(writer)


def running_pdf() -> bytes:
    """Return a PDF file that runs a program when it is opened."""
    writer = _writer(1)
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('hello')")}
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(DictionaryObject(script))
    return _written(writer)


def launching_pdf() -> bytes:
    """Return a PDF file that starts a program of the reader's machine, its name written in disguise."""
    writer = _writer(1)
    action = DictionaryObject({NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("calc")})
    writer.root_object[NameObject("/OpenAction")] = action
    return _written(writer).replace(b"/Launch", b"/L#61unch")


def carrying_pdf() -> bytes:
    """Return a PDF file with another file in it."""
    writer = _writer(1)
    writer.add_attachment("tool.exe", b"MZ")
    return _written(writer)


def form_pdf() -> bytes:
    """Return a PDF file with an XFA form."""
    writer = _writer(1)
    form = DictionaryObject({NameObject("/XFA"): TextStringObject("<xdp/>")})
    writer.root_object[NameObject("/AcroForm")] = writer._add_object(form)
    return _written(writer)


def signed_copy(member_id: UUID, agreement_id: UUID, content: bytes | None = None) -> AgreementFile:
    """Add a signed copy to an agreement and return its record."""
    director = members.actor("country_liaison")

    def add() -> AgreementFile:
        agreement = db.session.get_one(Agreement, (member_id, agreement_id))
        with spool.growing(limit=30_000_000) as growing:
            growing.write(content or pdf(seed=agreement_id.int % 2**32))
            row = add_signed_copy(director, agreement, values={"file": growing.whole()})
        db.session.flush()
        db.session.refresh(row)
        db.session.expunge(row)
        return row

    return members.writing(member_id, add)


def _writer(pages: int) -> PdfWriter:
    writer = PdfWriter()
    for _number in range(pages):
        writer.add_blank_page(width=595, height=842)
    return writer


def _written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
