"""Every key that is known here, with its life, for the pages; runs in the caller's reading transaction."""

from collections.abc import Callable, Iterable
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import key_words, keyring, keys
from sri_admin.federation.key_words import Life
from sri_admin.federation.models import ControlKey, NodeKey
from sri_admin.federation.root import Root
from sri_admin.kernel import formats
from sri_admin.kernel.db import db
from sri_admin.kernel.i18n import gettext as _


def of_nodes(owner: Callable[[UUID], str]) -> list[Life]:
    """Return the keys of every node, at the hub; `owner` names a member."""
    rows = db.session.scalars(sa.select(NodeKey).order_by(NodeKey.subject_id, NodeKey.id))
    return [_life(row, owner(row.subject_id), at_hub=True) for row in rows]


def of_this_node() -> list[Life]:
    """Return this node's keys: those the hub has published, and the one that still waits for it."""
    own, kids = keys.own_id(), set[str]()
    lives: list[Life] = []
    for row in db.session.scalars(sa.select(NodeKey).where(NodeKey.node_id == own).order_by(NodeKey.id)):
        kids.add(row.kid)
        lives.append(_life(row, _("This installation"), at_hub=False))
    pair = keyring.waiting()
    if pair is not None and pair.sign.kid not in kids:
        family, label = key_words.standing(revoked=False, ended=False, waiting=True)
        lives.append(Life(_("This installation"), pair.sign.kid, "–", "–", "", family, label))
    return lives


def _life(row: NodeKey, owner: str, *, at_hub: bool) -> Life:
    family, label = key_words.standing(revoked=row.revoked, ended=row.ends is not None)
    since = key_words.since(row.begins, at_hub=at_hub)
    until = key_words.until(row.ends, at_hub=at_hub)
    return Life(owner, row.kid, since, until, key_words.reason(row.ended_because), family, label)


def of_the_hub() -> list[Life]:
    """Return the hub's control keys: those a root certifies, and those that came to their end."""
    ended = {row.kid: row for row in db.session.scalars(sa.select(ControlKey))}
    lives: list[Life] = []
    for kid, version in _first_versions(keys.roots()).items():
        row = ended.get(kid)
        family, label = key_words.standing(revoked=False, ended=row is not None)
        since = _("root version %(version)s", version=formats.number(version))
        until = _until(row)
        why = key_words.reason(row.ended_because if row else None)
        lives.append(Life(_("The hub"), kid, since, until, why, family, label))
    return lives


def _until(row: ControlKey | None) -> str:
    if row is None:
        return _("no end")
    shown = {name: place for name, place in row.ends.items() if not name.startswith(("member.", "hub.member."))}
    return key_words.until(shown, at_hub=True)


def _first_versions(roots: Iterable[Root]) -> dict[str, int]:
    found: dict[str, int] = {}
    for root in roots:
        for key in root.control_keys:
            found.setdefault(key.kid, root.version)
    return found
