"""What the first page of SRI says of nodes: who asks to come in, what was set aside, who was never heard of."""

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from flask import Flask

from sri_admin.federation import aside, contact, streams
from sri_admin.federation.enrolment_models import Enrolment, EnrolmentCode, EnrolmentState, Node, NodeState
from sri_admin.federation.stream_names import MEMBER_OPS, stream_name
from sri_admin.kernel import clock, ids
from sri_admin.kernel.db import db
from sri_admin.kernel.signing import SigningKey
from sri_admin.members.rules.member import MemberState
from tests.make import members as make
from tests.make import people

pytestmark = pytest.mark.usefixtures("database")


def _page(app: Flask) -> tuple[str, str]:
    page = people.browser(app, people.person("data_officer")).get("/").get_data(as_text=True)
    plain = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))
    return page, plain.replace("\u2068", "").replace("\u2069", "")


def _node(member_id: UUID, state: NodeState = NodeState.ACTIVE) -> UUID:
    key, node_id = SigningKey.generate().verify_key, ids.new()
    row = Node(id=node_id, member_id=member_id, incarnation=ids.new(), sign_key=key.raw, auth_key={}, state=state)
    make.writing(member_id, lambda: db.session.add(row))
    return node_id


def _asking(member_id: UUID) -> UUID:
    code_id, asked = ids.new(), ids.new()
    later = clock.now() + timedelta(days=7)
    code = EnrolmentCode(id=code_id, member_id=member_id, hint="ABCD", key=b"k", issued_by="usr", expires_at=later)
    request = Enrolment(
        id=asked,
        code_id=code_id,
        member_id=member_id,
        node_id=ids.new(),
        incarnation=ids.new(),
        sign_key=SigningKey.generate().verify_key.raw,
        auth_key={},
        software="sri-admin",
        state=EnrolmentState.PENDING,
    )
    make.writing(member_id, lambda: db.session.add(code))
    make.writing(member_id, lambda: db.session.add(request))
    return asked


def _set_aside(member_id: UUID, n: int) -> None:
    def put() -> None:
        stream = streams.by_name(stream_name(MEMBER_OPS, member_id))
        db.session.add(aside.make(stream, n, kind="members.office_holder", rec=ids.new(), rev=1))

    make.writing(member_id, put)


def test_a_node_that_asks_to_come_in_cannot_wait(app: Flask) -> None:
    asked = _asking(make.member("QM"))
    page, text = _page(app)
    assert "Land of QM: a node asks to be let in" in text
    assert "1 thing waits for you. 1 cannot wait until tomorrow." in text
    assert f'href="/connections/requests/{asked}"' in page


def test_records_set_aside_are_counted_and_lead_to_their_node(app: Flask) -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    node_id = _node(member_id)
    contact.note_node(node_id, software="sri-admin", skew_ms=0, heads={}, trouble=None)
    for n in (1, 2):
        _set_aside(member_id, n)
    page, text = _page(app)
    assert "Land of QM: 2 records were set aside on arrival" in text
    assert f'href="/connections/{node_id}"' in page
    assert "no contact" not in text


def test_two_copies_of_a_node_are_the_gravest_thing(app: Flask) -> None:
    member_id = make.member("QM", MemberState.LICENSED)
    contact.note_node(_node(member_id, NodeState.FENCED), software="x", skew_ms=0, heads={}, trouble=None)
    page, text = _page(app)
    assert "Land of QM: the exchange has stopped" in text
    assert 'href="/circle/overdue"' in page


def test_a_node_that_never_called_leaves_its_seat_unknown(app: Flask) -> None:
    _node(make.member("QM", MemberState.LICENSED))
    page, text = _page(app)
    assert "Land of QM: no contact with the new node yet" in text
    assert 'href="/circle/unknown"' in page


def test_a_withdrawn_node_is_not_spoken_of(app: Flask) -> None:
    _node(make.member("QM", MemberState.LICENSED), NodeState.REVOKED)
    assert "Nothing needs you today." in _page(app)[1]
