"""History is one chain: it holds, and every tampering shows."""

from dataclasses import dataclass
from uuid import UUID

import pytest
import sqlalchemy as sa

from sri_admin.kernel import actor, audit, ids, tenancy, transaction, work
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Tenant, TenantKind
from tests.make.members import every_member


@dataclass(frozen=True, kw_only=True)
class LampLit(work.Event):
    subject_kind = "lamp"
    colour: str
    owner: str = work.personal(default="")


@pytest.fixture
def member(database: sa.Connection) -> UUID:
    tenant = Tenant(id=ids.new(), code="QX", kind=TenantKind.MEMBER)
    with transaction.writing(tenancy.NOWHERE):
        db.session.add(tenant)
    return tenant.id


def light(member: UUID, *, colour: str = "green", owner: str = "") -> None:
    with transaction.writing(tenancy.only(member)):
        event = LampLit(member_id=member, subject=member, colour=colour, owner=owner)
        work.record(actor.system("test"), event)


def verified() -> audit.Verdict:
    with transaction.reading(tenancy.everywhere(every_member())):
        return audit.verify()


def test_every_event_becomes_one_entry_of_a_sound_chain(member: UUID) -> None:
    before = verified().entries
    for colour in ("red", "green", "blue"):
        light(member, colour=colour)
    with transaction.reading(tenancy.everywhere([member])):
        entries = audit.entries_about(member, member)
        assert [entry.values["colour"] for entry in entries] == ["blue", "green", "red"]
    assert verified() == audit.Verdict(before + 3, None)


def test_personal_values_stand_only_as_salted_digests_and_can_be_erased(member: UUID) -> None:
    light(member, owner="Planted Name")
    with transaction.writing(tenancy.only(member)):
        (entry,) = audit.entries_about(member, member)
        personal = db.session.scalars(sa.select(audit.AuditPersonal)).one()
        assert b"Planted" not in entry.line
        assert entry.values["owner"] == {"salted": audit.salted_digest(personal.salt, "Planted Name")}
        db.session.delete(personal)
    assert verified().broken_at is None


def test_a_changed_entry_is_found(member: UUID, database: sa.Connection) -> None:
    light(member)
    with transaction.reading(tenancy.everywhere([member])):
        (entry,) = audit.entries_about(member, member)
        line = entry.line.replace(b"green", b"black")
        assert audit.link(audit.GENESIS, entry.line) != audit.link(audit.GENESIS, line)


def test_the_app_role_cannot_change_or_remove_an_entry(member: UUID) -> None:
    light(member)
    with transaction.writing(tenancy.only(member)):
        changed = db.session.scalars(sa.update(audit.AuditEntry).values(line=b"{}").returning(audit.AuditEntry.n))
        removed = db.session.scalars(sa.delete(audit.AuditEntry).returning(audit.AuditEntry.n))
        assert (changed.all(), removed.all()) == ([], [])
