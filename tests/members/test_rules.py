"""The rules of the member file, without a database."""

from datetime import date

import pytest

from sri_admin.kernel.errors import ConflictError, InvalidError
from sri_admin.kernel.text import Text
from sri_admin.members.rules import agreement as a
from sri_admin.members.rules.contact import read_phone, written
from sri_admin.members.rules.member import (
    STEPS,
    MemberState,
    SuspensionKind,
    Transition,
    check_suspension,
    next_state,
    steps_from,
)
from sri_admin.members.rules.naming import fold, search_text, sorted_names
from sri_admin.members.rules.territory import WHOLE, is_known, part_of

S, T = MemberState, Transition
ALLOWED = {
    (S.PROSPECT, T.APPLY): S.APPLICANT,
    (S.APPLICANT, T.ACCEPT): S.IN_FORMATION,
    (S.APPLICANT, T.DECLINE): S.DECLINED,
    (S.IN_FORMATION, T.LICENSE): S.LICENSED,
    (S.LICENSED, T.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, T.LIFT_SUSPENSION): S.LICENSED,
    (S.LICENSED, T.MARK_DORMANT): S.DORMANT,
    (S.DORMANT, T.WAKE): S.LICENSED,
    (S.LICENSED, T.BEGIN_WITHDRAWAL): S.WITHDRAWING,
    (S.SUSPENDED, T.BEGIN_WITHDRAWAL): S.WITHDRAWING,
    (S.DORMANT, T.BEGIN_WITHDRAWAL): S.WITHDRAWING,
    (S.WITHDRAWING, T.WITHDRAW): S.WITHDRAWN,
    (S.WITHDRAWING, T.TERMINATE): S.TERMINATED,
    (S.WITHDRAWN, T.REAPPLY): S.APPLICANT,
    (S.TERMINATED, T.REAPPLY): S.APPLICANT,
}


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("transition", T)
def test_a_step_leads_where_the_table_says_and_nowhere_else(state: MemberState, transition: Transition) -> None:
    target = ALLOWED.get((state, transition))
    if target is None:
        with pytest.raises(ConflictError) as refused:
            next_state(state, transition, reason="why not")
        assert refused.value.stable_code == "wrong_state"
    else:
        assert next_state(state, transition, reason="because") is target
        assert transition in steps_from(state)


@pytest.mark.parametrize("transition", [each for each, step in STEPS.items() if step.needs_reason])
def test_a_negative_or_reversing_step_needs_a_reason(transition: Transition) -> None:
    state = next(iter(STEPS[transition].sources))
    with pytest.raises(InvalidError) as refused:
        next_state(state, transition, reason="  ")
    assert refused.value.fields[0].field == "reason"


def test_only_progress_needs_no_reason() -> None:
    assert {each for each, step in STEPS.items() if not step.needs_reason} == {T.APPLY, T.ACCEPT, T.LICENSE}


@pytest.mark.parametrize(
    ("kind", "until", "field"),
    [
        (None, None, "kind"),
        (SuspensionKind.EMERGENCY, None, "until"),
        (SuspensionKind.EMERGENCY, date(2026, 8, 1), "until"),
        (SuspensionKind.FULL, date(2026, 5, 31), "until"),
    ],
)
def test_a_suspension_says_how_far_and_an_emergency_how_long(
    kind: SuspensionKind | None, until: date | None, field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        check_suspension(kind, on=date(2026, 6, 1), until=until)
    assert refused.value.fields[0].field == field


def test_a_country_overlaps_each_of_its_parts_and_parts_overlap_only_what_they_contain() -> None:
    bavaria, saxony = part_of("DE-BY"), part_of("DE-SN")
    assert WHOLE.overlaps(bavaria)
    assert not bavaria.overlaps(saxony)
    england, bury, edinburgh = part_of("GB-ENG"), part_of("GB-BUR"), part_of("GB-EDH")
    assert england.overlaps(bury)
    assert not england.overlaps(edinburgh)
    assert not bury.overlaps(edinburgh)


def test_places_are_those_of_the_lists_and_those_added_here() -> None:
    assert is_known("DE")
    assert is_known("DE-BY")
    assert not is_known("XE")
    assert is_known("XE-E", {"XE-E"})
    assert not is_known("de")
    assert not is_known("DE-XYZ9")


def test_a_number_is_kept_as_the_world_writes_it() -> None:
    assert read_phone("+49 30 1234567", country=None).number == "+49301234567"
    phone = read_phone("030 1234567", country="DE")
    assert (phone.number, phone.country) == ("+49301234567", "DE")
    assert written("+49301234567") == "+49 30 1234567"


def test_a_number_without_a_country_is_refused_with_a_question() -> None:
    with pytest.raises(InvalidError) as refused:
        read_phone("030 1234567", country=None)
    assert str(refused.value.text).startswith("Which country is this number in?")


def test_searching_overlooks_case_and_marks_and_knows_every_language() -> None:
    searched = search_text("XE", Text.of("Éxampleland", ar="بلد المثال", de="Musterland"))
    assert fold("exampleLAND") in searched
    assert fold("MUSTER") in searched
    assert fold("المثال") in searched


def test_names_are_sorted_as_people_expect() -> None:
    assert sorted_names(["Zedland", "Éland", "eastland", "Östland"]) == ["eastland", "Éland", "Östland", "Zedland"]


def test_an_agreement_moves_only_along_its_table() -> None:
    for state in a.AgreementState:
        for target, sources in a.MOVES.items():
            if state in sources:
                a.check_move(state, target)
            else:
                with pytest.raises(ConflictError):
                    a.check_move(state, target)


def _facts(**more: object) -> a.Facts:
    basis: dict[str, object] = {
        "state": a.AgreementState.SIGNED,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "notice_days": 90,
        "grace_days": 30,
    }
    return a.Facts(**{**basis, **more})  # pyright: ignore[reportArgumentType] - a table of cases


@pytest.mark.parametrize(
    ("on", "shown"),
    [
        (date(2025, 12, 31), "upcoming"),
        (date(2026, 1, 1), "active"),
        (date(2026, 10, 1), "active"),
        (date(2026, 10, 2), "renewal_due"),
        (date(2026, 12, 31), "renewal_due"),
        (date(2027, 1, 1), "grace"),
        (date(2027, 1, 30), "grace"),
        (date(2027, 1, 31), "expired"),
    ],
)
def test_the_last_day_counts_whole(on: date, shown: str) -> None:
    assert a.shown_state(_facts(), on) == shown


def test_notice_and_cure_show_while_they_run_and_notice_ends_without_grace() -> None:
    noticed = _facts(noticed_on=date(2026, 3, 1), notice_effective_on=date(2026, 6, 1))
    assert a.shown_state(noticed, date(2026, 6, 1)) == "notice_given"
    assert a.shown_state(noticed, date(2026, 6, 2)) == "expired"
    assert a.shown_state(_facts(cure_opened_on=date(2026, 2, 1)), date(2026, 2, 1)) == "in_cure"


def test_what_an_amendment_replaces_counts_until_the_day_before() -> None:
    old = _facts(state=a.AgreementState.SUPERSEDED, closed_on=date(2026, 5, 1))
    assert a.shown_state(old, date(2026, 4, 30)) == "active"
    assert a.shown_state(old, date(2026, 5, 1)) == "superseded"
