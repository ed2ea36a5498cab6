"""Whether a release is what SRI signed; asked each time it is shown, because a record is never trusted by itself."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sri_admin.kernel.db import db
from sri_admin.kernel.signing import SignatureError, VerifyKey
from sri_admin.materials.models import Document, Release, ReleaseKey, Work
from sri_admin.materials.rules.blocks import Block, read
from sri_admin.materials.rules.releases import DOMAIN, is_listed


@dataclass(frozen=True)
class Verified:
    """A release whose signature and every digest fit, with its blocks."""

    release: Release
    blocks: Sequence[Block]


def verified(work: Work, release: Release, documents: Sequence[Document]) -> Verified | None:
    """Return a release that is exactly what was signed for this work; None if anything differs."""
    texts = {each.path: each.content for each in documents}
    if not is_listed(release.manifest, facts(work, release), texts) or not _is_signed(release):
        return None
    try:
        return Verified(release, [block for path in sorted(texts) for block in read(texts[path])])
    except (KeyError, TypeError, ValueError):
        return None


def facts(work: Work, release: Release) -> Mapping[str, Any]:
    """Return what a manifest says of its release."""
    return {
        "release": str(release.id),
        "work": work.code,
        "programme_type": release.programme_type,
        "licence_class": release.licence_class.value,
        "language": release.language,
        "version": release.version_no,
        "source": str(release.source_id) if release.source_id else None,
        "notes": release.notes,
    }


def _is_signed(release: Release) -> bool:
    wanted = sa.select(ReleaseKey.public_key).where(ReleaseKey.kid == release.kid, ~ReleaseKey.revoked)
    public = db.session.scalar(wanted)
    if public is None:
        return False
    try:
        key = VerifyKey(_bytes(public))
        key.verify(DOMAIN, release.manifest.encode(), signature=_bytes(release.signature))
    except (SignatureError, binascii.Error, ValueError):
        return False
    return key.kid == release.kid


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
