"""Codes a phone's camera reads, drawn on the server: nothing of them reaches anybody else."""

import importlib
from io import BytesIO

from markupsafe import Markup

_SCALE, _QUIET = 5, 4


def picture(text: str, *, label: str) -> Markup:
    """Return a QR code as SVG for a page; dark on white in every theme, or cameras fail."""
    written = BytesIO()
    segno = importlib.import_module("segno")  # loaded by the few processes that ever draw one
    made = segno.make(text, error="m", micro=False)
    made.save(written, kind="svg", scale=_SCALE, border=_QUIET, light="#fff", xmldecl=False, svgns=False, nl=False)
    drawing = written.getvalue().decode()
    named = Markup('<svg role="img" aria-label="{}" ').format(label)
    return named + Markup(drawing.removeprefix("<svg "))  # noqa: S704 - drawn by the library from squares alone
