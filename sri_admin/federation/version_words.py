"""Two programs of different age in sentences: which side is older, for which records, since when, what to do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sri_admin.federation import kinds, words
from sri_admin.federation.versions import Demand, Difference, Side
from sri_admin.federation.words import Reasons
from sri_admin.kernel import clock, formats
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.i18n import ngettext

_AT_NODE: Final = {
    Side.HERE: Reasons(
        _l("The program here is older than the one at the hub."),
        _l("What you enter goes over as before. Records it cannot read yet are kept and open after the update."),
        _l("Have this installation updated."),
    ),
    Side.THERE: Reasons(
        _l("The program at the hub is older than the one here."),
        _l("What the hub cannot read yet is kept there and opens by itself later. Nothing is lost."),
        _l("Nothing to do here. SRI updates the hub."),
    ),
}
_AT_HUB: Final = {
    Side.HERE: Reasons(
        _l("The program at the hub is older than the one at this node."),
        _l("What the hub cannot read yet is kept here and opens by itself after its update. Nothing is lost."),
        _l("Have the hub updated."),
    ),
    Side.THERE: Reasons(
        _l("The program of this node is older than the one at the hub."),
        _l("What they enter arrives as before. Records it cannot read yet wait at the node and open by themselves."),
        _l("Ask the country to have its installation updated."),
    ),
}


def notes(differences: Sequence[Difference], *, at_hub: bool) -> list[dict[str, Any]]:
    """Return, for each side that is the older one for some kinds, a note in the large form."""
    parted = {side: [each for each in differences if each.older is side] for side in Side}
    return [_note(side, found, at_hub=at_hub) for side, found in parted.items() if found]


def _note(side: Side, found: Sequence[Difference], *, at_hub: bool) -> dict[str, Any]:
    reasons = (_AT_HUB if at_hub else _AT_NODE)[side]
    return {
        "family": "soon" if any(each.is_unreadable for each in found) else "wait",
        "state": _("Update"),
        "title": _("Programs of different age"),
        "wrong": f"{reasons.wrong} {_about(found, at_hub=at_hub)}",
        "means": _unread(found) or reasons.means,
        "todo": reasons.todo,
        "details": [(each.kind, _spans(each)) for each in found],
    }


def _about(found: Sequence[Difference], *, at_hub: bool) -> str:
    known = kinds.by_name()
    streams = {known[each.kind].stream.value for each in found if each.kind in known}
    names = sorted({str(words.stream_name(name, at_hub=at_hub)) for name in streams})
    since = min((each.since for each in found if each.since is not None), default=None)
    said = [_("It is about: %(what)s.", what=", ".join(names))] if names else []
    return " ".join([*said, *([_since(since)] if since else [])])


def _since(moment: datetime) -> str:
    return _("This is so since %(day)s.", day=formats.date_long(moment.date()))


def _unread(found: Sequence[Difference]) -> str | None:
    count = sum(each.is_unreadable for each in found)
    if not count:
        return None
    return ngettext(
        "The newer program no longer reads %(num)s kind of record the older one writes; such records are set aside.",
        "The newer program no longer reads %(num)s kinds of records the older one writes; such records are set aside.",
        count,
        num=count,
    )


def _spans(each: Difference) -> str:
    return _("here: %(here)s; at the other side: %(there)s", here=_span(each.here), there=_span(each.there))


def _span(span: tuple[int, int] | None) -> str:
    if span is None:
        return _("not known")
    return _(
        "version %(newest)s, reads from %(oldest)s", newest=formats.number(span[1]), oldest=formats.number(span[0])
    )


def demands(found: Sequence[Demand], *, at_hub: bool) -> list[dict[str, Any]]:
    """Return a note in the large form for each floor that is not reached."""
    return [_demand(each, at_hub=at_hub) for each in found]


def _demand(each: Demand, *, at_hub: bool) -> dict[str, Any]:
    kind = kinds.by_name().get(each.kind)
    what = str(words.stream_name(kind.stream.value, at_hub=at_hub)) if kind else each.kind
    day = formats.date_long(each.starts_on)
    return {
        "family": "stop" if each.in_force else "soon",
        "state": _("Waits for an update") if each.in_force else _("Update in time"),
        "title": what,
        "wrong": _wrong(day, in_force=each.in_force, at_hub=at_hub),
        "means": _means(in_force=each.in_force, at_hub=at_hub),
        "todo": _("Ask the country to have its installation updated.")
        if at_hub
        else _("Have this installation updated. What waits then goes over by itself."),
        "details": [
            (_("Kind"), each.kind),
            (_("Demanded"), formats.number(each.version)),
            (_("Known there") if at_hub else _("Known here"), formats.number(each.known) if each.known else "–"),
        ],
    }


def _wrong(day: str, *, in_force: bool, at_hub: bool) -> str:
    if at_hub and in_force:
        return _("Since %(day)s the hub takes these records only from a newer program than this node has.", day=day)
    if at_hub:
        return _("From %(day)s on the hub takes these records only from a newer program than this node has.", day=day)
    if in_force:
        return _("Since %(day)s the hub takes these records only from a newer program than the one here.", day=day)
    return _("From %(day)s on the hub takes these records only from a newer program than the one here.", day=day)


def _means(*, in_force: bool, at_hub: bool) -> str:
    if at_hub:
        return _("People there can go on entering data. It waits at the node and is not lost.")
    if in_force:
        return _("Work here goes on as usual; what you enter waits here and nothing is lost.")
    return _("Until that day nothing changes. After it, what you enter waits here until the update; nothing is lost.")


def due_soon(found: Sequence[Demand]) -> str | None:
    """Say on every page of a node that an update is demanded, and by when; None when none is."""
    if not found:
        return None
    first = found[0]
    day = formats.date_long(first.starts_on)
    if first.in_force:
        return _(
            "This installation needs an update: since %(day)s some of what you enter waits here and is not sent.",
            day=day,
        )
    days = (first.starts_on - clock.today()).days
    return ngettext(
        "This installation needs an update by %(day)s, in %(num)s day; after that, some of what you enter waits here.",
        "This installation needs an update by %(day)s, in %(num)s days; after that, some of what you enter waits here.",
        days,
        num=days,
        day=day,
    )


def plain(differences: Sequence[Difference], found: Sequence[Demand], *, at_hub: bool) -> list[str]:
    """Return the same for the command line, a sentence a line."""
    said = [f"{each['wrong']} {each['todo']}" for each in notes(differences, at_hub=at_hub)]
    return said + [f"{each['title']}: {each['wrong']} {each['todo']}" for each in demands(found, at_hub=at_hub)]
