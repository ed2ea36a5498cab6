"""An installation that was restored reads until it has heard from the other side, or somebody goes on alone."""

from typing import Any
from uuid import UUID

import click
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.federation.commands import node
from sri_admin.integrity.commands import integrity
from sri_admin.kernel import actor, audit, installation, jobs, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import RestoredError
from sri_admin.kernel.installation import Installation, Standing
from sri_admin.people.commands import people
from sri_admin.people.rules import Role
from sri_admin.program.commands import program
from sri_admin.reporting.commands import reporting
from tests.make.people import Person, browser, person, token_of

DOER = actor.system("test")
REASON = "The hub cannot be reached for weeks."
SIGN_IN = "kim@example.org"


@pytest.fixture
def hub_id(database: sa.Connection) -> UUID:
    """The hub's own tenant."""
    own = installation.identity().tenant_id
    assert own is not None
    return own


@pytest.fixture
def restored(hub_id: UUID) -> UUID:
    """A hub that was restored just now; its tenant."""
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(Installation).values(standing=Standing.RESTORED))
    return hub_id


def standing() -> Standing:
    with transaction.reading(tenancy.NOWHERE):
        return installation.standing()


def invite(client: FlaskClient) -> Any:
    form = {"csrf_token": token_of(client, "/account"), "display_name": "Kim", "sign_in_name": "kim@example.org"}
    return client.post("/countries/SRI/people/invite", data={**form, "role": Role.AUDITOR.value})


def director(app: Flask) -> tuple[Person, FlaskClient]:
    somebody = person(Role.SRI_DIRECTOR)
    return somebody, browser(app, somebody)


def test_a_writing_page_says_why_it_does_not_write_and_keeps_what_was_entered(app: Flask, restored: UUID) -> None:
    _, client = director(app)
    answer = invite(client)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "restored from a backup" in text
    assert "kim@example.org" in text


def test_every_page_says_so_and_leads_to_what_can_be_done(app: Flask, restored: UUID) -> None:
    _, client = director(app)
    for path in ("/account", "/countries/SRI/people"):
        assert 'href="/restored"' in client.get(path).get_data(as_text=True)
    page = client.get("/restored").get_data(as_text=True)
    assert "Let the hub go on" in page
    assert "Go on alone" not in page


def test_nobody_reads_about_restores_while_it_is_in_use(app: Flask, hub_id: UUID) -> None:
    _, client = director(app)
    assert "/restored" not in client.get("/account").get_data(as_text=True)
    assert "Nothing to do" in client.get("/restored").get_data(as_text=True)


def test_a_director_lets_the_hub_go_on_with_a_reason_that_stays_in_the_history(app: Flask, restored: UUID) -> None:
    _, client = director(app)
    token = token_of(client, "/account")
    assert client.post("/restored/go-on", data={"csrf_token": token, "reason": ""}).status_code == 422
    assert client.post("/restored/go-on", data={"csrf_token": token, "reason": REASON}).status_code == 303
    assert standing() is Standing.IN_USE
    with transaction.reading(tenancy.only(restored)):
        told = audit.entries_about(restored, installation.identity().id)
        assert {"reason": REASON} in [each.values for each in told]
    assert invite(client).status_code == 200


def test_only_those_who_may_let_a_hub_go_on_and_only_after_a_restore(app: Flask, restored: UUID) -> None:
    client = browser(app, person(Role.AUDITOR))
    assert "Let the hub go on</button>" not in client.get("/restored").get_data(as_text=True)
    sent = {"csrf_token": token_of(client, "/account"), "reason": REASON}
    assert client.post("/restored/go-on", data=sent).status_code == 403
    assert standing() is Standing.RESTORED
    transaction.write(tenancy.only(restored), lambda: installation.resume(DOER))
    _, boss = director(app)
    sent = {"csrf_token": token_of(boss, "/account"), "reason": REASON}
    assert boss.post("/restored/go-on", data=sent).status_code == 409


def test_people_still_sign_in_and_out(app: Flask, restored: UUID) -> None:
    _, client = director(app)
    assert client.post("/sign-out", data={"csrf_token": token_of(client, "/account")}).status_code == 303


def test_it_resumes_once_after_both_have_spoken(restored: UUID) -> None:
    assert transaction.write(tenancy.only(restored), lambda: installation.resume(DOER))
    assert standing() is Standing.IN_USE
    assert not transaction.write(tenancy.only(restored), lambda: installation.resume(DOER))


def test_a_job_that_writes_waits_and_a_job_of_the_exchange_does_not(restored: UUID) -> None:
    task = runtime.current().tasks["members.refresh_card"]
    before = jobs.unfinished()
    jobs.perform(task, {"member_id": str(restored), "card_id": str(restored)})
    later = sa.text("select count(*) from procrastinate_jobs where task_name = :name and scheduled_at > now()")
    waiting = db.session.scalar(later, {"name": task.name})
    assert (waiting, jobs.unfinished()) == (1, before)
    assert runtime.current().tasks["keeping.forget"].while_restored


WRITING = [
    (people, f"invite --role auditor --name Kim --sign-in {SIGN_IN}"),
    (people, f"reset --sign-in {SIGN_IN}"),
    (people, f"end-second-step --sign-in {SIGN_IN} --reason lost"),
    (people, f"erase --sign-in {SIGN_IN} --reason asked --yes"),
    (node, "code --member SRI"),
    (node, "require --kind meetings.meeting --version 1 --from 2027-01-01"),
    (node, "accept-snapshot hub.registry --reason known"),
    (program, "adopt"),
    (reporting, "adopt"),
    (integrity, "adopt"),
]


@pytest.mark.parametrize(("group", "words"), WRITING, ids=[f"{group.name} {words}" for group, words in WRITING])
def test_a_command_that_writes_is_refused(app: Flask, restored: UUID, group: click.Group, words: str) -> None:
    person(Role.AUDITOR, name=SIGN_IN)
    assert isinstance(CliRunner().invoke(group, words.split()).exception, RestoredError)
