"""Making releases: the text is fixed, its manifest signed, and it goes out to everybody entitled to it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import streams
from sri_admin.federation.stream_names import HUB_MATERIALS
from sri_admin.kernel import clock, ids, installation, runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.schema import check_version
from sri_admin.kernel.signing import SigningKey
from sri_admin.kernel.work import record
from sri_admin.materials.events import ReleaseKeyMade, ReleaseMade
from sri_admin.materials.models import Document, EditionDraft, Release, ReleaseKey, Work
from sri_admin.materials.policy import POLICY
from sri_admin.materials.queries.signatures import facts
from sri_admin.materials.queries.works import blocks_of, draft_blocks, newest_release, releases_of
from sri_admin.materials.rules import releases as rules
from sri_admin.materials.rules.blocks import Block, Change, written
from sri_admin.materials.rules.releases import SOURCE_LANGUAGE

Values = Mapping[str, Any]
_KEY = "release_key.pem"


def release_source(actor: Actor, work: Work, draft: EditionDraft, *, values: Values) -> Release:
    """Release the draft of a work: from now on this text is the one to work with and to translate."""
    POLICY.require(actor, "materials.release.make", work)
    check_version(draft, values.get("version"))
    last, blocks = newest_release(work), draft_blocks(draft)
    rules.check_version(values["version_no"], last.version_no if last else None)
    before = blocks_of(last)
    if last is not None and rules.compare(before, blocks).is_nothing:
        raise ConflictError(_l("Nothing was changed since the last release."), code="nothing_changed")
    old = {each.uid: each.revision for each in before}
    blocks = [_with_change(each, old.get(each.uid, each.revision)) for each in blocks]
    release = _make(actor, work, blocks, values={**values, "language": SOURCE_LANGUAGE, "source_id": None})
    draft.blocks = [{**row, "change": None} for row in draft.blocks]
    return release


def _with_change(block: Block, before: str) -> Block:
    return replace(block, change=None if block.revision == before else block.change or Change.CLARIFYING)


def release_translation(actor: Actor, work: Work, blocks: Sequence[Block], *, values: Values) -> Release:
    """Release a translation of a release, as the part that knows its approvals has put it together."""
    POLICY.require(actor, "materials.release.make", work)
    last = next(iter(releases_of(work, language=values["language"])), None)
    rules.check_version(values["version_no"], last.version_no if last else None)
    return _make(actor, work, blocks, values=values)


def _make(actor: Actor, work: Work, blocks: Sequence[Block], *, values: Values) -> Release:
    streams.ensure_topic(HUB_MATERIALS, f"{work.programme_type}.{work.licence_class.value}")
    key = _release_key(actor, work.member_id)
    release = Release(
        member_id=work.member_id,
        id=values.get("record_id") or ids.new(),
        work_id=work.id,
        programme_type=work.programme_type,
        licence_class=work.licence_class,
        language=values["language"],
        version_no=values["version_no"],
        source_id=values["source_id"],
        kid=key.kid,
        notes=values["notes"],
        at=clock.now(),
        actor=actor.label,
        role=actor.role,
    )
    document = _document(release, work.code, written(blocks))
    release.manifest = rules.manifest(facts(work, release), {document.path: document.content})
    signature = key.sign(rules.DOMAIN, release.manifest.encode())
    release.signature = _base64url(signature)
    db.session.add_all([release, document])
    work.languages = sorted({*work.languages, release.language})
    if release.language == SOURCE_LANGUAGE:
        work.current_version = release.version_no
    event = ReleaseMade(
        member_id=work.member_id,
        subject=work.id,
        code=work.code,
        language=release.language,
        version_no=release.version_no,
        release_id=str(release.id),
        manifest_sha256=rules.digest(release.manifest),
    )
    record(actor, event, work, release, document)
    return release


def _document(release: Release, path: str, content: str) -> Document:
    return Document(
        member_id=release.member_id,
        id=ids.new(),
        release_id=release.id,
        programme_type=release.programme_type,
        licence_class=release.licence_class,
        path=path,
        content=content,
    )


def _release_key(actor: Actor, hub_id: UUID) -> SigningKey:
    """Return the key releases are signed with, named in the control stream before it signs anything."""
    path = installation.instance_folder(runtime.current().settings) / _KEY
    if not path.exists():
        installation.write_private_once(path, SigningKey.generate().to_pem())
    key = SigningKey.from_pem(path.read_bytes())
    if db.session.scalar(sa.select(ReleaseKey.id).where(ReleaseKey.kid == key.kid)) is None:
        row = ReleaseKey(
            member_id=hub_id, id=ids.new(), kid=key.kid, public_key=_base64url(key.verify_key.raw), revoked=False
        )
        db.session.add(row)
        record(actor, ReleaseKeyMade(member_id=hub_id, subject=row.id, kid=row.kid), row)
    return key


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
