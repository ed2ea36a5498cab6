"""The keys bundles are locked with: this installation's own, and those the hub has published.

A box key opens what was written for its holder and signs nothing; who wrote a bundle is told by signatures alone.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sri_admin.federation import keys, papers, rates
from sri_admin.federation.checkpoint import from_base64url, to_base64url
from sri_admin.federation.enrolment_models import Node
from sri_admin.federation.events import BoxKeyPublished
from sri_admin.federation.limits import PROTOCOL
from sri_admin.federation.lines import UUID_TEXT, LineError, ProtocolError, encode, expect_fields, matching_text, parse
from sri_admin.federation.models import BoxKey
from sri_admin.kernel import ids, installation, runtime, tenancy, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConfigurationError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.signing import VerifyKey

PUBLIC_BYTES: Final = 32
_FILE: Final = "box_key.pem"
_DOMAIN: Final = f"{PROTOCOL} box-key"


def own_key() -> X25519PrivateKey:
    """Return the key that opens what was written for this installation, made at first use."""
    path = installation.instance_folder(runtime.current().settings) / _FILE
    if not path.exists():
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        installation.write_private_once(path, X25519PrivateKey.generate().private_bytes(*form))
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, X25519PrivateKey):
        raise ConfigurationError(_("The file %(path)s holds another kind of key.", path=str(path)))
    return key


def own_public() -> bytes:
    """Return the public half of our key."""
    return own_key().public_key().public_bytes_raw()


def kid(public: bytes) -> str:
    """Return the short name of a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def public_of(holder: UUID) -> bytes | None:
    """Return the key that was published for an installation; runs in the caller's transaction."""
    row = _find(holder)
    return from_base64url(row.public_key) if row else None


def kid_of(holder: UUID) -> str | None:
    """Return the short name of the key that was published for an installation."""
    public = public_of(holder)
    return kid(public) if public else None


def publish(actor: Actor, holder: UUID, public: bytes) -> None:
    """Publish an installation's key, unless it is out already; the transaction writes for the hub."""
    row = _find(holder, lock=True)
    text = to_base64url(public)
    if row is not None and row.public_key == text:
        return
    if row is None:
        row = BoxKey(member_id=tenancy.hub_tenant().id, id=ids.new(), holder_id=holder)
        db.session.add(row)
    row.public_key = text
    work.record(actor, BoxKeyPublished(member_id=row.member_id, subject=holder, kid=kid(public)), row)


def is_missed(told: Mapping[str, Any]) -> bool:
    """Say whether the hub's hello asks for our key; a hub that knows nothing of bundles does not name it."""
    return "box_key" in told and told["box_key"] != kid(own_public())


def paper() -> bytes:
    """Return the document in which this node tells its key, signed with the key of its lines."""
    payload = encode({"kind": "box_key", "node": str(keys.own_id()), "public": to_base64url(own_public())})
    return papers.written(payload, sig=keys.own_key().sign(_DOMAIN, payload))


def take(actor: Actor, node: Node, document: bytes) -> str:
    """Publish the key a node told in its paper and return its short name; opens its own transaction."""
    public = opened(node.id, VerifyKey(node.sign_key), document)
    hub = installation.identity().tenant_id
    assert hub is not None
    transaction.write(tenancy.only(hub), lambda: _publish(actor, node.id, public))
    return kid(public)


def _publish(actor: Actor, node_id: UUID, public: bytes) -> None:
    if kid_of(node_id) != kid(public):
        rates.spend_published(node_id)
    publish(actor, node_id, public)


def opened(node_id: UUID, key: VerifyKey, document: bytes) -> bytes:
    """Return the key a node tells in its paper, signed with this key of its lines; ProtocolError."""
    with papers.refusing(ProtocolError):
        payload, signature = papers.parted(document, "sig")
        key.verify(_DOMAIN, payload, signature=signature)
        value = parse(payload)
        expect_fields(value, {"kind", "node", "public"})
        public = from_base64url(value["public"])
        if value["kind"] != "box_key" or len(public) != PUBLIC_BYTES:
            raise LineError("bad_field", "public")
        if matching_text(value, "node", UUID_TEXT) != str(node_id):
            raise ProtocolError("denied", "the key belongs to another node")
        return public


def _find(holder: UUID, *, lock: bool = False) -> BoxKey | None:
    wanted = sa.select(BoxKey).where(BoxKey.holder_id == holder)
    return db.session.scalar(wanted.with_for_update() if lock else wanted)
