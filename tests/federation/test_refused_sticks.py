"""What an installation answers a stick it must not take: a stable code, and nothing it holds has changed."""

import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest

from sri_admin.federation.bundle.manifest import Manifest
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from tests.federation import sticks
from tests.federation import world as worlds
from tests.federation.sticks import with_parts
from tests.federation.world import Site, World
from tests.make import federation as make


class Stick(NamedTuple):
    """Files, and who is made to read them."""

    reader: Site
    files: list[Path]


class Carrier:
    """Somebody who carries sticks between node QM and the hub and does to them what a test lets it do."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.hub, self.node, self.other = world.hub, world.nodes["QM"], world.nodes["QN"]

    def there(self, change: Callable[[Manifest], Manifest], *, by: Site | None = None) -> Stick:
        """Change the manifest of the node's stick for the hub, signed by the node unless by another."""
        file = sticks.from_node(self.world, self.folder).files[0]
        return Stick(self.hub, [sticks.forged(by or self.node, file, change)])

    def back(self, *, by: Site) -> Stick:
        """Have the hub's stick for the node signed by another."""
        file = sticks.from_hub(self.world, self.folder).files[0]
        return Stick(self.node, [sticks.forged(by, file, as_it_is)])

    def file(self) -> Path:
        """Return where a file may be laid on the stick."""
        return self.folder / "x.sribundle"


def as_it_is(manifest: Manifest) -> Manifest:
    return manifest


def others_stream(it: Carrier) -> Stick:
    theirs = stream_name(MEMBER_OPS, it.world.members["QN"])
    return it.there(lambda found: with_parts(found, stream=theirs))


def of_another_copy(manifest: Manifest) -> Manifest:
    return manifest._replace(hello={**manifest.hello, "incarnation": str(uuid4())})


def in_anothers_name(manifest: Manifest) -> Manifest:
    return manifest._replace(hello={**manifest.hello, "node_id": str(uuid4())})


def mixed(it: Carrier) -> Stick:
    one, other = (sticks.from_node(it.world, it.folder / name, volume_bytes=300).files for name in ("one", "other"))
    return Stick(it.hub, [*one[:1], *other[1:]])


def of_paths(it: Carrier) -> Stick:
    with tarfile.open(it.file(), "w") as archive:
        archive.addfile(tarfile.TarInfo("../../../outside"))
    return Stick(it.hub, [it.file()])


def of_a_link(it: Carrier) -> Stick:
    it.file().symlink_to(sticks.from_node(it.world, it.folder).files[0])
    return Stick(it.hub, [it.file()])


def of_a_pipe(it: Carrier) -> Stick:
    os.mkfifo(it.file())
    return Stick(it.hub, [it.file()])


def growing(manifest: Manifest) -> Manifest:
    return with_parts(manifest, size=65 * manifest.parts[0].stored)


MESSAGES: dict[str, tuple[Callable[[Carrier], Stick], str]] = {
    "f53 volumes of two bundles": (mixed, "other_bundle"),
    "f53 an archive with a path in it": (of_paths, "not_a_bundle"),
    "f53 a link": (of_a_link, "not_a_bundle"),
    "f53 a pipe": (of_a_pipe, "not_a_bundle"),
    "f53 a folder": (lambda it: Stick(it.hub, [it.folder]), "not_a_bundle"),
    "no file": (lambda it: Stick(it.hub, []), "not_a_bundle"),
    "f53 a stick for another node": (
        lambda it: Stick(it.other, sticks.from_hub(it.world, it.folder).files),
        "wrong_reader",
    ),
    "f53 the hub's stick brought to the hub": (
        lambda it: Stick(it.hub, sticks.from_hub(it.world, it.folder).files),
        "wrong_reader",
    ),
    "f53 records of another country": (others_stream, "denied"),
    "a node's stick with a page of the hub": (
        lambda it: it.there(lambda found: with_parts(found, what="page")),
        "denied",
    ),
    "f53 a node's stick signed by another node": (lambda it: it.there(as_it_is, by=it.other), "unknown_key"),
    "f53 the hub's stick signed by a node": (lambda it: it.back(by=it.other), "unknown_key"),
    "f53 a stick of an unknown installation": (
        lambda it: it.there(lambda found: found._replace(writer=str(uuid4()))),
        "unknown_writer",
    ),
    "f53 more than 64-fold": (lambda it: it.there(growing), "too_inflated"),
    "f53 a part that grows beyond what it says": (
        lambda it: it.there(lambda found: with_parts(found, size=10)),
        "too_large",
    ),
    "f22 a stick in the name of another copy": (lambda it: it.there(of_another_copy), "denied"),
    "a stick in another's name": (lambda it: it.there(in_anothers_name), "bad_manifest"),
    "a stick that says nothing of its writer": (
        lambda it: it.there(lambda found: found._replace(hello={})),
        "bad_manifest",
    ),
    "a stick written on no day": (
        lambda it: it.there(lambda found: found._replace(at="2026-02-30T10:00:00Z")),
        "bad_manifest",
    ),
    "a stick with a part of no kind at all": (
        lambda it: it.there(lambda found: with_parts(found, what=[])),
        "bad_manifest",
    ),
    "a stick for another box": (lambda it: it.there(lambda found: found._replace(box="0" * 16)), "old_box"),
    "a stick locked with another key": (
        lambda it: it.there(lambda found: found._replace(ephemeral=bytes([9] * 32))),
        "bad_box",
    ),
}


@pytest.fixture(scope="module")
def settled(made_world: World) -> World:
    made_world.reset()
    for mark in range(2):
        make.visit(made_world.nodes["QM"], made_world.members["QM"], str(mark), note=os.urandom(400).hex())
    return made_world


@pytest.mark.parametrize("what", MESSAGES)
def test_a_stick_that_must_not_be_taken_gets_a_code_and_changes_nothing(
    settled: World, tmp_path: Path, what: str
) -> None:
    make_stick, code = MESSAGES[what]
    stick = make_stick(Carrier(settled, tmp_path))
    before = worlds.every_table(stick.reader)
    with pytest.raises(ProtocolError) as refused:
        sticks.read(stick.reader, stick.files)
    assert refused.value.code == code
    assert worlds.every_table(stick.reader) == before


def test_after_all_of_it_the_stick_as_it_was_written_is_taken(settled: World, tmp_path: Path) -> None:
    there, back = sticks.round_trip(settled, tmp_path)
    assert (there.changes, there.outcome.ok, back.outcome.ok) == (2, True, True)
