"""The demonstration, whole, as a stranger starts it."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from flask import Flask
from sqlalchemy.engine import make_url

from sri_admin.cli.demo import people
from sri_admin.cli.demo.countries import COUNTRIES, PLACES
from sri_admin.cli.demo.places import Place, listen, places, write_config
from sri_admin.cli.demo.servers import GivenServer
from sri_admin.cli.demo.texts import LANGUAGES
from sri_admin.cli.demo.world import World
from sri_admin.cli.interrupt import INTERRUPTED
from sri_admin.kernel.database import addresses
from sri_admin.kernel.postgres import Cluster, PostgresError, find_binaries
from sri_admin.kernel.postgres_cluster import ADMIN
from sri_admin.members.rules.member import MemberState, next_state
from sri_admin.members.rules.territory import USER_ASSIGNED
from tests.cli.test_interrupt import interrupted, left, running
from tests.make.people import token_of

PROGRAM = Path(sys.executable).with_name("sri-admin")
# What a country's node reads or writes: the last are open to it by its language and by its agreement.
STREAMS = (
    "hub.control",
    "hub.registry",
    "hub.member.{code}",
    "member.{code}.contrib",
    "member.{code}.ops",
    "hub.language.{language}",
    "hub.materials.four_point.licensed",
    "hub.materials.four_point.open",
)


@pytest.fixture
def home(tmp_path: Path):
    """A folder only its owner can enter, emptied of its server afterwards."""
    folder = tmp_path / "demo"
    folder.mkdir(mode=0o700)
    yield folder
    Cluster(folder / "postgres", find_binaries()).remove()


def run(home: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, "demo", "--exit", "--json", "--home", home, *more]
    environment = {"PATH": os.environ["PATH"], "HOME": ""}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=home)


def test_the_demonstration_converges_and_prints_one_object(home: Path) -> None:
    done = run(home)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["members"] == len(COUNTRIES) == 24
    nodes = [{"code": code, "language": language} for code, language in LANGUAGES.items()]
    expected = [(name.format(**node), node["code"].lower()) for node in nodes for name in STREAMS]
    assert [(each["name"], each["node"]) for each in told["streams"]] == expected
    assert all(each["chains_equal"] and each["hub_head"] == each["node_head"] for each in told["streams"])
    # Two are its terms; decisions follow only if the hub had what the translators wrote when it decided.
    assert all(each["hub_head"] > 2 for each in told["streams"] if each["name"].startswith("hub.language."))
    assert min(told["changes"]["to_hub"], told["changes"]["to_nodes"], told["seconds"]) > 0
    assert not Cluster(home / "postgres", find_binaries()).running()
    again = run(home)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["streams"] == told["streams"]
    assert _idle(home) == []
    _cut_and_join(home)
    for moment, expected in (("Starting the hub", INTERRUPTED), ("Exchanging both", INTERRUPTED)):
        status, said = interrupted(home, at=moment, after=0.5)
        assert (status, "Traceback" in said, left(home)) == (expected, False, []), said


def _cut_and_join(home: Path) -> None:
    """Press Enter twice while the demonstration runs, end a node from outside, and stop everything."""
    with running(home) as demo:
        demo.await_words("every chain equal")
        ports = [_port(place) for place in places(home)]
        assert [_answers(port) for port in ports] == [True, True, True]
        demo.press(b"\n")
        demo.await_words("Enter brings it back.")
        assert [_answers(port) for port in ports] == [False, True, True]
        demo.press(b"\n")
        demo.await_words("answers again.")
        assert [_answers(port) for port in ports] == [True, True, True]
        assert (demo.stop(), left(home)) == (0, []), demo.said


def _port(place: Place) -> int:
    return int(tomllib.loads(place.config.read_text())["web"]["port"])


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10).ok
    except requests.ConnectionError:
        return False


def _idle(home: Path) -> list[str]:
    """Return the printed accounts whose first page has nothing for them to do."""
    world = World(home)
    world.server.ensure()
    world.find_ports()
    world.make_databases()
    try:
        return [each for place in world.places for each in _idle_at(world.apps[place.key], place)]
    finally:
        world.stop()


def _idle_at(app: Flask, place: Place) -> Iterator[str]:
    for each in people.at(place.code):
        client = app.test_client()
        data = {"csrf_token": token_of(client), "sign_in_name": each.sign_in_name, "password": people.PASSWORD}
        assert client.post("/sign-in", data=data).status_code == 303
        if '<ul class="sheet work">' not in client.get("/").text:
            yield each.sign_in_name


def test_every_country_and_place_has_a_code_no_real_country_can_have() -> None:
    codes = [each.code for each in COUNTRIES] + [code[:2] for code, _, _ in PLACES]
    assert all(USER_ASSIGNED.fullmatch(code) for code in codes)
    assert len({each.code for each in COUNTRIES}) == len(COUNTRIES)


def test_the_countries_stand_in_every_state_of_a_member() -> None:
    ends = {}
    for country in COUNTRIES:
        ends[country.code] = MemberState.PROSPECT
        for step in sorted(country.steps, key=lambda each: each.day):
            ends[country.code] = next_state(ends[country.code], step.transition, reason=step.reason)
            assert step.day <= 0
    assert set(ends.values()) == set(MemberState)


def test_a_port_is_kept_while_it_is_free_and_avoided_when_taken(tmp_path: Path) -> None:
    hub, node, _ = places(tmp_path)
    first = listen(hub, set())
    port = first.getsockname()[1]
    with listen(node, {port}) as second:
        assert second.getsockname()[1] != port
    write_config(hub, port)
    first.close()
    with listen(hub, set()) as kept, listen(hub, set()) as other:
        assert kept.getsockname()[1] == port
        assert other.getsockname()[1] != port


def test_a_server_that_stands_already_holds_it_and_loses_nothing_else(cluster: Cluster, tmp_path: Path) -> None:
    address = cluster.url("postgres", ADMIN)
    one, other = (GivenServer(tmp_path / each, address) for each in ("one", "other"))
    hub = places(tmp_path)[0]
    one.addresses(hub)
    found, beside = one.addresses(hub), other.addresses(hub)
    write_config(hub, 8000, database=one.told(hub, found))
    assert hub.config.stat().st_mode & 0o077 == 0
    assert addresses(hub.settings().database) == found
    assert [who_is_there(each)[0] for each in (found.app, found.owner, found.backup)] == [
        f"{who_is_there(found.app)[1]}_{role}" for role in ("app", "owner", "backup")
    ]
    one.remove((hub,))
    with pytest.raises(psycopg.OperationalError):
        who_is_there(found.app)
    assert who_is_there(beside.app)[1] != make_url(found.app).database
    other.remove((hub,))


def who_is_there(address: str) -> tuple[str, str]:
    """Return the role and the database behind an address."""
    with psycopg.connect(address.replace("+psycopg", "")) as connection:
        row = connection.execute("select current_user, current_database()").fetchone()
        assert row is not None
        return row


def test_an_address_of_another_kind_of_server_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PostgresError, match="begins with postgresql://"):
        GivenServer(tmp_path, "mysql://root@localhost/x")
