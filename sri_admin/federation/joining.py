"""A node's side of joining: ask with the code, show the digits, take what the hub gives once somebody approved."""

from typing import Any, NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa

from sri_admin.federation import contact, control, credentials, enrolment_papers, hello, keyring, keys
from sri_admin.federation.checkpoint import from_base64url
from sri_admin.federation.client import BASE, HubClient, HubError, LineDownError, Transport
from sri_admin.federation.enrolment_models import EnrolmentState, HubLink
from sri_admin.federation.events import NodeEnrolled
from sri_admin.federation.lines import LineError
from sri_admin.federation.root import verify_root
from sri_admin.kernel import actor, clock, installation, runtime, tenancy, transaction, work
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConfigurationError, ConflictError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.signing import fingerprint
from sri_admin.kernel.tenancy import Reach, Tenant, TenantKind

_PROOF_HEADER = "Sri-Proof"


class Asked(NamedTuple):
    """What the hub keeps of our request, and the digits to be read to it by telephone."""

    enrolment_id: UUID
    fingerprint: str


class Welcome(NamedTuple):
    """What an approved installation is given."""

    hub_id: UUID
    hub_tenant_id: UUID
    member_id: UUID
    member_code: str
    root: bytes


def link() -> HubLink | None:
    """Return this node's link to its hub, as a plain value."""
    with transaction.reading(tenancy.NOWHERE):
        row = find_link()
        if row is not None:
            transaction.detach(row)
        return row


def find_link() -> HubLink | None:
    """Return the same inside the caller's transaction."""
    return db.session.scalar(sa.select(HubLink))


def is_in(row: HubLink) -> bool:
    """Say whether the hub has taken this node."""
    return row.state is EnrolmentState.APPROVED


def reach() -> Reach:
    """Return everybody this installation knows: at a node its own member and the hub."""
    with transaction.reading(tenancy.NOWHERE):
        return tenancy.everywhere(db.session.scalars(sa.select(Tenant.id)))


def exchange_reach() -> Reach:
    """Return the members a node's exchange may read: its own and the hub."""
    own = installation.identity().tenant_id
    assert own is not None
    return tenancy.everywhere({own, installation.hub_tenant_id()})


def ask(transport: Transport, code: str) -> Asked:
    """Ask the hub, with a code, to become the node of the member the code was made for."""
    row = link()
    keeps = row is not None and is_in(row) and _was_forgotten()
    if row is not None and is_in(row) and not keeps:
        _begin_anew(row)
    client = _client(transport)
    try:
        asked = _ask(client, code, keeps=keeps)
    except HubError as error:
        if error.code != "key_taken":
            raise
        # The hub knows us, by keys we do not have any more: ours are of before it ended them, and of no use to anybody.
        keyring.renew()
        asked = _ask(client, code)
    with transaction.writing(tenancy.NOWHERE):
        remember(asked.enrolment_id)
    return asked


def _ask(client: HubClient, code: str, *, keeps: bool = False) -> Asked:
    told = client.post_paper(f"{BASE}/enrolments", request(code, keeps=keeps))
    return Asked(_uuid(told, "id"), fingerprint(keys.own_key().verify_key))


def _was_forgotten() -> bool:
    # A hub that was set back to before we joined knows nothing of us; our keys, records and permissions are as good.
    last = contact.with_hub()
    return last is not None and last.code == "invalid_client"


def request(code: str, *, keeps: bool = False) -> bytes:
    """Return the signed document with which this installation asks to join, perhaps again with what it `keeps`."""
    if not runtime.current().settings.hub.root_fingerprint:
        raise ConfigurationError(_("Enter the digits of the hub's root key as hub.root_fingerprint first."))
    identity = installation.identity()
    return enrolment_papers.sign_request(
        code,
        node=identity.id,
        incarnation=identity.incarnation,
        key=keys.own_key(),
        auth_key=credentials.public_jwk(credentials.auth_key()),
        software=hello.SOFTWARE,
        keeps=keeps,
    )


def remember(enrolment_id: UUID, *, request: bytes | None = None) -> None:
    """Keep, in the caller's transaction, what was asked last; `request` is its file if it goes by stick."""
    db.session.execute(sa.delete(HubLink))
    made = HubLink(
        id=uuid4(),
        enrolment_id=enrolment_id,
        hub_url=runtime.current().settings.hub.url,
        state=EnrolmentState.PENDING,
        request=request,
    )
    db.session.add(made)


def _begin_anew(row: HubLink) -> None:
    # New keys first, then the link: an interruption in between makes new keys once more, and no code is spent on them.
    last = contact.with_hub()
    if last is None or last.code != "key_revoked":
        raise ConflictError(_l("This installation is connected already."), code="enrolled")
    keyring.renew()
    with transaction.writing(tenancy.NOWHERE):
        db.session.execute(sa.delete(HubLink).where(HubLink.id == row.id))


def collect(transport: Transport) -> EnrolmentState:
    """Ask what became of our request; once it is approved, become the member's node."""
    row = link()
    if row is None:
        raise HubError("not_enrolled", "nothing was asked yet")
    if row.state is EnrolmentState.APPROVED:
        return row.state
    proof = enrolment_papers.sign_question(row.enrolment_id, keys.own_key())
    client = _client(transport)
    told = client.get_json(f"{BASE}/enrolments/{row.enrolment_id}", headers={_PROOF_HEADER: proof})
    if told.get("state") == EnrolmentState.APPROVED:
        settle(_welcome(told))
        return EnrolmentState.APPROVED
    return EnrolmentState.REFUSED if told.get("state") == EnrolmentState.REFUSED else EnrolmentState.PENDING


def _client(transport: Transport) -> HubClient:
    client = HubClient(transport, str(installation.identity().id), credentials.auth_key())
    client.discover()
    return client


def _welcome(told: dict[str, Any]) -> Welcome:
    hub, member = told.get("hub"), told.get("member")
    if not isinstance(hub, dict) or not isinstance(member, dict):
        raise LineDownError("not_a_hub", "the hub's welcome cannot be read")
    try:
        root = from_base64url(told.get("root"))
    except LineError as error:
        raise LineDownError("not_a_hub", "the hub's root file cannot be read") from error
    return Welcome(
        _uuid(hub, "node_id"), _uuid(hub, "tenant_id"), _uuid(member, "tenant_id"), str(member["code"]), root
    )


def _uuid(told: dict[str, Any], name: str) -> UUID:
    try:
        return UUID(str(told.get(name)))
    except ValueError as error:
        raise LineDownError("not_a_hub", f"the hub's answer has no {name}") from error


def settle(given: Welcome) -> None:
    """Become the member's node; opens its own transactions, and is finished when it is done again. RootError."""
    verify_root(given.root, runtime.current().settings.hub.root_fingerprint)
    transaction.write(tenancy.only(given.member_id), lambda: _make_tenants(given))
    transaction.write(tenancy.only(given.hub_tenant_id), lambda: _trust(given))
    transaction.write(tenancy.only(given.member_id), lambda: _begin(given))
    installation.forget_identity()


def _make_tenants(given: Welcome) -> None:
    for id_, code, kind in (
        (given.hub_tenant_id, installation.HUB_CODE, TenantKind.HUB),
        (given.member_id, given.member_code, TenantKind.MEMBER),
    ):
        if db.session.get(Tenant, id_) is None:
            db.session.add(Tenant(id=id_, code=code, kind=kind))


def _trust(given: Welcome) -> None:
    pinned = runtime.current().settings.hub.root_fingerprint
    control.trust(given.root, fingerprint=pinned)


def _begin(given: Welcome) -> None:
    row = db.session.scalars(sa.select(HubLink)).one()
    row.state, row.hub_id, row.enrolled_at = EnrolmentState.APPROVED, given.hub_id, clock.now()
    row.request = row.answer = None
    installation.serve(given.member_id)
    doer = actor.system("node enrol")
    work.record(doer, NodeEnrolled(member_id=given.member_id, subject=installation.identity().id))
