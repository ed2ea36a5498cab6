"""Statements of the parts, sealed by the installation they were made at: its own key, over exact bytes.

A seal says who made a statement and that nothing in it was changed. That it was made in time is said by the page it
travels in, whose signature is judged by the life of its key.
"""

from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import keys
from sri_admin.federation.checkpoint import from_base64url, to_base64url
from sri_admin.federation.lines import LineError
from sri_admin.federation.models import NodeKey
from sri_admin.kernel.db import db
from sri_admin.kernel.signing import SignatureError, VerifyKey


class Seal(NamedTuple):
    """The name of a key and its signature, base64url."""

    kid: str
    signature: str


def seal(domain: str, statement: bytes) -> Seal:
    """Seal a statement with this installation's key; `domain` names the kind of statement."""
    key = keys.own_key()
    return Seal(key.kid, to_base64url(key.sign(domain, statement)))


def is_sealed(member_id: UUID, domain: str, statement: bytes, *, seal: Seal) -> bool:
    """Say whether the hub or a node that serves or served a member sealed a statement; the hub's rows are in reach."""
    key = keys.kept_key(seal.kid, "", 0, 0) or _node_key(member_id, seal.kid)
    if key is None:
        return False
    try:
        key.verify(domain, statement, signature=from_base64url(seal.signature))
    except (SignatureError, LineError):
        return False
    return True


def _node_key(member_id: UUID, kid: str) -> VerifyKey | None:
    wanted = sa.select(NodeKey.public_key).where(NodeKey.kid == kid, NodeKey.subject_id == member_id)
    public = db.session.scalar(wanted)
    return VerifyKey(from_base64url(public)) if public else None
