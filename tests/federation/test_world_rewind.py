"""Histories that part: a copied or lying installation is noticed, stopped, and told why."""

import json
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import ECKey

from sri_admin.federation import credentials, enrolment_papers, export, intake, joining, keys, report, streams
from sri_admin.federation.checkpoint import Checkpoint, seal
from sri_admin.federation.client import BASE, Answer, HubError
from sri_admin.federation.cursor import Cursor, encode_cursor
from sri_admin.federation.enrolment_models import EnrolmentState, HubLink, Node
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.models import SyncEvidence
from sri_admin.federation.stream_names import HUB_MEMBER, HUB_REGISTRY, MEMBER_OPS, stream_name
from sri_admin.kernel import clock, installation, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConfigurationError, ConflictError
from tests.federation import invariants
from tests.federation import world as worlds
from tests.federation.records import Shelf, Visit
from tests.federation.world import HUB_URL, World
from tests.make import federation as make


def told(world: World) -> tuple[bool, str | None]:
    """Return what the node's connection page says: green or not, and why not."""

    def read() -> tuple[bool, str | None]:
        found = report.of_hub_link()
        return found.is_green, found.trouble

    return world.nodes["QM"].read(read)


def test_f22_a_copy_of_a_node_is_refused_by_its_incarnation(world: World, member: UUID) -> None:
    query = sa.update(Node).where(Node.member_id == member).values(incarnation=uuid4())
    world.hub.write(member, lambda: db.session.execute(query))
    assert world.sync("QM").code == "duplicate_writer"
    assert told(world) == (False, "duplicate_writer")


def test_f22_a_database_without_its_folder_does_not_start(world: World) -> None:
    node = world.nodes["QM"]
    other = sa.update(installation.Installation).values(incarnation=uuid4())
    node.write(world.members["QM"], lambda: db.session.execute(other))
    with pytest.raises(ConfigurationError) as caught:
        node.do(installation.identify)
    assert caught.value.stable_code == "identity_mismatch"


def test_f25_a_reader_ahead_of_a_restored_hub_is_stopped_and_keeps_what_it_has(world: World, member: UUID) -> None:
    node = world.nodes["QM"]
    world.hub.keep("old")
    make.shelf(world.hub, member, "lost at the hub")
    world.settle()
    world.hub.go_back("old")
    assert world.sync("QM").code == "rewound"
    assert told(world) == (False, "rewound")
    assert [row["mark"] for row in make.rows(node, Shelf).values()] == ["lost at the hub"]


def test_f25_a_cursor_ahead_of_the_head_is_refused(world: World, member: UUID) -> None:
    cursor = Cursor(stream_name(HUB_MEMBER, member), 1, 10**6, b"\7" * 8)
    answer = ask(world, f"/streams/{cursor.stream}/changes?{urlencode({'cursor': encode_cursor(cursor)})}")
    assert (answer.status, json.loads(answer.body)["code"]) == (409, "rewound")


def ask(world: World, path: str, method: str = "GET", body: bytes = b"") -> Answer:
    """Ask the hub something with the token of the node's last exchange."""
    if not world.lines["QM"].heard:
        world.sync("QM")
    headers = next(call.headers for call in reversed(world.lines["QM"].heard) if "Authorization" in call.headers)
    call = worlds.Call(world.lines["QM"], method, BASE + path, headers, body)
    return call.deliver()


def test_f26_a_hub_that_shows_two_histories_is_caught_and_the_proof_kept(world: World, member: UUID) -> None:
    node, name = world.nodes["QM"], stream_name(HUB_MEMBER, member)
    world.hub.keep("fork")
    make.shelf(world.hub, member, "one")
    world.settle()
    world.hub.go_back("fork")
    make.shelf(world.hub, member, "other")
    other = world.hub.read(lambda: export.head(name))
    with pytest.raises(ProtocolError, match="forked"):
        node.do(lambda: intake.head(name, other))
    assert [row["mark"] for row in make.rows(node, Shelf).values()] == ["one"]
    kept = node.read(lambda: db.session.scalars(sa.select(SyncEvidence.statement)).all())
    assert kept == [other]
    assert world.sync("QM").code == "forked"


def test_f26_a_stopped_stream_takes_nothing_more(world: World, member: UUID) -> None:
    node, name = world.nodes["QM"], stream_name(HUB_MEMBER, member)
    node.write(member, lambda: setattr(streams.by_name(name), "trouble", "forked"))
    make.shelf(world.hub, member, "new")
    assert world.sync("QM").code == "forked"
    assert make.rows(node, Shelf) == {}


def test_a_head_signed_by_somebody_else_is_not_kept(world: World, member: UUID) -> None:
    node, name = world.nodes["QM"], stream_name(HUB_MEMBER, member)

    def forge() -> bytes:
        row = streams.by_name(name)
        identity = installation.identity()
        at = clock.wire(clock.now())
        made = Checkpoint(name, 1, str(row.log_id), row.n, b"\1" * 32, at, str(identity.id), str(identity.incarnation))
        return seal(made, keys.own_key())

    forged = node.read(forge)
    with pytest.raises(ProtocolError, match="unknown_key"):
        node.do(lambda: intake.head(name, forged))
    assert world.sync("QM").ok


@pytest.mark.parametrize("days", [-3650, 3650])
@pytest.mark.parametrize("side", ["hub", "node"])
def test_f47_a_clock_ten_years_off_changes_nothing_that_is_decided(
    world: World, member: UUID, side: str, days: int
) -> None:
    site = world.hub if side == "hub" else world.nodes["QM"]
    make.visit(world.nodes["QM"], member, "before")
    site.offset = timedelta(days=days)
    make.visit(world.nodes["QM"], member, "after")
    make.shelf(world.hub, member, "s")
    assert world.sync("QM").ok
    site.offset = timedelta()
    make.shelf(world.hub, member, "t")
    invariants.at_rest(world)


def test_i17_the_same_acts_by_other_clocks_give_the_same_records(world: World, member: UUID) -> None:
    def acts() -> object:
        node, rec = world.nodes["QM"], UUID(int=7)
        make.visit(node, member, "a", id=rec)
        world.settle()
        make.change(node, worlds.records.VISIT, (member, rec), mark="b")
        make.shelf(world.hub, member, "s", id=UUID(int=8))
        world.settle()
        return make.rows(world.hub, Visit), make.rows(node, Shelf)

    straight = acts()
    world.reset()
    world.hub.offset, world.nodes["QM"].offset = timedelta(days=-4000), timedelta(days=4000)
    assert acts() == straight


def token(world: World, *, by: ECKey | None = None, **changed: str) -> Answer:
    """Ask for a token with an assertion that may lie."""
    now = int(world.time.now.timestamp())
    key, node_id = world.nodes["QM"].do(lambda: (credentials.auth_key(), str(installation.identity().id)))
    claims = {"iss": node_id, "sub": node_id, "aud": HUB_URL, "iat": now, "exp": now + 60, "jti": str(uuid4())}
    made = jwt.encode({"alg": "ES256"}, {**claims, **changed}, by or key)
    honest = credentials.token_request(key, node_id=node_id, audience=HUB_URL, issued_at=now)
    form = {**honest, "client_assertion": made}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return world.lines["QM"].request("POST", "/oauth/token", headers=headers, body=urlencode(form).encode())


def test_f50_an_assertion_for_another_hub_gives_no_token(world: World) -> None:
    assert token(world).status == 200
    assert code_of(token(world, aud="https://other.example")) == "invalid_client"


def test_f50_an_assertion_shown_twice_gives_no_second_token(world: World) -> None:
    assert token(world, jti="same").status == 200
    assert code_of(token(world, jti="same")) == "invalid_client"


def test_f50_an_assertion_by_another_key_gives_no_token(world: World) -> None:
    assert code_of(token(world, by=ECKey.generate_key("P-256", private=True))) == "invalid_client"


def code_of(answer: Answer) -> str:
    assert answer.status in {400, 401}
    return str(json.loads(answer.body)["error"])


def test_f51_a_connected_node_asks_no_more(world: World) -> None:
    node = world.nodes["QM"]
    with pytest.raises(ConflictError) as caught:
        node.do(lambda: joining.ask(world.lines["QM"], "any"))
    assert caught.value.stable_code == "enrolled"


def test_f51_a_code_nobody_gave_is_refused(world: World) -> None:
    def ask() -> None:
        with transaction.writing(tenancy.NOWHERE):
            db.session.execute(sa.update(HubLink).values(state=EnrolmentState.PENDING))
        joining.ask(world.lines["QM"], enrolment_papers.new_code())

    with pytest.raises(HubError, match="bad_code"):
        world.nodes["QM"].do(ask)


@pytest.mark.parametrize("path", ["/streams/{ops}/changes", "/streams/{file}/changes", "/streams/{ops}/receipt"])
def test_f62_a_token_opens_no_other_members_stream(world: World, path: str) -> None:
    other = world.members["QN"]
    named = {"ops": stream_name(MEMBER_OPS, other), "file": stream_name(HUB_MEMBER, other)}
    answer = ask(world, path.format(**named))
    unknown = ask(world, path.format(ops=f"member.{uuid4()}.ops", file=f"hub.member.{uuid4()}"))
    assert (answer.status, json.loads(answer.body)["code"]) == (404, "denied")
    assert json.loads(answer.body)["code"] == json.loads(unknown.body)["code"]


def test_f62_a_batch_for_another_members_stream_is_refused(world: World, member: UUID) -> None:
    make.visit(world.nodes["QM"], member, "mine")
    world.settle()
    batch = world.nodes["QM"].read(lambda: export.batch(stream_name(MEMBER_OPS, member), 0))
    assert batch is not None
    other = stream_name(MEMBER_OPS, world.members["QN"])
    answer = ask(world, f"/streams/{other}/batches", "POST", batch.body)
    assert (answer.status, json.loads(answer.body)["code"]) == (404, "denied")
    assert make.head(world.hub, other) == 0


def test_a_head_of_an_epoch_that_no_page_led_to_says_that_something_is_missing(world: World) -> None:
    hub, node = world.hub, world.nodes["QM"]
    hub.keep("old")
    hub.go_back("old")
    world.go_on()
    sealed = hub.read(lambda: export.head(HUB_REGISTRY.value))
    with pytest.raises(ProtocolError) as refused:
        node.do(lambda: intake.head(HUB_REGISTRY.value, sealed))
    assert refused.value.code == "gap"
    world.settle()
    node.do(lambda: intake.head(HUB_REGISTRY.value, sealed))
