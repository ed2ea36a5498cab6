"""Static files: addressed by content so that browsers keep them for good, compressed once."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request, url_for

ROOT = Path(__file__).parents[1] / "static"
_COMPRESSIBLE = (".css", ".js", ".svg", ".txt", ".json")
_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    packed: bytes | None
    kind: str
    version: str


def attach(app: Flask) -> None:
    """Serve the files of `static/`."""
    app.add_url_rule("/static/<path:name>", "static", serve)
    app.add_template_global(static_url)


@cache
def assets() -> dict[str, Asset]:
    """Return every file there is, by its path; names that are not in it do not exist."""
    return {path.relative_to(ROOT).as_posix(): _read(path) for path in sorted(ROOT.rglob("*")) if path.is_file()}


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in _COMPRESSIBLE else None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(body, packed, kind, hashlib.sha256(body).hexdigest()[:12])


def static_url(name: str) -> str:
    """Return the address of a file, which changes with its content."""
    return _address(name, request.script_root)


@cache
def _address(name: str, _root: str) -> str:
    # A long list shows hundreds of glyphs, each from the same file.
    return url_for("static", name=name, v=assets()[name].version)


def serve(name: str) -> Response:
    """Send a file."""
    asset = assets().get(name)
    if asset is None:
        abort(404)
    packed = asset.packed is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(asset.packed if packed else asset.body, mimetype=asset.kind)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    is_current = request.args.get("v") == asset.version
    response.headers["Cache-Control"] = _FOR_GOOD if is_current else "public, max-age=60"
    return response
