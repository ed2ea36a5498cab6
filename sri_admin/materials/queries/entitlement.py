"""Which works a member is entitled to on a day, and the streams that follow from it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sri_admin.federation.stream_names import HUB_MATERIALS, stream_name
from sri_admin.kernel.errors import NotFoundError
from sri_admin.materials.models import Release, Work
from sri_admin.materials.queries import signatures
from sri_admin.materials.queries.works import documents_of, releases_of, topics, works
from sri_admin.materials.rules.entitlement import Licence, Standing, judge
from sri_admin.materials.rules.releases import LicenceClass
from sri_admin.members.models.member import Member
from sri_admin.members.queries.agreements import agreements_of
from sri_admin.members.queries.members import find_member, state_on, today_of
from sri_admin.members.rules.agreement import RUNNING
from sri_admin.members.rules.member import UNDER_AGREEMENT, MemberState, SuspensionKind


@dataclass(frozen=True)
class WorkRow:
    """A work as one member sees it in the catalogue."""

    work: Work
    standing: Standing


def licence_of(member: Member | None, *, on: date | None = None) -> Licence:
    """Return what a member's agreements allow on a day, by default its own today."""
    state, suspension = state_on(member, on or today_of(member)) if member else (None, None)
    if member is None or state not in UNDER_AGREEMENT:
        return Licence(())
    running = [row.agreement for row in agreements_of(member, on=on) if row.shown in RUNNING]
    whole = suspension in {SuspensionKind.FULL, SuspensionKind.EMERGENCY}
    is_suspended = state is MemberState.SUSPENDED and whole
    return Licence(tuple(tuple(each.programme_types) for each in running), is_suspended)


def catalogue_for(member_id: UUID) -> list[WorkRow]:
    """Return every work and how it stands for a member today."""
    licence = licence_of(find_member(member_id))
    return [WorkRow(each, judge(each.licence_class, each.programme_type, licence)) for each in works()]


def standing_of(member_id: UUID, work: Work, *, on: date | None = None) -> Standing:
    """Say how a work stands for a member on a day, by default its own today."""
    return judge(work.licence_class, work.programme_type, licence_of(find_member(member_id), on=on))


def reading(work: Work, *, language: str, version_no: str | None = None) -> tuple[Release, signatures.Verified | None]:
    """Return a release that is here, the newest unless a number is given, and its verified text."""
    found = releases_of(work, language=language)
    release = next((each for each in found if version_no in {None, each.version_no}), None)
    if release is None:
        raise NotFoundError
    return release, signatures.verified(work, release, documents_of(release))


def readable_streams(member_id: UUID, on: date) -> frozenset[str]:
    """Return the names of the streams of materials a member's node may read."""
    licence = licence_of(find_member(member_id), on=on)
    return frozenset(
        stream_name(HUB_MATERIALS, member_id, f"{programme_type}.{licence_class}")
        for programme_type, licence_class in topics()
        if judge(LicenceClass(licence_class), programme_type, licence).may_read
    )
