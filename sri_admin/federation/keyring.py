"""The files of a node's own keys: the pair in use, and the pair that waits for the hub (docs/federation.md §5.6).

Each file is replaced whole or not at all, and the waiting pair is the last to go: whatever was interrupted is done
again, and every state in between is a pair the hub accepts.
"""

import json
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from joserfc.jwk import ECKey

from sri_admin.federation import credentials, keys, rotation_papers
from sri_admin.kernel import installation, runtime
from sri_admin.kernel.signing import SigningKey

_WAITING, _STATEMENT = "next_keys.json", "rotation.json"


class Waiting(NamedTuple):
    """A pair of keys that waits for the hub, with the document that brings it there."""

    sign: SigningKey
    auth: ECKey
    statement: bytes


def waiting() -> Waiting | None:
    """Return the pair that waits, if one does."""
    path = _folder() / _WAITING
    if not path.exists():
        return None
    kept = json.loads(path.read_text())
    sign = SigningKey.from_pem(kept["sign"].encode())
    return Waiting(sign, ECKey.import_key(kept["auth"]), kept["statement"].encode())


def prepare(node_id: UUID) -> Waiting:
    """Make a new pair and the document that announces it, signed by the old key and the new."""
    sign, auth = SigningKey.generate(), credentials.new_key()
    statement = rotation_papers.sign_rotation(
        node_id, old=keys.own_key(), new=sign, auth_key=credentials.public_jwk(auth)
    )
    kept = {"sign": sign.to_pem().decode(), "auth": auth.as_dict(private=True), "statement": statement.decode()}
    installation.write_private_once(_folder() / _WAITING, json.dumps(kept).encode())
    pair = waiting()
    assert pair is not None
    return pair


def use(pair: Waiting) -> None:
    """Put the waiting pair in the place of the one in use. Safe to repeat after an interruption."""
    kept = statements()
    if pair.statement not in kept:
        installation.write_private(_folder() / _STATEMENT, b"\n".join((*kept, pair.statement)))
    keys.use(pair.sign)
    credentials.use(pair.auth)
    (_folder() / _WAITING).unlink(missing_ok=True)


def renew() -> None:
    """Begin with keys nobody has seen, after the hub withdrew the ones before."""
    keys.use(SigningKey.generate())
    credentials.use(credentials.new_key())
    for name in (_WAITING, _STATEMENT):
        (_folder() / name).unlink(missing_ok=True)


def statements() -> list[bytes]:
    """Return the documents of every change of keys that was settled, in order: a hub set back needs them once more."""
    path = _folder() / _STATEMENT
    return path.read_bytes().splitlines() if path.exists() else []


def last_statement() -> bytes | None:
    """Return the document of the change of keys that waits or was the last."""
    pair, settled = waiting(), statements()
    return pair.statement if pair is not None else settled[-1] if settled else None


def _folder() -> Path:
    return installation.instance_folder(runtime.current().settings)
