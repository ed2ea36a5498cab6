"""What the first page has places for: of this part and of the parts below, each in the order of its gravity."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from flask import url_for

from sri_admin.kernel import clock
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.part import WorkItem, ask
from sri_admin.overview.rules.needs import MOST, Counts, Need, WorkList, arranged, in_order, rank_of
from sri_admin.overview.rules.places import shared_out
from sri_admin.web import shell


class Elsewhere(NamedTuple):
    """Where things stand for which there was no place: a page of the menu, and how many of them."""

    label: LazyText
    url: str
    left: int


class Gathered(NamedTuple):
    """What is shown of everything that waits, how much there is, and where the rest stands."""

    needs: WorkList
    urgent: Sequence[dict[str, Any]]
    later: Sequence[dict[str, Any]]
    counts: Counts
    elsewhere: Sequence[Elsewhere]


NOTHING = Gathered(arranged([]), (), (), Counts(0, 0, 0), ())


def gathered(needs: Iterable[Need], actor: Actor, member_id: UUID, *, listed_at: str = "") -> Gathered:
    """Return what a list of ten shows somebody; needs without a place stand on the page `listed_at`."""
    own, parts = in_order(needs), _of_parts(actor, member_id)
    ranks = [[each.rank for each in own], *([rank_of(each.family) for each in items] for items in parts)]
    mine, *theirs = shared_out(ranks, most=MOST)
    shown = [item for items, places in zip(parts, theirs, strict=True) for item in items[:places]]
    left = [item for items, places in zip(parts, theirs, strict=True) for item in items[places:]]
    shown.sort(key=lambda each: rank_of(each.family))
    endpoints = [*(each.endpoint for each in left), *([listed_at] * (len(own) - mine))]
    urgent = sum(not rank for told in ranks for rank in told)
    return Gathered(
        needs=arranged(own, most=mine),
        urgent=[row_of(each) for each in shown if not rank_of(each.family)],
        later=[row_of(each) for each in shown if rank_of(each.family)],
        counts=Counts(sum(map(len, ranks)), urgent, len(endpoints)),
        elsewhere=_elsewhere(endpoints),
    )


def row_of(item: WorkItem) -> dict[str, Any]:
    """Return a row of a work list with its one next step."""
    action = {"label": item.label, "url": url_for(item.endpoint, **item.arguments)}
    return {"family": item.family, "title": item.title, "reason": item.reason, "action": action}


def _of_parts(actor: Actor, member_id: UUID) -> list[list[WorkItem]]:
    """Return what each of the parts below says waits for somebody, its gravest first."""
    answers = ask("overview.work", member_id, clock.today())
    found = ([each for each in items if each.shown(actor)] for items in answers)
    return [sorted(items, key=lambda each: rank_of(each.family)) for items in found]


def _elsewhere(endpoints: Iterable[str]) -> list[Elsewhere]:
    found: dict[str, Elsewhere] = {}
    for endpoint, count in Counter(endpoints).items():
        entry = shell.entry_above(endpoint)
        if entry is not None:
            known = found.get(entry.url, Elsewhere(*entry, 0))
            found[entry.url] = known._replace(left=known.left + count)
    return list(found.values())
