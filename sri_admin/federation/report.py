"""What pages and the command line ask about connections; runs in the caller's reading transaction."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import url_for

from sri_admin.federation import (
    behind,
    contact,
    control,
    enrolment,
    files,
    floors,
    freshness,
    grants,
    key_words,
    kinds,
    shown,
    status,
    streams,
    version_words,
    versions,
)
from sri_admin.federation.enrolment_models import EnrolmentState, HubContact, HubLink, Node, NodeContact, NodeState
from sri_admin.federation.models import SyncStream
from sri_admin.federation.overview import Connection, FileState, StreamState
from sri_admin.federation.versions import Difference
from sri_admin.kernel import installation, tenancy
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Tenant, TenantKind


@contextmanager
def seeing_hub() -> Iterator[None]:
    """Let the open transaction read the hub's streams as well: how they stand concerns everybody here."""
    session = db.session()
    reach, hub = tenancy.reach_of(session), db.session.scalar(sa.select(Tenant.id).where(Tenant.kind == TenantKind.HUB))
    tenancy.confine(session, replace(reach, members=reach.members | ({hub} if hub else set())))
    try:
        yield
    finally:
        tenancy.confine(session, reach)


def of_hub_link() -> Connection:
    """Return this node's connection with its hub."""
    link, own = db.session.scalar(sa.select(HubLink)), installation.identity().tenant_id
    if link is None or link.state is not EnrolmentState.APPROVED:
        return Connection(trouble="not_enrolled")
    last = contact.with_hub()
    with seeing_hub():
        streams, aside = status.streams(), status.set_aside(None)
        on_their_way = [_file(each) for each in files.lacking()]
        demands = floors.unmet(kinds.versions())
    if last is None:
        return Connection(member_id=own, streams=streams, set_aside=aside, files=on_their_way)
    return Connection(
        member_id=own,
        reached_at=last.reached_at,
        complete_at=last.finished_at,
        running_since=last.running_since,
        word_age=freshness.of(last).age,
        by_stick=last.by_stick,
        trouble=last.code,
        detail=last.detail or "",
        streams=[replace(each, trouble=last.code) if each.stream == last.stream else each for each in streams],
        set_aside=aside,
        files=on_their_way,
        software=last.software,
        differences=_differences(last),
        demands=demands,
    )


def _differences(last: HubContact | NodeContact | None) -> list[Difference]:
    # What the other side said last is compared with what our program is now, which may be another one since then.
    told = last.schemas if last else None
    return versions.compare(kinds.versions(), told, last.differs_since) if last and told is not None else []


def of_node(node: Node) -> Connection:
    """Return the hub's connection with a node."""
    return of_all([node])[node.id]


def of_all(nodes: Sequence[Node]) -> dict[UUID, Connection]:
    """Return the hub's connections with nodes, by node."""
    told = contact.of_nodes()
    with seeing_hub():
        here = {row.name: row for row in streams.here()}
        used = [node for node in nodes if enrolment.is_in_use(node)]
        read = {node.id: [here[name] for name in _reads(node.member_id) if name in here] for node in used}
        waiting = behind.states(read, told)
    return {node.id: _of_node(node, told.get(node.id), waiting.get(node.id, []), here.values()) for node in nodes}


def _reads(member_id: UUID) -> list[str]:
    # Of its member's own streams a node reads those that are written at the hub.
    return sorted({*control.readable(member_id), *grants.names_of(member_id)})


def _of_node(
    node: Node, last: NodeContact | None, waiting: list[StreamState], here: Iterable[SyncStream]
) -> Connection:
    fenced = "duplicate_writer" if node.state is NodeState.FENCED else None
    demands = floors.unmet(last.schemas) if last and last.schemas is not None else []
    below = last and floors.held_back(grants.names_of(node.member_id), last.schemas or {})
    return Connection(
        member_id=node.member_id,
        reached_at=last.at if last else None,
        complete_at=last.at if last else None,
        by_stick=bool(last and last.by_stick),
        trouble=fenced or (last.trouble if last else None) or (floors.BELOW if below and demands else None),
        streams=[*(_against(each, last) for each in status.sent_by(node.member_id, here)), *waiting],
        set_aside=status.set_aside(node.member_id),
        software=last.software if last else None,
        differences=_differences(last),
        demands=demands,
    )


def _file(each: files.Wanted) -> FileState:
    last = each.trouble
    code, again_at = (last.code, last.not_before) if last else (None, None)
    return FileState(size=each.size, held=each.held, code=code, again_at=again_at)


def _against(each: StreamState, last: NodeContact | None) -> StreamState:
    # The hub knows of lines that did not arrive only what the node said of itself.
    told = last.heads.get(each.stream, 0) if last else 0
    missing = max(each.waiting, told - each.n)
    return replace(each, head=max(each.head, told), waiting=missing, equal=each.equal and not missing)


def software_of(node_id: UUID) -> str | None:
    """Return which program a node last said it is."""
    last = contact.of_nodes().get(node_id)
    return last.software if last else None


def count_pending(_actor: Actor) -> int:
    """Count the requests that wait for a decision."""
    return len(enrolment.pending())


def count_set_aside(_actor: Actor) -> int:
    """Count the records here that wait for a person."""
    with seeing_hub():
        return len(status.set_aside(None))


def shell_sync(_member_id: UUID, _on: date) -> dict[str, Any] | None:
    """Say in the top bar of a node when it is not in step; nothing when it is."""
    if installation.identity().role != "node":
        return None
    found = of_hub_link()
    if found.is_green:
        return None
    family, label = shown.state(found)
    return {"family": family, "label": label, "url": url_for("federation.connection_show")}


def shell_silence(_member_id: UUID, _on: date) -> dict[str, Any] | None:
    """Say on every page of a node that the hub has been silent for long, or that it demands an update; else nothing."""
    if installation.identity().role != "node":
        return None
    with seeing_hub():
        demands = floors.unmet(kinds.versions())
    text = key_words.silence(freshness.known()) or version_words.due_soon(demands)
    return {"text": text, "url": url_for("federation.connection_show")} if text else None
