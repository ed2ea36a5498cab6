"""A stick between the installations of a world: written at one, read at another, sometimes tampered with."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sri_admin.federation import enrolment, keys
from sri_admin.federation.bundle import manifest as manifests
from sri_admin.federation.bundle import reading, volumes, writing
from sri_admin.federation.bundle.box import BundleError
from sri_admin.federation.bundle.manifest import Manifest
from sri_admin.federation.bundle.reading import Taken
from sri_admin.federation.bundle.writing import Written
from sri_admin.federation.enrolment_models import Node
from sri_admin.kernel import tenancy, transaction
from tests.federation.world import Site, World

MIB = 1024 * 1024


def quiet(_done: int, _whole: int) -> None:
    """Say nothing of the progress."""


def node_of(world: World, code: str) -> Node:
    """Return a node as the hub knows it."""

    def find() -> Node:
        with transaction.reading(tenancy.NOWHERE):
            node = enrolment.node_of(world.members[code])
            assert node is not None
            transaction.detach(node)
            return node

    return world.hub.do(find)


def from_node(world: World, folder: Path, code: str = "QM", *, volume_bytes: int = 100 * MIB) -> Written:
    """Write a stick at a node."""
    return world.nodes[code].do(lambda: writing.for_hub(folder, volume_bytes=volume_bytes, progress=quiet))


def from_hub(world: World, folder: Path, code: str = "QM", *, volume_bytes: int = 100 * MIB) -> Written:
    """Write a stick at the hub for a node."""
    node = node_of(world, code)
    return world.hub.do(lambda: writing.for_node(node, folder, volume_bytes=volume_bytes, progress=quiet))


def read(site: Site, files: Sequence[Path]) -> Taken:
    """Read a stick."""
    return site.do(lambda: reading.read(files, progress=quiet))


def round_trip(world: World, folder: Path, code: str = "QM") -> tuple[Taken, Taken]:
    """Carry a stick from a node to the hub and back."""
    there = read(world.hub, from_node(world, folder, code).files)
    return there, read(world.nodes[code], from_hub(world, folder, code).files)


def forged(site: Site, file: Path, change: Callable[[Manifest], Manifest]) -> Path:
    """Change the manifest of a stick of one file and sign it anew with a site's own key."""
    first, line, content = file.read_bytes().split(b"\n", 2)
    changed = change(manifests.read_manifest(line).manifest)
    sealed = site.do(lambda: manifests.seal_manifest(changed, keys.own_key()))
    file.write_bytes(b"\n".join((first, sealed, content)))
    return file


def spoil(file: Path, at: int, content: bytes) -> None:
    """Overwrite some bytes of a file, counted from its end if negative."""
    data = bytearray(file.read_bytes())
    at %= len(data)
    data[at : at + len(content)] = content
    file.write_bytes(bytes(data))


def fixed(number: int) -> UUID:
    """Return an id that is the same in every run."""
    return UUID(int=number)


def node_of_here(member_id: UUID) -> Node:
    """Return the node of a member inside the hub's open transaction."""
    node = enrolment.node_of(member_id)
    assert node is not None
    return node


def manifest_of(file: Path) -> Manifest:
    """Return the manifest of a stick."""
    return manifests.read_manifest(file.read_bytes().split(b"\n", 2)[1]).manifest


def read_folder(site: Site, folder: Path) -> list[int]:
    """Read everything in a folder that is for an installation, as its command does; return the changes of each."""
    taken: list[int] = []
    for files in volumes.find(folder):
        try:
            taken.append(read(site, files).changes)
        except BundleError as error:
            if error.code != "wrong_reader":
                raise
    return taken


def with_parts(manifest: Manifest, **changed: Any) -> Manifest:
    """Return a manifest that tells something else about each of its parts."""
    return manifest._replace(parts=tuple(each._replace(**changed) for each in manifest.parts))
