"""Releases reach exactly the nodes whose country is entitled to them, and are read there without the hub."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sri_admin.federation import control
from sri_admin.federation.stream_names import HUB_MATERIALS, stream_name
from sri_admin.kernel.db import db
from sri_admin.materials.models import Document, Release, Work
from sri_admin.materials.queries.entitlement import reading, standing_of
from sri_admin.materials.queries.works import work_by_code
from sri_admin.materials.rules.entitlement import Standing
from sri_admin.materials.rules.releases import LicenceClass
from sri_admin.materials.sync import DOCUMENT
from sri_admin.members.models.agreement import Agreement
from sri_admin.members.rules.agreement import AgreementState
from sri_admin.members.rules.member import Transition
from tests.federation import records
from tests.federation.world import World
from tests.make import materials
from tests.make import members as make
from tests.make.materials import CODE, TEXT


def released(world: World) -> None:
    """Release a licensed work and an open one, and let QM alone have an agreement."""
    world.hub.do(materials.released)
    world.hub.do(lambda: materials.released("at-a-glance", licence=LicenceClass.OPEN))
    for transition in (Transition.APPLY, Transition.ACCEPT):
        world.hub.do(lambda transition=transition: make.step(world.members["QM"], transition))
    world.hub.do(lambda: make.signed(world.members["QM"], territories=["QM"]))


def texts_at(world: World, code: str) -> set[str]:
    """Return the works whose content a node holds."""
    held = (
        sa.select(Work.code).join(Release, Release.work_id == Work.id).join(Document, Document.release_id == Release.id)
    )
    return world.nodes[code].read(lambda: set(db.session.scalars(held)))


def read_at(world: World, code: str) -> Any:
    """Return the verified text a node shows."""
    return world.nodes[code].read(lambda: reading(work_by_code(CODE), language="en")[1])


def test_a_release_reaches_whom_the_agreement_covers_and_nobody_else(world: World) -> None:
    released(world)
    world.settle()
    assert (texts_at(world, "QM"), texts_at(world, "QN")) == ({CODE, "at-a-glance"}, {"at-a-glance"})
    assert "Nobody has to speak" in str(read_at(world, "QM").blocks)
    node, member = world.nodes["QN"], world.members["QN"]
    assert node.read(lambda: standing_of(member, work_by_code(CODE))) is Standing.NO_AGREEMENT


def test_a_token_opens_no_stream_its_country_is_not_entitled_to(world: World) -> None:
    released(world)
    name = stream_name(HUB_MATERIALS, world.hub_id, "four_point.licensed")
    allowed = {code: world.hub.read(lambda id_=id_: control.access(id_, id_)) for code, id_ in world.members.items()}
    assert (name in allowed["QM"], name in allowed["QN"]) == (True, False)


def test_what_an_agreement_no_longer_covers_comes_no_more(world: World) -> None:
    released(world)
    world.settle()
    member = world.members["QM"]
    world.hub.write(member, lambda: _end(member))
    world.hub.do(lambda: materials.draft(text=TEXT.replace("twice", "three times")))
    world.hub.do(lambda: materials.release(version_no="1.0.1"))
    world.settle()
    node = world.nodes["QM"]
    numbers = sa.select(Release.version_no).join(Work, Release.work_id == Work.id).where(Work.code == CODE)
    assert node.read(lambda: list(db.session.scalars(numbers))) == ["1.0.0"]
    assert not node.read(lambda: standing_of(member, work_by_code(CODE))).may_read


def _end(member_id: UUID) -> None:
    agreement = db.session.scalars(sa.select(Agreement).where(Agreement.member_id == member_id)).one()
    agreement.state, agreement.closed_on = AgreementState.ENDED, agreement.starts_on
    records.tell(agreement)


def test_a_supersession_is_seen_at_the_node(world: World) -> None:
    released(world)
    world.settle()
    world.hub.do(lambda: materials.draft(text=TEXT.replace("twice", "three times")))
    world.hub.do(lambda: materials.release(version_no="1.0.1"))
    world.settle()
    older = world.nodes["QM"].read(lambda: str(reading(work_by_code(CODE), language="en", version_no="1.0.0")))
    assert "Say so twice" in older
    assert world.nodes["QM"].read(lambda: work_by_code(CODE).current_version) == "1.0.1"


def test_a_document_belongs_in_the_stream_of_its_own_topic_alone() -> None:
    payload = {"programme_type": "youth", "licence_class": "open"}
    assert DOCUMENT.belongs_in(HUB_MATERIALS, "hub.materials.youth.open", payload)
    assert not DOCUMENT.belongs_in(HUB_MATERIALS, "hub.materials.youth.licensed", payload)
