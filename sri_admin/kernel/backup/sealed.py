"""The keys of an installation, sealed with a passphrase: scrypt makes the key, ChaCha20-Poly1305 closes the box."""

import base64
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sri_admin.kernel.backup.errors import BackupError, DamagedError, PassphraseError
from sri_admin.kernel.i18n import gettext_lazy as _l

SHORTEST_PASSPHRASE = 12
_FORMAT = "sri-admin keys/1"
_COST, _BLOCK, _LANES = 2**16, 8, 1
_SALT_BYTES, _NONCE_BYTES = 16, 12


def seal(files: dict[str, bytes], passphrase: str) -> bytes:
    """Return the files by name, locked with a passphrase; BackupError if that is too short to protect them."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BackupError(
            _l("Choose a passphrase of at least 12 characters: it protects the keys of this installation.")
        )
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    inside = json.dumps({name: _text(content) for name, content in files.items()}).encode()
    head = {"format": _FORMAT, "n": _COST, "r": _BLOCK, "p": _LANES, "salt": _text(salt), "nonce": _text(nonce)}
    box = ChaCha20Poly1305(_key(passphrase, salt)).encrypt(nonce, inside, _bound(head))
    return json.dumps({**head, "box": _text(box)}).encode()


def unseal(sealed: bytes, passphrase: str) -> dict[str, bytes]:
    """Return the files of a sealed box; DamagedError if it is none, PassphraseError if it stays closed."""
    head, box = _parsed(sealed)
    salt, nonce = _bytes(head["salt"]), _bytes(head["nonce"])
    try:
        inside = ChaCha20Poly1305(_key(passphrase, salt)).decrypt(nonce, box, _bound(head))
    except InvalidTag:
        raise PassphraseError from None
    return {name: _bytes(content) for name, content in json.loads(inside).items()}


def _parsed(sealed: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        document = json.loads(sealed)
        box = _bytes(document.pop("box"))
        # The costs are ours: a box that asks for others could ask for all the memory there is.
        fits = document["format"] == _FORMAT and (document["n"], document["r"], document["p"]) == (
            _COST,
            _BLOCK,
            _LANES,
        )
        fits = fits and len(_bytes(document["salt"])) == _SALT_BYTES and len(_bytes(document["nonce"])) == _NONCE_BYTES
    except (ValueError, KeyError, TypeError, AttributeError):
        fits, document, box = False, {}, b""
    if not fits:
        raise DamagedError(_l("The file of keys is damaged or no file of keys. Take another copy of it."))
    return document, box


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_LANES).derive(passphrase.encode())


def _bound(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True).encode()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
