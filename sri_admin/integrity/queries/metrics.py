"""What computed criteria are computed from, by what is known at this installation now."""

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

from sri_admin.integrity.models.standard import AssessmentCycle
from sri_admin.reporting.queries.punctual import on_time


def returns_on_time(member_id: UUID, cycle: AssessmentCycle) -> Mapping[str, int]:
    """Count a country's returns in the time a round is about: expected, in time, late, missing."""
    return asdict(on_time(member_id, cycle.covers_from, cycle.covers_to))
