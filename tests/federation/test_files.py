"""Files between hub and node: fetched in pieces over any line, whole or not at all, by who may read their record."""

import hashlib
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sri_admin.federation import contact, exchange, fetching, files, report, shown
from sri_admin.federation.bundle.writing import Written
from sri_admin.federation.client import BASE, Answer, HubClient, LineDownError
from sri_admin.federation.files import Wanted
from sri_admin.federation.packing import pack
from sri_admin.kernel import blobs, spool
from sri_admin.kernel.blob_store import NoRoomError
from sri_admin.members.models.agreement import AgreementFile
from tests.federation import sticks
from tests.federation.world import Call, Fault, Site, World, cut_before
from tests.make import files as make
from tests.make import members, room

DAY = timedelta(days=1)


def copy_at_hub(world: World, code: str = "QM", *, padding: int = 0) -> AgreementFile:
    """Add a signed copy at the hub and let the country's node learn of it."""
    member_id = world.members[code]
    agreement_id = world.hub.do(lambda: members.signed(member_id, territories=[code]))
    content = make.pdf(padding=padding, seed=padding)
    copy = world.hub.do(lambda: make.signed_copy(member_id, agreement_id, content))
    assert world.sync(code).ok
    return copy


def fetch(world: World, code: str = "QM", within: timedelta = DAY) -> list[Wanted]:
    """Let a node fetch what it lacks for a while."""

    def fetching_all() -> list[Wanted]:
        client = exchange.connected(world.lines[code], world.time.sleep)
        return fetching.fetch_all(client, within=within)

    return world.nodes[code].do(fetching_all)


def held(site: Site, copy: AgreementFile) -> bytes:
    return site.do(lambda: b"".join(blobs.read(copy.sha256)))


def only_files(change: Fault) -> Fault:
    """Let a fault meet files alone."""
    return lambda call: change(call) if "/blobs/" in call.path else call.deliver()


def altered(answer: Answer, body: bytes, *without: str, **more: str) -> Answer:
    headers = {name: value for name, value in answer.headers.items() if name not in without}
    return Answer(answer.status, {**headers, **{name.replace("_", "-"): value for name, value in more.items()}}, body)


def test_the_node_of_the_country_fetches_the_copy_and_no_other_node_learns_of_it(world: World):
    copy = copy_at_hub(world, padding=200_000)
    world.sync("QN")
    assert [each.sha256 for each in world.nodes["QM"].do(files.wanted)] == [copy.sha256]
    assert (fetch(world), fetch(world, "QN"), world.nodes["QN"].do(files.wanted)) == ([], [], [])
    assert held(world.nodes["QM"], copy) == held(world.hub, copy)
    assert world.nodes["QN"].do(lambda: blobs.size_of(copy.sha256)) is None


def test_f61_a_megabyte_over_64_kbit_with_twenty_cuts_comes_without_beginning_again(world: World):
    copy = copy_at_hub(world, padding=1_000_000)
    chance, carried, cuts = random.Random(61), [0], [20]

    def slow(call: Call) -> Answer:
        answer = call.deliver()
        if cuts[0] and chance.random() < 0.5:
            cuts[0] -= 1
            part = chance.randrange(len(answer.body) + 1)
            carried[0] += part
            world.time.sleep(part * 8 / 64_000)
            raise LineDownError("unreachable", "cut in the middle")
        carried[0] += len(answer.body)
        world.time.sleep(len(answer.body) * 8 / 64_000)
        return answer

    world.lines["QM"].always = only_files(slow)
    began = world.time.now
    while fetch(world, within=timedelta(minutes=1)):
        world.time.sleep(900)
        assert world.time.now - began < timedelta(hours=20)
    assert cuts[0] == 0
    assert held(world.nodes["QM"], copy) == held(world.hub, copy)
    assert carried[0] < copy.size * 1.5


def test_records_go_over_while_a_file_waits_for_the_line(world: World):
    copy = copy_at_hub(world, padding=300_000)
    world.lines["QM"].always = only_files(
        lambda _call: Answer(503, {"content-type": "application/problem+json"}, b"{}")
    )
    (waiting,) = fetch(world)
    world.hub.do(lambda: members.offered(world.members["QM"], territories=["QP"]))
    assert world.sync("QM").pulled > 0
    assert (waiting.sha256, waiting.trouble and waiting.trouble.failures) == (copy.sha256, 1)


def test_f15_a_proxy_that_strips_the_digest_or_packs_the_body_changes_nothing(world: World):
    copy = copy_at_hub(world, padding=50_000)

    def packed(call: Call) -> Answer:
        answer = call.deliver()
        return altered(answer, pack(answer.body), "content-digest", "content-length", content_encoding="gzip")

    world.lines["QM"].always = only_files(packed)
    assert fetch(world) == []
    assert held(world.nodes["QM"], copy) == held(world.hub, copy)


def test_a_proxy_that_knows_no_ranges_gives_the_whole_and_the_piece_is_taken_from_it(world: World):
    copy = copy_at_hub(world, padding=150_000)
    whole = held(world.hub, copy)

    def rangeless(call: Call) -> Answer:
        answer = call.deliver()
        return Answer(200, {**answer.headers, "content-type": "application/octet-stream"}, whole)

    world.lines["QM"].always = only_files(rangeless)
    assert fetch(world) == []
    assert held(world.nodes["QM"], copy) == whole


def test_a_wrong_body_never_lands_and_after_repeated_failure_it_is_said(world: World):
    copy = copy_at_hub(world, padding=30_000)

    def wrong(call: Call) -> Answer:
        answer = call.deliver()
        return altered(answer, bytes(len(answer.body)), "content-digest")

    world.lines["QM"].always = only_files(wrong)
    for failures in (1, 2, 3):
        (lacking,) = fetch(world)
        assert lacking.trouble is not None
        assert (lacking.trouble.code, lacking.trouble.failures, lacking.held) == ("wrong_file", failures, 0)
        world.time.sleep(3600)
    assert world.nodes["QM"].do(lambda: blobs.size_of(copy.sha256)) is None
    world.lines["QM"].always = None
    assert fetch(world) == []


def test_f47_a_file_that_failed_by_a_clock_that_ran_ahead_is_fetched_now(world: World):
    copy_at_hub(world)
    world.lines["QM"].always = only_files(cut_before)
    node = world.nodes["QM"]
    node.offset = timedelta(days=3650)
    assert [each.trouble is not None for each in fetch(world)] == [True]
    node.offset, world.lines["QM"].always = timedelta(), None
    assert fetch(world) == []


def test_f17_a_full_disk_keeps_what_came_and_goes_on_when_there_is_room(world: World):
    copy_at_hub(world, padding=400_000)
    with room.no_file_beyond(150_000):
        (lacking,) = fetch(world)
    assert lacking.trouble is not None
    assert (lacking.trouble.code, lacking.held) == (NoRoomError.code, 150_000)
    world.time.sleep(3600)
    before = len(world.lines["QM"].heard)
    assert fetch(world) == []
    (first, *_rest) = [call for call in world.lines["QM"].heard[before:] if "/blobs/" in call.path]
    assert first.headers["Range"].startswith("bytes=150000-")


def test_a_damaged_copy_at_the_node_is_noticed_and_fetched_again(world: World):
    copy, node = copy_at_hub(world, padding=20_000), world.nodes["QM"]
    assert fetch(world) == []
    path: Path = node.settings.installation.home / "blobs" / copy.sha256[:2] / copy.sha256
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert node.do(files.verify) == [copy.sha256]
    assert fetch(world) == []
    assert (node.do(files.verify), held(node, copy)) == ([], held(world.hub, copy))


def test_f62_what_is_anothers_unknown_or_no_digest_answers_the_same(world: World):
    foreign = copy_at_hub(world, "QN", padding=1000)
    unlicensed = world.hub.do(lambda: blobs.put([b"nobody's"], limit=100))
    invented = hashlib.sha256(b"invented").hexdigest()

    def asked(method: str, name: str) -> tuple[int, Any, bytes]:
        def ask() -> Answer:
            client: HubClient = exchange.connected(world.lines["QM"], world.time.sleep)
            bearer = {"Authorization": f"Bearer {client._access_token()}"}
            return world.lines["QM"].request(method, f"{BASE}/blobs/{name}", headers=bearer, body=b"")

        answer = world.nodes["QM"].do(ask)
        varying = answer.headers["x-request-id"].encode()
        kept = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
        return answer.status, kept, answer.body.replace(varying, b"")

    for method in ("HEAD", "GET"):
        said = [asked(method, name) for name in (foreign.sha256, unlicensed.sha256, invented, "f" * 63, "no-digest")]
        assert said[0][0] == 404
        assert all(each == said[0] for each in said)


def test_what_nothing_refers_to_is_swept_after_a_day_and_nothing_else(world: World):
    copy, hub = copy_at_hub(world, padding=500), world.hub
    left = hub.do(lambda: blobs.put([b"an upload nobody kept"], limit=100))
    hub.offset = timedelta()
    world.time.now = hub.do(lambda: next(each.stored_at for each in blobs.manifest() if each.stored_at)) + DAY * 2
    assert hub.do(files.sweep) >= 1  # folders outlive a world that is set back
    assert hub.do(lambda: [each.sha256 for each in blobs.manifest() if each.sha256 in {copy.sha256, left.sha256}]) == [
        copy.sha256
    ]


@pytest.mark.parametrize("keep", [0, 1, 40_000])
def test_a_fetch_that_was_killed_goes_on_from_the_bytes_it_had(world: World, keep: int):
    copy, node = copy_at_hub(world, padding=100_000 + keep), world.nodes["QM"]
    node.do(lambda: spool.append_part(copy.sha256, held(world.hub, copy)[:keep]))
    node.stop()
    node.start()
    assert fetch(world) == []
    (first, *_rest) = [call for call in world.lines["QM"].heard if "/blobs/" in call.path]
    assert first.headers["Range"].startswith(f"bytes={keep}-")
    assert held(node, copy) == held(world.hub, copy)


def told(site: Site) -> tuple[str, list[tuple[str, str]]]:
    """Return what the connection page of a node says of the whole, and of each file."""
    found = site.read(report.of_hub_link)
    rows = [shown.file(each) for each in found.files]
    return str(shown.answers(found)[0]["text"]), [(each["badge"]["label"], each.get("note", "")) for each in rows]


def test_the_connection_page_says_of_each_file_whether_it_waits_comes_or_could_not_be_fetched(world: World):
    copy, node = copy_at_hub(world, padding=2_000_000), world.nodes["QM"]
    answer, (waiting,) = told(node)
    assert "1 file is still on its way" in answer
    assert waiting == ("Waiting", "")
    node.do(lambda: spool.append_part(copy.sha256, held(world.hub, copy)[:1_000_000]))
    assert told(node)[1] == [("\u20681 MB\u2069 of \u20682 MB\u2069 are here", "")]
    world.hub.do(lambda: blobs.remove(copy.sha256))
    fetch(world)
    ((label, note),) = told(node)[1]
    assert label == "could not be fetched"
    assert "The hub does not have this file just now." in note
    assert "Next try after" in note


def test_the_connection_is_in_step_only_when_every_file_is_here(world: World):
    copy_at_hub(world, padding=1000)
    node = world.nodes["QM"]
    assert not node.read(report.of_hub_link).is_green
    fetch(world)
    assert node.read(report.of_hub_link).is_green


def parts_with_files(written: Written) -> list[str]:
    return [each.stream for each in sticks.manifest_of(written.files[0]).parts if each.what == "file"]


def test_a_stick_brings_a_record_and_its_file_together(world: World, tmp_path: Path):
    member_id, hub, node = world.members["QM"], world.hub, world.nodes["QM"]
    agreement_id = hub.do(lambda: members.signed(member_id, territories=["QM"]))
    copy = hub.do(lambda: make.signed_copy(member_id, agreement_id, make.pdf(padding=5_000_000)))
    _there, back = sticks.round_trip(world, tmp_path)
    assert (back.outcome.code, back.outcome.files) == (None, 1)
    assert (held(node, copy), node.do(files.wanted)) == (held(hub, copy), [])


def test_a_file_a_slow_line_did_not_bring_comes_by_stick_and_only_once(world: World, tmp_path: Path):
    copy, node = copy_at_hub(world, padding=50_777), world.nodes["QM"]
    node.do(lambda: spool.append_part(copy.sha256, held(world.hub, copy)[:1234]))
    for _hello in range(2):  # the record comes with the first exchange; the second one's hello names the file it lacks
        assert world.sync("QM").ok
    written = sticks.from_hub(world, tmp_path)
    assert [sticks.read(node, written.files).outcome.files for _time in range(2)] == [1, 0]
    assert held(node, copy) == held(world.hub, copy)
    assert world.sync("QM").ok
    assert parts_with_files(sticks.from_hub(world, tmp_path / "later")) == []


def test_a_stick_holds_no_file_the_network_would_not_give(world: World, tmp_path: Path):
    foreign = copy_at_hub(world, "QN", padding=1000)
    assert world.sync("QM").ok
    node_id = sticks.node_of(world, "QM").id
    told = {"software": "x", "skew_ms": 0, "heads": {}, "trouble": None}
    world.hub.do(lambda: contact.note_node(node_id, lacks=[foreign.sha256, "0" * 64], **told))
    assert parts_with_files(sticks.from_hub(world, tmp_path)) == []


def test_a_wrong_file_on_a_stick_never_lands_and_stops_no_record(world: World, tmp_path: Path):
    member_id, hub, node = world.members["QM"], world.hub, world.nodes["QM"]
    agreement_id = hub.do(lambda: members.signed(member_id, territories=["QM"]))
    copy = hub.do(lambda: make.signed_copy(member_id, agreement_id, make.pdf(padding=3000)))
    path: Path = hub.settings.installation.home / "blobs" / copy.sha256[:2] / copy.sha256
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    _there, back = sticks.round_trip(world, tmp_path)
    assert (back.outcome.code, back.outcome.files) == (None, 0)
    (lacking,) = node.do(files.wanted)
    assert (lacking.held, lacking.trouble and lacking.trouble.code) == (0, "wrong_file")
