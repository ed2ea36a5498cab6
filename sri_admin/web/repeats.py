"""Answers already given, so that a request sent twice gets the first answer instead of a second effect.

A program names its request by an `Idempotency-Key`. A form is named by what it sends: its token differs each time a
page is made, so equal bytes are one page sent twice (an impatient finger, or a line that broke before the answer came).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from sqlalchemy.orm import Mapped, mapped_column

from sri_admin.kernel import clock, tenancy
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.tenancy import TENANT, OfTenant
from sri_admin.web import csrf, forms, visit


class AnsweredRequest(OfTenant, Base):
    """The answer to one `Idempotency-Key`; the digest tells a repeat from another request with the same key."""

    __tablename__ = "answered_request"
    __table_args__ = {"info": {"tenancy": TENANT}}
    account: Mapped[str]
    digest: Mapped[bytes]
    status: Mapped[int]
    body: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(default=clock.now)


class Sending:
    """One sending of a form within its transaction; an equal one at the same moment waits until this one has ended."""

    def __init__(self, member: UUID, mark: bytes) -> None:
        self.key, self.mark = (member, UUID(bytes=mark[:16])), mark
        self._reach = tenancy.reach_of(db.session())
        self._claim: AnsweredRequest | None = None

    def first_answer(self) -> Mapping[str, Any] | None:
        """Return the answer an equal sending got; if there was none, this one claims to be the first."""
        found = db.session.get(AnsweredRequest, self.key)
        if found is not None:
            return json.loads(found.body)
        member, key = self.key
        account = visit.current().actor.label
        self._claim = AnsweredRequest(
            member_id=member, id=key, account=account, digest=self.mark, status=303, body=b"null"
        )
        db.session.add(self._claim)
        db.session.flush()
        return None

    def keep(self, answer: Mapping[str, Any] | None) -> None:
        """Keep the answer for a repeat; one that may be seen only once (None) leaves no trace."""
        with tenancy.reaching(self._reach):  # the act may have begun to write for a member it made
            if answer is None:
                db.session.delete(self._claim)
            elif self._claim is not None:
                self._claim.body = json.dumps(answer).encode()


def sending(member: UUID | None) -> Sending | None:
    """Return the sending this request is, if it is a form of somebody signed in that can be told from every other."""
    signed_in = visit.current().signed_in
    if member is None or signed_in is None or request.files or csrf.FIELD not in request.form:
        return None
    entered = [(name, value) for name, value in request.form.items(multi=True) if name != forms.PASSWORD_AGAIN]
    sent = f"{request.full_path}\n{urlencode(entered)}".encode(errors="surrogatepass")
    return Sending(member, hmac.digest(signed_in.csrf.encode(), sent, hashlib.sha256))
