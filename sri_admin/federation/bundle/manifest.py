"""The signed manifest of a bundle: who wrote it for whom, which parts it holds, in which volumes (§13.2)."""

from collections.abc import Callable, Set
from typing import Any, Final, NamedTuple

from sri_admin.federation import limits
from sri_admin.federation.bundle.box import KEY_BYTES, BundleError, locked_size
from sri_admin.federation.checkpoint import KID_TEXT, from_base64url, to_base64url
from sri_admin.federation.lines import (
    HASH_TEXT,
    UUID_TEXT,
    JsonObject,
    LineError,
    encode,
    expect_fields,
    matching_text,
    moment_text,
    parse,
    stream_name,
)
from sri_admin.kernel.signing import SignatureError, SigningKey, VerifyKey

FORMAT: Final = 1
MOST_PARTS: Final = 2_000
MOST_VOLUMES: Final = 999
MOST_INFLATION: Final = 64
KINDS: Final = frozenset(
    {"page", "head", "batch", "receipt", "file", "snapshot", "snapshot-page", "rotation", "incarnation"}
)
GZIP: Final = "gzip"
PLAIN: Final = ""
_CODINGS: Final = frozenset({GZIP, PLAIN})
_DOMAIN: Final = f"{limits.PROTOCOL} bundle"


class Part(NamedTuple):
    """One page, batch, head or receipt, its lines as numbered in the stream, or bytes of a file; both its sizes.

    A page of a snapshot counts the lines of the snapshot.
    """

    what: str
    stream: str
    from_n: int
    to_n: int
    coding: str
    size: int
    stored: int
    sha256: str


class Volume(NamedTuple):
    """One file of a bundle: how much of the parts it holds, and its digest."""

    size: int
    sha256: str


class Manifest(NamedTuple):
    """What a bundle is; `hello` is what its writer would say over the network."""

    id: str
    writer: str
    reader: str
    at: str
    hello: JsonObject
    box: str
    ephemeral: bytes
    parts: tuple[Part, ...]
    volumes: tuple[Volume, ...]
    more: bool = False
    roots: tuple[bytes, ...] = ()


class Sealed(NamedTuple):
    """A manifest as it was found, its signature not yet checked."""

    manifest: Manifest
    payload: bytes
    kid: str
    signature: bytes

    def check(self, find_key: Callable[[str], VerifyKey | None]) -> Manifest:
        """Return the manifest once its signature fits; BundleError `unknown_key`, `bad_signature`."""
        key = find_key(self.kid)
        if key is None:
            raise BundleError("unknown_key", f"{self.kid} is no key of {self.manifest.writer}")
        try:
            key.verify(_DOMAIN, self.payload, signature=self.signature)
        except SignatureError as error:
            raise BundleError("bad_signature", error.detail) from error
        return self.manifest


def seal_manifest(manifest: Manifest, key: SigningKey) -> bytes:
    """Return the line of a manifest, signed by its writer."""
    payload = encode(_value(manifest))
    return encode(
        {"k": "b", "kid": key.kid, "p": to_base64url(payload), "sig": to_base64url(key.sign(_DOMAIN, payload))}
    )


def read_manifest(line: bytes) -> Sealed:
    """Read a manifest and check its form and its sums; BundleError `newer_bundle`, `bad_manifest`."""
    try:
        outer = parse(line)
        expect_fields(outer, {"k", "kid", "p", "sig"})
        if outer["k"] != "b":
            raise LineError("bad_field", "k")
        payload = from_base64url(outer["p"])
        value = parse(payload)
        if type(value.get("format")) is int and value["format"] > FORMAT:
            raise BundleError("newer_bundle", f"format {value['format']}, known here is {FORMAT}")
        manifest = _manifest_from(value)
        _check_sums(manifest)
        return Sealed(manifest, payload, matching_text(outer, "kid", KID_TEXT), from_base64url(outer["sig"]))
    except LineError as error:
        raise BundleError("bad_manifest", str(error)) from error


def _value(manifest: Manifest) -> JsonObject:
    value: JsonObject = {
        "format": FORMAT,
        **manifest._asdict(),
        "ephemeral": to_base64url(manifest.ephemeral),
        "parts": [each._asdict() for each in manifest.parts],
        "volumes": [each._asdict() for each in manifest.volumes],
        "roots": [to_base64url(each) for each in manifest.roots],
    }
    return value


def _manifest_from(value: JsonObject) -> Manifest:
    expect_fields(value, set(Manifest._fields) | {"format"})
    if value["format"] != FORMAT or type(value["format"]) is not int or type(value["more"]) is not bool:
        raise LineError("bad_field", "format")
    if type(value["hello"]) is not dict:
        raise LineError("bad_field", "hello")
    if type(value["roots"]) is not list:
        raise LineError("bad_field", "roots")
    ephemeral = from_base64url(value["ephemeral"])
    if len(ephemeral) != KEY_BYTES:
        raise LineError("bad_field", "ephemeral")
    return Manifest(
        id=matching_text(value, "id", UUID_TEXT),
        writer=matching_text(value, "writer", UUID_TEXT),
        reader=matching_text(value, "reader", UUID_TEXT),
        at=moment_text(value, "at"),
        hello=value["hello"],
        box=matching_text(value, "box", KID_TEXT),
        ephemeral=ephemeral,
        parts=tuple(_part(each) for each in _objects(value, "parts", most=MOST_PARTS)),
        volumes=tuple(_volume(each) for each in _objects(value, "volumes", most=MOST_VOLUMES)),
        more=value["more"],
        roots=tuple(from_base64url(each) for each in value["roots"]),
    )


def _part(value: JsonObject) -> Part:
    expect_fields(value, set(Part._fields))
    part = Part(
        what=_one_of(value, "what", KINDS),
        stream=stream_name(value, "stream"),
        from_n=_count(value, "from_n", most=limits.INTEGER_MAX),
        to_n=_count(value, "to_n", most=limits.INTEGER_MAX),
        coding=_one_of(value, "coding", _CODINGS),
        size=_count(value, "size", most=limits.BATCH_BYTES),
        stored=_count(value, "stored", most=locked_size(limits.BATCH_BYTES)),
        sha256=matching_text(value, "sha256", HASH_TEXT),
    )
    if part.size > MOST_INFLATION * part.stored or (part.coding == PLAIN and part.stored != locked_size(part.size)):
        raise BundleError("too_inflated", f"{part.stored} bytes would become {part.size}")
    return part


def _volume(value: JsonObject) -> Volume:
    expect_fields(value, set(Volume._fields))
    return Volume(_count(value, "size", most=limits.INTEGER_MAX), matching_text(value, "sha256", HASH_TEXT))


def _check_sums(manifest: Manifest) -> None:
    if not manifest.volumes or sum(each.stored for each in manifest.parts) != sum(
        each.size for each in manifest.volumes
    ):
        raise LineError("bad_field", "the volumes do not hold the parts")


def _objects(value: JsonObject, name: str, *, most: int) -> list[JsonObject]:
    found: Any = value[name]
    if not isinstance(found, list) or len(found) > most or not all(type(each) is dict for each in found):
        raise LineError("bad_field", name)
    return found


def _one_of(value: JsonObject, name: str, known: Set[str]) -> str:
    found = value[name]
    if type(found) is not str or found not in known:
        raise LineError("bad_field", name)
    return found


def _count(value: JsonObject, name: str, *, most: int) -> int:
    number = value[name]
    if type(number) is not int or not 0 <= number <= most:
        raise LineError("bad_field", name)
    return number
