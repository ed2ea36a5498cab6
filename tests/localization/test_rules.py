"""What stands follows from the facts alone, whatever their order; what a program can check is checked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.localization.rules.checks import Fault, Term, findings, numbers
from sri_admin.localization.rules.standing import Mark, Standing, State, Verdict, Version, standing_of

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def version(name: str, text: str, *, revision: str = "r1", at: int = 0, **more: Any) -> Version:
    return Version(id=name, revision=revision, text=text, author="a", at=BEGINNING + timedelta(hours=at), **more)


def mark(name: str, of: Version, verdict: Verdict = Verdict.APPROVE, *, at: int = 1, **more: Any) -> Mark:
    moment = BEGINNING + timedelta(hours=at)
    return Mark(id=name, revision=of.revision, version_id=of.id, text=of.text, verdict=verdict, at=moment, **more)


def judged(*facts: Version | Mark, revision: str = "r1", is_critical: bool = False) -> Standing:
    versions = [each for each in facts if isinstance(each, Version)]
    marks = [each for each in facts if isinstance(each, Mark)]
    return standing_of(revision, is_critical=is_critical, versions=versions, marks=marks)


ONE, TWO = version("v1", "Witaj"), version("v2", "Dzień dobry", at=1)


@pytest.mark.parametrize(
    ("facts", "is_critical", "state"),
    [
        ((), False, State.MISSING),
        ((ONE,), False, State.DRAFTED),
        ((ONE, TWO), False, State.TWO_VERSIONS),
        ((ONE, version("v2", "Dzień dobry", at=1, seen=frozenset({"v1"}))), False, State.DRAFTED),
        ((ONE, mark("m", ONE)), False, State.APPROVED),
        ((ONE, mark("m", ONE)), True, State.INTEGRITY),
        ((ONE, mark("m", ONE, Verdict.RETURN)), False, State.RETURNED),
        ((ONE, mark("m", ONE), mark("d", ONE, by_sri=True, seen=frozenset({"m"}))), True, State.APPROVED),
        (
            (ONE, mark("m", ONE), mark("d", ONE, Verdict.RETURN, by_sri=True, seen=frozenset({"m"}))),
            True,
            State.RETURNED,
        ),
        ((ONE, TWO, mark("m", ONE), mark("n", TWO)), False, State.CONTESTED),
        ((ONE, TWO, mark("m", ONE), mark("n", TWO, seen=frozenset({"m"}))), False, State.APPROVED),
        ((ONE, version("v2", "Witaj", at=2), mark("m", ONE), mark("n", version("v2", "Witaj"))), False, State.APPROVED),
    ],
)
def test_a_state_follows_from_the_facts(facts: tuple[Any, ...], is_critical: bool, state: State) -> None:
    assert judged(*facts, is_critical=is_critical).state is state


def test_what_two_approved_apart_is_kept_whole_until_somebody_who_saw_both_decides() -> None:
    apart = (ONE, TWO, mark("m", ONE), mark("n", TWO))
    assert {each.text for each in judged(*apart).approvals} == {"Witaj", "Dzień dobry"}
    decision = mark("d", TWO, by_sri=True, at=9, seen=frozenset({"m", "n"}))
    assert (judged(*apart, decision).state, judged(*apart, decision).text) == (State.APPROVED, "Dzień dobry")


def test_a_changed_source_outdates_and_a_reverted_one_restores_the_approval() -> None:
    facts = (ONE, mark("m", ONE), mark("d", ONE, by_sri=True, seen=frozenset({"m"})))
    before, changed, after = (judged(*facts, revision=each, is_critical=True) for each in ("r1", "r2", "r1"))
    assert (changed.state, changed.base, changed.text) == (State.OUTDATED, "r1", "Witaj")
    assert before == after
    assert after.state is State.APPROVED


def test_an_approved_text_stands_while_a_newer_wording_waits() -> None:
    newer = version("v2", "Witajcie", at=5, seen=frozenset({"v1"}))
    found = judged(ONE, mark("m", ONE), newer)
    assert (found.state, found.text, found.waits) == (State.APPROVED, "Witaj", newer)


def test_a_wording_sri_returned_leaves_the_other_one_approved() -> None:
    apart = (ONE, TWO, mark("m", ONE), mark("n", TWO))
    returned = mark("d", ONE, Verdict.RETURN, by_sri=True, at=9, seen=frozenset({"m"}), note="It says less.")
    found = judged(*apart, returned)
    assert (found.state, found.text) == (State.APPROVED, "Dzień dobry")
    assert judged(*apart, returned, is_critical=True).state is State.INTEGRITY


def test_a_wording_approved_again_while_sri_returned_it_is_still_returned() -> None:
    returned = mark("d", ONE, Verdict.RETURN, by_sri=True, at=9, seen=frozenset({"m"}), note="It says less.")
    found = judged(ONE, mark("m", ONE), mark("n", ONE, at=8), returned)
    assert (found.state, found.note) == (State.RETURNED, "It says less.")


def test_nobody_settles_anything_by_naming_what_only_another_country_knows() -> None:
    here, there = version("v1", "Witaj", country="QM"), version("v2", "Hej", country="QN", seen=frozenset({"v1"}))
    assert judged(here, there).state is State.TWO_VERSIONS
    marks = mark("m", here, country="QM"), mark("n", there, country="QN", seen=frozenset({"m"}))
    assert judged(here, there, *marks).state is State.CONTESTED
    chosen = mark("d", there, country="SRI", by_sri=True, at=9, seen=frozenset({"m", "n"}))
    newer = mark("o", here, country="QM", at=10, seen=frozenset({"d"}))
    found = [judged(here, there, *marks, chosen).text, judged(here, there, *marks, chosen, newer).text]
    assert found == ["Hej", "Witaj"]


_TEXTS = st.sampled_from(["Witaj", "Cześć", "Hej"])


@st.composite
def histories(draw: st.DrawFn) -> list[Version | Mark]:
    """Return facts several people made, each having seen some of what was there."""
    facts: list[Version | Mark] = []
    for place in range(draw(st.integers(1, 9))):
        versions = [each for each in facts if isinstance(each, Version)]
        marks = [each for each in facts if isinstance(each, Mark)]
        if not versions or draw(st.booleans()):
            seen = draw(st.sets(st.sampled_from([each.id for each in versions]))) if versions else set()
            made = {"revision": draw(st.sampled_from(["r1", "r2"])), "at": draw(st.integers(0, 5))}
            facts.append(version(f"v{place}", draw(_TEXTS), seen=frozenset(seen), **made))
        else:
            seen = draw(st.sets(st.sampled_from([each.id for each in marks]))) if marks else set()
            said = {"by_sri": draw(st.booleans()), "at": draw(st.integers(0, 5)), "seen": frozenset(seen)}
            facts.append(mark(f"m{place}", draw(st.sampled_from(versions)), draw(st.sampled_from(Verdict)), **said))
    return facts


@given(histories(), st.randoms(use_true_random=False), st.booleans())
def test_every_order_and_every_repetition_gives_the_same(facts: list[Any], chance: Any, is_critical: bool) -> None:
    expected = judged(*facts, is_critical=is_critical)
    shuffled = list(facts)
    chance.shuffle(shuffled)
    assert judged(*shuffled, is_critical=is_critical) == expected


@given(histories())
def test_nothing_critical_is_approved_without_a_decision_on_that_very_wording(facts: list[Any]) -> None:
    found = judged(*facts, is_critical=True)
    if found.state is State.APPROVED:
        decided = [each for each in facts if isinstance(each, Mark) and each.by_sri and each.verdict is Verdict.APPROVE]
        assert any(each.text == found.text and each.revision == "r1" for each in decided)


@given(histories())
def test_two_approvals_nobody_has_seen_are_never_settled_by_themselves(facts: list[Any]) -> None:
    marks = [each for each in facts if isinstance(each, Mark) and each.revision == "r1"]
    seen = frozenset[str]().union(*(each.seen for each in marks))
    heads = {each.text for each in marks if each.id not in seen and each.verdict is Verdict.APPROVE}
    assert (judged(*facts).state is State.CONTESTED) == (len(heads) > 1)


@pytest.mark.parametrize(
    ("source", "target", "faults"),
    [
        ("Say {1}hi{/1}.", "Powiedz {1}cześć{/1}.", []),
        ("Say {1}hi{/1}.", "Powiedz cześć.", [Fault.CODE_MISSING, Fault.CODE_MISSING]),
        ("{minutes} minutes", "{minuty} minut", [Fault.CODE_MISSING, Fault.CODE_EXTRA]),
        ("At 10:30 on day 4", "الساعة ١٠:٣٠ يوم ٤", []),
        ("1,500 people", "1 500 osób", [Fault.NUMBER]),
        ("90 minutes", "60 minut", [Fault.NUMBER]),
        ("An urge passes.", "Chęć mija.", [Fault.TERM]),
        ("An urge passes.", "Głód mija, nałóg też.", [Fault.FORBIDDEN]),
        ("Hello", "  ", [Fault.EMPTY]),
        ("Call 112", "Call \u202e112", [Fault.HIDDEN]),
        ("Write to us", "Write\u200b to us", [Fault.HIDDEN]),
        ("a\u00adb", "a\u00adc", []),
        ("we go", "می\u200cرویم", []),
        ("SMART", "SM\u0410RT", [Fault.ALIKE]),
        ("SMART group", "SMART-группа", []),
    ],
)
def test_checks_find_codes_numbers_and_terms(source: str, target: str, faults: list[Fault]) -> None:
    terms = [Term("urge", "głód", ("nałóg",))]
    assert [each.fault for each in findings(source, target, terms)] == faults


def test_the_number_of_a_code_is_no_number_of_the_text() -> None:
    assert not numbers("{1}one{/1}")


def test_only_what_carries_marks_cannot_be_waived() -> None:
    assert {each for each in Fault if not each.may_be_waived} == {
        Fault.CODE_MISSING,
        Fault.CODE_EXTRA,
        Fault.EMPTY,
        Fault.HIDDEN,
    }
