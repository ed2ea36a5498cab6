"""This installation's keys for lines, and whose key is good for which line."""

import json
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation.checkpoint import SealError, from_base64url
from sri_admin.federation.key_life import Place, Places, is_good
from sri_admin.federation.models import Grant, NodeKey
from sri_admin.federation.root import Root, root_fingerprint, root_payload, sign_root, verify_root
from sri_admin.kernel import clock, installation, runtime
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConfigurationError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.signing import SigningKey, VerifyKey

_SIGN, _ROOT_KEY, _ROOT = "sign_key.pem", "root_key.pem", "root.json"


def own_key() -> SigningKey:
    """Return the key this installation signs its lines with (the hub's is its control key), made at first use."""
    return _signing_key(_folder() / _SIGN)


def use(key: SigningKey) -> None:
    """Sign lines with another key from now on."""
    installation.write_private(_folder() / _SIGN, key.to_pem())


def make_root() -> None:
    """Give a hub its root: one root key that certifies the control key. Safe to repeat."""
    path = _folder() / _ROOT
    if path.exists():
        return
    root_key = _signing_key(_folder() / _ROOT_KEY)
    root = Root(1, 1, (root_key.verify_key,), (own_key().verify_key,), clock.wire(clock.now()))
    installation.write_private(path, sign_root(root_payload(root), [root_key]))


def root_file() -> bytes:
    """Return the root file in force."""
    return _content(_folder() / _ROOT)


def root_digits() -> str:
    """Return the digits by which a node pins the hub's root."""
    return root_fingerprint(from_base64url(json.loads(root_file())["p"]))


def keep_root(file: bytes, *, fingerprint: str) -> None:
    """Keep the hub's root at a node, once it is the one that was pinned."""
    verify_root(file, fingerprint)
    installation.write_private(_folder() / _ROOT, file)


def hub_key(kid: str) -> VerifyKey | None:
    """Return a control key the root certifies."""
    return _control_keys(root_file()).get(kid)


def line_key(kid: str, stream: str, epoch: int, n: int) -> VerifyKey | None:
    """Return the key a checkpoint at this place must be signed with, if `kid` is it; SealError `key_revoked`."""
    if stream.startswith("hub."):
        return hub_key(kid)
    granted = sa.select(Grant.node_id).where(Grant.stream == stream, Grant.epoch == epoch).scalar_subquery()
    key = db.session.scalar(sa.select(NodeKey).where(NodeKey.kid == kid, NodeKey.node_id == granted))
    if key is None:
        return None
    if not is_good(stream, Place(epoch, n), begins=key.begins, ends=_ends(key)):
        if key.revoked:
            raise SealError("key_revoked", f"the key {kid} was withdrawn before {stream} reached {n}")
        return None
    return VerifyKey(from_base64url(key.public_key))


def _ends(key: NodeKey) -> Places | None:
    return {} if key.revoked and key.ends is None else key.ends


def node_key(kid: str, node_id: UUID) -> VerifyKey | None:
    """Return a key a node may sign its announcements with, if `kid` is one."""
    found = sa.select(NodeKey.public_key).where(NodeKey.kid == kid, NodeKey.node_id == node_id, ~NodeKey.revoked)
    public = db.session.scalar(found)
    return VerifyKey(from_base64url(public)) if public else None


def receipt_key(kid: str, _stream: str, _epoch: int, _n: int) -> VerifyKey | None:
    """Return the hub's key a receipt must be signed with, if `kid` is it."""
    return hub_key(kid)


def own_id() -> UUID:
    """Return the node id that stands in our statements."""
    return installation.identity().id


def _folder() -> Path:
    return installation.instance_folder(runtime.current().settings)


def _signing_key(path: Path) -> SigningKey:
    if not path.exists():
        installation.write_private_once(path, SigningKey.generate().to_pem())
    return _parsed(_content(path))


@lru_cache(maxsize=64)
def _parsed(pem: bytes) -> SigningKey:
    return SigningKey.from_pem(pem)


def _content(path: Path) -> bytes:
    if not path.exists():
        raise ConfigurationError(_l("This installation has no keys of its hub yet."))
    return path.read_bytes()


@lru_cache(maxsize=16)
def _control_keys(file: bytes) -> dict[str, VerifyKey]:
    payload = from_base64url(json.loads(file)["p"])
    root = verify_root(file, root_fingerprint(payload))
    return {key.kid: key for key in root.control_keys}
