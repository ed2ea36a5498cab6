"""Assessments through the operations: answering, signing off by somebody else, reviewing, returning."""

from uuid import UUID

import pytest

from sri_admin.integrity.rules.standing import Stage
from sri_admin.members.rules.member import MemberState
from tests.make import integrity as it
from tests.make import members as make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def member() -> UUID:
    """A licensed country."""
    return make.member("QM", MemberState.LICENSED)


@pytest.fixture
def cycle(member: UUID) -> UUID:
    """A round the country is called to."""
    return it.called(member)


def stage(member: UUID, cycle: UUID) -> Stage:
    return it.look(member, cycle, lambda found: found.stage)


def test_an_assessment_goes_from_answers_to_a_finished_review(member: UUID, cycle: UUID) -> None:
    seen = [stage(member, cycle)]
    it.answered(member, cycle, "access")
    seen.append(stage(member, cycle))
    it.complete(member, cycle)
    it.proposed(member, cycle)
    seen.append(stage(member, cycle))
    made = it.signed(member, cycle)
    seen.append(stage(member, cycle))
    it.received(member, made)
    seen.append(stage(member, cycle))
    it.reviewed(member, made)
    seen.append(stage(member, cycle))
    it.finished(member, made)
    assert [*seen, stage(member, cycle)] == [
        Stage.NOT_STARTED,
        Stage.ANSWERING,
        Stage.TO_SIGN,
        Stage.SENT,
        Stage.RECEIVED,
        Stage.UNDER_REVIEW,
        Stage.REVIEWED,
    ]
