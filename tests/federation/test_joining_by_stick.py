"""A node that never sees the network: request, digits, answer and records all travel on sticks."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sri_admin.federation import enrolment, joining, joining_files, report
from sri_admin.federation.bundle import reading, writing
from sri_admin.federation.checkpoint import SealError
from sri_admin.federation.enrolment_models import EnrolmentState
from sri_admin.federation.enrolment_papers import EnrolmentError
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.root import RootError
from sri_admin.kernel import jobs, postgres, runtime, tenancy, transaction
from tests.federation.pair import Pair, joined_node, paired
from tests.federation.sticks import quiet
from tests.make import people


@pytest.fixture
def pair(cluster: postgres.Cluster, template: str, tmp_path: Path) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path) as made:
        yield made


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>|[\u2068\u2069]", " ", page))


def send(client: FlaskClient, page: str, path: str, content: bytes | None = None, **values: str) -> str:
    data: dict[str, Any] = {"csrf_token": people.token_of(client, page), **values}
    if content is not None:
        data["file"] = (BytesIO(content), "carried.json")
    answer = client.post(path, data=data, content_type="multipart/form-data", follow_redirects=True)
    return words(answer.get_data(as_text=True))


def asked(pair: Pair) -> bytes:
    """Write the request at the node."""
    code = pair.issue_code()
    pair.at_node(lambda: transaction.write(tenancy.NOWHERE, lambda: joining_files.ask(code)))
    return pair.at_node(lambda: read(joining_files.kept_request))


def read(body: Any) -> Any:
    with transaction.reading(tenancy.NOWHERE):
        return body()


def answered(pair: Pair, request: bytes) -> bytes:
    """Take and approve the request at the hub, and write the answer."""
    known = pair.at_hub(lambda: transaction.write(tenancy.NOWHERE, lambda: joining_files.take(request)))
    pair.approve(known.id)
    return pair.at_hub(lambda: read(lambda: joining_files.answer_file(known.id)))


def carry(pair: Pair, folder: Path) -> None:
    """Carry a stick from the hub to the node and one back."""

    def node() -> Any:
        found = read(lambda: detached(pair))
        return writing.for_node(found, folder / "there", progress=quiet)

    there = pair.at_hub(node)
    assert pair.at_node(lambda: reading.read(there.files, progress=quiet)).outcome.ok
    back = pair.at_node(lambda: writing.for_hub(folder / "back", progress=quiet))
    assert pair.at_hub(lambda: reading.read(back.files, progress=quiet)).outcome.ok


def detached(pair: Pair) -> Any:
    found = enrolment.node_of(pair.member_id)
    transaction.detach(found)
    return found


def test_a_node_joins_and_exchanges_without_ever_seeing_the_network(pair: Pair, tmp_path: Path) -> None:
    here, director = (
        pair.node.test_client(),
        pair.at_hub(lambda: people.browser(pair.hub, people.person("sri_director"))),
    )
    shown = send(here, "/enrol", "/enrol/request", code=pair.issue_code())
    digits = re.search(r"(?:\d{4} ){7}\d{4}", shown)
    assert digits is not None
    request = here.get("/enrol/request").get_data()
    at_hub = send(director, "/connections", "/connections/requests", request)
    assert digits.group() in at_hub
    known = pair.at_hub(lambda: read(enrolment.pending))[0]
    address = f"/connections/requests/{known.id}"
    assert "Now give it the answer." in send(director, address, f"{address}/approve", compared="1")
    answer = director.get(f"{address}/answer").get_data()
    assert "The answer is being taken" in send(here, "/enrol", "/enrol/answer", answer)
    pair.at_node(lambda: jobs.perform(runtime.current().tasks[joining_files.TAKE_ANSWER], {}))
    assert "This installation is connected." in words(here.get("/enrol").get_data(as_text=True))
    carry(pair, tmp_path)
    carry(pair, tmp_path)
    found = pair.at_node(lambda: reading_all(report.of_hub_link))
    assert (found.is_green, found.by_stick) == (True, True)
    assert pair.at_hub(lambda: joined_node(pair.member_id)) == known.node_id


def reading_all(body: Any) -> Any:
    with transaction.reading(joining.reach()):
        return body()


def test_an_answer_that_was_changed_or_is_for_another_is_refused(pair: Pair) -> None:
    answer = answered(pair, asked(pair))
    value = json.loads(answer)
    paper = value["answer"]
    for changed in (
        {**value, "answer": paper[:-6] + ("AAAAAA" if paper[-6:] != "AAAAAA" else "BBBBBB")},
        {**value, "roots": []},
        {**value, "roots": [value["roots"][0][:-8] + "AAAAAAAA"]},
        {**value, "more": 1},
    ):
        with pytest.raises((EnrolmentError, RootError, SealError)):
            pair.at_node(lambda changed=changed: joining_files.join(json.dumps(changed).encode()))
    before = pair.at_node(joining.link)
    pair.at_node(lambda: joining_files.join(answer))
    after = pair.at_node(joining.link)
    assert (before.answer, before.state, after.state) == (None, EnrolmentState.PENDING, EnrolmentState.APPROVED)


def test_an_answer_to_an_earlier_key_or_to_nobody_is_refused(pair: Pair, node_app: Any) -> None:
    answer = answered(pair, asked(pair))
    with node_app.app_context(), pytest.raises(ProtocolError):
        joining_files.join(answer)
    page = pair.node.test_client()
    assert "file that was written" not in send(page, "/enrol", "/enrol/answer", b"{}")


def test_a_request_whose_box_key_is_another_node_s_is_refused(pair: Pair) -> None:
    value = json.loads(asked(pair))
    other = json.loads(pair.at_hub(lambda: joining_files.encode({"box": "e30"})))
    with pytest.raises(ProtocolError):
        pair.at_hub(lambda: joining_files.take(json.dumps({**value, **other}).encode()))
    assert pair.at_hub(lambda: read(enrolment.pending)) == []


def test_a_code_is_good_for_one_installation_by_stick_too(pair: Pair) -> None:
    request = asked(pair)
    first = pair.at_hub(lambda: transaction.write(tenancy.NOWHERE, lambda: joining_files.take(request)))
    again = pair.at_hub(lambda: transaction.write(tenancy.NOWHERE, lambda: joining_files.take(request)))
    assert first.id == again.id


def test_the_page_of_joining_is_for_the_machine_itself(pair: Pair) -> None:
    stranger = pair.node.test_client()
    away = {"REMOTE_ADDR": "192.0.2.7"}
    assert stranger.get("/enrol", environ_overrides=away).status_code == 404
    assert "This code is not known." in send(stranger, "/enrol", "/enrol/request", code="ABC")
