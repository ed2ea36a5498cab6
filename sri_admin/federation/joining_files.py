"""Joining without a network: the request and its answer as two small files on a stick (docs/federation.md §10.4).

The same papers as over the network: the request proves the code, two people compare the digits, and the answer is
signed by a control key under the root the node was given the digits of.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

from sri_admin.federation import box_keys, enrolment, enrolment_papers, joining, keys
from sri_admin.federation.checkpoint import KID_TEXT, from_base64url, open_paper, seal_paper, to_base64url
from sri_admin.federation.enrolment import Known
from sri_admin.federation.enrolment_models import Enrolment, EnrolmentState
from sri_admin.federation.enrolment_papers import EnrolmentError
from sri_admin.federation.joining import Welcome
from sri_admin.federation.lines import UUID_TEXT, JsonObject, LineError, encode, expect_fields, matching_text
from sri_admin.federation.lines import parse as parse_line
from sri_admin.federation.root import Root, verify_root
from sri_admin.kernel import ids, installation, runtime, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, NotFoundError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import NODE, Task
from sri_admin.kernel.signing import VerifyKey, fingerprint
from sri_admin.kernel.tenancy import Tenant

TAKE_ANSWER: Final = "federation.take_answer"
MOST_BYTES: Final = 64 * 1024
REQUEST_NAME: Final = "sri-request.json"
ANSWER_NAME: Final = "sri-answer.json"
_PAPER: Final = "enrolment-answer"
_ANSWER_FIELDS: Final = {"kind", "node", "sign_kid", "hub", "hub_tenant", "member", "member_code"}


def ask(code: str) -> str:
    """Write, at a node, the file with which it asks to join, and return the digits to be read out.

    Runs in the caller's transaction. Raises EnrolmentError `bad_code`; ConflictError when it is connected already.
    """
    row = joining.find_link()
    if row is not None and joining.is_in(row):
        raise ConflictError(_l("This installation is connected already."), code="enrolled")
    parts = {"request": to_base64url(joining.request(code)), "box": to_base64url(box_keys.paper())}
    joining.remember(ids.new(), request=encode(parts))
    return fingerprint(keys.own_key().verify_key)


def kept_request() -> bytes:
    """Return the file this node asks with; NotFoundError if there is none."""
    row = joining.find_link()
    if row is None or row.request is None:
        raise NotFoundError
    return row.request


def take(content: bytes) -> Known:
    """Take, at the hub, a request that came as a file, in the caller's transaction.

    Raises EnrolmentError as over the network, ProtocolError when the key for sticks is not the same node's.
    """
    value = _read(content, {"request", "box"})
    signed, box = enrolment_papers.open_request(_bytes(value, "request")), _bytes(value, "box")
    box_keys.opened(signed.request.node, signed.request.sign_key, box)
    return enrolment.take(signed, box=box)


def answer_file(enrolment_id: UUID) -> bytes:
    """Return, at the hub, what an approved installation is given; runs in the caller's transaction."""
    row = db.session.get(Enrolment, enrolment_id)
    if row is None:
        raise NotFoundError
    if row.state is not EnrolmentState.APPROVED:
        raise ConflictError(_l("This request is not approved yet. Compare the digits first."), code="undecided")
    member = db.session.get_one(Tenant, row.member_id)
    said = {
        "node": str(row.node_id),
        "sign_kid": VerifyKey(row.sign_key).kid,
        "hub": str(installation.identity().id),
        "hub_tenant": str(tenancy.hub_tenant().id),
        "member": str(member.id),
        "member_code": member.code,
    }
    roots = [to_base64url(each) for each in keys.root_files()]
    return encode({"answer": to_base64url(seal_paper(_PAPER, said, keys.own_key())), "roots": roots})


class Answer(NamedTuple):
    """The hub's answer, verified: what this installation is given, and the roots from the pinned one on."""

    welcome: Welcome
    roots: list[bytes]


def open_answer(content: bytes) -> Answer:
    """Read the hub's answer at a node; EnrolmentError, RootError, SealError unless it is for us, from our hub."""
    value = _read(content, {"answer", "roots"})
    files = _roots_of(value)
    root = _followed(files)
    said = open_paper(_bytes(value, "answer"), _PAPER, lambda kid: _control_key(root, kid))
    if (said.get("node"), said.get("sign_kid")) != (str(installation.identity().id), keys.own_key().kid):
        raise EnrolmentError("wrong_reader", "the answer is for another installation, or for keys it no longer has")
    return Answer(_plainly(lambda: _welcome(said, files[0])), files)


def keep_answer(content: bytes) -> None:
    """Keep an answer that was looked at, until the worker takes it; ConflictError if nothing was asked."""
    row = joining.find_link()
    if row is None or joining.is_in(row):
        raise ConflictError(_l("This installation waits for no answer."), code="nothing_asked")
    row.answer = content


def take_answer(_actor: Actor) -> None:
    """Become what the kept answer says; safe to repeat."""
    row = joining.link()
    if row is not None and row.answer is not None and not joining.is_in(row):
        _become(open_answer(row.answer))


def join(content: bytes) -> None:
    """Take the hub's answer at once; opens its own transactions. Raises what `open_answer` and `keep_answer` do."""
    answer = open_answer(content)
    transaction.write(tenancy.NOWHERE, lambda: keep_answer(content))
    _become(answer)


def _become(answer: Answer) -> None:
    pinned = runtime.current().settings.hub.root_fingerprint
    keys.keep_root(answer.roots[0], fingerprint=pinned)
    for file in answer.roots[1:]:
        keys.take_root(file)
    joining.settle(answer.welcome)


def _welcome(said: JsonObject, root: bytes) -> Welcome:
    expect_fields(said, _ANSWER_FIELDS)
    matching_text(said, "sign_kid", KID_TEXT)
    hub, tenant, member = (UUID(matching_text(said, name, UUID_TEXT)) for name in ("hub", "hub_tenant", "member"))
    return Welcome(hub, tenant, member, str(said["member_code"]), root)


def _roots_of(value: JsonObject) -> list[bytes]:
    roots = value["roots"]
    if not isinstance(roots, list) or not roots:
        raise EnrolmentError("malformed", "the answer holds no root")
    return _plainly(lambda: [from_base64url(each) for each in roots])


def _followed(files: list[bytes]) -> Root:
    """Follow the roots from the one whose digits stand in the settings; RootError."""
    root = verify_root(files[0], runtime.current().settings.hub.root_fingerprint)
    for file in files[1:]:
        root = verify_root(file, root)
    return root


def _control_key(root: Root, kid: str) -> VerifyKey | None:
    return next((key for key in root.control_keys if key.kid == kid), None)


def _read(content: bytes, fields: set[str]) -> JsonObject:
    def body() -> JsonObject:
        if len(content) > MOST_BYTES:
            raise LineError("too_long", f"more than {MOST_BYTES} bytes")
        value = parse_line(content.strip())
        expect_fields(value, fields)
        return value

    return _plainly(body)


def _bytes(value: JsonObject, name: str) -> bytes:
    return _plainly(lambda: from_base64url(value[name]))


def _plainly(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except LineError as error:
        raise EnrolmentError("malformed", str(error)) from error


TASKS = (Task(name=TAKE_ANSWER, run=take_answer, roles=NODE, own_transactions=True, while_restored=True),)
