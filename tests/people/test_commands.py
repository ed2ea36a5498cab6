"""`sri-admin people`: the first administrator and the locked-out one."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError, ConfigurationError, RestoredError
from sri_admin.kernel.installation import Installation, Standing
from sri_admin.people.commands import people
from sri_admin.people.models import SecondFactor
from sri_admin.people.rules import Role
from tests.make.people import country, person, setting_up_second_step, sign_in


def run(*arguments: str) -> Result:
    return CliRunner().invoke(people, [*arguments])


@pytest.mark.usefixtures("database")
def test_the_first_director_is_invited_from_the_command_line(app: Flask) -> None:
    done = run("invite", "--role", "sri_director", "--name", "Ana", "--sign-in", "ana@example.org", "--json")
    told = json.loads(done.stdout)
    path = told["link"].removeprefix("http://localhost:8000")
    assert (done.exit_code, told["member"]) == (0, "SRI")
    assert app.test_client().get(path).status_code == 200


@pytest.mark.usefixtures("database")
def test_a_member_administrator_is_invited_by_the_code_of_the_country() -> None:
    country("QM")
    given = (
        "--role",
        "member_administrator",
        "--member",
        "qm",
        "--name",
        "Ana",
        "--sign-in",
        "ana",
        "--until",
        "2099-01-31",
    )
    assert "/link/" in run("invite", *given).stdout
    listed = json.loads(run("list", "--member", "QM", "--json").stdout)
    assert [(each["role"], each["ends_on"]) for each in listed] == [("member_administrator", "2099-01-31")]


@pytest.mark.usefixtures("database")
def test_somebody_locked_out_gets_a_new_link() -> None:
    somebody = person(Role.CHAIR, country("QM"))
    told = json.loads(run("reset", "--sign-in", somebody.sign_in_name.upper(), "--json").stdout)
    assert (told["account"], told["member"]) == (somebody.label, "QM")


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "arguments",
    [
        ("reset", "--sign-in", "nobody@example.org"),
        ("list", "--member", "XX"),
        ("invite", "--role", "chair", "--name", "Ana", "--sign-in", "ana@example.org"),
    ],
)
def test_a_command_that_cannot_work_says_why(arguments: tuple[str, ...]) -> None:
    failed = run(*arguments)
    assert failed.exit_code != 0
    assert isinstance(failed.exception, AppError)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("command", ["invite", "reset", "erase"])
def test_a_restored_installation_gives_nobody_access(command: str) -> None:
    somebody = person(Role.SRI_DIRECTOR)
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(Installation).values(standing=Standing.RESTORED))
    more = {"invite": ("--role", "auditor", "--name", "Ana"), "erase": ("--reason", "They asked for it.", "--yes")}
    refused = run(command, "--sign-in", somebody.sign_in_name, *more.get(command, ()))
    assert isinstance(refused.exception, RestoredError)


def test_a_node_without_a_country_says_what_to_do_first(node_app: Flask, node_database: sa.Connection) -> None:
    failed = run("invite", "--role", "chair", "--name", "Ana", "--sign-in", "ana@example.org")
    assert isinstance(failed.exception, ConfigurationError)
    assert "node enrol" in str(failed.exception)


@pytest.mark.usefixtures("database")
def test_who_lost_phone_and_paper_gets_in_again_by_the_command_line(app: Flask) -> None:
    somebody = person(Role.SRI_DIRECTOR)
    setting_up_second_step(somebody)
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(SecondFactor).values(confirmed_at=clock.now()))
    assert sign_in(app.test_client(), somebody.sign_in_name).location == "/sign-in/code?next=/"
    done = run("end-second-step", "--sign-in", somebody.sign_in_name, "--reason", "Seen in person; the phone is lost.")
    assert done.exit_code == 0, done.output
    assert sign_in(app.test_client(), somebody.sign_in_name).location == "/"
