"""Who may have a work: its licence class against the agreements that run on a day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sri_admin.materials.rules.releases import LicenceClass


class Standing(StrEnum):
    """Why a member may have a work, or why not."""

    OPEN = "open"
    COVERED = "covered"
    NO_AGREEMENT = "no_agreement"
    NOT_COVERED = "not_covered"
    SUSPENDED = "suspended"

    @property
    def may_read(self) -> bool:
        """Say whether the member may have it."""
        return self in {Standing.OPEN, Standing.COVERED}


@dataclass(frozen=True)
class Licence:
    """What a member's running agreements allow: the programme types of each, and whether all is suspended."""

    programme_types: Sequence[Collection[str]]
    is_suspended: bool = False


def judge(licence_class: LicenceClass, programme_type: str, licence: Licence) -> Standing:
    """Say how a work stands for a member."""
    if licence_class is LicenceClass.OPEN:
        return Standing.OPEN
    if not licence.programme_types:
        return Standing.NO_AGREEMENT
    if licence.is_suspended:
        return Standing.SUSPENDED
    covered = any(programme_type in each for each in licence.programme_types)
    return Standing.COVERED if covered else Standing.NOT_COVERED
