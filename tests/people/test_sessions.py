"""Coming in and staying in: the loader tells the truth about this minute."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.actor import ANONYMOUS
from sri_admin.kernel.audit import AuditEntry, AuditPersonal
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError, InvalidError, NotFoundError, TooManyError
from sri_admin.people.models import AccountSession, Credential
from sri_admin.people.operations import access, attempts, passwords, sessions
from sri_admin.people.queries.accounts import digest, mandates_on
from sri_admin.people.queries.signing_in import SignedIn, signed_in
from sri_admin.people.rules import Role, is_open
from tests.make.people import PASSWORD, Person, country, person

pytestmark = pytest.mark.usefixtures("database")
NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)


def come_in(somebody: Person, password: str = PASSWORD, network: str = "192.0.2.0/24") -> str:
    values = {"sign_in_name": somebody.sign_in_name, "password": password, "network": network}
    return transaction.write(tenancy.NOWHERE, lambda: sessions.sign_in(ANONYMOUS, values=values)).token


def there(token: str, at: datetime) -> SignedIn | None:
    with clock.running(clock.fixed(at)):
        return signed_in(token)


def refusal(**values: str) -> AppError:
    with pytest.raises(AppError) as raised:
        transaction.write(tenancy.NOWHERE, lambda: sessions.sign_in(ANONYMOUS, values=values))
    return raised.value


@pytest.fixture
def chair() -> Person:
    return person(Role.CHAIR, country("QM"))


def test_a_token_says_who_is_there(chair: Person) -> None:
    with clock.running(clock.fixed(NOON)):
        found = signed_in(come_in(chair))
    assert found is not None
    assert found.actor.label == chair.label
    assert found.actor.holds("chair", member=found.home)
    assert found.actor.fresh_until == NOON + timedelta(minutes=10)


def test_only_the_digest_of_a_token_is_stored(chair: Person) -> None:
    token = come_in(chair)
    with transaction.reading(tenancy.NOWHERE):
        stored = db.session.scalars(sa.select(AccountSession.token_hash)).all()
    assert digest(token) in stored
    assert token.encode() not in stored


def test_a_session_ends_after_half_an_hour_without_use_and_after_twelve_hours(chair: Person) -> None:
    with clock.running(clock.fixed(NOON - timedelta(hours=11))):
        token = come_in(chair)
    start = NOON - timedelta(hours=11)
    for minutes in range(20, 12 * 60, 20):
        assert there(token, start + timedelta(minutes=minutes)) is not None
    assert there(token, start + timedelta(hours=12)) is None


def test_a_session_left_alone_ends(chair: Person) -> None:
    with clock.running(clock.fixed(NOON)):
        token = come_in(chair)
    assert there(token, NOON + timedelta(minutes=29)) is not None
    assert there(token, NOON + timedelta(minutes=59)) is None


def test_access_ends_by_itself_after_the_last_day() -> None:
    chair = person(Role.CHAIR, country("QM"), ends_on=date(2026, 6, 12))
    late = datetime(2026, 6, 12, 23, 50, tzinfo=UTC)
    with clock.running(clock.fixed(late)):
        token = come_in(chair)
    assert there(token, late + timedelta(minutes=9)) is not None
    assert there(token, late + timedelta(minutes=10)) is None


def test_the_filter_and_the_rule_agree_on_every_day() -> None:
    somebody = person(Role.CHAIR, country("QM"), starts_on=date(2026, 6, 1), ends_on=date(2026, 6, 3))
    for day in (date(2026, 5, 31) + timedelta(days=each) for each in range(6)):
        with transaction.reading(tenancy.NOWHERE):
            by_filter = bool(mandates_on(somebody.account_id, day))
        assert by_filter == is_open(date(2026, 6, 1), date(2026, 6, 3), today=day)


def test_a_blocked_account_is_out_at_once(chair: Person) -> None:
    place = chair.actor.mandates[0].member_id
    boss = person(Role.MEMBER_ADMINISTRATOR, place).actor
    with clock.running(clock.fixed(NOON)):
        token = come_in(chair)
        transaction.write(
            tenancy.only(place),
            lambda: access.block_account(
                boss, access.account_by_id(chair.account_id), place, values={"reason": "lost"}
            ),
        )
        assert signed_in(token) is None


def test_signing_out_elsewhere_ends_only_that_session(chair: Person) -> None:
    with clock.running(clock.fixed(NOON)):
        here, elsewhere = come_in(chair), come_in(chair)
        ended = signed_in(elsewhere)
        assert ended is not None
        place = tenancy.only(ended.home)
        transaction.write(place, lambda: sessions.sign_out(ended.actor, ended.session_id))
        assert (signed_in(here) is None, signed_in(elsewhere) is None) == (False, True)


def test_nobody_ends_the_session_of_somebody_else(chair: Person) -> None:
    with clock.running(clock.fixed(NOON)):
        found = signed_in(come_in(chair))
        stranger = person(Role.CHAIR, country("QN")).actor
        assert found is not None
        with pytest.raises(NotFoundError):
            transaction.write(tenancy.only(found.home), lambda: sessions.sign_out(stranger, found.session_id))


def test_a_new_password_ends_the_other_sessions(chair: Person) -> None:
    values = {"current_password": PASSWORD, "password": "seven green kettles sing", "network": "x"}
    with clock.running(clock.fixed(NOON)):
        old = come_in(chair)
        place = tenancy.only(chair.actor.mandates[0].member_id)
        opened = transaction.write(
            place,
            lambda: sessions.change_password(chair.actor, access.account_by_id(chair.account_id), values=values),
        )
        assert signed_in(old) is None
        assert signed_in(opened.token) is not None
        assert come_in(chair, "seven green kettles sing")


def test_the_answer_is_the_same_for_unknown_names_and_wrong_passwords(chair: Person) -> None:
    known = refusal(sign_in_name=chair.sign_in_name, password="wrong wrong wrong", network="n1")
    unknown = refusal(sign_in_name="nobody@example.org", password="wrong wrong wrong", network="n2")
    odd = refusal(sign_in_name="null\0byte", password="wrong\0wrong", network="n3")
    assert {str(known), str(unknown), str(odd)} == {str(known)}
    assert {type(each) for each in (known, unknown, odd)} == {InvalidError}


class Counting:
    """A hasher that counts how often it really checks."""

    def __init__(self, hasher: Any) -> None:
        self.hasher, self.checked = hasher, 0

    def verify(self, stored: str, password: str) -> bool:
        self.checked += 1
        return self.hasher.verify(stored, password)

    def hash(self, password: str) -> str:
        return self.hasher.hash(password)


def test_an_unknown_name_costs_the_same_work(chair: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting(passwords._hasher)
    monkeypatch.setattr(passwords, "_hasher", counting)
    for number, name in enumerate((chair.sign_in_name, "nobody@example.org", "null\0byte"), start=1):
        refusal(sign_in_name=name, password="wrong wrong wrong", network="n1")
        assert counting.checked == number


def test_only_who_knows_the_password_learns_that_access_has_ended() -> None:
    left = person(Role.CHAIR, country("QM"), ends_on=date(2021, 6, 12))
    wrong = refusal(sign_in_name=left.sign_in_name, password="wrong wrong wrong", network="n1")
    right = refusal(sign_in_name=left.sign_in_name, password=PASSWORD, network="n1")
    unknown = refusal(sign_in_name="nobody@example.org", password=PASSWORD, network="n2")
    assert str(wrong) == str(unknown)
    assert "has ended" in str(right)


def test_failures_are_remembered_although_each_request_is_rolled_back(chair: Person) -> None:
    with clock.running(clock.fixed(NOON)):
        for number in range(5):
            refusal(sign_in_name=chair.sign_in_name, password="wrong", network=f"n{number}")
        waiting = refusal(sign_in_name=chair.sign_in_name, password=PASSWORD, network="n9")
    assert isinstance(waiting, TooManyError)
    assert waiting.retry_after == 15
    with clock.running(clock.fixed(NOON + timedelta(seconds=16))):
        assert come_in(chair)


def test_f47_what_a_clock_that_ran_ahead_noted_locks_nobody_out_and_keeps_nobody_in(chair: Person) -> None:
    with clock.running(clock.fixed(NOON + timedelta(days=3650))):
        stayed = come_in(chair)
        for number in range(6):
            refusal(sign_in_name=chair.sign_in_name, password="wrong", network=f"n{number}")
    with clock.running(clock.fixed(NOON)):
        assert come_in(chair)
        assert signed_in(stayed) is None


def test_f47_a_limit_counted_by_a_clock_that_ran_ahead_is_counted_anew() -> None:
    hour = timedelta(hours=1)
    with clock.running(clock.fixed(NOON + timedelta(days=3650))):
        attempts.take("exports", limit=1, window=hour)
    with clock.running(clock.fixed(NOON)):
        attempts.take("exports", limit=1, window=hour)
        with pytest.raises(TooManyError) as refused:
            attempts.take("exports", limit=1, window=hour)
    assert refused.value.retry_after == 3600


def test_unknown_names_have_to_wait_like_known_ones() -> None:
    for number in range(5):
        refusal(sign_in_name="nobody@example.org", password="wrong", network=f"n{number}")
    assert isinstance(refusal(sign_in_name="nobody@example.org", password="wrong", network="n9"), TooManyError)


def test_a_network_that_tries_many_names_has_to_wait() -> None:
    for number in range(20):
        refusal(sign_in_name=f"nobody{number}", password="wrong", network="192.0.2.0/24")
    assert isinstance(refusal(sign_in_name="another", password="wrong", network="192.0.2.0/24"), TooManyError)


def test_success_takes_earlier_failures_back(chair: Person) -> None:
    for _round in range(3):
        for _try in range(4):
            refusal(sign_in_name=chair.sign_in_name, password="wrong", network=f"n{_round}")
        assert come_in(chair)


def test_history_names_nobody_and_holds_no_secret(chair: Person) -> None:
    token = come_in(chair)
    with transaction.reading(tenancy.only(chair.actor.mandates[0].member_id)):
        lines: list[Any] = [entry.line for entry in db.session.scalars(sa.select(AuditEntry))]
        personal = [each.value for each in db.session.scalars(sa.select(AuditPersonal))]
        hashes = db.session.scalars(sa.select(Credential.hash)).all()
    text = b"".join(lines).decode() + str(personal)
    assert chair.label in text
    assert not [each for each in (token, PASSWORD, *hashes, chair.sign_in_name) if each in text]
