"""A stick as people carry it: written from a page, its files sent at the other side, read, answered."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sri_admin.federation import exchange
from sri_admin.federation.bundle import carrying, writing
from sri_admin.federation.bundle.models import Stick, StickState, StickVolume
from sri_admin.kernel import clock, installation, jobs, postgres, runtime, tenancy, transaction
from sri_admin.kernel.db import db
from tests.federation.pair import Pair, paired
from tests.federation.sticks import quiet, spoil
from tests.make import members, people

FILE = re.compile(r"/sticks/[0-9a-f-]{36}/files/\d+")
STICK = re.compile(r"/sticks/([0-9a-f-]{36})")
TASKS = (carrying.WRITE_STICK, carrying.READ_STICK)


@pytest.fixture(scope="module")
def pair(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path_factory.mktemp("pair")) as made:
        made.enrol()
        assert made.at_node(lambda: exchange.synchronise(made.line)).ok
        yield made


@pytest.fixture(scope="module")
def director(pair: Pair) -> FlaskClient:
    return pair.at_hub(lambda: people.browser(pair.hub, people.person("sri_director")))


@pytest.fixture(scope="module")
def chair(pair: Pair) -> FlaskClient:
    return pair.at_node(lambda: people.browser(pair.node, people.person("chair", pair.member_id)))


def words(answer: TestResponse) -> str:
    plain = re.sub(r"[\u2068\u2069]", "", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))
    return re.sub(r"\s+", " ", plain)


def send_files(browser: FlaskClient, *files: tuple[str, bytes]) -> TestResponse:
    data: dict[str, Any] = {"csrf_token": people.token_of(browser, "/sticks")}
    data["file"] = [(BytesIO(content), name) for name, content in files]
    return browser.post("/sticks/files", data=data, content_type="multipart/form-data", follow_redirects=True)


def ask(browser: FlaskClient, page: str = "/sticks/new", **values: str) -> str:
    shown = browser.get(page).get_data(as_text=True)
    record = re.search(r'name="record_id" value="([^"]+)"', shown)
    assert record is not None
    sent = {"csrf_token": people.token_of(browser, page), "record_id": record.group(1), "size": "64", **values}
    places = [browser.post("/sticks", data=sent).headers["Location"] for _ in range(2)]
    assert places[0] == places[1]  # an impatient finger
    return places[0]


def work(app: Flask) -> int:
    """Do the jobs of sticks that wait; return how many there were."""
    with app.app_context():
        own = installation.own_tenant()
        with transaction.reading(tenancy.only(own)):
            waiting = [(row.way, row.id) for row in db.session.scalars(sa.select(Stick).where(Stick.percent < 100))]
        ready = [(way, each) for way, each in waiting if stick_state(own, each) is not StickState.COLLECTING]
        for way, each in ready:
            task = runtime.current().tasks[TASKS[0] if way == "out" else TASKS[1]]
            jobs.perform(task, {"member_id": str(own), "stick_id": str(each)})
        return len(ready)


def stick_state(own: Any, stick_id: Any) -> StickState:
    with transaction.reading(tenancy.only(own)):
        return db.session.get_one(Stick, (own, stick_id)).state


def files_of(browser: FlaskClient, place: str) -> list[tuple[str, bytes]]:
    found = list(dict.fromkeys(FILE.findall(browser.get(place).get_data(as_text=True))))
    return [(f"{number}.sribundle", browser.get(path).get_data()) for number, path in enumerate(found)]


def test_a_stick_goes_there_and_its_answer_comes_back(pair: Pair, director: FlaskClient, chair: FlaskClient) -> None:
    pair.at_node(lambda: members.office_holder(pair.member_id, display_name="Kim"))
    place = ask(chair)
    assert "being written" in words(chair.get(place))
    assert work(pair.node) == 1
    assert "1 change" in words(chair.get(place))
    taken = send_files(director, *files_of(chair, place))
    assert "being read" in words(taken)
    assert work(pair.hub) == 1
    result = director.get(STICK.search(taken.request.path)[0])  # pyright: ignore[reportOptionalSubscript]
    for said in ("1 change taken.", "Their people, returns and requests", "Write the answer"):
        assert said in words(result)
    answer = re.search(r"/sticks/new\?node=([0-9a-f-]{36})", result.get_data(as_text=True))
    assert answer is not None
    back = ask(director, answer.group(), node=answer.group(1))
    assert work(pair.hub) == 1
    send_files(chair, *files_of(director, back))
    assert work(pair.node) == 1
    assert "Last contact: by stick" in words(chair.get("/connection"))


def several(pair: Pair, folder: Path) -> list[tuple[str, bytes]]:
    written = pair.at_node(lambda: writing.for_hub(folder, volume_bytes=300, progress=quiet))
    return [(path.name, path.read_bytes()) for path in written.files]


def test_files_are_sent_one_by_one_and_the_missing_ones_are_named(
    pair: Pair, director: FlaskClient, tmp_path: Path
) -> None:
    pair.at_node(lambda: members.office_holder(pair.member_id, display_name="Sam"))
    files = several(pair, tmp_path)
    assert len(files) > 2
    first = send_files(director, files[0])
    assert f"1 of {len(files)} files are here." in words(first)
    assert "File 2 of" in words(first)
    again = send_files(director, files[0], files[1])
    assert f"2 of {len(files)} files are here." in words(again)
    assert work(pair.hub) == 0
    send_files(director, *files[2:])
    assert work(pair.hub) == 1
    assert "change taken." in words(director.get(again.request.path))


def test_what_is_no_stick_for_this_installation_is_refused_before_it_is_kept(
    pair: Pair, director: FlaskClient, chair: FlaskClient, tmp_path: Path
) -> None:
    name, sound = several(pair, tmp_path)[0]
    spoiled = tmp_path / "spoiled"
    spoiled.write_bytes(sound)
    spoil(spoiled, -1, bytes([sound[-1] ^ 1]))
    before = kept(pair.hub), kept(pair.node)
    for browser, content, said in (
        (director, b"no stick at all", "This is not a file that was written for a stick"),
        (chair, sound, "It was written for another installation."),
        (director, spoiled.read_bytes(), "It is about volume 1 of"),
    ):
        answer = send_files(browser, (name, content))
        assert (answer.status_code, said in words(answer)) == (422, True), words(answer)
    assert (kept(pair.hub), kept(pair.node)) == before


def kept(app: Flask) -> int:
    with app.app_context(), transaction.reading(tenancy.only(installation.own_tenant())):
        return db.session.scalar(sa.select(sa.func.count(StickVolume.id))) or 0


def test_no_file_and_one_too_large_are_said_by_their_field(director: FlaskClient) -> None:
    assert "Please choose a file." in words(send_files(director, ("", b"")))
    token = people.token_of(director, "/sticks")
    sent = {"Content-Type": "multipart/form-data; boundary=x", "X-CSRF-Token": token}
    answer = director.post("/sticks/files", headers=sent, environ_overrides={"CONTENT_LENGTH": str(10**9)})
    assert (answer.status_code, "larger than 64 MB" in words(answer)) == (413, True)


def test_a_killed_worker_begins_the_stick_anew(pair: Pair, chair: FlaskClient) -> None:
    place = ask(chair)

    def half_way() -> None:
        own = installation.own_tenant()
        values = {"state": StickState.WORKING, "percent": 40}
        transaction.write(
            tenancy.only(own), lambda: db.session.execute(sa.update(Stick).where(Stick.percent < 100).values(values))
        )

    pair.at_node(half_way)
    assert "40%" in words(chair.get(place))
    assert "Begin again" not in words(chair.get(place))
    assert work(pair.node) == 1
    assert len(files_of(chair, place)) == 1


def test_at_the_hub_it_is_asked_whose_node_reads_the_stick(director: FlaskClient) -> None:
    answer = director.post("/sticks", data={"csrf_token": people.token_of(director, "/sticks"), "size": "64"})
    assert "Choose whose node will read the stick." in words(answer)


def test_files_nobody_fetched_are_let_go_after_a_week(pair: Pair, chair: FlaskClient) -> None:
    place = ask(chair)
    work(pair.node)
    assert files_of(chair, place)
    with clock.running(clock.skewed(timedelta(days=8))):
        pair.at_node(lambda: jobs.perform(runtime.current().tasks["federation.forget_sticks"], {}))
        browser = pair.at_node(lambda: people.browser(pair.node, people.person("chair", pair.member_id)))
        assert "no longer kept here" in words(browser.get(place))


def test_who_may_not_carry_a_stick_sees_none(pair: Pair) -> None:
    at_hub = pair.at_hub(lambda: people.browser(pair.hub, people.person("chair", pair.member_id)))
    at_node = pair.at_node(lambda: people.browser(pair.node, people.person("facilitator", pair.member_id)))
    assert [each.get("/sticks").status_code for each in (at_hub, at_node)] == [403, 403]
