"""What is written about running: one JSON object a line whoever says it, and no value of a row."""

import asyncio
import io
import json
import logging
from contextlib import redirect_stderr
from typing import Any

import procrastinate
import pytest
import sqlalchemy as sa
from gunicorn.config import Config
from procrastinate.testing import InMemoryConnector
from sqlalchemy.exc import DBAPIError

from sri_admin.cli.serve import OwnWords
from sri_admin.kernel import traces
from sri_admin.kernel.db import db

NAME = "Dana Secretive"


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    """Return what was logged; a line that is no JSON object fails the test."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


def fault(statement: str) -> DBAPIError:
    """Return what the database says to a statement with the name in it."""
    with db.engine.connect() as connection:
        connection.rollback()
        with pytest.raises(DBAPIError) as raised:
            connection.execute(sa.text(statement), {"name": NAME})
        connection.rollback()
    assert NAME in str(raised.value)
    return raised.value


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("insert into tenant (id, code, kind) values (gen_random_uuid(), :name, null)", "23502"),
        ("select cast(:name as date)", "22007"),
    ],
)
def test_a_fault_of_the_database_says_what_it_was_and_not_to_whom(statement: str, state: str) -> None:
    error = fault(statement)
    text = traces.written((type(error), error, None))
    assert f"SQLSTATE {state}" in text
    assert statement.split(" ", maxsplit=1)[0] in text
    assert "direct cause" in text
    assert NAME not in text


def test_other_faults_keep_their_words_and_what_led_to_them() -> None:
    def fail() -> None:
        try:
            int("seven")
        except ValueError as error:
            message = "no number"
            raise RuntimeError(message) from error

    with pytest.raises(RuntimeError) as raised:
        fail()
    text = traces.written((raised.type, raised.value, raised.tb))
    assert (
        text.index("ValueError: invalid literal") < text.index("direct cause") < text.index("RuntimeError: no number")
    )
    assert "in fail" in text


@pytest.mark.usefixtures("database")
def test_a_job_that_failed_is_a_line_like_any_other(logged: io.StringIO) -> None:
    error = fault("select cast(:name as date)")
    queue = procrastinate.App(connector=InMemoryConnector())

    @queue.task(name="planted.fail")
    def fail() -> None:
        raise error

    async def work() -> None:
        async with queue.open_async():
            await fail.defer_async()
            await queue.run_worker_async(wait=False, install_signal_handlers=False)

    asyncio.run(work())
    (line,) = lines(logged)
    assert (line["level"], line["logger"]) == ("error", "procrastinate.worker")
    assert "planted.fail" in line["event"]
    assert "SQLSTATE 22007" in line["exception"]
    assert NAME not in logged.getvalue()


@pytest.mark.parametrize("name", ["waitress", "waitress.queue", "sqlalchemy.pool"])
def test_the_server_and_other_libraries_say_it_in_the_same_form(logged: io.StringIO, name: str) -> None:
    logging.getLogger(name).warning("Task queue depth is %d", 7)
    (line,) = lines(logged)
    assert (line["event"], line["level"], line["logger"]) == ("Task queue depth is 7", "warning", name)
    assert line["timestamp"].endswith("Z")


def test_gunicorn_does_too(logged: io.StringIO) -> None:
    with redirect_stderr(logged):
        OwnWords(Config()).error("Worker (pid:%s) exited", 7)
    (line,) = lines(logged)
    assert (line["event"], line["level"], line["logger"]) == ("Worker (pid:7) exited", "error", "gunicorn.error")
