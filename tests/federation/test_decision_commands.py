"""The grave decisions and joining by stick from the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sri_admin.federation import streams
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel import installation, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError, RestoredError
from sri_admin.kernel.installation import Installation, Standing
from tests.federation.pair import Pair, joined_node, paired
from tests.federation.test_commands import run, told

REASON = "It was stolen from the office."


@pytest.fixture(scope="module")
def pair(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path_factory.mktemp("pair")) as made:
        yield made


def stand(standing: Standing) -> None:
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.update(Installation).values(standing=standing))


def now_standing() -> Standing:
    with transaction.reading(tenancy.NOWHERE):
        return installation.standing()


def hub_writes(pair: Pair) -> bool:
    with transaction.reading(tenancy.only(pair.member_id)):
        return streams.by_name(stream_name(MEMBER_OPS, pair.member_id)).own


def test_a_node_joins_by_stick_from_command_to_command(pair: Pair, tmp_path: Path) -> None:
    code = str(told(pair.hub, "code", "--member", "QM")["code"])
    asked = told(pair.node, "request", "--code", code, "--to", str(tmp_path))
    taken = told(pair.hub, "receive", str(asked["file"]))
    assert taken["fingerprint"] == asked["fingerprint"]
    early = run(pair.hub, "answer", str(taken["enrolment"]), "--to", str(tmp_path))
    assert isinstance(early.exception, AppError)
    told(pair.hub, "approve", str(taken["fingerprint"]))
    written = run(pair.hub, "answer", str(taken["enrolment"]), "--to", str(tmp_path))
    assert told(pair.node, "join", written.stdout.strip()) == {"state": "approved"}
    assert told(pair.node, "sync")["ok"] is True


def test_the_copies_of_a_node_are_listed_and_one_is_kept(pair: Pair) -> None:
    node_id = str(pair.at_hub(lambda: joined_node(pair.member_id)))
    listed = run(pair.hub, "keep", node_id, "--reason", REASON)
    incarnation, state, *_when = listed.stdout.split()
    assert state == "current"
    kept = run(pair.hub, "keep", node_id, incarnation, "--reason", REASON)
    assert "This copy goes on." in kept.stdout


def test_a_hub_goes_on_once_and_never_alone(pair: Pair) -> None:
    assert isinstance(run(pair.hub, "go-on", "--reason", REASON).exception, AppError)
    pair.at_hub(lambda: stand(Standing.RESTORED))
    alone = run(pair.hub, "go-on-alone", "--reason", REASON)
    assert (alone.exit_code, "node go-on" in alone.output) == (2, True)
    assert "The hub goes on." in run(pair.hub, "go-on", "--reason", REASON).stdout
    assert pair.at_hub(now_standing) is Standing.IN_USE
    assert told(pair.node, "sync")["ok"] is True


def test_nothing_is_decided_at_a_hub_that_waits_after_a_restore(pair: Pair) -> None:
    node_id = str(pair.at_hub(lambda: joined_node(pair.member_id)))
    incarnation = run(pair.hub, "keep", node_id, "--reason", REASON).stdout.split()[0]
    pair.at_hub(lambda: stand(Standing.RESTORED))
    for words in (["keep", node_id, incarnation], ["reclaim", node_id], ["keys", "revoke", "--member", "QM"]):
        why = "lost" if words[0] == "keys" else REASON
        assert isinstance(run(pair.hub, *words, "--reason", why).exception, RestoredError), words
    pair.at_hub(lambda: stand(Standing.IN_USE))


def test_a_restored_node_goes_on_alone_until_it_hears_the_hub(pair: Pair) -> None:
    pair.at_node(lambda: stand(Standing.RESTORED))
    assert "You can write again." in run(pair.node, "go-on-alone", "--reason", REASON).stdout
    assert pair.at_node(now_standing) is Standing.ALONE
    assert told(pair.node, "sync")["ok"] is True
    assert pair.at_node(now_standing) is Standing.IN_USE
    assert "Nothing was changed." in run(pair.node, "go-on-alone", "--reason", REASON).stdout


def test_a_node_that_does_not_come_back_is_given_up(pair: Pair) -> None:
    node_id = str(pair.at_hub(lambda: joined_node(pair.member_id)))
    assert not pair.at_hub(lambda: hub_writes(pair))
    assert "The hub writes" in run(pair.hub, "reclaim", node_id, "--reason", REASON).stdout
    assert pair.at_hub(lambda: hub_writes(pair))
    assert isinstance(run(pair.hub, "reclaim", node_id, "--reason", REASON).exception, AppError)
