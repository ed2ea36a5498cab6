"""Giving and taking access; one-time links."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from sri_admin.kernel import clock, ids, installation, postgres, runtime, tenancy, transaction
from sri_admin.kernel.actor import ANONYMOUS, Actor, Scope, system
from sri_admin.kernel.audit import AuditEntry, verify
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import (
    ConflictError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    StaleError,
    TooManyError,
)
from sri_admin.people.models import Account, MandateRow, OneTimeLink
from sri_admin.people.operations import access, links
from sri_admin.people.queries.access import mandate_of
from sri_admin.people.queries.accounts import account_by_id, digest
from sri_admin.people.queries.links import link_purpose
from sri_admin.people.queries.signing_in import signed_in
from sri_admin.people.rules import FREE_FAILURES, LinkPurpose, Role
from tests.conftest import new_installation, settings_for
from tests.make.people import country, hub, person

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
NEW = {"password": "seven green kettles sing", "network": "192.0.2.0/24"}
joined = pytest.mark.usefixtures("database")


def invite(actor: Actor, place: UUID, **more: Any) -> links.Issued:
    values = {"display_name": "Dana", "sign_in_name": "Dana@Example.org", "role": Role.CHAIR, **more}
    return transaction.write(tenancy.only(place), lambda: access.invite_person(actor, place, values=values))


def use(token: str) -> links.Opened:
    return transaction.write(tenancy.NOWHERE, lambda: links.set_password_by_link(ANONYMOUS, token, values=NEW))


def write(place: UUID, body: Callable[[], Any]) -> Any:
    return transaction.write(tenancy.only(place), body)


@pytest.fixture
def place(database: sa.Connection) -> UUID:
    return country("QM")


@pytest.fixture
def boss(place: UUID) -> Actor:
    return person(Role.MEMBER_ADMINISTRATOR, place).actor


def test_who_tries_many_taken_names_has_to_wait_and_nothing_that_is_undone_forgets_it(
    boss: Actor, place: UUID, logged: io.StringIO
) -> None:
    taken = [person(Role.CHAIR, country("QN")).sign_in_name for _each in range(FREE_FAILURES)]
    with clock.running(clock.fixed(NOON)):
        for name in taken:
            with pytest.raises(ConflictError):
                invite(boss, place, sign_in_name=name)
        for name in (taken[0], "free@example.org"):
            with pytest.raises(TooManyError):
                invite(boss, place, sign_in_name=name)
    said = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [(each["event"], each["by"]) for each in said] == [("invitation_refused", boss.label)] * len(taken)
    assert not [name for name in taken if name in logged.getvalue()]
    assert invite(person(Role.MEMBER_ADMINISTRATOR, place).actor, place, sign_in_name="free@example.org")


def test_invitations_that_go_out_cost_nothing_and_clear_no_refusal(boss: Actor, place: UUID) -> None:
    taken = person(Role.CHAIR, country("QN")).sign_in_name
    with clock.running(clock.fixed(NOON)):
        for number in range(FREE_FAILURES):
            assert invite(boss, place, sign_in_name=f"free{number}@example.org")
            with pytest.raises(ConflictError):
                invite(boss, place, sign_in_name=taken)
        with pytest.raises(TooManyError):
            invite(boss, place, sign_in_name="another@example.org")


def test_an_invited_person_sets_a_password_and_is_in(boss: Actor, place: UUID) -> None:
    issued = invite(boss, place)
    opened = use(issued.token)
    found = signed_in(opened.token)
    assert found is not None
    assert found.actor.holds("chair", member=place)
    with transaction.reading(tenancy.NOWHERE):
        assert account_by_id(opened.account_id).sign_in_name == "dana@example.org"


def test_the_secret_of_a_link_is_stored_as_a_digest(boss: Actor, place: UUID) -> None:
    issued = invite(boss, place)
    with transaction.reading(tenancy.NOWHERE):
        stored = db.session.scalars(sa.select(OneTimeLink.token_hash)).all()
    assert stored == [digest(issued.token)]


def test_a_link_works_once_and_looking_does_not_use_it_up(boss: Actor, place: UUID) -> None:
    token = invite(boss, place).token
    for _look in range(2):
        with transaction.reading(tenancy.NOWHERE):
            assert link_purpose(token) is LinkPurpose.INVITE
    use(token)
    with pytest.raises(NotFoundError):
        use(token)


def test_a_refused_password_does_not_use_the_link_up(boss: Actor, place: UUID) -> None:
    token = invite(boss, place).token
    with pytest.raises(InvalidError):
        transaction.write(
            tenancy.NOWHERE,
            lambda: links.set_password_by_link(ANONYMOUS, token, values={**NEW, "password": "short"}),
        )
    assert use(token)


@joined
@pytest.mark.parametrize(("after", "works"), [(timedelta(days=6, hours=23), True), (timedelta(days=7), False)])
def test_an_invitation_holds_seven_days(after: timedelta, works: bool, boss: Actor, place: UUID) -> None:
    with clock.running(clock.fixed(NOON)):
        token = invite(boss, place).token
    with clock.running(clock.fixed(NOON + after)):
        if works:
            assert use(token)
        else:
            with pytest.raises(NotFoundError):
                use(token)


def test_a_reset_holds_a_day_and_replaces_earlier_links(boss: Actor, place: UUID) -> None:
    chair = person(Role.CHAIR, place)
    made = [write(place, lambda: links.issue_reset_link(boss, account_by_id(chair.account_id), place)) for _ in "ab"]
    assert made[0].purpose is LinkPurpose.RESET
    assert made[1].expires_at - clock.now() <= timedelta(hours=24)
    with pytest.raises(NotFoundError):
        use(made[0].token)
    assert use(made[1].token)


def test_a_form_sent_twice_invites_one_person(boss: Actor, place: UUID) -> None:
    record_id = ids.new()
    first, second = (invite(boss, place, record_id=record_id) for _ in range(2))
    assert first.account_id == second.account_id == record_id
    with pytest.raises(NotFoundError):
        use(first.token)
    assert use(second.token)


def test_a_sign_in_name_is_given_once(boss: Actor, place: UUID) -> None:
    invite(boss, place)
    with pytest.raises(ConflictError):
        invite(boss, place, sign_in_name="DANA@example.org ")


def test_an_administrator_invites_no_staff_and_nobody_elsewhere(boss: Actor, place: UUID) -> None:
    with pytest.raises(InvalidError):
        invite(boss, place, role=Role.SRI_DIRECTOR)
    with pytest.raises(NotAllowedError):
        invite(boss, place, role=Role.COUNTRY_LIAISON)
    with pytest.raises(NotAllowedError):
        invite(boss, country("QN"))


def test_an_administrator_makes_no_link_for_somebody_above(boss: Actor, place: UUID) -> None:
    director = person(Role.SRI_DIRECTOR)
    with transaction.writing(tenancy.NOWHERE):
        row = db.session.scalars(sa.select(MandateRow).where(MandateRow.account_id == director.account_id)).one()
        db.session.add(_also_here(row, place))
    with pytest.raises(NotAllowedError):
        write(place, lambda: links.issue_reset_link(boss, account_by_id(director.account_id), place))


def _also_here(row: MandateRow, place: UUID) -> MandateRow:
    return MandateRow(
        account_id=row.account_id,
        role=Role.CHAIR,
        scope=Scope.MEMBER,
        member_id=place,
        starts_on=row.starts_on,
        granted_by="system:test",
    )


def test_a_role_is_ended_with_a_reason_and_at_once(boss: Actor, place: UUID) -> None:
    chair = person(Role.CHAIR, place)
    write(place, lambda: access.end_mandate(boss, mandate_of(place, chair.mandate_id), values={"reason": "Term over"}))
    with transaction.reading(tenancy.only(place)):
        row = mandate_of(place, chair.mandate_id)
        assert (row.ended_by, row.ended_reason) == (boss.label, "Term over")
        last = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.n.desc())).first()
        assert last is not None
        assert last.event == "people.MandateEnded"
        assert b"Term over" not in last.line


def test_the_last_administrator_does_not_leave_unnoticed(boss: Actor, place: UUID) -> None:
    with transaction.reading(tenancy.NOWHERE):
        own = db.session.scalars(sa.select(MandateRow.id).where(MandateRow.account_id == boss.account_id)).one()

    def leave() -> Any:
        return write(place, lambda: access.end_mandate(boss, mandate_of(place, own), values={"reason": "Moving"}))

    with pytest.raises(ConflictError):
        leave()
    person(Role.MEMBER_ADMINISTRATOR, place)
    assert leave()


def test_nobody_extends_the_own_access(place: UUID) -> None:
    boss = person(Role.MEMBER_ADMINISTRATOR, place, ends_on=clock.today() + timedelta(days=3))
    later = {"ends_on": clock.today() + timedelta(days=300)}
    with pytest.raises(ConflictError):
        write(place, lambda: access.extend_mandate(boss.actor, mandate_of(place, boss.mandate_id), values=later))


def test_another_last_day_is_kept(boss: Actor, place: UUID) -> None:
    chair, day = person(Role.CHAIR, place), clock.today() + timedelta(days=400)
    write(place, lambda: access.extend_mandate(boss, mandate_of(place, chair.mandate_id), values={"ends_on": day}))
    with transaction.reading(tenancy.NOWHERE):
        assert mandate_of(place, chair.mandate_id).ends_on == day


def test_a_change_of_an_older_version_is_refused(boss: Actor, place: UUID) -> None:
    chair = person(Role.CHAIR, place)
    values = {"reason": "Term over", "version": 7}
    with pytest.raises(StaleError):
        write(place, lambda: access.end_mandate(boss, mandate_of(place, chair.mandate_id), values=values))


@joined
def test_a_command_invites_the_first_director() -> None:
    issued = invite(system("people"), hub(), role=Role.SRI_DIRECTOR)
    opened = use(issued.token)
    found = signed_in(opened.token)
    assert found is not None
    assert found.actor.is_staff


def test_the_chain_of_history_holds_after_all_this(boss: Actor, place: UUID) -> None:
    use(invite(boss, place).token)
    with transaction.reading(tenancy.everywhere({place, hub()})):
        assert verify().broken_at is None


@pytest.fixture
def node_of_qm(node_app: Flask, node_database: sa.Connection) -> Iterator[UUID]:
    """A node that serves QM and also knows the tenant of the hub."""
    with node_app.app_context():
        place = country("QM")
        with transaction.writing(tenancy.NOWHERE):
            db.session.add(tenancy.Tenant(id=ids.new(), code="SRI", kind=tenancy.TenantKind.HUB))
        # What the enrolment would have committed; here everything is rolled back.
        runtime.current().identity = replace(installation.identity(), tenant_id=place)
        yield place
        installation.forget_identity()


def test_a_node_gives_access_to_its_own_country_alone(node_of_qm: UUID) -> None:
    assert invite(system("people"), node_of_qm)
    with pytest.raises(ConflictError):
        invite(system("people"), hub(), role=Role.SRI_DIRECTOR, sign_in_name="ana@example.org")
    with pytest.raises(ConflictError):
        invite(system("people"), country("QN"), sign_in_name="bea@example.org")


@pytest.fixture
def committing(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[Flask]:
    """A hub of its own, where transactions really commit."""
    app = new_installation(cluster, template, "sri_people", settings_for("hub", tmp_path))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_of_two_people_with_the_same_link_one_comes_in(committing: Flask) -> None:
    with committing.app_context():
        token = invite(system("people"), hub(), role=Role.SRI_DIRECTOR).token
    start, outcomes = threading.Barrier(2), []

    def run() -> None:
        with committing.app_context():
            start.wait()
            try:
                outcomes.append(use(token).token)
            except NotFoundError:
                outcomes.append(None)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each is None for each in sorted(outcomes, key=bool)] == [True, False]
    with committing.app_context(), transaction.reading(tenancy.NOWHERE):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Account)) == 1
