"""A country assesses itself at its node, also without contact; SRI reviews it at the hub; nothing forged is taken."""

import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.federation import status
from sri_admin.federation.kinds import Kind, to_wire
from sri_admin.federation.models import SyncLine
from sri_admin.federation.seals import seal
from sri_admin.integrity.events import AssessmentSignedOff
from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.models.evidence import Evidence, EvidenceFile
from sri_admin.integrity.operations.reviews import RECEIVE
from sri_admin.integrity.queries.profiles import profile_of
from sri_admin.integrity.rules import snapshot as rules
from sri_admin.integrity.rules.answers import MOST_EVIDENCE, Answer
from sri_admin.integrity.rules.standing import Stage
from sri_admin.integrity.sync import KINDS
from sri_admin.kernel import blobs, clock, ids, jobs, postgres, runtime
from sri_admin.kernel.actor import Actor, system
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import AppError
from sri_admin.kernel.work import record
from sri_admin.members.rules.member import Transition
from tests.federation.world import TEMPLATE, Site, World, cut_before
from tests.make import integrity as it
from tests.make import members as make

CODE = "QM"


@pytest.fixture
def member(world: World) -> UUID:
    """A licensed country with a node of its own."""
    found = world.members[CODE]

    def license_it() -> None:
        for step in (Transition.APPLY, Transition.ACCEPT):
            make.step(found, step)
        make.signed(found, territories=[CODE])
        make.step(found, Transition.LICENSE)

    world.hub.do(license_it)
    return found


@pytest.fixture
def cycle(world: World, member: UUID) -> UUID:
    """A round the country is called to, known at its node."""
    opened = world.hub.do(lambda: it.called(member))
    world.settle()
    return opened


def node_of(world: World) -> Site:
    return world.nodes[CODE]


def receive(world: World, member: UUID) -> None:
    """Run the jobs that wait at the hub for what arrived."""

    def run() -> None:
        wanted = sa.text("select args from procrastinate_jobs where task_name = :name")
        for payload in make.writing(member, lambda: db.session.scalars(wanted, {"name": RECEIVE}).all()):
            jobs.perform(runtime.current().tasks[RECEIVE], payload)

    world.hub.do(run)


def exchange(world: World, member: UUID) -> None:
    """Exchange, let the hub do what waits, and exchange again."""
    world.settle()
    receive(world, member)
    world.settle()


def stages(world: World, member: UUID, cycle: UUID) -> list[Stage]:
    """Return how the assessment stands for SRI, by what each side knows."""
    sites = (world.hub, node_of(world))
    return [site.do(lambda: it.look(member, cycle, lambda found: found.stage_at_sri)) for site in sites]


def test_an_offline_country_hands_in_and_reads_the_review_after_its_next_exchanges(
    world: World, member: UUID, cycle: UUID
) -> None:
    world.lines[CODE].always = cut_before
    snapshot = node_of(world).do(lambda: it.handed_in(member, cycle))
    assert world.sync(CODE).ok is False
    assert stages(world, member, cycle) == [Stage.AWAITED, Stage.SENT]
    exchange(world, member)
    assert stages(world, member, cycle) == [Stage.RECEIVED, Stage.RECEIVED]
    world.hub.do(lambda: it.reviewed(member, snapshot))
    world.hub.do(lambda: it.finished(member, snapshot))
    world.settle()
    assert stages(world, member, cycle) == [Stage.REVIEWED, Stage.REVIEWED]
    settled = node_of(world).read(lambda: [each.settled for each in profile_of(it.snapshot(member, snapshot)).items])
    assert settled == [*[Answer.IN_PLACE] * 4, Answer.NOT_APPLICABLE]


def test_a_returned_assessment_comes_back_as_the_next_revision(world: World, member: UUID, cycle: UUID) -> None:
    first = node_of(world).do(lambda: it.handed_in(member, cycle))
    exchange(world, member)
    world.hub.do(lambda: it.returned(member, first, "access"))
    world.settle()
    node_of(world).do(lambda: it.answered(member, cycle, "access", statement="Both towns now."))
    node_of(world).do(lambda: it.proposed(member, cycle))
    node_of(world).do(lambda: it.signed(member, cycle))
    exchange(world, member)
    assert stages(world, member, cycle) == [Stage.RECEIVED, Stage.RECEIVED]
    revisions = world.hub.do(lambda: it.look(member, cycle, lambda found: [each.revision for each in found.snapshots]))
    assert revisions == [1, 2]


def test_a_file_of_evidence_never_travels(world: World, member: UUID, cycle: UUID) -> None:
    node, name = node_of(world), "acta-con-nombres.pdf"
    proof = node.do(lambda: it.proof(member, seed=11, file_name=name))
    node.do(lambda: it.answered(member, cycle, "access", evidence_ids=[proof]))
    node.do(lambda: it.handed_in(member, cycle))
    exchange(world, member)
    digest = world.hub.read(lambda: db.session.get_one(Evidence, (member, proof)).sha256)
    assert node.do(lambda: blobs.is_sound(digest))
    assert world.hub.do(lambda: blobs.size_of(digest)) is None
    assert world.hub.read(lambda: db.session.scalars(sa.select(EvidenceFile)).all()) == []
    content = b"".join(node.do(lambda: list(blobs.read(digest))))
    sent = [call.body for call in world.lines[CODE].heard]
    lines = world.hub.read(lambda: [bytes(each) for each in db.session.scalars(sa.select(SyncLine.line))])
    assert not any(name.encode() in each or content[:200] in each for each in (*sent, *lines))
    assert not any("acta-con-nombres" in each for each in texts_of(world.hub))


def texts_of(site: Site) -> list[str]:
    """Return every row of the hub's tables as text, read past row-level security."""
    engine = sa.create_engine(site.cluster.url(site.name, postgres.roles_of(TEMPLATE).owner), poolclass=sa.NullPool)
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        return [str(row[0]) for name in names for row in connection.exec_driver_sql(f'select t::text from "{name}" t')]


def loosened(site: Site) -> None:
    """Take away what the database of a node would hold, as somebody who owns the machine can."""
    engine = sa.create_engine(site.cluster.url(site.name, postgres.roles_of(TEMPLATE).owner), poolclass=sa.NullPool)
    checks = "select conname from pg_constraint where contype = 'c' and conrelid = 'assessment_snapshot'::regclass"
    with engine.begin() as connection:
        for name in connection.scalars(sa.text(checks)).all():
            connection.exec_driver_sql(f'alter table assessment_snapshot drop constraint "{name}"')


def forge(
    member: UUID, cycle: UUID, *, change: Callable[[dict[str, Any]], None], resealed: bool = True
) -> Callable[[], None]:
    """Return what writes a snapshot with something wrong in it past every operation, sealed after or before that."""

    def write() -> None:
        found = it.assessment(member, cycle)
        assert found.proposal is not None
        proposal = found.proposal
        values = {
            "member_id": member,
            "id": proposal.id,
            "cycle_id": cycle,
            "edition_id": proposal.edition_id,
            "revision": proposal.revision,
            "content": proposal.content,
            "content_sha256": proposal.content_sha256,
            "answered_by": list(proposal.answered_by),
            "proposed_by": proposal.actor,
            "proposed_at": proposal.at,
            "at": clock.now(),
            "actor": "usr-chair",
            "role": "chair",
        }
        values |= sealed(values)
        change(values)
        values |= sealed(values) if resealed else {}
        row = AssessmentSnapshot(**values)
        db.session.add(row)
        event = AssessmentSignedOff(
            member_id=member, subject=cycle, revision=row.revision, sha256="0" * 64, snapshot_id=str(row.id)
        )
        record(system("test"), event, row)

    return write


def sealed(values: dict[str, Any]) -> dict[str, str]:
    """Seal forged values as the node itself would."""
    facts = rules.Facts(**{name: values[name] for name in ("id", "member_id", "cycle_id", "edition_id", "revision")})
    said = rules.SignOff(
        signed_by=values["actor"],
        signed_role=values["role"],
        signed_at=to_wire(values["at"]),
        proposed_by=values["proposed_by"],
        proposed_at=to_wire(values["proposed_at"]),
    )
    statement = rules.statement_of(facts, content_sha256=values["content_sha256"], said=said)
    kid, signature = seal(rules.DOMAIN, statement)
    return {"kid": kid, "signature": signature}


def _rewritten(values: dict[str, Any], old: str, new: str) -> None:
    values["content"] = values["content"].replace(old, new)
    values["content_sha256"] = rules.digest(values["content"])


def _own_sign_off(values: dict[str, Any]) -> None:
    values["actor"] = values["answered_by"][0]


def _hidden_author(values: dict[str, Any]) -> None:
    values["actor"], values["answered_by"] = values["answered_by"][0], ["usr-somebody"]


def _own_proposal(values: dict[str, Any]) -> None:
    values["actor"] = values["proposed_by"]


def _wrong_digest(values: dict[str, Any]) -> None:
    values["content_sha256"] = "0" * 64


def _wrong_edition(values: dict[str, Any]) -> None:
    other = ids.new()
    _rewritten(values, str(values["edition_id"]), str(other))
    values["edition_id"] = other


def _wrong_round(values: dict[str, Any]) -> None:
    other = ids.new()
    _rewritten(values, str(values["cycle_id"]), str(other))
    values["cycle_id"] = other


def _other_criteria(values: dict[str, Any]) -> None:
    _rewritten(values, '"uid":"access"', '"uid":"kindness"')


def _skipped_revision(values: dict[str, Any]) -> None:
    _rewritten(values, '"revision":1', '"revision":2')
    values["revision"] = 2


def _no_signing_role(values: dict[str, Any]) -> None:
    values["role"] = "facilitator"


FORGED = [
    (_own_sign_off, "integrity.own_sign_off"),
    (_hidden_author, "integrity.authors"),
    (_own_proposal, "integrity.own_sign_off"),
    (_wrong_digest, "integrity.digest"),
    (_wrong_edition, "integrity.other_edition"),
    (_wrong_round, "integrity.not_called"),
    (_other_criteria, "integrity.other_criteria"),
    (_skipped_revision, "integrity.revision"),
    (_no_signing_role, "integrity.role"),
]


def refused(world: World, member: UUID) -> list[tuple[str, str]]:
    """Return why records of the member were set aside at the hub."""
    return [(each.code, each.detail) for each in world.hub.read(lambda: status.set_aside(member))]


@pytest.mark.parametrize(("change", "reason"), FORGED, ids=lambda value: getattr(value, "__name__", ""))
def test_a_forged_snapshot_is_set_aside_with_its_reason(
    world: World, member: UUID, cycle: UUID, change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    node = node_of(world)
    node.do(lambda: it.complete(member, cycle))
    node.do(lambda: it.proposed(member, cycle))
    loosened(node)
    node.do(lambda: make.writing(member, forge(member, cycle, change=change)))
    world.settle()
    assert refused(world, member) == [("contradiction", reason)]
    assert world.hub.read(lambda: db.session.scalars(sa.select(AssessmentSnapshot)).all()) == []


def _no_seal(values: dict[str, Any]) -> None:
    values |= {"kid": "0" * 16, "signature": "A" * 86}


def _another_role(values: dict[str, Any]) -> None:
    values["role"] = "member_administrator"


def _signed_at_another_time(values: dict[str, Any]) -> None:
    values["at"] -= timedelta(days=1)


def _proposed_at_another_time(values: dict[str, Any]) -> None:
    values["proposed_at"] -= timedelta(days=1)


@pytest.mark.parametrize("change", [_no_seal, _another_role, _signed_at_another_time, _proposed_at_another_time])
def test_a_snapshot_the_country_did_not_seal_as_it_is_is_set_aside(
    world: World, member: UUID, cycle: UUID, change: Callable[[dict[str, Any]], None]
) -> None:
    node = node_of(world)
    node.do(lambda: it.complete(member, cycle))
    node.do(lambda: it.proposed(member, cycle))
    node.do(lambda: make.writing(member, forge(member, cycle, change=change, resealed=False)))
    world.settle()
    assert refused(world, member) == [("contradiction", "integrity.signature")]


def _naming(proofs: list[UUID], digests: list[str]) -> Callable[[dict[str, Any]], None]:
    """Return what names pieces of evidence in the first answer."""
    named = [{"id": str(each), "sha256": digest} for each, digest in zip(proofs, digests, strict=True)]

    def change(values: dict[str, Any]) -> None:
        written = json.dumps(named, separators=(",", ":"), sort_keys=True)
        values["content"] = values["content"].replace('"evidence":[]', f'"evidence":{written}', 1)
        values["content_sha256"] = rules.digest(values["content"])

    return change


@pytest.mark.parametrize(
    ("count", "covers", "reason"),
    [
        (1, date(2001, 1, 1), "integrity.evidence_period"),
        (MOST_EVIDENCE + 1, None, "integrity.too_much_evidence"),
    ],
)
def test_evidence_no_answer_could_name_is_set_aside(
    world: World, member: UUID, cycle: UUID, count: int, covers: date | None, reason: str
) -> None:
    node = node_of(world)
    when: dict[str, Any] = {"covers_from": covers, "covers_to": covers} if covers else {}
    proof = node.do(lambda: it.proof(member, **when))
    digest = node.read(lambda: db.session.get_one(Evidence, (member, proof)).sha256)
    node.do(lambda: it.complete(member, cycle))
    node.do(lambda: it.proposed(member, cycle))
    change = _naming([proof] * count, [digest] * count)
    node.do(lambda: make.writing(member, forge(member, cycle, change=change)))
    world.settle()
    assert refused(world, member) == [("contradiction", reason)]


@pytest.mark.parametrize(("days", "aside"), [(0, []), (2, [("contradiction", "integrity.round_closed")])])
def test_what_was_signed_before_a_round_ended_is_still_handed_in_and_nothing_later(
    world: World, member: UUID, cycle: UUID, days: int, aside: list[tuple[str, str]]
) -> None:
    world.hub.do(lambda: it.closed(cycle))
    world.time.sleep(days * 86_400)
    node_of(world).do(lambda: it.handed_in(member, cycle))
    exchange(world, member)
    assert refused(world, member) == aside


def test_a_second_revision_nobody_asked_for_is_set_aside(world: World, member: UUID, cycle: UUID) -> None:
    node = node_of(world)
    node.do(lambda: it.handed_in(member, cycle))
    exchange(world, member)

    def next_one(values: dict[str, Any]) -> None:
        old = str(values["id"])
        values["id"] = ids.new()
        _rewritten(values, old, str(values["id"]))
        _rewritten(values, '"revision":1', '"revision":2')
        values["revision"] = 2

    node.do(lambda: make.writing(member, forge(member, cycle, change=next_one)))
    world.settle()
    assert refused(world, member) == [("contradiction", "integrity.not_returned")]


def _acts(world: World, member: UUID, cycle: UUID) -> list[Callable[[], Any]]:
    node, hub = node_of(world), world.hub
    team = {role: make_actor(world, role, member) for role in ("coordinator", "chair")}

    def newest() -> UUID:
        found = it.look(member, cycle, lambda each: each.snapshot.id if each.snapshot else None)
        return found or ids.new()

    return [
        lambda: node.do(lambda: it.complete(member, cycle, by=team["coordinator"])),
        lambda: node.do(lambda: it.answered(member, cycle, "access", by=team["coordinator"], statement="Again.")),
        lambda: node.do(lambda: it.proposed(member, cycle, by=team["coordinator"])),
        lambda: node.do(lambda: it.given_back(member, cycle)),
        lambda: node.do(lambda: it.signed(member, cycle, by=team["chair"])),
        lambda: node.do(lambda: it.proof(member, by=team["coordinator"])),
        lambda: receive(world, member),
        lambda: hub.do(lambda: it.reviewed(member, newest())),
        lambda: hub.do(lambda: it.returned(member, newest(), "access")),
        lambda: hub.do(lambda: it.finished(member, newest())),
        lambda: world.sync(CODE),
    ]


def make_actor(world: World, role: str, member: UUID) -> Actor:
    return world.hub.do(lambda: make.actor(role, member))


def rows_of(site: Site, member: UUID) -> dict[str, Any]:
    """Return everything that travels about a member, by kind and id."""

    def look() -> dict[str, Any]:
        rows: list[tuple[Kind, Any]] = [
            (kind, row) for kind in KINDS for row in db.session.scalars(sa.select(kind.model))
        ]
        return {f"{kind.name}:{row.id}": kind.payload(row) for kind, row in rows}

    return site.read(look)


@pytest.mark.parametrize("seed", range(4))
def test_any_interleaving_of_both_sides_converges(world: World, member: UUID, cycle: UUID, seed: int) -> None:
    chance, acts, done = random.Random(seed), _acts(world, member, cycle), 0
    for _step in range(40):
        try:
            chance.choice(acts)()
            done += 1
        except AppError:
            continue
    exchange(world, member)
    assert done > 5
    assert rows_of(world.hub, member) == rows_of(node_of(world), member)
    assert len(set(stages(world, member, cycle))) == 1
    assert refused(world, member) == []
