"""The hub's side of joining: a code is issued, an installation asks with it, people compare digits, one approves."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa

from sri_admin.federation import box_keys, control, enrolment_papers, limits
from sri_admin.federation.enrolment_models import Enrolment, EnrolmentCode, EnrolmentState, Node, NodeState
from sri_admin.federation.enrolment_papers import EnrolmentError, SignedRequest
from sri_admin.federation.events import CodeIssued, EnrolmentRefused, NodeApproved, NodeCameBack
from sri_admin.federation.handover import steps
from sri_admin.federation.handover.models import Direction
from sri_admin.federation.models import NodeKey
from sri_admin.federation.policy import POLICY
from sri_admin.federation.recovery import incarnations
from sri_admin.kernel import clock, ids, jobs, tenancy, transaction, work
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.signing import VerifyKey, fingerprint
from sri_admin.kernel.tenancy import Reach, Tenant

TELL_APPROVED = "federation.tell_approved"
HAND_OVER = "federation.hand_over"
_GONE = (NodeState.REVOKED, NodeState.RECLAIMED)


class HasNodeError(ConflictError):
    """The member has a node already."""

    code = "has_node"
    message = _l(
        "This country already has a node of its own. Only one can be connected at a time."
        " If that node is lost, or was restored and its keys are refused, withdraw its keys first, then make the code."
    )


class Known(NamedTuple):
    """A request as the hub keeps it, with the digits two people compare."""

    id: UUID
    member_id: UUID
    node_id: UUID
    fingerprint: str
    software: str
    state: EnrolmentState
    asked_at: datetime
    by_stick: bool = False
    keeps: bool = False


def issue_code(actor: Actor, member: Tenant) -> str:
    """Make a code with which one installation can ask, within seven days, to become the member's own node."""
    POLICY.require(actor, "federation.node.enrol", member.id)
    _refuse_taken(member.id)
    code = enrolment_papers.new_code()
    row = EnrolmentCode(
        id=ids.new(),
        member_id=member.id,
        hint=enrolment_papers.hint_of(code),
        key=enrolment_papers.key_of(code),
        issued_by=actor.label,
        expires_at=clock.now() + timedelta(days=limits.ENROLMENT_CODE_DAYS),
        used_at=None,
    )
    db.session.add(row)
    work.record(actor, CodeIssued(member_id=member.id, subject=row.id))
    return code


def receive(document: bytes) -> Known:
    """Take an installation's request to join; the same request again gets the same answer. Opens its transactions.

    Raises EnrolmentError: `bad_code` (wrong and unknown alike), `code_expired`, `code_used`, `key_taken` (the same
    code is good for a request with new keys), or why it is unreadable.
    """
    signed = enrolment_papers.open_request(document)
    with transaction.reading(tenancy.NOWHERE):
        member_id = _code_of(signed).member_id
        reach = tenancy.everywhere({member_id, tenancy.hub_tenant().id}, writing=member_id)
    return transaction.write(reach, lambda: take(signed))


def _code_of(signed: SignedRequest, *, lock: bool = False) -> EnrolmentCode:
    query = sa.select(EnrolmentCode).where(EnrolmentCode.hint == signed.request.hint)
    code = db.session.scalar(query.with_for_update() if lock else query)
    if code is None or not enrolment_papers.knows_code(signed, code.key):
        raise EnrolmentError("bad_code", "this code is not known here")
    return code


def take(signed: SignedRequest, *, box: bytes | None = None) -> Known:
    """Take a request inside the caller's transaction; `box` is the paper of its box key, if it came by stick."""
    code = _code_of(signed, lock=True)
    earlier = db.session.scalar(sa.select(Enrolment).where(Enrolment.code_id == code.id))
    if earlier is not None:
        if (earlier.node_id, earlier.sign_key) == (signed.request.node, signed.request.sign_key.raw):
            return known(earlier)
        raise EnrolmentError("code_used", "this code was used by another installation")
    if code.expires_at <= clock.now():
        raise EnrolmentError("code_expired", "this code is too old")
    _refuse_taken(code.member_id)
    request = signed.request
    if _is_spent(request.node, request.sign_key, keeps=request.keeps):
        raise EnrolmentError("key_taken", "this node is known here, and these keys of it are over")
    code.used_at = clock.now()
    row = Enrolment(
        id=ids.new(),
        code_id=code.id,
        member_id=code.member_id,
        node_id=request.node,
        incarnation=request.incarnation,
        sign_key=request.sign_key.raw,
        auth_key=request.auth_key,
        software=request.software,
        keeps=request.keeps,
        box_paper=box,
        state=EnrolmentState.PENDING,
        created_at=clock.now(),
    )
    db.session.add(row)
    return known(row)


def _is_spent(node_id: UUID, sign_key: VerifyKey, *, keeps: bool) -> bool:
    # A node takes itself for forgotten when its keys are refused, as after a backup older than their change.
    if keeps:
        return db.session.get(Node, node_id) is not None
    return db.session.scalar(sa.select(NodeKey.id).where(NodeKey.kid == sign_key.kid)) is not None


def known(row: Enrolment) -> Known:
    """Put the digits beside a request."""
    digits = fingerprint(VerifyKey(row.sign_key))
    by_stick = row.box_paper is not None
    told = row.software, row.state, row.created_at
    return Known(row.id, row.member_id, row.node_id, digits, *told, by_stick, row.keeps)


def approve(actor: Actor, enrolment_id: UUID) -> None:
    """Make an installation the member's own node; the transaction writes for the hub.

    What has to be written for the member follows in a job of its own.
    """
    row = _undecided(actor, enrolment_id)
    _refuse_taken(row.member_id)
    if not row.keeps and _is_spent(row.node_id, VerifyKey(row.sign_key), keeps=False):
        raise ConflictError(
            _l("These keys were in use before. Refuse this request and make a new code."), code="key_taken"
        )
    row.state, row.decided_at = EnrolmentState.APPROVED, clock.now()
    if row.keeps and db.session.get(Node, row.node_id) is None:
        _admit_again(actor, row)
        return
    node = _node_from(row)
    db.session.flush()
    incarnations.note_first(node)
    is_ready = control.approve_node(
        actor,
        node_id=node.id,
        member_id=node.member_id,
        incarnation=node.incarnation,
        sign_key=VerifyKey(node.sign_key),
    )
    if row.box_paper is not None:
        public = box_keys.opened(node.id, VerifyKey(node.sign_key), row.box_paper)
        box_keys.publish(actor, node.id, public)
    if not is_ready:
        jobs.defer(HAND_OVER, member_id=node.member_id, node_id=node.id)
    jobs.defer(TELL_APPROVED, member_id=node.member_id, node_id=node.id)


def _admit_again(actor: Actor, row: Enrolment) -> None:
    # Its key and its grants stand in what it hands back of the hub's own records; they hold once somebody takes them
    # over. Until then its incarnation is one nobody has, so that it announces itself once they do.
    node = _node_from(row)
    node.incarnation = uuid4()
    db.session.flush()
    incarnations.note_first(node)
    told = NodeCameBack(member_id=tenancy.hub_tenant().id, subject=node.id, fingerprint=known(row).fingerprint)
    work.record(actor, told)
    jobs.defer(TELL_APPROVED, member_id=node.member_id, node_id=node.id)


def _node_from(row: Enrolment) -> Node:
    # An installation whose keys were withdrawn comes back as the same node, with other keys.
    node = db.session.get(Node, row.node_id) or Node(id=row.node_id, member_id=row.member_id)
    if node.member_id != row.member_id:
        raise ConflictError(_l("This installation belonged to another country before."), code="other_member")
    node.incarnation, node.state = row.incarnation, NodeState.ACTIVE
    node.sign_key, node.auth_key = row.sign_key, row.auth_key
    node.next_sign_key = node.next_auth_key = None
    db.session.add(node)
    return node


def approval_reach(member_id: UUID) -> Reach:
    """Return what the transaction of an approval touches: it reads the member's streams and writes for the hub."""
    with transaction.reading(tenancy.NOWHERE):
        hub_id = tenancy.hub_tenant().id
    return tenancy.everywhere({hub_id, member_id}, writing=hub_id)


def hand_over(actor: Actor, *, member_id: UUID, node_id: UUID) -> None:
    """Begin to hand a member's records over to the node that was just taken in; a job that writes for the member."""
    if not steps.is_under_way(member_id):
        steps.begin(actor, db.session.get_one(Node, node_id), Direction.TO_NODE, reason=str(node_id))


def tell_approved(actor: Actor, *, member_id: UUID, node_id: UUID) -> None:
    """Let the parts above know that a member has a node of its own; a job that writes for the member."""
    node = db.session.get_one(Node, node_id)
    digits = fingerprint(VerifyKey(node.sign_key))
    work.record(actor, NodeApproved(member_id=member_id, subject=node_id, fingerprint=digits))


def refuse(actor: Actor, enrolment_id: UUID) -> None:
    """Turn a request down; the transaction writes for the member."""
    row = _undecided(actor, enrolment_id)
    row.state, row.decided_at = EnrolmentState.REFUSED, clock.now()
    digits = known(row).fingerprint
    work.record(actor, EnrolmentRefused(member_id=row.member_id, subject=row.id, fingerprint=digits))


def enrolment_by_key(enrolment_id: UUID) -> Known:
    """Return a request."""
    row = db.session.get(Enrolment, enrolment_id)
    if row is None:
        raise NotFoundError
    return known(row)


def _undecided(actor: Actor, enrolment_id: UUID) -> Enrolment:
    row = db.session.get(Enrolment, enrolment_id, with_for_update=True)
    if row is None:
        raise NotFoundError
    POLICY.require(actor, "federation.node.enrol", row.member_id)
    if row.state is not EnrolmentState.PENDING:
        raise ConflictError(_l("This request was decided already."), code="decided")
    return row


def pending() -> list[Known]:
    """Return the requests nobody has decided, the oldest first."""
    waiting = sa.select(Enrolment).where(Enrolment.state == EnrolmentState.PENDING).order_by(Enrolment.created_at)
    return [known(row) for row in db.session.scalars(waiting)]


def find_pending(text: str) -> Known:
    """Return the undecided request with these digits or this id."""
    wanted = "".join(text.split()).lower()
    found = [each for each in pending() if wanted and wanted in _names(each)]
    if len(found) != 1:
        raise NotFoundError(_l("No request, or more than one, fits these digits."))
    return found[0]


def nodes() -> Sequence[Node]:
    """Return every node that was ever approved, the newest first."""
    return db.session.scalars(sa.select(Node).order_by(Node.approved_at.desc())).all()


def is_in_use(node: Node) -> bool:
    """Say whether a node still serves its member: it was not given up, nor were its keys withdrawn."""
    return node.state not in _GONE


def node_of(member_id: UUID) -> Node | None:
    """Return the node a member has now."""
    active = sa.select(Node).where(Node.member_id == member_id, Node.state.not_in(_GONE))
    return db.session.scalar(active)


def _names(each: Known) -> set[str]:
    return {"".join(each.fingerprint.split()), str(each.id), str(each.node_id)}


def _refuse_taken(member_id: UUID) -> None:
    if node_of(member_id) is not None:
        raise HasNodeError
