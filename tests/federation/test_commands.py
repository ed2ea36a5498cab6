"""`sri-admin node`: from the code to green, by command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from sri_admin.federation.commands import node
from sri_admin.kernel import postgres
from tests.federation.pair import Pair, paired
from tests.make import members as make_members


@pytest.fixture
def pair(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path) as made:
        yield made


def run(app: Flask, *words: str) -> Result:
    with app.app_context():
        return CliRunner().invoke(node, [*words])


def told(app: Flask, *words: str) -> dict[str, object]:
    result = run(app, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_from_the_code_to_green(pair: Pair) -> None:
    code = told(pair.hub, "code", "--member", "QM")["code"]
    asked = told(pair.node, "enrol", "--code", str(code))
    assert asked["state"] == "pending"
    told(pair.hub, "approve", str(asked["fingerprint"]))
    assert told(pair.node, "sync")["ok"] is True
    assert told(pair.node, "status")["green"] is True
    assert told(pair.hub, "status")["green"] is True


def test_status_fails_when_something_waits(pair: Pair) -> None:
    assert run(pair.node, "status").exit_code == 1
    pair.enrol()
    told(pair.node, "sync")
    pair.at_node(lambda: make_members.office_holder(pair.member_id))
    waiting = run(pair.node, "status", "--json")
    assert (waiting.exit_code, json.loads(waiting.stdout.splitlines()[-1])["green"]) == (1, False)


def test_a_wrong_code_is_said_in_plain_words(pair: Pair) -> None:
    result = run(pair.node, "enrol", "--code", "ABCD-ABCD-ABCD-ABCD-ABCD-ABCD-ABCD")
    assert result.exit_code == 1
    assert "bad_code" in result.output
    assert "This code is not known." in result.output


def test_a_node_that_never_joined_says_what_to_do(pair: Pair) -> None:
    result = run(pair.node, "sync")
    assert result.exit_code == 1
    assert "not connected to the hub yet" in result.output
