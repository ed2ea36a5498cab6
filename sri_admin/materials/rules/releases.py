"""Releases: their numbers, what changed since the one before, the manifest that is signed."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any, Final

from sri_admin.kernel.errors import FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.materials.rules.blocks import Block, BlockKind, Change, Risk

DOMAIN: Final = "sri-release/1 manifest"
VERSION: Final = re.compile(r"(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})")
SOURCE_LANGUAGE: Final = "en"


class LicenceClass(StrEnum):
    """Who may have a work: everybody, or members whose agreement covers its programme type."""

    OPEN = "open"
    LICENSED = "licensed"


class WorkKind(StrEnum):
    """What a work is for."""

    GUIDE = "guide"
    WORKSHEET = "worksheet"
    HANDBOOK = "handbook"
    LEAFLET = "leaflet"


@dataclass(frozen=True)
class Changed:
    """What became of the blocks of a release in the text after it.

    `changed` say something else, so that their translations are outdated; `recast` say the same as something else: as
    another kind, on another level, or with another risk. `moved` counts those that stand elsewhere.
    """

    new: tuple[Block, ...]
    changed: tuple[tuple[Block, Block], ...]
    removed: tuple[Block, ...]
    recast: tuple[tuple[Block, Block], ...]
    moved: int

    @property
    def is_nothing(self) -> bool:
        """Say whether both texts are the same."""
        return not (self.new or self.changed or self.removed or self.recast or self.moved)


def compare(before: Sequence[Block], after: Sequence[Block]) -> Changed:
    """Compare two texts block by block, by identity."""
    old = {each.uid: each for each in before}
    kept = {each.uid for each in after}
    both = [(old[each.uid], each) for each in after if each.uid in old]
    return Changed(
        new=tuple(each for each in after if each.uid not in old),
        changed=tuple(pair for pair in both if pair[0].revision != pair[1].revision),
        removed=tuple(each for each in before if each.uid not in kept),
        recast=tuple(
            pair for pair in both if pair[0].revision == pair[1].revision and _cast(pair[0]) != _cast(pair[1])
        ),
        moved=_moved([each.uid for each in before if each.uid in kept], [each.uid for _before, each in both]),
    )


def _cast(block: Block) -> tuple[BlockKind, int, Risk]:
    return block.kind, block.level, block.risk


def _moved(before: Sequence[str], after: Sequence[str]) -> int:
    found = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return len(after) - sum(each.size for each in found)


def next_version(last: str | None, changed: Changed) -> str:
    """Propose a number: small changes raise the last part, changes of substance the middle one."""
    if last is None:
        return "1.0.0"
    major, minor, patch = _parts(last)
    grave = {Change.SUBSTANTIVE, Change.SAFETY}
    if changed.new or changed.removed or any(after.change in grave for _before, after in changed.changed):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def check_version(version: str, last: str | None) -> None:
    """Refuse a number that is none, or does not follow the last one."""
    if not VERSION.fullmatch(version):
        raise InvalidError([FieldError("version_no", _l("Write three numbers with dots between them, such as 1.2.0."))])
    if last is not None and _parts(version) <= _parts(last):
        raise InvalidError(
            [FieldError("version_no", _l("This number must be higher than the one of the last release."))]
        )


def newest(versions: Sequence[str]) -> str | None:
    """Return the highest number."""
    return max(versions, key=_parts, default=None)


def order(version: str) -> tuple[int, int, int]:
    """Return what numbers are sorted by."""
    return _parts(version)


def _parts(version: str) -> tuple[int, int, int]:
    major, minor, patch = version.split(".")
    return int(major), int(minor), int(patch)


def manifest(facts: Mapping[str, Any], documents: Mapping[str, str]) -> str:
    """Write what is signed: what the release is, and the SHA-256 of every document by its path."""
    listed = [{"path": path, "sha256": digest(text)} for path, text in sorted(documents.items())]
    return json.dumps({**facts, "documents": listed}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_listed(manifest_text: str, facts: Mapping[str, Any], documents: Mapping[str, str]) -> bool:
    """Say whether a manifest speaks of exactly this release and these documents."""
    return manifest_text == manifest(facts, documents)
