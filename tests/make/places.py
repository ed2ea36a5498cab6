"""A country with one of everything an address can name, and visitors who must not see it."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.federation.bundle import carrying
from sri_admin.federation.enrolment_models import Enrolment, EnrolmentCode, EnrolmentState, Node, NodeState
from sri_admin.federation.snapshot_models import SnapshotState, SyncSnapshot
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel import actor, clock, ids, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.sheets import FileFormat
from sri_admin.members.operations.exports import ask_for_export
from sri_admin.members.operations.imports import begin_import
from sri_admin.members.rules.member import MemberState
from sri_admin.members.rules.sheets import SheetKind
from sri_admin.people.models import AccountSession, PersonalToken
from sri_admin.people.rules import Role
from tests.make import files, findings, integrity, localization, materials, meetings, members, reporting
from tests.make.people import Person, browser, person

SECOND_PLACE, THIRD_PLACE = {"QM": "QP", "QN": "QR"}, {"QM": "QS", "QN": "QT"}
FOURTH_PLACE = {"QM": "QU", "QN": "QV"}


def furnished(app: Flask, code: str) -> dict[str, Any]:
    """Make a licensed country and return one id of everything in it, by the name addresses give it."""
    place = members.member(code, MemberState.LICENSED)
    somebody = person(Role.COORDINATOR, place, display_name=f"Kim of {code}")
    browser(app, somebody)
    code_id, enrolment_id, node_id = node(place)
    with app.app_context():
        signed_id = members.signed(place, territories=[FOURTH_PLACE[code]])
        copy = files.signed_copy(place, signed_id)
        release_id = materials.furnished()
        localization.furnished(place)
        of_meetings = meetings.furnished(place, code, somebody.account_id)
        proposal_id = reporting.furnished(place)
        assessed = integrity.furnished(place)
        found = findings.furnished(place, assessed["cycle_id"])
    return {
        "member": place,
        "agreement_id": members.offered(place, territories=[SECOND_PLACE[code]]),
        "signed_id": signed_id,
        "draft_id": members.draft(place, territories=[THIRD_PLACE[code]]),
        "holder_id": members.office_holder(place, display_name=f"Sam of {code}"),
        "person_id": somebody.account_id,
        "mandate_id": somebody.mandate_id,
        "ended_id": session_of(somebody.account_id),
        "key_id": program_key(somebody),
        "code_id": code_id,
        "enrolment_id": enrolment_id,
        "node_id": node_id,
        "export_id": export(),
        "import_id": import_(),
        "stick_id": stick(members.hub(), node_id),
        "file_id": copy.id,
        "sha256": copy.sha256,
        "release_id": release_id,
        "proposal_id": proposal_id,
        "snapshot_id": snapshot(place),
        **of_meetings,
        **assessed,
        **found,
    }


def export() -> UUID:
    """Make an export of the countries by a director and return its id."""
    hub_id, director = members.hub(), members.actor()
    manner = {"format": FileFormat.CSV, "separator": ",", "marked": True}
    values = {"kind": SheetKind.MEMBERS, **manner}
    return members.writing(hub_id, lambda: ask_for_export(director, hub_id, values=values).id)


def import_() -> UUID:
    """Make an import of a file nobody read yet by a director and return its id."""
    hub_id, director = members.hub(), members.actor()
    values = {"kind": SheetKind.MEMBERS, "file_name": "QM.csv", "content": b"code,name"}
    return members.writing(hub_id, lambda: begin_import(director, hub_id, values=values).id)


def stick(own: UUID, node_id: UUID | None = None) -> UUID:
    """Ask for a stick, at the hub for a node, and return its id."""
    asked = {"id": ids.new(), "size": 16}

    def act() -> UUID:
        node = db.session.get_one(Node, node_id) if node_id else None
        return carrying.ask_for_stick(actor.system("test"), node, values=asked).id

    return members.writing(own, act)


def snapshot(member_id: UUID) -> UUID:
    """Make a fresh copy of what a member works on that waits for a person, and return its id."""
    made = SyncSnapshot(
        member_id=member_id,
        id=ids.new(),
        stream=stream_name(MEMBER_OPS, member_id),
        state=SnapshotState.ASKING,
        manifest=b"{}",
        records=1200,
        held=1200,
        total=b"",
        removes=300,
        standing=900,
    )
    with transaction.writing(tenancy.only(member_id)):
        db.session.add(made)
        return made.id


def program_key(somebody: Person) -> UUID:
    """Make a key for a program of somebody and return its id."""
    made = PersonalToken(
        id=ids.new(),
        account_id=somebody.account_id,
        mandate_id=somebody.mandate_id,
        name="Newsletter",
        token_hash=ids.new().bytes,
        ends_on=clock.today(),
    )
    with transaction.writing(tenancy.NOWHERE):
        db.session.add(made)
        return made.id


def session_of(account_id: UUID) -> UUID:
    """Return the id of a session somebody has."""
    with transaction.reading(tenancy.NOWHERE):
        return db.session.scalars(sa.select(AccountSession.id).where(AccountSession.account_id == account_id)).one()


def node(member_id: UUID) -> tuple[UUID, UUID, UUID]:
    """Make a node of a member with a further request that waits; return the ids of code, request and node."""
    code_id, enrolment_id, node_id = ids.new(), ids.new(), ids.new()
    incarnation, now = ids.new(), clock.now()
    keys: dict[str, Any] = {"incarnation": incarnation, "sign_key": bytes(32), "auth_key": {"kty": "OKP"}}
    rows = [
        EnrolmentCode(
            id=code_id,
            member_id=member_id,
            hint=code_id.hex[-6:],
            key=bytes(32),
            issued_by="system:test",
            expires_at=now,
        ),
        Enrolment(
            id=enrolment_id,
            code_id=code_id,
            member_id=member_id,
            node_id=ids.new(),
            software="sri-admin/0",
            state=EnrolmentState.PENDING,
            **keys,
        ),
        Node(id=node_id, member_id=member_id, state=NodeState.ACTIVE, **keys),
    ]
    with transaction.writing(tenancy.NOWHERE):
        for row in rows:
            db.session.add(row)
            db.session.flush()
    return code_id, enrolment_id, node_id


def visitor(app: Flask, role: Role | None, place: UUID) -> FlaskClient:
    """Return the browser of somebody with a role for a member, or of nobody."""
    return browser(app, person(role, place)) if role else app.test_client()
