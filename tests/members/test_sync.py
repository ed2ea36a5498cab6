"""Which records of the member file travel, and what an installation that does not write them may do."""

from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from sri_admin.federation.events import NodeApproved
from sri_admin.federation.models import SyncLine
from sri_admin.kernel import ids, tenancy, transaction
from sri_admin.kernel.actor import system
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ElsewhereError
from sri_admin.kernel.text import Text
from sri_admin.kernel.work import announce
from sri_admin.members.jobs import cards as jobs
from sri_admin.members.models.agreement import Agreement
from sri_admin.members.models.member import Member
from sri_admin.members.operations import members
from sri_admin.members.rules.agreement import AgreementState
from sri_admin.members.rules.member import Hosting, MemberState, Transition
from sri_admin.members.sync import KINDS, MEMBER
from tests.make import files, people
from tests.make import members as make

_AT_HOME = {"member_id", "search", "full_name", "private_email", "private_phone", "created_at", "version"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_schema_names_columns_and_nothing_that_stays_at_home(kind: object) -> None:
    assert isinstance(kind, type(MEMBER))
    assert kind.accepts
    fields = set(kind.schema().fields)
    assert fields <= set(kind.table.columns.keys())
    assert not fields & _AT_HOME
    needed = {c.key for c in kind.table.columns if not c.nullable and c.server_default is None} - _AT_HOME - {"id"}
    assert needed <= fields


def agreement_of(member_id: UUID) -> UUID:
    with transaction.reading(tenancy.only(member_id)):
        return db.session.scalars(sa.select(Agreement.id)).one()


@pytest.mark.usefixtures("database")
def test_everything_the_operations_write_passes_its_own_wire_check() -> None:
    member_id, director, hub_id = make.member("QM", MemberState.SUSPENDED), make.actor(), make.hub()
    make.office_holder(member_id, phone="+49 30 1234567")
    entity = {"name": "Example e.V.", "form": "association", "country": "QM", "starts_on": date(2020, 1, 1)}
    make.writing(member_id, lambda: members.enter_legal_entity(director, make.found(member_id), values=entity))
    jobs.refresh_card(system(jobs.REFRESH_CARD), member_id=hub_id, card_id=member_id)
    files.signed_copy(member_id, agreement_of(member_id))
    make.block(member_id, ids.new())
    with transaction.reading(tenancy.everywhere([member_id, hub_id])):
        seen = set()
        for kind in KINDS:
            for row in db.session.scalars(sa.select(kind.model)):
                assert kind.accepts(kind.payload(row)), kind.name
                seen.add(kind.name)
    assert seen == {kind.name for kind in KINDS} - {"members.agreement_event"}


@pytest.mark.usefixtures("database")
def test_a_step_travels_as_the_member_and_its_event_in_one_transaction() -> None:
    member_id = make.member("QM")
    make.step(member_id, Transition.APPLY)
    with transaction.reading(tenancy.only(member_id)):
        lines = db.session.execute(sa.select(SyncLine.kind, SyncLine.rev, SyncLine.ends).order_by(SyncLine.n)).all()
    assert [tuple(line) for line in lines] == [
        ("members.member", 1, True),
        ("members.member", 2, False),
        ("members.member_event", 1, True),
    ]


@pytest.mark.usefixtures("database")
def test_a_card_that_goes_leaves_a_tombstone() -> None:
    member_id, director, hub_id = make.member("QM"), make.actor(), make.hub()
    doer = system(jobs.REFRESH_CARD)
    jobs.refresh_card(doer, member_id=hub_id, card_id=member_id)
    hidden = {"listing": "hidden"}
    make.writing(member_id, lambda: members.describe_member(director, make.found(member_id), values=hidden))
    jobs.refresh_card(doer, member_id=hub_id, card_id=member_id)
    jobs.refresh_card(doer, member_id=hub_id, card_id=member_id)
    with transaction.reading(tenancy.only(hub_id)):
        lines = db.session.scalars(sa.select(SyncLine.line).where(SyncLine.rec == member_id).order_by(SyncLine.n))
        told = [line for line in lines if b"members.card" in line]
    assert len(told) == 2
    assert b'"del"' in told[1]


@pytest.mark.usefixtures("database")
def test_the_hub_does_not_write_what_a_node_writes() -> None:
    member_id = make.member("QM")
    make.move_to_node(member_id)
    with pytest.raises(ElsewhereError):
        make.office_holder(member_id)


@pytest.mark.usefixtures("database")
def test_an_approved_node_moves_the_member_there() -> None:
    member_id = make.member("QM")
    happened = NodeApproved(member_id=member_id, subject=ids.new(), fingerprint="0" * 64)
    make.writing(member_id, lambda: announce(system("test"), happened))
    with transaction.reading(tenancy.only(member_id)):
        assert make.found(member_id).hosting is Hosting.NODE


@pytest.mark.usefixtures("node_database")
def test_at_a_node_the_agreement_is_read_and_the_page_says_who_keeps_it(node_app: Flask) -> None:
    member_id = people.country("QM")
    with transaction.writing(tenancy.only(member_id)):
        db.session.add(_received_member(Member, member_id))
        db.session.add(_received_agreement(Agreement, member_id))
    board = people.browser(node_app, people.person("chair", member_id))
    page = board.get("/countries/QM/agreement").get_data(as_text=True)
    assert "SRI keeps this record at the hub." in page
    assert "QM-2026-01" in page
    assert board.get("/countries").status_code == 404
    assert board.get("/api/v1/members").status_code == 404
    assert board.get("/api/v1/members/QM/agreements").status_code == 200


def _received_member(model: type[Member], member_id: object) -> Member:
    said = {name: value for name, value in make.description("QM").items() if name != "names"}
    received = {"id": member_id, "member_id": member_id, "code": "QM", "names": Text.of("Exampleland")}
    return model(**received, **said, state=MemberState.LICENSED, state_since=date(2026, 1, 1))


def _received_agreement(model: type[Agreement], member_id: object) -> Agreement:
    lists = {"rights": ["train"], "programme_types": ["four_point"], "territories": ["QM"]}
    days = {"notice_days": 90, "grace_days": 30, "cure_days": 14}
    return model(
        member_id=member_id,
        ref_no="QM-2026-01",
        kind="licence",
        exclusive=True,
        starts_on=date(2026, 1, 1),
        ends_on=date(2030, 1, 1),
        state=AgreementState.SIGNED,
        offered_on=date(2025, 12, 1),
        signed_on=date(2025, 12, 2),
        **lists,
        **days,
    )
