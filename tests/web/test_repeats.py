"""A form sent twice has one effect and one answer, one after the other or both at once, without any script."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import ids, postgres, tenancy, transaction
from sri_admin.kernel.audit import AuditEntry
from sri_admin.kernel.db import db
from sri_admin.members.rules.member import MemberState
from sri_admin.web.repeats import AnsweredRequest
from tests.conftest import new_installation, settings_for
from tests.make import members as make
from tests.make import people

Made = tuple[str, dict[str, str]]


def _step(member: UUID) -> Made:
    return "/countries/QM/steps/suspend", {"kind": "full", "reason": "Misuse."}


def _describe(member: UUID) -> Made:
    return "/countries/QM/edit", {"name": "Exampleland", "region": "south", "listing": "full"}


def _sign(member: UUID) -> Made:
    offered = make.offered(member, territories=["QM-E"], exclusive=False)
    return f"/countries/QM/agreements/{offered}/signature", {"signed_on": "2026-01-01", "version": "1"}


def _withdraw(member: UUID) -> Made:
    offered = make.offered(member, territories=["QM-E"], exclusive=False)
    return f"/countries/QM/agreements/{offered}/withdrawal", {"reason": "They asked for it.", "version": "1"}


def _terminate(member: UUID) -> Made:
    signed = make.signed(member, territories=["QM-E"], exclusive=False)
    return f"/countries/QM/agreements/{signed}/closing/termination", {
        "from_day": "2026-06-01",
        "reason": "Misuse.",
        "version": "2",
    }


def _end(member: UUID) -> Made:
    signed = make.signed(member, territories=["QM-E"], exclusive=False)
    return f"/countries/QM/agreements/{signed}/closing/end", {
        "from_day": "2026-06-01",
        "reason": "It has run.",
        "version": "2",
    }


def _correct(member: UUID) -> Made:
    holder = make.office_holder(member)
    values = {"office": "chair", "display_name": "Sami", "starts_on": "2025-01-01", "version": "1"}
    return f"/countries/QM/office-holders/{holder}", values


def _leave(member: UUID) -> Made:
    holder = make.office_holder(member)
    return f"/countries/QM/office-holders/{holder}/end", {
        "ends_on": "2026-01-01",
        "reason": "The term was over.",
        "version": "1",
    }


def _block(member: UUID) -> Made:
    person = people.person("coordinator", member)
    return f"/countries/QM/people/{person.account_id}/block", {"reason": "The telephone was stolen."}


def _take_role(member: UUID) -> Made:
    person = people.person("coordinator", member)
    return f"/countries/QM/access/{person.mandate_id}/end", {"reason": "They moved away."}


def _give_role(member: UUID) -> Made:
    person = people.person("coordinator", member)
    return f"/countries/QM/people/{person.account_id}/roles", {"role": "facilitator"}


def _register(member: UUID) -> Made:
    return "/countries", {
        "code": "QN",
        "name": "Samland",
        "region": "east",
        "kind": "country",
        "record_id": str(ids.new()),
    }


MAKERS: list[Callable[[UUID], Made]] = [
    _step,
    _describe,
    _sign,
    _withdraw,
    _terminate,
    _end,
    _correct,
    _leave,
    _block,
    _take_role,
    _give_role,
    _register,
]


def happened() -> int:
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) or 0


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("maker", MAKERS, ids=lambda each: each.__name__.strip("_"))
def test_a_form_sent_twice_gets_the_first_answer_and_one_effect(app: Flask, maker: Callable[[UUID], Made]) -> None:
    path, values = maker(make.member("QM", MemberState.LICENSED))
    client = people.browser(app, people.person("sri_director"))
    sent = {**values, "csrf_token": people.token_of(client, "/account")}
    first = client.post(path, data=sent)
    told, count = notice_of(client, first), happened()
    second = client.post(path, data=sent)
    assert (first.status_code, second.status_code, second.location) == (303, 303, first.location)
    assert (notice_of(client, second), happened()) == (told, count)


def notice_of(client: FlaskClient, answer: Any) -> str:
    page = client.get(answer.location).get_data(as_text=True)
    return page.partition('class="notice')[2].partition("</div>")[0]


@pytest.mark.usefixtures("database")
def test_the_same_answers_from_a_page_opened_anew_are_another_act(app: Flask) -> None:
    path, values = _describe(make.member("QM"))
    client = people.browser(app, people.person("sri_director"))
    answers = [
        client.post(path, data={**values, "version": "1", "csrf_token": people.token_of(client, path)}).status_code
        for _ in range(2)
    ]
    assert answers == [303, 409]


@pytest.mark.usefixtures("database")
def test_what_was_refused_is_tried_again(app: Flask) -> None:
    path, values = _step(make.member("QM"))
    client = people.browser(app, people.person("sri_director"))
    sent = {**values, "csrf_token": people.token_of(client, "/account")}
    assert client.post(path, data=sent).status_code == 409
    make.step(people.country("QM"), make.Transition.APPLY)
    assert client.post(path, data=sent).status_code == 409
    with transaction.reading(tenancy.everywhere(make.every_member())):
        assert db.session.scalars(sa.select(AnsweredRequest)).all() == []


@pytest.mark.usefixtures("database")
def test_somebody_else_never_gets_the_answer(app: Flask) -> None:
    path, values = _step(make.member("QM", MemberState.LICENSED))
    one, other = (people.browser(app, people.person("sri_director")) for _ in range(2))
    for client, expected in ((one, 303), (other, 409)):
        sent = {**values, "csrf_token": people.token_of(client, "/account")}
        assert client.post(path, data=sent).status_code == expected


@pytest.fixture
def apart(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[Flask]:
    """An installation with real commits, so that two requests can meet."""
    app = new_installation(cluster, template, "sri_twice", settings_for("hub", tmp_path))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    postgres.drop_database(cluster, "sri_twice")


@pytest.mark.parametrize("maker", [_step, _register], ids=lambda each: each.__name__)
def test_a_form_sent_twice_at_once_gets_one_answer_and_one_effect(apart: Flask, maker: Callable[[UUID], Made]) -> None:
    path, values = maker(make.member("QM", MemberState.LICENSED))
    director = people.person("sri_director")
    client = people.browser(apart, director)
    sent = {**values, "csrf_token": people.token_of(client, "/account")}
    before = happened()

    def send(_number: int) -> tuple[int, str | None]:
        answer = second_window(apart, client).post(path, data=sent)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(send, range(4)))
    assert (len(answers), {status for status, _location in answers}) == (1, {303})
    assert happened() - before in {1, 2}


def second_window(app: Flask, client: FlaskClient) -> FlaskClient:
    """Return another client with the same cookies."""
    twin = app.test_client()
    twin._cookies = dict(client._cookies or {})
    return twin
