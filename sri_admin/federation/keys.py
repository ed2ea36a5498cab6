"""This installation's keys for lines, and whose key is good for which line."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation.checkpoint import KeyResolver, SealError, from_base64url
from sri_admin.federation.enrolment_models import Node
from sri_admin.federation.key_life import Place, Places, is_good
from sri_admin.federation.models import ControlKey, Grant, NodeKey
from sri_admin.federation.root import Root, read_root, root_fingerprint, root_payload, sign_root, verify_root
from sri_admin.kernel import clock, installation, runtime
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConfigurationError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.signing import SigningKey, VerifyKey

_SIGN, _NEXT_SIGN = "sign_key.pem", "next_sign_key.pem"
_ROOT_KEY, _ROOT = "root_key.pem", "root.json"


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


def root_version(version: int) -> bytes | None:
    """Return a version of the root file that is trusted here; None if there is no such version."""
    path = _version_path(version)
    found = path.read_bytes() if path.exists() else root_file()
    return found if _root_of(found).version == version else None


def roots() -> list[Root]:
    """Return the roots this installation has trusted, the oldest first; none before it knows its hub."""
    path = _folder() / _ROOT
    if not path.exists():
        return []
    newest = _root_of(path.read_bytes())
    files = [root_version(version) for version in range(1, newest.version)]
    return [*(_root_of(file) for file in files if file is not None), newest]


def root_files() -> list[bytes]:
    """Return the files of the roots this installation has trusted, the oldest first."""
    files = [root_version(root.version) for root in roots()]
    return [each for each in files if each is not None]


def root_digits() -> str:
    """Return the digits by which a node pins the hub's root: those of its first version."""
    return root_fingerprint(root_payload(roots()[0]))


def keep_root(file: bytes, *, fingerprint: str) -> None:
    """Keep the hub's first root at a node, once it is the one that was pinned; what followed it stays."""
    root = verify_root(file, fingerprint)
    if roots()[:1] != [root]:
        installation.write_private(_folder() / _ROOT, file)


def take_root(file: bytes) -> Root:
    """Trust the root that follows the one in force, and keep both; the one in force is harmless. Raises RootError."""
    now = roots()[-1]
    root = verify_root(file, now)
    if root.version > now.version:
        installation.write_private(_version_path(now.version), _content(_folder() / _ROOT))
        installation.write_private(_version_path(root.version), file)
        installation.write_private(_folder() / _ROOT, file)
    return root


def prepare_control_key() -> SigningKey:
    """Return the key that will be the hub's control key once a root certifies it, made at first use."""
    return _signing_key(_folder() / _NEXT_SIGN)


def use_control_key(root: Root) -> None:
    """Let the key that waits be the hub's control key, if this root certifies it. Safe to repeat."""
    path = _folder() / _NEXT_SIGN
    if path.exists() and prepare_control_key().verify_key in root.control_keys:
        use(prepare_control_key())
        path.unlink()


def control_kids() -> set[str]:
    """Return the names of every control key a root ever certified."""
    return {key.kid for root in roots() for key in root.control_keys}


def hub_key(kid: str) -> VerifyKey | None:
    """Return a control key the root in force certifies."""
    return _certified(roots()[-1:], kid)


def _hub_key_at(kid: str, stream: str, epoch: int, n: int) -> VerifyKey | None:
    return receipt_keys()(kid, stream, epoch, n)


def kept_key(kid: str, _stream: str, _epoch: int, _n: int) -> VerifyKey | None:
    """Return the hub's key of a statement that was checked when it was kept, whatever became of the key since."""
    return _certified(roots(), kid)


def _certified(among: Sequence[Root], kid: str) -> VerifyKey | None:
    return next((key for root in among for key in root.control_keys if key.kid == kid), None)


def line_key(kid: str, stream: str, epoch: int, n: int) -> VerifyKey | None:
    """Return the key a checkpoint at this place must be signed with, if `kid` is it; SealError `key_revoked`."""
    if stream.startswith("hub."):
        return _hub_key_at(kid, stream, epoch, n)
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
    """Return a key a node may sign its announcements with at the hub, if `kid` is one.

    An announcement has no place in a stream: it is the node's in use, or the next one until that is first used.
    """
    node = db.session.get(Node, node_id)
    found = sa.select(NodeKey.public_key).where(NodeKey.kid == kid, NodeKey.node_id == node_id, ~NodeKey.revoked)
    public = db.session.scalar(found)
    if node is None or public is None:
        return None
    raw = from_base64url(public)
    return VerifyKey(raw) if raw in {node.sign_key, node.next_sign_key} else None


def receipt_key(kid: str, stream: str, epoch: int, n: int) -> VerifyKey | None:
    """Return the hub's key a receipt or a page must be signed with, if `kid` is it; needs a transaction."""
    return _hub_key_at(kid, stream, epoch, n)


def receipt_keys() -> KeyResolver:
    """Return `receipt_key` for many statements of one moment: where keys have ended is read once."""
    ends = {row.kid: row.ends for row in db.session.execute(sa.select(ControlKey.kid, ControlKey.ends))}

    def find(kid: str, stream: str, epoch: int, n: int) -> VerifyKey | None:
        is_right = is_good(stream, Place(epoch, n), begins=None, ends=ends.get(kid))
        return hub_key(kid) if is_right else None

    return find


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


@lru_cache(maxsize=64)
def _root_of(file: bytes) -> Root:
    return read_root(file)


def _version_path(version: int) -> Path:
    return _folder() / f"root.{version}.json"
