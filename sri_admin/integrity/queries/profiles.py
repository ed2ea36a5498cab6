"""A snapshot with everything that was said of it, criterion by criterion: a profile, never a rank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sri_admin.federation import streams
from sri_admin.federation.stream_names import HUB_MEMBER
from sri_admin.integrity.models.assessment import AssessmentSnapshot
from sri_admin.integrity.models.evidence import Evidence
from sri_admin.integrity.models.review import AssessmentStep, ItemReview
from sri_admin.integrity.models.standard import Criterion
from sri_admin.integrity.queries.evidence import evidence_of
from sri_admin.integrity.queries.metrics import returns_on_time
from sri_admin.integrity.queries.reviews import reviews_of, steps_of
from sri_admin.integrity.queries.standards import criteria_of, find_cycle
from sri_admin.integrity.rules.answers import Answer
from sri_admin.integrity.rules.review import settled
from sri_admin.integrity.rules.snapshot import Item, items_of
from sri_admin.integrity.rules.standing import HubState, state_after


@dataclass(frozen=True)
class ProfileRow:
    """One criterion: the country's answer, its evidence, and SRI's review."""

    criterion: Criterion
    item: Item
    evidence: Sequence[Evidence]
    review: ItemReview | None
    recounted: Mapping[str, int] | None = None

    @property
    def differs(self) -> bool:
        """Say whether this installation counts something else than the country froze."""
        return self.recounted is not None and self.recounted != self.item.computed

    @property
    def settled(self) -> Answer | None:
        """What counts after the review."""
        verdict = self.review.verdict if self.review else None
        return settled(self.item.answer, verdict, self.review.score if self.review else None)


@dataclass(frozen=True)
class Profile:
    """A snapshot, its answers and how it stands at SRI."""

    snapshot: AssessmentSnapshot
    items: Sequence[ProfileRow]
    steps: Sequence[AssessmentStep]

    @property
    def at_hub(self) -> HubState | None:
        """How it stands at SRI."""
        return state_after(each.step for each in self.steps)

    @property
    def reviewed(self) -> int:
        """Count the answers SRI has said something of."""
        return sum(each.review is not None for each in self.items)

    @property
    def returned(self) -> AssessmentStep | None:
        """The step with which SRI returned it, if it did."""
        return self.steps[-1] if self.at_hub is HubState.RETURNED else None

    def row(self, uid: str) -> ProfileRow | None:
        """Return one criterion."""
        return next((each for each in self.items if each.item.uid == uid), None)


def profile_of(snapshot: AssessmentSnapshot) -> Profile:
    """Return a snapshot with its evidence and reviews."""
    criteria = {each.uid: each for each in criteria_of(snapshot.edition_id)}
    known = {each.id: each for each in evidence_of(snapshot.member_id)}
    reviews = reviews_of(snapshot.id)
    recounted = _recounted(snapshot)
    rows = [
        ProfileRow(
            criteria[item.uid],
            item,
            [known[each.id] for each in item.evidence if each.id in known],
            reviews.get(item.uid),
            recounted if criteria[item.uid].metric else None,
        )
        for item in items_of(snapshot.content)
        if item.uid in criteria
    ]
    return Profile(snapshot, rows, steps_of(snapshot.id))


def _recounted(snapshot: AssessmentSnapshot) -> Mapping[str, int] | None:
    # Only SRI counts again, by the returns it holds; what the country froze stays as it was signed.
    cycle = find_cycle(snapshot.cycle_id)
    if cycle is None or not streams.writes_here(HUB_MEMBER, snapshot.member_id):
        return None
    return returns_on_time(snapshot.member_id, cycle)
