"""Renewals: they follow on, once, while the old agreement can still be continued; and blocks hold them back."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.kernel import audit, clock, ids, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, InvalidError, NotAllowedError
from sri_admin.members.models.agreement import Agreement, AgreementDraft
from sri_admin.members.models.block import MemberBlock
from sri_admin.members.operations import agreements, blocks, drafts
from sri_admin.members.queries.blocks import blocks_of, open_blocks
from sri_admin.members.rules.agreement import AgreementKind, AgreementState, EventKind, Facts, ShownState, shown_state
from sri_admin.members.rules.block import BlockKind
from sri_admin.members.rules.member import MemberState
from sri_admin.members.rules.renewal import RENEWABLE, WHY_NOT, check_renewable, renewed_dates
from tests.make import members as make
from tests.make import people

with_database = pytest.mark.usefixtures("database")
TODAY = date(2026, 6, 1)
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def ending(days: int, **more: Any) -> dict[str, Any]:
    """Return terms of an agreement that ends in some days."""
    return {"ends_on": clock.today() + timedelta(days=days), **more}


def read(member_id: UUID, body: Callable[[], Any]) -> Any:
    with transaction.reading(tenancy.only(member_id)):
        return body()


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "begins", "ends"),
    [
        ("2025-01-01", "2026-12-31", "2027-01-01", "2028-12-31"),
        ("2025-03-10", "2026-03-09", "2026-03-10", "2027-03-09"),
        ("2025-01-01", "2025-03-31", "2025-04-01", "2025-06-29"),
        ("2024-02-29", "2028-02-28", "2028-02-29", "2032-02-28"),
    ],
)
def test_a_renewal_runs_from_the_day_after_for_as_long_again(
    starts_on: str, ends_on: str, begins: str, ends: str
) -> None:
    found = renewed_dates(date.fromisoformat(starts_on), date.fromisoformat(ends_on))
    assert [each.isoformat() for each in found] == [begins, ends]


@given(starts_on=DAYS, length=st.integers(1, 4000))
def test_dates_of_a_renewal_follow_on_whatever_the_calendar(starts_on: date, length: int) -> None:
    ends_on = starts_on + timedelta(days=length)
    begins, ends = renewed_dates(starts_on, ends_on)
    assert begins == ends_on + timedelta(days=1)
    assert abs((ends - begins).days - length) <= 2


@given(
    state=st.sampled_from(AgreementState),
    days=st.lists(DAYS, min_size=5, max_size=5),
    noticed=st.booleans(),
    on=DAYS,
)
def test_an_agreement_can_be_renewed_or_it_is_said_why_not(
    state: AgreementState, days: list[date], noticed: bool, on: date
) -> None:
    facts = Facts(
        state=state,
        starts_on=days[0],
        ends_on=days[1],
        notice_days=90,
        grace_days=30,
        closed_on=days[2],
        noticed_on=days[3] if noticed else None,
        notice_effective_on=days[4] if noticed else None,
    )
    said = why_not(facts, on)
    if said is not None:
        assert said in {str(each) for each in WHY_NOT.values()}
    else:
        assert state in {AgreementState.SIGNED, AgreementState.ENDED}
        assert state is AgreementState.ENDED or shown_state(facts, on) in RENEWABLE


def why_not(facts: Facts, on: date) -> str | None:
    """Return why an agreement cannot be renewed on a day."""
    try:
        check_renewable(facts, on=on)
    except ConflictError as refused:
        return str(refused)
    return None


def test_every_state_that_cannot_be_renewed_says_why() -> None:
    assert set(WHY_NOT) == set(ShownState) - RENEWABLE


@with_database
def test_a_renewal_continues_the_old_agreement_and_leaves_it_as_it_is() -> None:
    member_id = make.member("QM")
    first = make.signed(member_id, **ending(20))
    second = make.renewal(member_id, first)
    make.sign(member_id, second)
    with transaction.reading(tenancy.only(member_id)):
        old, new = make.agreement(member_id, first), make.agreement(member_id, second)
        assert (old.state, old.closed_on, old.version) == (AgreementState.SIGNED, None, 2)
        assert (new.state, new.continues_id, new.amends_id) == (AgreementState.SIGNED, first, None)
        assert new.starts_on == old.ends_on + timedelta(days=1)
        assert (new.rights, new.territories) == (old.rights, old.territories)


@with_database
def test_asking_twice_leads_to_the_same_draft_and_an_offered_renewal_says_its_number() -> None:
    member_id = make.member("QM")
    first = make.signed(member_id, **ending(20))
    assert make.renewal_draft(member_id, first) == make.renewal_draft(member_id, first)
    make.renewal(member_id, first)
    with pytest.raises(ConflictError, match="renewed") as refused:
        make.renewal_draft(member_id, first)
    assert "QM-" in str(refused.value)


@with_database
def test_the_database_itself_refuses_a_second_renewal() -> None:
    member_id = make.member("QM")
    first = make.signed(member_id, **ending(20))
    second = make.renewal(member_id, first)

    def forge() -> None:
        row = make.agreement(member_id, second)
        copied = {each.key: getattr(row, each.key) for each in sa.inspect(Agreement).column_attrs}
        db.session.add(Agreement(**{**copied, "id": ids.new(), "ref_no": "QM-X", "version": 1}))
        db.session.flush()
        db.session.execute(sa.text("set constraints all immediate"))

    with pytest.raises(ConflictError) as refused:
        make.writing(member_id, forge)
    assert refused.value.stable_code == "renewed"


@with_database
def test_a_withdrawn_offer_of_a_renewal_is_drafted_anew_and_still_continues() -> None:
    member_id, director = make.member("QM"), make.actor()
    first = make.signed(member_id, **ending(20))
    second = make.renewal(member_id, first)
    reason = {"reason": "The dates were wrong."}
    make.writing(
        member_id, lambda: agreements.withdraw_offer(director, make.agreement(member_id, second), values=reason)
    )
    again = make.writing(
        member_id, lambda: drafts.draft_again(director, make.agreement(member_id, second), values={}).continues_id
    )
    assert again == first
    assert make.renewal(member_id, first)


@with_database
@pytest.mark.parametrize(
    ("change", "field"), [({"starts_on": date(2030, 1, 1)}, "starts_on"), ({"kind": "translation"}, "kind")]
)
def test_a_renewal_that_does_not_follow_on_is_refused_at_its_field(change: dict[str, Any], field: str) -> None:
    member_id, director = make.member("QM"), make.actor()
    first = make.signed(member_id, **ending(20))
    draft_id = make.renewal_draft(member_id, first)

    def change_it() -> None:
        stored = db.session.get_one(AgreementDraft, (member_id, draft_id)).values
        values = {**drafts.terms_of({**stored, "ends_on": "2040-01-01"}), **change, "id": draft_id}
        drafts.save_draft(director, make.found(member_id), values=values)

    with pytest.raises(InvalidError) as refused:
        make.writing(member_id, change_it)
    assert [each.field for each in refused.value.fields] == [field]


@with_database
def test_after_the_days_of_grace_there_is_nothing_to_follow_on_to() -> None:
    member_id = make.member("QM")
    first = make.signed(member_id, **ending(-40, starts_on=clock.today() - timedelta(days=400)))
    with pytest.raises(ConflictError, match="days of grace") as refused:
        make.renewal_draft(member_id, first)
    assert "without a gap" in str(refused.value)


@with_database
def test_a_renewal_signed_after_the_days_of_grace_is_refused() -> None:
    member_id = make.member("QM")
    first = make.signed(member_id, **ending(-5, starts_on=clock.today() - timedelta(days=400)))
    second = make.renewal(member_id, first)
    later = clock.now() + timedelta(days=40)
    with clock.running(lambda: later), pytest.raises(ConflictError) as refused:
        make.sign(member_id, second)
    assert refused.value.stable_code == "not_renewable"
    make.sign(member_id, second)


@with_database
def test_an_agreement_under_notice_is_not_renewed_until_the_notice_is_taken_back() -> None:
    member_id, director = make.member("QM"), make.actor()
    first = make.signed(member_id, **ending(200))
    for kind, refused in ((EventKind.NOTICE_GIVEN, True), (EventKind.NOTICE_TAKEN_BACK, False)):
        values = {"kind": kind, "on": clock.today()}
        make.writing(
            member_id,
            lambda values=values: agreements.note_event(director, make.agreement(member_id, first), values=values),
        )
        if refused:
            with pytest.raises(ConflictError):
                make.renewal_draft(member_id, first)
    assert make.renewal_draft(member_id, first)


@with_database
def test_a_block_holds_every_signature_back_that_lets_the_licence_run_longer() -> None:
    member_id, cause = make.member("QM"), ids.new()
    first = make.signed(member_id, **ending(20))
    later = {"starts_on": clock.today() + timedelta(days=21), "ends_on": clock.today() + timedelta(days=600)}
    renewal = make.renewal(member_id, first)
    by_another_name = make.offered(member_id, **later, territories=["QM-E"])
    longer = make.offered(member_id, **ending(90), amends_id=first, territories=["QM-W"])
    other_places = make.offered(member_id, **ending(20), amends_id=first, territories=["QM-N"])
    make.block(member_id, cause)
    for held in (renewal, by_another_name, longer):
        with pytest.raises(ConflictError, match="cannot be signed yet") as refused:
            make.sign(member_id, held)
        assert "Show that it is put right." in str(refused.value)
    make.sign(member_id, other_places)


@with_database
@pytest.mark.parametrize("kind", [AgreementKind.PILOT, AgreementKind.ONLINE])
def test_a_block_holds_an_agreement_of_another_kind_back_that_gives_the_same_for_longer(kind: AgreementKind) -> None:
    member_id = make.member("QM")
    make.signed(member_id, **ending(20))
    later = {"starts_on": clock.today() + timedelta(days=21), "ends_on": clock.today() + timedelta(days=600)}
    other = make.offered(member_id, **later, kind=kind, territories=["QM-E"])
    make.block(member_id, ids.new())
    with pytest.raises(ConflictError, match="cannot be signed yet"):
        make.sign(member_id, other)


@with_database
def test_a_block_holds_back_what_runs_longer_than_an_agreement_that_was_stopped_early() -> None:
    member_id, director = make.member("QM"), make.actor()
    first = make.signed(member_id, **ending(500))
    make.block(member_id, ids.new())
    values = {"from_day": clock.today() + timedelta(days=5), "reason": "Both agreed."}
    make.writing(
        member_id, lambda: agreements.terminate_agreement(director, make.agreement(member_id, first), values=values)
    )
    anew = make.offered(member_id, starts_on=clock.today() + timedelta(days=5), **ending(90))
    with pytest.raises(ConflictError, match="cannot be signed yet"):
        make.sign(member_id, anew)


@with_database
def test_a_block_holds_back_what_runs_longer_than_the_amendment_that_made_it_shorter() -> None:
    member_id = make.member("QM")
    shorter = make.signed(member_id, **ending(20), amends_id=make.signed(member_id, **ending(500)))
    longer = make.offered(member_id, **ending(90), amends_id=shorter)
    make.block(member_id, ids.new())
    with pytest.raises(ConflictError, match="cannot be signed yet"):
        make.sign(member_id, longer)


@with_database
def test_two_causes_hold_until_both_are_dealt_with_and_each_holds_once() -> None:
    member_id, one, other = make.member("QM"), ids.new(), ids.new()
    second = make.renewal(member_id, make.signed(member_id, **ending(20)))
    assert make.block(member_id, one) == make.block(member_id, one)
    make.block(member_id, other)
    make.unblock(member_id, one)
    make.unblock(member_id, one)
    with pytest.raises(ConflictError):
        make.sign(member_id, second)
    make.unblock(member_id, other)
    make.sign(member_id, second)
    told = read(member_id, lambda: [each.event for each in audit.entries_about(member_id, member_id)])
    assert (
        sorted(each for each in told if "lock" in each)
        == ["members.MemberBlocked"] * 2 + ["members.MemberUnblocked"] * 2
    )


@with_database
def test_a_cause_that_comes_back_is_another_block_and_the_first_stays_in_the_history() -> None:
    member_id, cause = make.member("QM"), ids.new()
    first = make.block(member_id, cause)
    make.unblock(member_id, cause)
    second = make.block(member_id, cause)
    found = read(member_id, lambda: [(each.id, each.lifted_at is None) for each in blocks_of(member_id)])
    assert found == [(second, True), (first, False)]
    assert read(member_id, lambda: [each.id for each in open_blocks(member_id)]) == [second]


@with_database
def test_the_database_itself_refuses_a_second_open_block_of_one_source() -> None:
    member_id = make.member("QM")
    first = make.block(member_id, ids.new())

    def forge() -> None:
        row = db.session.get_one(MemberBlock, (member_id, first))
        copied = {each.key: getattr(row, each.key) for each in sa.inspect(MemberBlock).column_attrs}
        db.session.add(MemberBlock(**{**copied, "id": ids.new()}))
        db.session.flush()
        db.session.execute(sa.text("set constraints all immediate"))

    with pytest.raises(ConflictError):
        make.writing(member_id, forge)


@with_database
@pytest.mark.parametrize("role", ["auditor", "training_lead"])
def test_only_who_guards_licences_holds_renewals_back(role: str) -> None:
    member_id, somebody = make.member("QM"), make.actor(role)
    values = {"kind": BlockKind.RENEWAL, "source_kind": "test.cause", "source_id": ids.new(), "reason": make.CAUSE}
    with pytest.raises(NotAllowedError):
        make.writing(member_id, lambda: blocks.set_block(somebody, make.found(member_id), values=values))
    with pytest.raises(NotAllowedError):
        make.writing(member_id, lambda: blocks.lift_block(somebody, make.found(member_id), values=values))


@with_database
def test_pages_lead_from_the_old_agreement_to_its_renewal_and_say_what_holds_it_back(app: Flask) -> None:
    member_id, cause = make.member("QM", MemberState.IN_FORMATION), ids.new()
    first = make.signed(member_id, **ending(20))
    staff = people.browser(app, people.person("country_liaison"))
    shown = f"/countries/QM/agreements/{first}"
    token = people.token_of(staff, shown)
    draft = staff.post(f"{shown}/renewal", data={"csrf_token": token}).headers["Location"]
    assert "It starts on" in staff.get(draft).get_data(as_text=True)
    renewal = make.renewal(member_id, first)
    assert "Renewed by" in staff.get(shown).get_data(as_text=True)
    make.block(member_id, cause)
    board = people.browser(app, people.person("chair", member_id))
    pages = [staff.get("/countries/QM"), board.get("/countries/QM/agreement")]
    pages += [staff.get(f"/countries/QM/agreements/{renewal}{more}") for more in ("", "/signature")]
    assert ["Show that it is put right." in page.get_data(as_text=True) for page in pages] == [True] * 4
    sent = staff.post(f"/countries/QM/agreements/{renewal}/signature", data={"csrf_token": token, "signed_on": _day()})
    assert (sent.status_code, "Show that it is put right." in sent.get_data(as_text=True)) == (409, True)


def _day() -> str:
    return clock.today().isoformat()


@with_database
def test_a_board_reads_the_cause_in_its_own_language(app: Flask) -> None:
    member_id = make.member("QM")
    make.signed(member_id, **ending(20))
    make.block(member_id, ids.new())
    board = people.browser(app, people.person("chair", member_id))
    page = board.get("/countries/QM/agreement", headers={"Accept-Language": "es"}).get_data(as_text=True)
    answer = board.get("/api/v1/members/QM/blocks", headers={"Accept-Language": "es"}).get_json()
    assert [row["source_kind"] for row in answer["rows"]] == ["test.cause"]
    assert "F-1" in page


@with_database
def test_a_program_drafts_a_renewal(app: Flask) -> None:
    member_id = make.member("QM")
    first = make.signed(member_id, **ending(20))
    staff = people.browser(app, people.person("country_liaison"))
    headers = {"X-CSRF-Token": people.token_of(staff, "/account")}
    address = f"/api/v1/members/QM/agreements/{first}/renewal"
    made = staff.post(address, json={}, headers=headers)
    assert (made.status_code, made.get_json()["continues_id"]) == (201, str(first))
