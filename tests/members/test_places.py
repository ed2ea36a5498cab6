"""Who holds a place while agreements stand side by side, follow one another and stop, on PostgreSQL."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, InvalidError
from sri_admin.members.operations import agreements
from sri_admin.members.queries.territories import granted_by
from sri_admin.members.rules.agreement import AgreementKind
from tests.make import members as make

pytestmark = pytest.mark.usefixtures("database")

OTHERS = [kind for kind in AgreementKind if kind is not AgreementKind.LICENCE]
# A second grant of a place, whatever the program would have said to it.
GRANT = sa.text(
    "insert into member_territory (member_id, id, code, country, part_from, part_to, exclusive, valid_from, valid_to,"
    " agreement_id, version) select member_id, gen_random_uuid(), :code, 'QS', null, null, true, :since, :until,"
    " id, 1 from agreement where member_id = :member_id and id = :agreement_id"
)


def held(member_id: UUID, agreement_id: UUID) -> dict[str, tuple[date, date | None]]:
    """Return the places an agreement grants, each with its first day and the day before which it ends."""
    with transaction.reading(tenancy.only(member_id)):
        rows = granted_by(member_id, agreement_id)
        return {row.code: (row.valid_from, row.valid_to) for row in rows}


def full_time(**more: date) -> tuple[date, date]:
    """Return the time of a grant that nothing cut short: the days of grace belong to it."""
    terms = make.terms(**more)
    return terms["starts_on"], terms["ends_on"] + timedelta(days=terms["grace_days"] + 1)


def close(member_id: UUID, agreement_id: UUID, *, on: date) -> None:
    """End an agreement before its time."""
    director, said = make.actor(), {"from_day": on, "reason": "Both sides agreed."}
    make.writing(
        member_id,
        lambda: agreements.terminate_agreement(director, make.agreement(member_id, agreement_id), values=said),
    )


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("kind", OTHERS)
def test_an_agreement_beside_the_licence_leaves_the_licence_its_places(kind: AgreementKind, exclusive: bool) -> None:
    member_id, today = make.member("QM"), clock.today()
    licence = make.signed(member_id, territories=["QS"])
    beside = make.signed(member_id, territories=["QS"], kind=kind, exclusive=exclusive, starts_on=today)
    assert held(member_id, licence) == {"QS": full_time()}
    assert held(member_id, beside) == {"QS": full_time(starts_on=today)}
    with pytest.raises(InvalidError) as refused:
        make.offered(make.member("QN"), territories=["QS"])
    assert refused.value.fields[0].field == "territories"


@pytest.mark.parametrize("places", [("QS", "QS-E"), ("QS-E", "QS")])
def test_a_part_or_the_whole_beside_it_takes_nothing_away_either(places: tuple[str, str]) -> None:
    member_id = make.member("QM")
    first, second = (make.signed(member_id, territories=[place]) for place in places)
    assert held(member_id, first) == {places[0]: full_time()}
    assert held(member_id, second) == {places[1]: full_time()}


@pytest.mark.parametrize("stops", ["licence", "beside"])
def test_of_two_agreements_over_a_place_each_ends_alone(stops: str) -> None:
    member_id, other = make.member("QM"), make.member("QN")
    today, later = clock.today(), clock.today() + timedelta(days=30)
    both = {
        "licence": make.signed(member_id, territories=["QS"]),
        "beside": make.signed(member_id, territories=["QS"], kind=AgreementKind.TRANSLATION),
    }
    close(member_id, both[stops], on=today)
    (stays,) = both.keys() - {stops}
    assert held(member_id, both[stops]) == {"QS": (full_time()[0], today)}
    assert held(member_id, both[stays]) == {"QS": full_time()}
    with pytest.raises(InvalidError):
        make.offered(other, territories=["QS"], starts_on=later)
    close(member_id, both[stays], on=later)
    assert make.signed(other, territories=["QS"], starts_on=later)


def test_an_amendment_takes_over_from_the_agreement_it_amends_alone() -> None:
    member_id, begins = make.member("QM"), clock.today() + timedelta(days=30)
    licence = make.signed(member_id, territories=["QS", "QT"])
    beside = make.signed(member_id, territories=["QS"], kind=AgreementKind.TRANSLATION)
    amended = make.signed(member_id, territories=["QS"], amends_id=licence, starts_on=begins)
    first_day, _end = full_time()
    assert held(member_id, licence) == {"QS": (first_day, begins), "QT": (first_day, begins)}
    assert held(member_id, amended) == {"QS": full_time(starts_on=begins)}
    assert held(member_id, beside) == {"QS": full_time()}


def test_a_renewal_takes_over_from_the_agreement_it_continues_alone() -> None:
    member_id, ends_on = make.member("QM"), clock.today() + timedelta(days=20)
    licence = make.signed(member_id, territories=["QS"], ends_on=ends_on)
    beside = make.signed(member_id, territories=["QS"], kind=AgreementKind.ONLINE)
    renewed = make.renewal(member_id, licence)
    make.sign(member_id, renewed)
    first_day, next_day = full_time()[0], ends_on + timedelta(days=1)
    assert held(member_id, licence) == {"QS": (first_day, next_day)}
    assert held(member_id, renewed)["QS"][0] == next_day
    assert held(member_id, beside) == {"QS": full_time()}


def test_an_amendment_signed_after_the_renewal_leaves_the_renewal_its_places() -> None:
    member_id, today = make.member("QM"), clock.today()
    licence = make.signed(member_id, territories=["QS"], ends_on=today + timedelta(days=20))
    renewed = make.renewal(member_id, licence)
    make.sign(member_id, renewed)
    before = held(member_id, renewed)
    make.signed(member_id, territories=["QS"], amends_id=licence, starts_on=today, ends_on=today + timedelta(days=20))
    assert held(member_id, renewed) == before


def test_the_database_itself_keeps_a_place_to_one_member_and_to_as_many_of_its_agreements_as_there_are() -> None:
    today = clock.today()
    member_id, other = make.member("QM"), make.member("QN")
    licence = make.signed(member_id, territories=["QS-E"])
    elsewhere = make.signed(other, territories=["QT"])
    until = make.terms()["ends_on"] + timedelta(days=400)

    def grant(whose: UUID, agreement_id: UUID, since: date) -> Callable[[], object]:
        said = {"member_id": whose, "agreement_id": agreement_id, "code": "QS", "since": since, "until": until}
        return lambda: db.session.execute(GRANT, said)

    make.writing(member_id, grant(member_id, licence, today))
    with pytest.raises(ConflictError) as refused:
        make.writing(other, grant(other, elsewhere, today))
    assert refused.value.stable_code == "place_taken"
    make.writing(other, grant(other, elsewhere, until))
