"""Sticks in sentences, for their pages: how far each is, what it brought, what to carry where next."""

from collections.abc import Collection, Sequence
from typing import Any

from flask import url_for

from sri_admin.federation import words
from sri_admin.federation.bundle import carrying, told
from sri_admin.federation.bundle.models import Stick, StickState, StickVolume, Way
from sri_admin.federation.shown import country
from sri_admin.kernel import formats, runtime
from sri_admin.kernel.i18n import Sentence, ngettext
from sri_admin.kernel.i18n import gettext as _

_STOPPED = "soon"


def title(stick: Stick) -> Sentence:
    """Name a stick by its way and its other side."""
    if stick.about_id is None:
        return _("A stick for the hub") if stick.way is Way.OUT else _("A stick from the hub")
    if stick.way is Way.OUT:
        return _("A stick for %(country)s", country=country(stick.about_id))
    return _("A stick from %(country)s", country=country(stick.about_id))


def answer(found: Sequence[Stick]) -> dict[str, Any]:
    """Say whether a stick needs somebody."""
    open_ones = sum(_family(each) == _STOPPED or each.state is StickState.COLLECTING for each in found)
    if not open_ones:
        return {"family": "good", "text": _("No stick waits for you.")}
    text = ngettext("<b>%(num)s stick</b> waits for you.", "<b>%(num)s sticks</b> wait for you.", open_ones)
    return {"family": "soon", "text": text.markup()}


def columns() -> list[dict[str, Any]]:
    """Return the columns of the list of sticks."""
    return [{"label": _("Stick")}, {"label": _("Begun on")}, {"label": _("State")}]


def row(stick: Stick) -> dict[str, Any]:
    """Return one stick of the list."""
    return {
        "url": url_for("sticks.stick_show", stick_id=stick.id),
        "title": title(stick),
        "when": formats.date_and_time(stick.asked_at),
        "family": _family(stick),
        "state": _state(stick),
    }


def _family(stick: Stick) -> str:
    if stick.state is StickState.DONE:
        return "good" if stick.told and stick.told["ok"] else _STOPPED
    return {StickState.COLLECTING: "wait", StickState.REFUSED: _STOPPED}.get(stick.state, "doing")


def _state(stick: Stick) -> Sentence:
    if stick.state is StickState.COLLECTING:
        return _("Files are missing")
    if stick.state is StickState.REFUSED:
        return _("Not taken") if stick.way is Way.IN else _("Not written")
    if stick.state is not StickState.DONE:
        return _("Being read") if stick.way is Way.IN else _("Being written")
    if stick.told and not stick.told["ok"]:
        return _("Taken in part") if stick.way is Way.IN else _("Written in part")
    return _("Read") if stick.way is Way.IN else _("Written")


def standing(stick: Stick, volumes: Sequence[StickVolume]) -> dict[str, Any]:
    """Return the answer line of a stick's page."""
    return {"family": _family(stick), "text": _standing(stick, volumes)}


def _standing(stick: Stick, volumes: Sequence[StickVolume]) -> str:
    if stick.state is StickState.COLLECTING:
        here, total = formats.number(len(volumes)), stick.total
        return ngettext(
            "%(here)s of %(num)s file is here. It is read by itself once all are.",
            "%(here)s of %(num)s files are here. It is read by itself once all are.",
            total,
            num=total,
            here=here,
        )
    if stick.state is StickState.REFUSED or stick.told is None:
        if stick.state is StickState.REFUSED:
            return _("Nothing of this stick was taken.") if stick.way is Way.IN else _("The stick was not written.")
        return _("The stick is being read.") if stick.way is Way.IN else _("The stick is being written.")
    if stick.way is Way.OUT:
        return told.written(stick.told)
    if stick.told["code"] is not None:
        return _("A part of this stick was not taken. What could be taken was taken.")
    return told.taken(stick.told, stick.written_at or stick.moved_at)


def pieces(stick: Stick, kept: Collection[int]) -> list[dict[str, Any]]:
    """Return the files of a stick that is being collected: which are here, which are still missing."""
    if stick.state is not StickState.COLLECTING:
        return []
    here, missing = {"family": "good", "label": _("Here")}, {"family": "wait", "label": _("Missing")}
    return [
        {
            "title": _("File %(number)s of %(total)s", number=number, total=stick.total),
            "badge": here if number in kept else missing,
        }
        for number in range(1, stick.total + 1)
    ]


def steps(stick: Stick) -> list[str]:
    """Say what to do with the files of a stick that was written."""
    if stick.way is not Way.OUT or stick.state is not StickState.DONE:
        return []
    at_hub = runtime.current().is_hub
    place = country(stick.about_id) if at_hub else _("SRI")
    where = _("Connection, By USB stick") if at_hub else _("Connections, By USB stick")
    return [
        _("Fetch every file and copy all of them to a stick. They are locked; only the other side can open them."),
        _("Have the stick carried to %(place)s.", place=place),
        _("There somebody reads it under “%(where)s” and writes you a stick with the answer.", where=where),
        _("Read that answer here. Until then the next stick holds the same again, so a lost one does no harm."),
    ]


def trouble_of(stick: Stick) -> dict[str, Any] | None:
    """Return what stands in the way of a stick, in the large form."""
    if stick.told is None or stick.told["ok"] or not stick.told.get("code"):
        return None
    code, facts = stick.told["code"], stick.told.get("facts", {})
    reasons = words.trouble(code)
    return {
        "family": _STOPPED,
        "state": _state(stick),
        "title": title(stick),
        "wrong": told.wrong(code, facts),
        "means": reasons.means,
        "todo": f"{reasons.todo} {_expected(stick)}".strip(),
        "details": [(_("Code"), code), (_("More"), stick.told.get("detail") or _("nothing more"))],
    }


def _expected(stick: Stick) -> str:
    if stick.told is None or stick.told["code"] != "gap":
        return ""
    last = carrying.last_read(stick)
    if last is None:
        return _("No other stick of this side was read here yet; look for an older one.")
    return _("The last one that fitted was written on %(when)s.", when=formats.date_and_time(last))


def brought_columns() -> list[dict[str, Any]]:
    """Return the columns of the table of what a stick brought."""
    return [{"label": _("What")}, {"label": _("New here"), "numeric": True}, {"label": _("State")}]


def brought(stick: Stick) -> list[dict[str, Any]]:
    """Return what a stick brought, a row for each kind of records."""
    if stick.way is not Way.IN or stick.told is None or "streams" not in stick.told:
        return []
    at_hub = runtime.current().is_hub
    return [
        {
            "what": words.stream_name(each["stream"], at_hub=at_hub),
            "changes": formats.number(each["changes"]),
            "family": "good" if each["code"] is None else _STOPPED,
            "state": _("Taken") if each["code"] is None else _("Stopped"),
        }
        for each in stick.told["streams"]
    ]


def to_carry_back(stick: Stick) -> dict[str, Any] | None:
    """Say what the other side waits for once a stick was read here."""
    if stick.way is not Way.IN or stick.state is not StickState.DONE:
        return None
    if stick.about_id is None:
        text = _("A stick for the hub tells it what came, and brings what is new here.")
        return {"text": text, "label": _("Write the answer"), "url": url_for("sticks.stick_new")}
    name = country(stick.about_id)
    text = _("A stick for %(country)s tells its node what was taken, and brings what is new here.", country=name)
    url = url_for("sticks.stick_new", node=stick.other_id)
    return {"text": text, "label": _("Write the answer"), "url": url}
