"""Whether hub and nodes hold the same: every stream at every reader, compared in the databases themselves."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from sri_admin.cli.demo.fill import tenants
from sri_admin.federation import control, report
from sri_admin.federation.models import SyncLine, SyncStream
from sri_admin.federation.streams import here
from sri_admin.kernel import installation, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.members.models.member import Member

_ORDER = ("hub.control", "hub.registry", "hub.member.", "member.", "hub.language.", "hub.materials.")


@dataclass(frozen=True)
class Held:
    """What one installation holds of a stream: which log, how many lines, and a digest of every chain value."""

    log: str
    head: int
    chain: bytes
    chains: str


@dataclass(frozen=True)
class Compared:
    """One stream at one reader."""

    name: str
    node: str
    hub_head: int
    node_head: int
    chains_equal: bool


@dataclass(frozen=True)
class Proof:
    """What was compared, and whether all of it is in step."""

    members: int
    streams: list[Compared]
    greens: list[bool]

    @property
    def holds(self) -> bool:
        """Say whether everything went over, and both sides say so themselves."""
        return all(each.chains_equal for each in self.streams) and all(self.greens)

    def changes(self) -> dict[str, int]:
        """Count the changes that went over, by direction."""
        to_hub = sum(each.hub_head for each in self.streams if each.name.startswith("member."))
        to_nodes = sum(each.node_head for each in self.streams if each.name.startswith("hub."))
        return {"to_hub": to_hub, "to_nodes": to_nodes}

    def to_dict(self) -> dict[str, Any]:
        """Return the proof for machines."""
        return {
            "members": self.members,
            "streams": [asdict(each) for each in self.streams],
            "changes": self.changes(),
        }


def prove(hub: Flask, nodes: dict[str, Flask]) -> Proof:
    """Compare every stream of every node with the hub's."""
    streams, greens = [], []
    for key, node in nodes.items():
        with node.app_context():
            identity, there = installation.identity(), _held()
            assert identity.tenant_id is not None
            with transaction.reading(tenancy.everywhere(tenants())):
                greens.append(report.of_hub_link().is_green)
        with hub.app_context():
            held = _held()
            names = sorted({*_open_to(identity.id, identity.tenant_id).intersection(held), *there}, key=_order)
            streams += [_compared(name, key, held.get(name), there.get(name)) for name in names]
    with hub.app_context():
        readable = _readable()
        count = _count_members()
    named = [
        Compared(readable(each.name), each.node, each.hub_head, each.node_head, each.chains_equal) for each in streams
    ]
    return Proof(count, named, greens)


def _open_to(node_id: UUID, member_id: UUID) -> set[str]:
    """Return every stream the hub lets a node read or write."""
    with transaction.reading(tenancy.everywhere(tenants())):
        return set(control.access(node_id, member_id))


def _order(name: str) -> tuple[int, str]:
    """Put the streams of every node first, then its member's, then those of languages and materials."""
    return next(place for place, each in enumerate(_ORDER) if name.startswith(each)), name


def _held() -> dict[str, Held]:
    with transaction.reading(tenancy.everywhere(tenants())):
        return {row.name: _one(row) for row in here()}


def _one(row: SyncStream) -> Held:
    chains = sa.select(SyncLine.chain).where(
        SyncLine.member_id == row.member_id, SyncLine.stream_id == row.id, SyncLine.epoch == row.epoch
    )
    digest = hashlib.sha256(b"".join(db.session.scalars(chains.order_by(SyncLine.n)))).hexdigest()
    return Held(f"{row.log_id}/{row.epoch}", row.n, row.chain, digest)


def _compared(name: str, key: str, here: Held | None, there: Held | None) -> Compared:
    heads = (here.head if here else 0, there.head if there else 0)
    return Compared(name, key, *heads, here is not None and here == there)


def _readable() -> Any:
    with transaction.reading(tenancy.everywhere(tenants())):
        codes = {str(each.id): each.code for each in db.session.scalars(sa.select(tenancy.Tenant))}

    def readable(name: str) -> str:
        return ".".join(codes.get(part, part) for part in name.split("."))

    return readable


def _count_members() -> int:
    with transaction.reading(tenancy.everywhere(tenants())):
        return db.session.scalar(sa.select(sa.func.count()).select_from(Member)) or 0
