"""What holds for answers, snapshots and stages, whatever is put in."""

import itertools
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.integrity.rules import snapshot as snapshots
from sri_admin.integrity.rules.answers import Answer, Given, Lack, lack_of
from sri_admin.integrity.rules.edition import CRITERIA, EDITION_NO
from sri_admin.integrity.rules.metrics import is_sound, level_of
from sri_admin.integrity.rules.review import Verdict, settled
from sri_admin.integrity.rules.snapshot import Facts, Fault, Item, Proof
from sri_admin.integrity.rules.standing import HubState, LocalState, Stage, Step, after, stage_of, state_after

FACTS = Facts(id=UUID(int=1), member_id=UUID(int=2), cycle_id=UUID(int=3), edition_id=UUID(int=4), revision=1)
CRITERIA_OF = {"access": False, "returns": True}
NUMBERS = {"expected": 4, "on_time": 4, "late": 0, "missing": 0}
ITEMS = (
    Item(uid="access", answer=Answer.IN_PLACE, statement="Two towns.", by=("usr-a",)),
    Item(uid="returns", answer=Answer.REVIEWED, computed=NUMBERS),
)
TEXT = snapshots.content_of(FACTS, ITEMS)


def fault(content: str = TEXT, facts: Facts = FACTS, **more: Any) -> Fault | None:
    given = {"criteria": CRITERIA_OF, "answered_by": ["usr-a"], "signed_by": "usr-b", **more}
    return snapshots.fault_of(content, facts, **given)


def test_the_edition_has_five_criteria_in_five_languages_one_of_them_computed() -> None:
    assert (EDITION_NO, len(CRITERIA), sum(each.metric is not None for each in CRITERIA)) == ("0.1", 5, 1)
    texts = [text for each in CRITERIA for text in (each.title, each.prompt, each.expectation)]
    assert {tuple(sorted(each.texts)) for each in texts} == {("ar", "en", "es", "fr", "pl")}


@pytest.mark.parametrize(
    ("answer", "more", "lack"),
    [
        (None, {}, Lack.ANSWER),
        (Answer.NOT_IN_PLACE, {}, None),
        (Answer.STARTED, {}, None),
        (Answer.CANNOT_TELL, {}, None),
        (Answer.IN_PLACE, {}, Lack.PROOF),
        (Answer.IN_PLACE, {"statement": "See the minutes."}, None),
        (Answer.REVIEWED, {"evidence": [UUID(int=9)]}, None),
        (Answer.NOT_APPLICABLE, {"statement": "No."}, Lack.REASON),
        (Answer.NOT_APPLICABLE, {"reason": "There are no meetings on paper."}, None),
    ],
)
def test_an_answer_says_what_it_lacks(answer: Answer | None, more: dict[str, Any], lack: Lack | None) -> None:
    assert lack_of(Given(answer=answer, **more)) is lack


def test_a_sound_snapshot_has_no_fault() -> None:
    assert fault() is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"content": "[]"}, Fault.UNREADABLE),
        ({"content": TEXT + " "}, Fault.FACTS),
        ({"content": TEXT.replace('"revision":1', '"revision":2')}, Fault.FACTS),
        ({"criteria": {"access": False}}, Fault.ITEMS),
        ({"criteria": {"returns": True, "access": False}}, Fault.ITEMS),
        ({"content": TEXT.replace("Two towns.", "")}, Fault.INCOMPLETE),
        ({"content": TEXT.replace('"by":["usr-a"]', '"by":[]')}, Fault.INCOMPLETE),
        ({"content": TEXT.replace('"by":["usr-a"]', '"by":[""]')}, Fault.UNREADABLE),
        ({"content": TEXT.replace('"on_time":4', '"on_time":3')}, Fault.COMPUTED),
        ({"content": TEXT.replace('"late":0', '"late":-1').replace('"missing":0', '"missing":1')}, Fault.COMPUTED),
        ({"answered_by": ["usr-c"]}, Fault.AUTHORS),
        ({"signed_by": "usr-a"}, Fault.OWN_SIGN_OFF),
    ],
)
def test_what_is_wrong_with_a_snapshot_is_named(change: dict[str, Any], expected: Fault) -> None:
    assert fault(**change) is expected


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_ITEMS = st.builds(
    Item,
    uid=st.sampled_from(["access", "fidelity", "separation"]),
    answer=st.sampled_from(Answer),
    reason=_TEXTS,
    statement=_TEXTS,
    by=st.lists(_TEXTS.filter(bool), max_size=3).map(tuple),
    evidence=st.lists(st.builds(Proof, id=st.uuids(), sha256=st.just("a" * 64)), max_size=3).map(tuple),
    computed=st.none() | st.dictionaries(_TEXTS, st.integers(-9, 10**9), max_size=3),
)


@given(st.lists(_ITEMS, max_size=4))
def test_a_snapshot_reads_back_as_it_was_written(items: list[Item]) -> None:
    content = snapshots.content_of(FACTS, items)
    assert snapshots.items_of(content) == items
    assert snapshots.content_of(FACTS, snapshots.items_of(content)) == content


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_no_text_is_taken_for_a_snapshot_by_accident(content: str) -> None:
    assert fault(content) in {Fault.UNREADABLE, Fault.FACTS}


def test_a_change_of_any_answer_changes_the_digest() -> None:
    other = snapshots.content_of(FACTS, [Item(uid="access", answer=Answer.STARTED, by=("usr-a",)), ITEMS[1]])
    assert snapshots.digest(other) != snapshots.digest(TEXT)


def test_the_digest_of_a_snapshot_is_what_third_parties_compute() -> None:
    assert snapshots.digest("{}") == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert TEXT.startswith('{"cycle":"00000000-0000-0000-0000-000000000003","edition":"')


def test_how_it_stands_is_said_for_every_combination_of_both_sides() -> None:
    every = itertools.product([None, *LocalState], [False, True], [None, *HubState], [False, True])
    stages = {
        (local, signed, at_hub, closed): stage_of(local=local, is_signed=signed, at_hub=at_hub, is_closed=closed)
        for local, signed, at_hub, closed in every
    }
    assert set(stages.values()) == set(Stage)
    assert all(stage is Stage.SENT for (_l, signed, at_hub, _c), stage in stages.items() if signed and at_hub is None)


@given(st.lists(st.sampled_from(Step), max_size=8))
def test_steps_that_cannot_be_taken_change_nothing(steps: list[Step]) -> None:
    taken: list[Step] = []
    for step in steps:
        if after(state_after(taken), step) is not None:
            taken.append(step)
    assert state_after(steps) is state_after(taken)


def test_a_finished_or_returned_review_goes_no_further() -> None:
    assert {after(state, step) for state in (HubState.REVIEWED, HubState.RETURNED) for step in Step} == {None}


@pytest.mark.parametrize(
    ("expected", "on_time", "answer"),
    [
        (0, 0, Answer.NOT_APPLICABLE),
        (12, 12, Answer.REVIEWED),
        (10, 8, Answer.IN_PLACE),
        (10, 7, Answer.STARTED),
        (10, 5, Answer.STARTED),
        (10, 4, Answer.NOT_IN_PLACE),
    ],
)
def test_a_computed_answer_follows_from_its_numbers(expected: int, on_time: int, answer: Answer) -> None:
    numbers = {"expected": expected, "on_time": on_time, "late": 0, "missing": expected - on_time}
    assert (is_sound(numbers), level_of(numbers)) == (True, answer)


def test_what_counts_after_the_review_is_said_by_sri_only_where_it_differs() -> None:
    own, other = Answer.IN_PLACE, Answer.STARTED
    assert settled(own, None, None) is None
    assert settled(own, Verdict.AGREES, None) is own
    assert settled(own, Verdict.DIFFERS, other) is other
