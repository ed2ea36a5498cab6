"""What changes the member file, on PostgreSQL."""

from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation.models import SyncLine
from sri_admin.kernel import audit, clock, ids, tenancy, transaction
from sri_admin.kernel.actor import system
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, InvalidError, NotAllowedError, StaleError
from sri_admin.members.jobs import cards as jobs
from sri_admin.members.models.agreement import Agreement, AgreementDraft
from sri_admin.members.models.member import Member, MemberCard, MemberEvent
from sri_admin.members.models.office import OfficeHolder, OfficeHolderPrivate
from sri_admin.members.models.territory import MemberTerritory
from sri_admin.members.operations import agreements, drafts, members, offices
from sri_admin.members.rules.agreement import AgreementState, EventKind
from sri_admin.members.rules.member import MemberState, SuspensionKind, Transition
from tests.make import members as make

pytestmark = pytest.mark.usefixtures("database")


def test_a_country_is_entered_once_however_often_it_is_sent() -> None:
    member_id, director = ids.new(), make.actor()
    values = {"id": member_id, "code": "QM", **make.description("QM")}
    for _attempt in range(2):
        make.writing(make.hub(), lambda: members.register_member(director, None, values=values))
    with transaction.reading(tenancy.only(member_id)):
        assert db.session.scalars(sa.select(Member.code)).all() == ["QM"]
        assert [entry.event for entry in audit.entries_about(member_id, member_id)] == ["members.MemberRegistered"]


def test_a_code_is_never_used_twice() -> None:
    make.member("QM")
    with pytest.raises(InvalidError) as refused:
        make.member("QM")
    assert refused.value.fields[0].field == "code"


@pytest.mark.parametrize("state", MemberState)
def test_every_state_is_reached_by_steps_each_with_its_event_row(state: MemberState) -> None:
    member_id = make.member("QM", state)
    with transaction.reading(tenancy.only(member_id)):
        assert make.found(member_id).state is state
        steps = db.session.scalars(sa.select(MemberEvent).order_by(MemberEvent.at, MemberEvent.id)).all()
        reached = [MemberState.PROSPECT, *(step.to_state for step in steps)]
        assert reached[-1] is state
        assert [step.from_state for step in steps] == reached[:-1]


def test_a_body_without_an_agreement_in_force_is_not_licensed() -> None:
    member_id = make.member("QM", MemberState.IN_FORMATION)
    with pytest.raises(ConflictError) as refused:
        make.step(member_id, Transition.LICENSE)
    assert refused.value.stable_code == "no_agreement"


def test_a_step_taken_from_an_old_page_is_refused() -> None:
    member_id, director = make.member("QM"), make.actor()
    make.step(member_id, Transition.APPLY)
    with pytest.raises(StaleError):
        make.writing(
            member_id,
            lambda: members.accept_into_formation(director, make.found(member_id), values={"version": 1}),
        )


def test_an_auditor_changes_nothing() -> None:
    member_id, auditor = make.member("QM"), make.actor("auditor")
    with pytest.raises(NotAllowedError):
        make.writing(member_id, lambda: members.receive_application(auditor, make.found(member_id), values={}))


def test_a_suspension_remembers_how_far_it_reaches_and_forgets_when_lifted() -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    until = clock.today() + timedelta(days=10)
    make.step(member_id, Transition.SUSPEND, kind=SuspensionKind.EMERGENCY, until=until)
    with transaction.reading(tenancy.only(member_id)):
        assert make.found(member_id).suspension_until == until
    make.step(member_id, Transition.LIFT_SUSPENSION)
    with transaction.reading(tenancy.only(member_id)):
        assert make.found(member_id).suspension is None


def test_a_draft_becomes_an_offer_with_a_number_and_a_repeat_offers_nothing_twice() -> None:
    member_id, director = make.member("QM"), make.actor()
    agreement_id = make.offered(member_id)

    def offer_again() -> UUID:
        draft = db.session.get(AgreementDraft, (member_id, agreement_id))
        assert draft is not None
        return agreements.offer_agreement(director, draft, values={"version": 1}).id

    assert make.writing(member_id, offer_again) == agreement_id
    with transaction.reading(tenancy.only(member_id)):
        rows = db.session.scalars(sa.select(Agreement)).all()
        year = make.terms()["starts_on"].year
        assert [(row.ref_no, row.state) for row in rows] == [(f"QM-{year}-01", AgreementState.OFFERED)]


def test_signing_grants_the_places_and_an_amendment_takes_them_over_on_its_first_day() -> None:
    member_id = make.member("QM")
    first = make.signed(member_id)
    begins = clock.today() + timedelta(days=30)
    second = make.signed(member_id, amends_id=first, starts_on=begins, territories=["QM-E", "QM-W"])
    with transaction.reading(tenancy.only(member_id)):
        old, new = (db.session.get(Agreement, (member_id, each)) for each in (first, second))
        assert old is not None
        assert new is not None
        assert (old.state, old.closed_on, new.state) == (AgreementState.SUPERSEDED, begins, AgreementState.SIGNED)
        assert new.ref_no == f"{old.ref_no}-A1"
        places = db.session.scalars(sa.select(MemberTerritory)).all()
        before = {(row.code, row.valid_to) for row in places if row.agreement_id == first}
        after = {(row.code, row.valid_from) for row in places if row.agreement_id == second}
    assert before == {("QM", begins)}
    assert after == {("QM-E", begins), ("QM-W", begins)}


def test_a_signed_agreement_is_only_amended_and_an_offer_withdrawn_is_drafted_anew() -> None:
    member_id, director = make.member("QM"), make.actor()
    agreement_id = make.offered(member_id)
    make.writing(member_id, lambda: agreements.withdraw_offer(director, _agreement(agreement_id), values=_WHY))
    again = make.writing(member_id, lambda: drafts.draft_again(director, _agreement(agreement_id), values={}).values)
    assert again["territories"] == ["QM"]
    with pytest.raises(ConflictError):
        make.writing(member_id, lambda: agreements.sign_agreement(director, _agreement(agreement_id), values=_SIGNED))
    signed = make.signed(member_id)
    with pytest.raises(ConflictError):
        make.writing(member_id, lambda: agreements.withdraw_offer(director, _agreement(signed), values=_WHY))


def test_a_terminated_agreement_gives_its_places_back() -> None:
    member_id, director = make.member("QM"), make.actor()
    agreement_id = make.signed(member_id)
    values = {"from_day": clock.today(), "reason": "Both sides agreed."}
    make.writing(member_id, lambda: agreements.terminate_agreement(director, _agreement(agreement_id), values=values))
    other = make.member("QN")
    assert make.signed(other, territories=["QM"], starts_on=clock.today())


def test_terms_that_contradict_each_other_are_refused_field_by_field() -> None:
    member_id, director = make.member("QM"), make.actor()
    wrong = make.terms(ends_on=date(2020, 1, 1), rights=[], territories=[])
    with pytest.raises(InvalidError) as refused:
        make.writing(member_id, lambda: drafts.save_draft(director, make.found(member_id), values=wrong))
    assert {each.field for each in refused.value.fields} == {"ends_on", "rights", "territories"}


def test_a_draft_may_wait_incomplete_but_is_not_offered() -> None:
    member_id, director = make.member("QM"), make.actor()
    draft_id = ids.new()
    values = {"id": draft_id, "starts_on": clock.today(), "later": True}
    make.writing(member_id, lambda: drafts.save_draft(director, make.found(member_id), values=values))
    with pytest.raises(InvalidError) as refused:
        make.writing(member_id, lambda: agreements.offer_agreement(director, _draft(member_id, draft_id), values={}))
    assert {each.field for each in refused.value.fields} == {"ends_on", "rights", "territories"}


def test_a_place_of_another_country_is_named_at_the_field() -> None:
    make.signed(make.member("QM"), territories=["QM"])
    other = make.member("QN")
    with pytest.raises(InvalidError) as refused:
        make.draft(other, territories=["QM-E"])
    said = refused.value.fields[0]
    assert said.field == "territories"
    assert "Land of QM" in str(said.message)


def test_a_place_inside_another_of_the_same_agreement_is_refused() -> None:
    member_id = make.member("QM")
    with pytest.raises(InvalidError) as refused:
        make.draft(member_id, territories=["QM", "QM-E"])
    assert refused.value.fields[0].field == "territories"


def test_the_database_refuses_two_exclusive_owners_even_if_both_asked_before() -> None:
    first, second = make.member("QM"), make.member("QN")
    drafts = [make.offered(each, territories=["QS-E"]) for each in (first, second)]
    director = make.actor()
    make.writing(first, lambda: agreements.sign_agreement(director, _agreement(drafts[0]), values=_SIGNED))
    with pytest.raises(ConflictError) as refused:
        make.writing(second, lambda: agreements.sign_agreement(director, _agreement(drafts[1]), values=_SIGNED))
    assert refused.value.stable_code == "place_taken"
    assert "already belongs to another exclusive agreement" in str(refused.value.text)


def test_shared_places_may_overlap() -> None:
    make.signed(make.member("QM"), territories=["QS"], exclusive=False)
    assert make.signed(make.member("QN"), territories=["QS"], exclusive=False)


def test_notice_counts_its_days_and_stands_beside_the_text() -> None:
    member_id, director = make.member("QM"), make.actor()
    agreement_id = make.signed(member_id)
    today = clock.today()
    early = {"kind": EventKind.NOTICE_GIVEN, "on": today, "effective_on": today + timedelta(days=89)}
    with pytest.raises(InvalidError):
        make.writing(member_id, lambda: agreements.note_event(director, _agreement(agreement_id), values=early))
    values = {"kind": EventKind.NOTICE_GIVEN, "on": today, "reason": "They start anew."}
    note = make.writing(
        member_id,
        lambda: agreements.note_event(director, _agreement(agreement_id), values=values).effective_on,
    )
    assert note == today + timedelta(days=90)


def test_an_office_holder_is_entered_corrected_and_ended_and_the_private_half_stays_apart() -> None:
    member_id = make.member("QM")
    board = make.actor("chair", member_id)
    holder_id = make.office_holder(member_id, phone="+49 30 1234567", full_name="Samira Beispiel")
    values = {"office": "chair", "display_name": "Sami", "starts_on": date(2025, 1, 1)}
    make.writing(member_id, lambda: offices.correct_office_holder(board, _holder(member_id, holder_id), values=values))
    ending = {"ends_on": date(2026, 1, 1), "reason": "The term was over."}
    make.writing(member_id, lambda: offices.end_office(board, _holder(member_id, holder_id), values=ending))
    with transaction.reading(tenancy.only(member_id)):
        holder = _holder(member_id, holder_id)
        assert (holder.display_name, holder.phone, holder.ends_on) == ("Sami", None, date(2026, 1, 1))
        told = audit.entries_about(member_id, holder_id)
        assert [entry.event.split(".")[1] for entry in told] == [
            "OfficeHolderEnded",
            "OfficeHolderCorrected",
            "OfficeHolderEntered",
        ]
        assert "Sami" not in "".join(entry.line.decode() for entry in told)


def test_staff_who_cannot_see_the_private_half_do_not_blank_it() -> None:
    member_id = make.member("QM")
    holder_id, liaison = make.office_holder(member_id, full_name="Samira Beispiel"), make.actor("country_liaison")
    values = {"office": "chair", "display_name": "Sami", "starts_on": date(2025, 1, 1)}
    make.writing(
        member_id, lambda: offices.correct_office_holder(liaison, _holder(member_id, holder_id), values=values)
    )
    with transaction.reading(tenancy.only(member_id)):
        private = db.session.get(OfficeHolderPrivate, (member_id, holder_id))
        assert private is not None
        assert private.full_name == "Samira Beispiel"


def test_a_member_is_invisible_to_another_members_transaction() -> None:
    first, second = make.member("QM"), make.member("QN")
    with transaction.reading(tenancy.only(second)):
        assert db.session.get(Member, (first, first)) is None


def test_the_card_follows_the_member_and_goes_when_it_is_hidden() -> None:
    member_id, hub_id = make.member("QM", MemberState.LICENSED), make.hub()
    _refresh(member_id)
    with transaction.reading(tenancy.NOWHERE):
        card = db.session.get(MemberCard, (hub_id, member_id))
        assert card is not None
        assert (card.shown_state, card.territories) == (MemberState.LICENSED, ["QM"])
    director = make.actor()
    make.writing(
        member_id, lambda: members.describe_member(director, make.found(member_id), values={"listing": "hidden"})
    )
    _refresh(member_id)
    with transaction.reading(tenancy.NOWHERE):
        assert db.session.get(MemberCard, (hub_id, member_id)) is None


def test_an_emergency_suspension_ends_by_itself() -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    make.step(member_id, Transition.SUSPEND, kind=SuspensionKind.EMERGENCY, until=clock.today())
    jobs.end_emergencies(system("members.end_emergencies"))
    with transaction.reading(tenancy.only(member_id)):
        assert make.found(member_id).state is MemberState.SUSPENDED
    with clock.running(clock.skewed(timedelta(days=1))):
        jobs.end_emergencies(system("members.end_emergencies"))
    with transaction.reading(tenancy.only(member_id)):
        assert make.found(member_id).state is MemberState.LICENSED


_WHY = {"reason": "The dates were wrong."}
_SIGNED = {"signed_on": date(2026, 1, 1)}


def _agreement(agreement_id: UUID) -> Agreement:
    return db.session.scalars(sa.select(Agreement).where(Agreement.id == agreement_id)).one()


def _draft(member_id: UUID, draft_id: UUID) -> AgreementDraft:
    found = db.session.get(AgreementDraft, (member_id, draft_id))
    assert found is not None
    return found


def _holder(member_id: UUID, holder_id: UUID) -> OfficeHolder:
    found = db.session.get(OfficeHolder, (member_id, holder_id))
    assert found is not None
    return found


def _refresh(member_id: UUID) -> None:
    jobs.refresh_card(system(jobs.REFRESH_CARD), member_id=make.hub(), card_id=member_id)


def test_erasing_an_office_holder_leaves_no_value_behind() -> None:
    member_id = make.member()
    holder_id = make.office_holder(member_id, display_name="Rosa Beispiel", private_email="rosa@example.org")

    director = make.actor()

    def body() -> None:
        holder = db.session.get_one(OfficeHolder, (member_id, holder_id))
        offices.erase_office_holder(director, holder, values={"reason": "asked for it"})

    make.writing(member_id, body)
    with transaction.reading(tenancy.only(member_id)):
        kept = db.session.scalars(sa.select(SyncLine.line).where(SyncLine.rec == holder_id)).all()
        assert [b"Rosa" in line for line in kept] == [False, False]
        assert db.session.scalars(sa.select(OfficeHolderPrivate.id)).all() == []
        entries = sa.select(audit.AuditEntry.id).where(audit.AuditEntry.subject == holder_id)
        assert (
            db.session.scalars(sa.select(audit.AuditPersonal.id).where(audit.AuditPersonal.entry_id.in_(entries))).all()
            == []
        )
