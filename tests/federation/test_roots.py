"""The root above the hub's keys changes under two thresholds; the hub's own key changes in mid-stream, by position."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from sri_admin.cli.root import root as commands
from sri_admin.federation import intake, keys, roots
from sri_admin.federation.checkpoint import Checkpoint, SealError, from_base64url, open_sealed, seal
from sri_admin.federation.lines import encode, parse
from sri_admin.federation.models import ControlKey, SyncEvidence
from sri_admin.federation.root import RootError, read_payload, sign_root
from sri_admin.kernel import installation, runtime
from sri_admin.kernel.db import db
from sri_admin.kernel.signing import SigningKey
from tests.federation import records
from tests.federation.world import Site, World
from tests.make import federation as make

OFFICERS = [SigningKey.from_seed(bytes([i]) * 32) for i in range(1, 4)]
PUBLIC = [each.verify_key for each in OFFICERS]


def first_root_key() -> SigningKey:
    """Return the root key the hub made when it was set up."""
    folder = installation.instance_folder(runtime.current().settings)
    return SigningKey.from_pem((folder / "root_key.pem").read_bytes())


def publish(world: World, *signers: SigningKey, **changed: object) -> int:
    """Draft a root at the hub, have it signed one by one, publish it; return its version."""

    def act() -> int:
        payload = roots.draft(**changed)  # pyright: ignore[reportArgumentType] - what a test changes
        return roots.publish(records.DOER, [sign_root(payload, [each]) for each in signers]).version

    return world.hub.do(act)


def to_officers(world: World) -> None:
    """Hand the root over from the key of the set-up to three officers, of whom two must sign."""
    first = world.hub.do(first_root_key)
    assert publish(world, first, *OFFICERS[:2], root_keys=PUBLIC, threshold=2) == 2


def version_at(site: Site) -> int:
    """Return the version of the root an installation trusts."""
    return site.do(lambda: keys.roots()[-1].version)


def refusal(world: World, *signers: SigningKey, **changed: object) -> str:
    """Return the code with which publishing is refused."""
    with pytest.raises(RootError) as refused:
        publish(world, *signers, **changed)
    return refused.value.code


def test_f52_one_of_three_is_refused_and_two_of_three_are_enough(world: World) -> None:
    first = world.hub.do(first_root_key)
    assert refusal(world, first, OFFICERS[0], root_keys=PUBLIC, threshold=2) == "root_threshold"
    assert refusal(world, *OFFICERS, root_keys=PUBLIC, threshold=2) == "root_threshold"
    to_officers(world)
    assert refusal(world, OFFICERS[0]) == "root_threshold"
    assert refusal(world, OFFICERS[0], OFFICERS[0]) == "root_threshold"
    assert publish(world, OFFICERS[0], OFFICERS[2]) == 3
    world.settle()
    assert [version_at(site) for site in world.sites] == [3, 3, 3]


def test_f52_nodes_follow_every_version_and_refuse_gap_rollback_and_fork(world: World) -> None:
    to_officers(world)
    publish(world, *OFFICERS[:2])
    file = world.hub.do(lambda: keys.root_version(3))
    assert file is not None
    node = world.nodes["QM"]
    with pytest.raises(RootError) as refused:
        node.do(lambda: keys.take_root(file))
    assert refused.value.code == "root_gap"
    world.settle()
    for forged, code in (
        (_forged(world, 3), "forked_root"),
        (world.hub.do(lambda: keys.root_version(2)), "root_rollback"),
    ):
        with pytest.raises(RootError) as refused:
            node.do(lambda forged=forged: keys.take_root(forged or b""))
        assert refused.value.code == code
    assert version_at(node) == 3


def _forged(world: World, version: int) -> bytes:
    file = world.hub.do(lambda: keys.root_version(version))
    said = parse(from_base64url(parse(file or b"")["p"]))
    return sign_root(encode({**said, "at": "2031-01-01T00:00:00Z"}), OFFICERS)


def test_a_node_that_is_told_an_older_root_stops_and_says_so(world: World) -> None:
    to_officers(world)
    world.settle()
    folder = world.hub.do(lambda: installation.instance_folder(runtime.current().settings))
    (folder / "root.json").write_bytes((folder / "root.1.json").read_bytes())
    assert world.sync("QM").code == "root_rollback"


def test_the_hubs_key_changes_in_mid_stream_and_the_old_one_ends_by_position(world: World) -> None:
    to_officers(world)
    world.settle()
    before, old = world.hub.do(keys.own_key), world.nodes["QM"]
    publish(world, *OFFICERS[:2], new_control_key=True)
    now = world.hub.do(keys.own_key)
    assert now.kid != before.kid
    make.shelf(world.hub, world.members["QM"], "signed by the new key")
    make.visit(world.nodes["QM"], world.members["QM"], "v")
    world.settle()
    ended = old.read(lambda: db.session.scalars(sa.select(ControlKey)).one().ends)
    ends = ended["hub.control"]
    assert opens(old, before, ends[1])
    assert not opens(old, before, ends[1] + 1)
    assert opens(old, now, ends[1] + 1)


def opens(site: Site, key: SigningKey, n: int) -> bool:
    """Say whether an installation takes the hub's word at a line of the control stream from this key."""
    some = "5e2d7c1b-0a9f-4b3e-9c8d-7f6e5d4c3b03"
    said = Checkpoint("hub.control", 1, some, n, bytes(32), "2026-11-20T10:00:00Z", some, some)
    sealed = seal(said, key)

    def look() -> bool:
        try:
            return open_sealed(sealed, Checkpoint, keys.receipt_key) == said
        except SealError:
            return False

    return site.read(look)


def test_a_publication_that_was_interrupted_is_done_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    to_officers(world)
    payload = world.hub.do(lambda: roots.draft(new_control_key=True))
    files = [sign_root(payload, [each]) for each in OFFICERS[:2]]
    monkeypatch.setattr(keys, "use_control_key", _stopped)
    with pytest.raises(KeyboardInterrupt):
        world.hub.do(lambda: roots.publish(records.DOER, files))
    monkeypatch.undo()
    for _time in range(2):
        assert world.hub.do(lambda: roots.publish(records.DOER, files)).version == 3
    world.settle()
    assert len(world.hub.read(lambda: list(db.session.scalars(sa.select(ControlKey))))) == 1


def _stopped(_root: object) -> None:
    raise KeyboardInterrupt


def test_root_keys_are_made_and_used_on_machines_without_hub_or_database(tmp_path: Path, world: World) -> None:
    secret, draft, signed = tmp_path / "anna.pem", tmp_path / "draft.json", tmp_path / "signed.json"
    run = CliRunner().invoke
    made = run(commands, ["key", "--out", str(secret), "--password", "long and secret"])
    assert made.exit_code == 0, made.output
    draft.write_bytes(world.hub.do(lambda: roots.draft(root_keys=PUBLIC, threshold=2)))
    words = ["sign", str(draft), "--key", str(secret), "--out", str(signed)]
    assert run(commands, [*words, "--password", "wrong"]).exit_code == 1
    assert run(commands, [*words, "--password", "long and secret"]).exit_code == 0
    assert read_payload(from_base64url(parse(signed.read_bytes())["p"])).threshold == 2
    assert b"ENCRYPTED" in secret.read_bytes()


def test_f26_a_hub_that_says_two_things_is_stopped_and_both_are_kept(world: World) -> None:
    node, key = world.nodes["QM"], world.hub.do(keys.own_key)
    kept = node.read(_control_statement)
    said = node.read(lambda: open_sealed(kept, Checkpoint, keys.kept_key))
    other = seal(said._replace(chain=bytes(32)), key)
    with pytest.raises(intake.StreamError) as refused:
        node.do(lambda: intake.head("hub.control", other))
    assert refused.value.code == "forked"
    proof = node.read(lambda: db.session.execute(sa.select(SyncEvidence.statement, SyncEvidence.against)).one())
    assert tuple(proof) == (other, kept)


def _control_statement() -> bytes:
    row = intake.streams.by_name("hub.control")
    assert row.statement is not None
    return row.statement


def test_the_old_statements_still_open_when_a_key_is_no_longer_vouched_for(world: World) -> None:
    to_officers(world)
    make.visit(world.nodes["QM"], world.members["QM"], "v")
    world.settle()
    gone = world.hub.do(lambda: keys.own_key().kid)
    publish(world, *OFFICERS[:2], new_control_key=True, drop=[gone])
    make.shelf(world.hub, world.members["QM"], "s")
    world.settle()
    assert world.sync("QM").ok
