"""Pruning and snapshots in sentences."""

from typing import Any
from uuid import UUID

from sri_admin.federation import report, words
from sri_admin.federation.snapshot_models import SnapshotState, SyncSnapshot
from sri_admin.federation.snapshots import receiving
from sri_admin.federation.snapshots.pruning import Pruned
from sri_admin.kernel import formats, runtime
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext


def pruned(each: Pruned, *, dry_run: bool) -> str:
    """Say what went, or would go, of a stream."""
    what = words.stream_name(each.stream, at_hub=runtime.current().is_hub)
    if dry_run:
        return ngettext(
            "%(what)s: %(num)s old line would go, %(kept)s stay.",
            "%(what)s: %(num)s old lines would go, %(kept)s stay.",
            each.removed,
            num=each.removed,
            what=what,
            kept=formats.number(each.kept),
        )
    return ngettext(
        "%(what)s: %(num)s old line went, %(kept)s stay.",
        "%(what)s: %(num)s old lines went, %(kept)s stay.",
        each.removed,
        num=each.removed,
        what=what,
        kept=formats.number(each.kept),
    )


def sentence(each: SyncSnapshot) -> str:
    """Say how far a fresh copy is."""
    if each.state is SnapshotState.COMING:
        return _(
            "We were away for so long that a fresh copy is needed. %(held)s of %(records)s lines are here; the rest"
            " comes by itself.",
            held=formats.number(each.held),
            records=formats.number(each.records),
        )
    if each.state is SnapshotState.ASKING:
        return ngettext(
            "A fresh copy is here whole and would remove %(num)s of %(standing)s records. It waits for you.",
            "A fresh copy is here whole and would remove %(num)s of %(standing)s records. It waits for you.",
            each.removes or 0,
            num=each.removes or 0,
            standing=formats.number(each.standing or 0),
        )
    if each.state is SnapshotState.AGREED:
        return _("The fresh copy was agreed to. It stands after the next exchange.")
    return _(
        "A fresh copy of %(records)s lines was taken on %(when)s. Nothing to do.",
        records=formats.number(each.records),
        when=formats.date_and_time(each.moved_at),
    )


def lines(member_id: UUID | None = None) -> list[dict[str, Any]]:
    """Return the fresh copies of this installation, or of one member, for the page of its connection."""
    with report.seeing_hub():
        found = [each for each in receiving.all_here() if member_id in {None, each.member_id}]
    return [row(each) for each in found]


def row(each: SyncSnapshot) -> dict[str, Any]:
    """Return one fresh copy for its page."""
    badge = {
        SnapshotState.COMING: ("doing", _("On its way")),
        SnapshotState.ASKING: ("soon", _("Waits for you")),
        SnapshotState.AGREED: ("doing", _("Agreed")),
        SnapshotState.DONE: ("good", _("Taken")),
    }
    family, label = badge[each.state]
    return {
        "id": each.id,
        "member_id": each.member_id,
        "title": str(words.stream_name(each.stream, at_hub=runtime.current().is_hub)),
        "badge": {"family": family, "label": label},
        "note": sentence(each),
        "asks": each.state is SnapshotState.ASKING,
    }


def answer(found: list[SyncSnapshot]) -> dict[str, str]:
    """Return the answer line of the page."""
    asking = sum(each.state is SnapshotState.ASKING for each in found)
    if asking:
        text = ngettext("%(num)s fresh copy waits for you.", "%(num)s fresh copies wait for you.", asking, num=asking)
        return {"family": "soon", "text": text}
    if any(each.state is not SnapshotState.DONE for each in found):
        return {"family": "doing", "text": _("A fresh copy is on its way. Nothing to do.")}
    return {"family": "good", "text": _("Nothing here needs a person.")}
