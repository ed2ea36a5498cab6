"""Keys in sentences: from where to where each is good, why it ended, how fresh this node is."""

from typing import Any, Final, NamedTuple

from sri_admin.federation import limits, words
from sri_admin.federation.freshness import Freshness, Known
from sri_admin.federation.key_life import EndReason, Places
from sri_admin.kernel import formats
from sri_admin.kernel.i18n import LazyText, ngettext
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l

REASONS: Final[dict[EndReason, LazyText]] = {
    EndReason.STOLEN: _l("The machine was stolen"),
    EndReason.LOST: _l("The machine was lost or is broken"),
    EndReason.SEEN: _l("A stranger may have seen the key"),
    EndReason.CLOSED: _l("The country no longer keeps a node of its own"),
    EndReason.ROTATED: _l("A new key took its place"),
}


class Life(NamedTuple):
    """One key and its life, for a table."""

    owner: str
    kid: str
    since: str
    until: str
    why: str
    family: str
    state: str


def reason(value: str | None) -> str:
    """Say why a key ended."""
    return str(REASONS[EndReason(value)]) if value else ""


def since(begins: Places | None, *, at_hub: bool) -> str:
    """Say from where on a key is good."""
    return _places(begins, at_hub=at_hub) if begins else _("the first line")


def until(ends: Places | None, *, at_hub: bool) -> str:
    """Say up to where a key is good."""
    if ends is None:
        return _("no end")
    return _places(ends, at_hub=at_hub) if ends else _("good for nothing")


def _places(places: Places, *, at_hub: bool) -> str:
    told = [
        _(
            "%(what)s: line %(n)s of epoch %(epoch)s",
            what=words.stream_name(stream, at_hub=at_hub),
            n=formats.number(n),
            epoch=formats.number(epoch),
        )
        for stream, (epoch, n) in sorted(places.items())
    ]
    return "; ".join(told)


def standing(*, revoked: bool, ended: bool, waiting: bool = False) -> tuple[str, str]:
    """Return the family and the words of a key's badge."""
    if revoked:
        return "stop", _("Withdrawn")
    if ended:
        return "ended", _("Replaced")
    return ("wait", _("Waits for the hub")) if waiting else ("good", _("In use"))


def freshness(known: Known) -> dict[str, Any]:
    """Return the answer line about how fresh this node is."""
    if known.age is None:
        return {"family": "wait", "text": _("The hub has not signed anything for us yet.")}
    days = known.age.days
    if known.state is Freshness.FRESH:
        return {"family": "good", "text": _("What we know of keys and releases is fresh.")}
    if known.state is Freshness.FROZEN:
        return {"family": "stop", "text": _frozen(days)}
    return {"family": "soon", "text": _stale(days)}


def _stale(days: int) -> str:
    text = ngettext(
        "We have heard nothing from the hub for %(num)s day. What we know of keys and releases grows old.",
        "We have heard nothing from the hub for %(num)s days. What we know of keys and releases grows old.",
        days,
        num=days,
    )
    return str(text)


def _frozen(days: int) -> str:
    text = ngettext(
        "We have heard nothing from the hub for %(num)s day, or the clock of this machine is wrong. Until we hear from"
        " it, no new release and no new key comes into force here. Entering data goes on as usual.",
        "We have heard nothing from the hub for %(num)s days, or the clock of this machine is wrong. Until we hear from"
        " it, no new release and no new key comes into force here. Entering data goes on as usual.",
        days,
        num=days,
    )
    return str(text)


def silence(known: Known) -> str | None:
    """Say on every page of a node since when the hub is silent, what still works, what to do; None while it is not."""
    if known.head_at is None or known.state is Freshness.FRESH:
        return None
    since = formats.date_long(known.head_at.date())
    if known.state is Freshness.STALE:
        return _(
            "The last word of the hub is of %(since)s; everything here can be read and entered as usual, and it is time"
            " to connect or to read a stick from the hub.",
            since=since,
        )
    return _(
        "The last word of the hub is of %(since)s; what you enter is kept and sent later, but no new release or key"
        " comes into force until this installation connects or reads a stick from the hub.",
        since=since,
    )


def frozen_after() -> int:
    """Return after how many days nothing new comes into force."""
    return limits.FROZEN_AFTER_DAYS
