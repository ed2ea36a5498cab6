"""What counts as evidence: which kinds, for which time, in which files. The file itself stays in its country."""

from datetime import date
from enum import StrEnum
from typing import Final

from sri_admin.kernel.pdf import MEDIA_TYPE, MOST_BYTES

LARGEST: Final = MOST_BYTES
MEDIA_TYPES: Final = (MEDIA_TYPE,)
LONGEST_TITLE: Final = 200


class EvidenceKind(StrEnum):
    """What a piece of evidence is."""

    POLICY = "policy"
    MINUTES = "minutes"
    REGISTER_EXTRACT = "register_extract"
    CERTIFICATE = "certificate"
    ATTESTATION = "attestation"
    OTHER = "other"


class Custody(StrEnum):
    """Where a piece of evidence is kept: in its country alone."""

    NODE_ONLY = "node_only"


def overlaps(covers_from: date, covers_to: date, *, since: date, until: date) -> bool:
    """Say whether what a piece of evidence covers touches a period, both ends included."""
    return covers_from <= until and covers_to >= since
