"""Whom the client believes: root files, the control keys they name, and the lives of keys (§5.5, §8)."""

from typing import Any

from tests.federation.third_party import formats
from tests.federation.third_party.formats import RefusedError, Values
from tests.federation.third_party.store import Store


def first_root(file: bytes, digits: str) -> None:
    """Refuse a first root file that does not fit the digits of the invitation."""
    payload = _payload(file)
    if formats.digits("root-fingerprint", payload) != digits:
        raise RefusedError("wrong_fingerprint")
    values = formats.decode(payload)
    _signed(file, values)


def next_root(trusted: bytes, file: bytes) -> None:
    """Refuse a root file that does not follow the trusted one."""
    before, after = (formats.decode(_payload(each)) for each in (trusted, file))
    if after["version"] != before["version"] + 1:
        raise RefusedError("root_gap")
    _signed(file, before)
    _signed(file, after)


def version_of(file: bytes) -> int:
    """Return the version of a root file."""
    return int(formats.decode(_payload(file))["version"])


def _payload(file: bytes) -> bytes:
    try:
        return formats.to_bytes(formats.decode(file)["p"])
    except (RefusedError, KeyError) as error:
        raise RefusedError("bad_root") from error


def _signed(file: bytes, by: Values) -> None:
    payload, good = _payload(file), set[str]()
    keys = _named(by["keys"])
    for each in formats.decode(file)["signatures"]:
        if each["kid"] in keys:
            formats.verify(keys[each["kid"]], "root", payload, each["sig"])
            good.add(each["kid"])
    if len(good) < by["threshold"]:
        raise RefusedError("root_threshold")


def _named(keys: list[Any]) -> dict[str, bytes]:
    named = {each["kid"]: formats.to_bytes(each["public"]) for each in keys}
    if any(formats.kid_of(public) != kid for kid, public in named.items()):
        raise RefusedError("bad_root")
    return named


def hub_keys(store: Store) -> dict[str, bytes]:
    """Return the control keys the root in force names."""
    newest: str = store.get("roots")[-1]
    return _named(formats.decode(_payload(newest.encode()))["control_keys"])


def check_life(store: Store, sealed: bytes, head: Values) -> None:
    """Refuse the word of a control key beyond the end of its life (§8.4)."""
    kid = formats.decode(sealed)["kid"]
    for each in store.newest("federation.control_key").values():
        ends = each["d"].get("ends")
        if each["d"]["kid"] == kid and ends is not None:
            last = ends.get(head["stream"])
            if last is None or [head["epoch"], head["n"]] > last:
                raise RefusedError("unknown_key", "its life is over")
