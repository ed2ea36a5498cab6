"""Bundles: what would go over the network, as locked files for one reader (§13)."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.federation.third_party import formats, trust
from tests.federation.third_party.client import Client
from tests.federation.third_party.formats import RefusedError, Values
from tests.federation.third_party.store import Place
from tests.federation.third_party.talk import API

_FRAME, _TAG = 65_536, 16
_MOST_PART, _MOST_TIMES = 8 * 1_048_576, 64


@dataclass(frozen=True)
class Lock:
    """What the parts of one bundle are locked with: the secret of two keys, and the salt they give."""

    secret: bytes
    salt: bytes

    @staticmethod
    def of(own: X25519PrivateKey, other: bytes, *, bundle: bytes, reader: bytes) -> "Lock":
        """Agree on a secret: by the bundle's key to write, by the reader's to read."""
        return Lock(own.exchange(X25519PublicKey.from_public_bytes(other)), bundle + reader)

    def locked(self, number: int, content: bytes) -> bytes:
        """Lock a part."""
        frames = [content[at : at + _FRAME] for at in range(0, len(content), _FRAME)] or [b""]
        cipher = self._cipher(number)
        return b"".join(
            cipher.encrypt(_nonce(at, last=at == len(frames) - 1), frame, None) for at, frame in enumerate(frames)
        )

    def opened(self, number: int, locked: bytes) -> bytes:
        """Open a part."""
        size = _FRAME + _TAG
        frames = [locked[at : at + size] for at in range(0, len(locked), size)]
        cipher = self._cipher(number)
        try:
            return b"".join(
                cipher.decrypt(_nonce(at, last=at == len(frames) - 1), frame, None) for at, frame in enumerate(frames)
            )
        except InvalidTag as error:
            raise RefusedError("bad_box") from error

    def _cipher(self, number: int) -> ChaCha20Poly1305:
        info = f"sri-sync/1 bundle-part\n{number}".encode()
        return ChaCha20Poly1305(HKDF(SHA256(), 32, salt=self.salt, info=info).derive(self.secret))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


def tell_box_key(client: Client) -> None:
    """Tell the hub the key that bundles for this node are to be locked with (§11.6)."""
    keys = client.me.keys
    public = formats.to_text(keys.box_public)
    payload = formats.encode({"kind": "box_key", "node": client.me.node, "public": public})
    paper = {"p": formats.to_text(payload), "sig": formats.sign(keys.sign, "box-key", payload)}
    told = client.hub.post(f"{API}/box-key", paper).values
    if told["box_key"] != formats.kid_of(keys.box_public):
        raise RefusedError("not_a_hub", "another box key")


def write(client: Client, file: Path) -> None:
    """Write what the hub has not receipted of the own streams, for the hub alone."""
    hub = client.store.get("hub")["node_id"]
    box = _box_key(client, hub)
    bundle = X25519PrivateKey.generate()
    ephemeral = bundle.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    lock = Lock.of(bundle, box, bundle=ephemeral, reader=box)
    parts, content = list[Values](), b""
    for number, (stream, place, lines) in enumerate(_waiting(client)):
        body = b"".join(line + b"\n" for line in lines)
        locked = lock.locked(number, body)
        numbers = {"from_n": place.n - len(lines) + 3, "to_n": place.n}  # without header and checkpoint
        parts.append({"what": "batch", "stream": stream, **numbers, "coding": "", **_sizes(body, locked)})
        content += locked
    manifest = {
        "format": 1,
        "id": str(uuid4()),
        "writer": client.me.node,
        "reader": hub,
        "at": client.me.moment(),
        "hello": client.said(),
        "box": formats.kid_of(box),
        "ephemeral": formats.to_text(ephemeral),
        "parts": parts,
        "volumes": [{"size": len(content), "sha256": formats.sha256(content).hex()}],
        "more": False,
        "roots": [],
    }
    sealed = formats.seal(client.me.keys.sign, manifest, domain="bundle", k="b")
    file.write_bytes(b"sri-bundle 1 1\n" + sealed + b"\n" + content)


def _sizes(body: bytes, locked: bytes) -> Values:
    return {"size": len(body), "stored": len(locked), "sha256": formats.sha256(locked).hex()}


def _box_key(client: Client, holder: str) -> bytes:
    keys = [each for each in client.store.newest("federation.box_key").values() if each["d"]["holder_id"] == holder]
    if not keys:
        raise RefusedError("no_box_key")
    return formats.to_bytes(max(keys, key=lambda each: each["n"])["d"]["public_key"])


def _waiting(client: Client) -> Iterator[tuple[str, Place, list[bytes]]]:
    for place in client.store.places():
        if place.stream.startswith("member."):
            receipt = client.store.get(f"receipt {place.stream}", {"epoch": place.epoch, "n": 0})
            after = receipt["n"] if receipt["epoch"] == place.epoch else 0
            if after < place.n:
                yield place.stream, place, client.writer.batch(place, after=after)


def read(client: Client, file: Path) -> dict[str, str]:
    """Take what the hub wrote for this node; return the streams that stood still, with their codes."""
    manifest, content = _opened(client, file)
    ephemeral = formats.to_bytes(manifest["ephemeral"])
    if manifest["box"] != formats.kid_of(client.me.keys.box_public):
        raise RefusedError("old_box")
    lock = Lock.of(client.me.keys.box, ephemeral, bundle=ephemeral, reader=client.me.keys.box_public)
    trouble, at = dict[str, str](), 0
    for number, part in enumerate(manifest["parts"]):
        locked, at = content[at : at + part["stored"]], at + part["stored"]
        if formats.sha256(locked).hex() != part["sha256"]:
            raise RefusedError("damaged_volume")
        try:
            _take(client, part, _unpacked(part, lock.opened(number, locked)))
        except RefusedError as error:
            trouble.setdefault(part["stream"], error.code)
    return trouble


def _opened(client: Client, file: Path) -> tuple[Values, bytes]:
    first, line, content = file.read_bytes().split(b"\n", 2)
    if first != b"sri-bundle 1 1":
        raise RefusedError("not_a_bundle")
    sealed = formats.decode(line)
    payload = formats.to_bytes(sealed["p"])
    manifest = formats.decode(payload)
    client.follow([formats.to_bytes(each) for each in manifest["roots"]])
    public = trust.hub_keys(client.store).get(sealed["kid"])
    if public is None:
        raise RefusedError("unknown_key")
    formats.verify(public, "bundle", payload, sealed["sig"])
    if manifest["reader"] != client.me.node:
        raise RefusedError("wrong_reader")
    if manifest["writer"] != client.store.get("hub")["node_id"]:
        raise RefusedError("unknown_writer")
    volumes: Sequence[Values] = manifest["volumes"]
    if len(volumes) != 1:
        raise RefusedError("missing_volume", "this client reads bundles of one file")
    if (len(content), formats.sha256(content).hex()) != (volumes[0]["size"], volumes[0]["sha256"]):
        raise RefusedError("damaged_volume")
    return manifest, content


def _unpacked(part: Values, body: bytes) -> bytes:
    if part["size"] > min(_MOST_PART, _MOST_TIMES * part["stored"]):
        raise RefusedError("too_inflated")
    return gzip.decompress(body) if part["coding"] == "gzip" else body


def _take(client: Client, part: Values, body: bytes) -> None:
    if part["what"] == "page":
        client.reader.take_page(part["stream"], body)
    elif part["what"] == "receipt":
        client.writer.receipt_of(part["stream"], body.strip())
    elif part["what"] == "file":
        line, content = body.split(b"\n", 1)
        client.reader.take_piece(formats.decode(line), content, part["from_n"], folder=client.folder)
