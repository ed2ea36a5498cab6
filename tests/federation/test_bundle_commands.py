"""`sri-admin node bundle`: a stick carried both ways by command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from sri_admin.federation import exchange
from sri_admin.federation.bundle.commands import bundle
from sri_admin.kernel import postgres
from tests.federation.pair import Pair, paired
from tests.make import members as make_members


@pytest.fixture(scope="module")
def pair(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path_factory.mktemp("bundles")) as made:
        made.enrol()
        yield made


def run(app: Flask, *words: object) -> Result:
    with app.app_context():
        return CliRunner().invoke(bundle, [str(each) for each in words])


def told(app: Flask, *words: object) -> dict[str, object]:
    result = run(app, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_before_the_first_exchange_a_node_says_what_to_do(pair: Pair, tmp_path: Path) -> None:
    result = run(pair.node, "export", "--to", tmp_path)
    assert result.exit_code == 1
    assert "Exchange once over the internet" in result.output


def test_a_stick_goes_both_ways(pair: Pair, tmp_path: Path) -> None:
    assert pair.at_node(lambda: exchange.synchronise(pair.line)).ok
    pair.at_node(lambda: make_members.office_holder(pair.member_id))
    assert told(pair.node, "export", "--to", tmp_path)["changes"] == 1
    told(pair.hub, "export", "--to", tmp_path, "--member", "QM")
    for app, changes in ((pair.hub, 1), (pair.node, 0)):
        found = told(app, "import", tmp_path)
        assert found["ok"] is True
        assert [each["changes"] for each in found["bundles"]] == [changes]  # pyright: ignore[reportGeneralTypeIssues]


def test_what_is_no_bundle_is_named_with_what_to_do(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8 not one of ours")
    result = run(pair.hub, "import", tmp_path / "photo.jpg")
    assert result.exit_code == 1
    for words in ("photo.jpg", "Choose the files whose names contain", "(not_a_bundle)"):
        assert words in result.output


def test_at_the_hub_the_country_must_be_named(pair: Pair, tmp_path: Path) -> None:
    assert "--member" in run(pair.hub, "export", "--to", tmp_path).output
    assert "XX" in str(run(pair.hub, "export", "--to", tmp_path, "--member", "XX").exception)
