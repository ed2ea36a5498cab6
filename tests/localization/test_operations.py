"""Translation through the operations: gates, outdated segments, and releases built only from what is approved."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.kernel import clock, ids, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from sri_admin.localization.models import Contribution, ContributionReview, LanguageDecision
from sri_admin.localization.operations import contributions, decisions
from sri_admin.localization.pages.waiting import work_of
from sri_admin.localization.queries.texts import text_of
from sri_admin.localization.rules.desk import Desk
from sri_admin.localization.rules.standing import State, Verdict
from sri_admin.localization.sync import KINDS
from sri_admin.materials.queries.works import blocks_of, newest_release, work_by_code
from sri_admin.materials.rules.blocks import Risk
from sri_admin.members.rules.member import MemberState, SuspensionKind, Transition
from tests.make import localization as loc
from tests.make import materials
from tests.make import members as make
from tests.make.materials import CODE, TEXT

pytestmark = pytest.mark.usefixtures("database")
POLISH = {
    "Opening": "Otwarcie spotkania",
    "Welcome": "Powitaj wszystkich i powiedz, ile trwa spotkanie: {1}90 minut{/1}.",
    "Nobody": "Nikt nie musi mówić. Powiedz to dwa razy.",
    "Ask": "Zapytaj, kto chce zacząć.",
    "Thank": "Podziękuj {name} za każde słowo.",
}


@pytest.fixture
def member() -> UUID:
    """A licensed country that may translate a released work into Polish."""
    made = make.member("QM", MemberState.LICENSED)
    materials.released(Nobody=Risk.PROGRAM)
    loc.granted(made)
    return made


def read(body: Any) -> Any:
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return body()


def states() -> dict[str, State]:
    def look() -> dict[str, State]:
        text = text_of(work_by_code(CODE), "pl")
        assert text is not None
        found = {word: each for word in POLISH for each in text.segments if word in each.block.text}
        return {word: each.standing.state for word, each in found.items()}

    return read(look)


def all_approved(member: UUID) -> None:
    for word, text in POLISH.items():
        made = loc.approved(member, word, text)
        if word == "Nobody":
            loc.decided(word, made)


def test_a_wording_goes_from_translator_to_reviser_and_a_critical_one_to_sri(member: UUID) -> None:
    made = loc.translated(member, "Nobody", POLISH["Nobody"])
    seen = [states()["Nobody"]]
    loc.reviewed(member, "Nobody", made)
    seen.append(states()["Nobody"])
    loc.decided("Nobody", made)
    assert [*seen, states()["Nobody"]] == [State.DRAFTED, State.INTEGRITY, State.APPROVED]


def test_a_country_whose_licence_is_suspended_translates_nothing_until_it_is_lifted(member: UUID) -> None:
    make.step(member, Transition.SUSPEND, kind=SuspensionKind.FULL)
    with pytest.raises(NotFoundError):
        loc.translated(member, "Ask", POLISH["Ask"])
    make.step(member, Transition.LIFT_SUSPENSION)
    loc.translated(member, "Ask", POLISH["Ask"])
    assert states()["Ask"] is State.DRAFTED


def test_nobody_reviews_their_own_wording(member: UUID) -> None:
    both = loc.somebody("reviser", member)
    made = loc.translated(member, "Ask", POLISH["Ask"], by=both)
    with pytest.raises(NotAllowedError):
        loc.reviewed(member, "Ask", made, by=both)


def test_the_database_itself_refuses_a_review_of_ones_own(member: UUID) -> None:
    made = loc.translated(member, "Ask", POLISH["Ask"])

    def forge(author: str | None) -> None:
        row = db.session.get_one(Contribution, (member, made))
        db.session.add(
            ContributionReview(
                member_id=member,
                id=ids.new(),
                work_id=row.work_id,
                language="pl",
                block_uid=row.block_uid,
                revision=row.revision,
                contribution_id=made,
                author=author or row.actor,
                verdict=Verdict.APPROVE,
                note="",
                seen=[],
                at=clock.now(),
                actor=row.actor,
                role="reviser",
            )
        )
        db.session.flush()
        db.session.execute(sa.text("set constraints all immediate"))

    for author in (None, "usr-somebody-else"):
        with pytest.raises(ConflictError):
            make.writing(member, lambda author=author: forge(author))


@pytest.mark.parametrize("claim", [{"revision": "0" * 32}, {"block_uid": "b-0"}, {"language": "ar"}])
def test_the_database_itself_refuses_a_review_that_is_about_something_else(member: UUID, claim: dict[str, str]) -> None:
    made = loc.translated(member, "Ask", POLISH["Ask"])
    loc.reviewed(member, "Ask", made)

    def forge() -> None:
        row = db.session.scalars(sa.select(ContributionReview)).one()
        values = {each.key: getattr(row, each.key) for each in sa.inspect(ContributionReview).column_attrs}
        db.session.add(ContributionReview(**{**values, "id": ids.new(), **claim}))
        db.session.flush()
        db.session.execute(sa.text("set constraints all immediate"))

    with pytest.raises(ConflictError):
        make.writing(member, forge)


@pytest.mark.parametrize(
    ("role", "language", "where"), [("translator", "ar", "QM"), ("chair", "pl", "QM"), ("translator", "pl", "QN")]
)
def test_who_has_no_role_for_the_language_and_country_translates_nothing(
    member: UUID, role: str, language: str, where: str
) -> None:
    other = make.member("QN") if where == "QN" else member
    stranger = loc.somebody(role, other, language)
    with pytest.raises(NotAllowedError):
        loc.translated(member, "Ask", POLISH["Ask"], by=stranger)


def test_a_language_that_was_not_granted_has_no_desk(member: UUID) -> None:
    translator = loc.somebody("translator", member, "ar")
    values = {"segment": "x", "text": "x"}
    with pytest.raises(NotFoundError):
        make.writing(
            member,
            lambda: contributions.contribute(translator, Desk(member, "ar"), work_by_code(CODE), values=values),
        )


def test_a_missing_code_is_refused_and_a_number_needs_a_reason(member: UUID) -> None:
    with pytest.raises(InvalidError) as without_code:
        loc.translated(member, "Thank", "Podziękuj za każde słowo.")
    wrong = POLISH["Welcome"].replace("90 minut", "półtorej godziny")
    with pytest.raises(InvalidError) as without_reason:
        loc.translated(member, "Welcome", wrong)
    assert [without_code.value.fields[0].field, without_reason.value.fields[0].field] == ["text", "waiver"]
    assert loc.translated(member, "Welcome", wrong, waiver="Written out in Polish.")


def test_two_revisers_working_apart_both_keep_their_choice(member: UUID) -> None:
    first = loc.translated(member, "Ask", "Zapytaj, kto zacznie.", seen=[])
    second = loc.translated(member, "Ask", POLISH["Ask"], seen=[])
    loc.reviewed(member, "Ask", first, seen=[])
    loc.reviewed(member, "Ask", second, seen=[])
    assert states()["Ask"] is State.CONTESTED
    loc.decided("Ask", second)
    found = read(lambda: loc.segment("Ask").standing)
    assert (found.state, found.text) == (State.APPROVED, POLISH["Ask"])


def both(role: str, member: UUID) -> Actor:
    """Make somebody of SRI who also works in Polish for a country."""
    there, lead = loc.somebody(role, member), make.actor("integrity_lead")
    return replace(lead, mandates=(*lead.mandates, *there.mandates))


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("chosen", ["own", "rival"])
@pytest.mark.parametrize("role", ["translator", "reviser"])
def test_nobody_behind_one_of_two_approved_wordings_decides_between_them(
    member: UUID, role: str, chosen: str, verdict: Verdict
) -> None:
    judge = both(role, member)
    own = loc.translated(member, "Ask", "Zapytaj, kto zacznie.", seen=[], by=judge if role == "translator" else None)
    rival = loc.translated(member, "Ask", POLISH["Ask"], seen=[])
    reviser: dict[str, Any] = {"by": judge if role == "reviser" else None}
    loc.reviewed(member, "Ask", own, seen=[], **reviser)
    loc.reviewed(member, "Ask", rival, seen=[])
    with pytest.raises(NotAllowedError):
        loc.decided("Ask", own if chosen == "own" else rival, verdict=verdict, by=judge)
    loc.decided("Ask", rival)
    recorded = read(lambda: db.session.scalars(sa.select(LanguageDecision.authors)).one())
    assert judge.label in recorded
    assert len(recorded) == 4


def told(tenant_id: UUID, actor: Actor) -> set[str]:
    """Return what somebody is told of translations that wait, by the words on the button."""
    return read(lambda: {str(each.label) for each in work_of(tenant_id, clock.today()) if each.shown(actor)})


def test_nobody_is_told_to_review_or_decide_where_every_wording_is_their_own(member: UUID) -> None:
    reviser, other, lead = both("reviser", member), loc.somebody("reviser", member), make.actor("integrity_lead")
    made = loc.translated(member, "Nobody", POLISH["Nobody"], by=reviser)
    assert "Review" not in told(member, reviser)
    assert "Review" in told(member, other)
    loc.translated(member, "Ask", POLISH["Ask"])
    assert "Review" in told(member, reviser)
    loc.reviewed(member, "Nobody", made, by=other)
    assert ("Decide" in told(make.hub(), reviser), "Decide" in told(make.hub(), lead)) == (False, True)


def test_nobody_who_wrote_the_same_words_elsewhere_decides_on_them(member: UUID) -> None:
    home = make.member("QN", MemberState.LICENSED)
    judge = both("translator", home)
    loc.granted(home)
    loc.translated(home, "Nobody", POLISH["Nobody"], by=judge)
    made = loc.approved(member, "Nobody", POLISH["Nobody"])
    with pytest.raises(NotAllowedError):
        loc.decided("Nobody", made, by=judge)
    loc.decided("Nobody", made)


def test_returning_one_of_two_approved_wordings_leaves_the_other_approved(member: UUID) -> None:
    first = loc.translated(member, "Ask", "Zapytaj, kto zacznie.", seen=[])
    second = loc.translated(member, "Ask", POLISH["Ask"], seen=[])
    loc.reviewed(member, "Ask", first, seen=[])
    loc.reviewed(member, "Ask", second, seen=[])
    loc.decided("Ask", first, verdict=Verdict.RETURN)
    found = read(lambda: loc.segment("Ask").standing)
    assert (found.state, found.text) == (State.APPROVED, POLISH["Ask"])


def test_what_somebody_did_is_said_to_be_done_in_the_role_that_let_them(member: UUID) -> None:
    both = [loc.somebody(role, member) for role in ("translator", "reviser")]
    chairs = [replace(each, mandates=(*make.actor("chair", member).mandates, *each.mandates)) for each in both]
    made = loc.translated(member, "Ask", POLISH["Ask"], by=chairs[0])
    loc.reviewed(member, "Ask", made, by=chairs[1])

    def roles() -> list[str]:
        return [db.session.scalars(sa.select(kind.role)).one() for kind in (Contribution, ContributionReview)]

    assert read(roles) == ["translator", "reviser"]


def test_a_source_written_wholly_anew_and_changed_back_is_approved_as_before(member: UUID) -> None:
    all_approved(member)
    for number, wording in enumerate(("Silence is welcome.", "Nobody has to speak. Say so twice."), 1):
        materials.draft(text=TEXT.replace("Nobody has to speak. Say so twice.", wording))
        materials.release(version_no=f"1.{number}.0")
    assert set(states().values()) == {State.APPROVED}


def test_exactly_the_changed_segment_is_outdated_and_reverting_restores_the_approval(member: UUID) -> None:
    all_approved(member)
    materials.draft(text=TEXT.replace("Ask who would like to begin.", "Ask who would like to begin today."))
    materials.release(version_no="1.0.1")
    changed = states()
    assert {word for word, state in changed.items() if state is State.OUTDATED} == {"Ask"}
    assert read(lambda: loc.segment("Ask").old_source) == "Ask who would like to begin."
    materials.draft(text=TEXT)
    materials.release(version_no="1.0.2")
    assert set(states().values()) == {State.APPROVED}


def release(member: UUID, version_no: str = "1.0.0") -> None:
    manager, values = make.actor("materials_manager"), {"version_no": version_no, "notes": "Pierwsze wydanie."}
    make.writing(make.hub(), lambda: decisions.release_text(manager, work_by_code(CODE), "pl", values=values))


def test_a_release_holds_exactly_what_is_approved(member: UUID) -> None:
    all_approved(member)
    release(member)
    texts = read(lambda: [each.text for each in blocks_of(newest_release(work_by_code(CODE), "pl"))])
    assert texts == list(POLISH.values())


@pytest.mark.parametrize("left_out", list(POLISH))
def test_no_release_is_built_around_a_missing_approval(member: UUID, left_out: str) -> None:
    for word in [each for each in POLISH if each != left_out]:
        made = loc.approved(member, word, POLISH[word])
        if word == "Nobody":
            loc.decided(word, made)
    with pytest.raises(ConflictError):
        release(member)


def test_no_release_is_built_around_a_missing_decision(member: UUID) -> None:
    for word, text in POLISH.items():
        loc.approved(member, word, text)
    with pytest.raises(ConflictError):
        release(member)


def test_what_matters_more_since_a_release_waits_for_sri_before_the_next_translation(member: UUID) -> None:
    all_approved(member)
    materials.draft(Nobody=Risk.PROGRAM, Welcome=Risk.PROGRAM)
    materials.release(version_no="1.0.1")
    assert {word for word, state in states().items() if state is not State.APPROVED} == {"Welcome"}
    assert states()["Welcome"] is State.INTEGRITY
    with pytest.raises(ConflictError):
        release(member)
    loc.decided("Welcome", read(lambda: UUID(loc.segment("Welcome").standing.version_id)))
    release(member)


def test_what_sri_returned_goes_back_with_its_reason(member: UUID) -> None:
    made = loc.approved(member, "Nobody", POLISH["Nobody"])
    loc.decided("Nobody", made, verdict=Verdict.RETURN)
    found = read(lambda: loc.segment("Nobody").standing)
    assert (found.state, found.note) == (State.RETURNED, "It says something else.")


def test_everything_written_passes_its_own_wire_check(member: UUID) -> None:
    all_approved(member)
    lead, hub_id = make.actor("integrity_lead"), make.hub()
    term = {"language": "pl", "source": "urge", "target": "głód", "forbidden": "chęć, nałóg"}
    make.writing(hub_id, lambda: decisions.enter_term(lead, hub_id, values=term))

    def look() -> set[str]:
        rows = [(kind, row) for kind in KINDS for row in db.session.scalars(sa.select(kind.model))]
        assert [kind.name for kind, row in rows if not kind.accepts(kind.payload(row))] == []
        return {kind.name for kind, _row in rows}

    assert read(look) == {kind.name for kind in KINDS}
