"""A connection in sentences, for its pages: the answer line, the two ways, what was set aside, what travels."""

from typing import Any
from uuid import UUID

from sri_admin.federation import limits, version_words, words
from sri_admin.federation.overview import PARTED, Connection, FileState, SetAside, StreamState
from sri_admin.kernel import clock, formats
from sri_admin.kernel.i18n import Sentence, ngettext
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import ask


def country(member_id: UUID | None) -> str:
    """Name a member country, as the part that knows it does."""
    names = ask("shell.place", member_id, clock.today()) if member_id else []
    return str(names[0]) if names and str(names[0]) else _("A country")


def state(found: Connection) -> tuple[str, Sentence]:
    """Return the family and the words of a connection's badge."""
    if found.reached_at is None:
        return "unk", _("No contact yet")
    if found.trouble == "key_revoked":
        return "stop", _("Withdrawn")
    if found.has_parted:
        return "stop", _("Cannot be verified")
    days = found.days_silent or 0
    if days >= limits.STALE_AFTER_DAYS:
        return "soon", ngettext("No contact for %(num)s day", "No contact for %(num)s days", days, num=days)
    if found.set_aside:
        count = len(found.set_aside)
        return "soon", ngettext("%(num)s set aside", "%(num)s set aside", count, num=count)
    if found.parked:
        return "wait", _("Kept for later")
    if found.is_green:
        return "good", _("In step")
    if found.files and not (found.trouble or found.waiting_out or found.waiting_in):
        count = len(found.files)
        return "doing", ngettext("%(num)s file on its way", "%(num)s files on their way", count, num=count)
    waits = found.trouble or found.is_hanging or found.is_clock_turned_back
    return ("wait", _("Waiting for contact")) if waits else ("doing", _("Being sent"))


def answers(found: Connection) -> list[dict[str, Any]]:
    """Return the answer line: how things stand, the decisive words bold."""
    family, _words = state(found)
    return [{"family": family, "text": _answer(found).markup()}]


def _answer(found: Connection) -> Sentence:
    return _before_contact(found) or _since_contact(found)


def _before_contact(found: Connection) -> Sentence | None:
    if found.trouble == "not_enrolled":
        return _("<b>This installation is not connected to the hub yet.</b> You can work; nothing travels.")
    return None if found.reached_at else _("<b>There was no contact yet.</b> Work here goes on as usual.")


def _since_contact(found: Connection) -> Sentence:
    if found.trouble == "key_revoked":
        return _("<b>The keys of this installation were withdrawn.</b> Nothing is lost here, and nothing travels.")
    if found.has_parted:
        return _("<b>The exchange has stopped.</b> The two histories do not agree, and a person has to look.")
    if found.days_silent and found.days_silent >= limits.STALE_AFTER_DAYS:
        days = found.days_silent
        return ngettext(
            "<b>No contact for %(num)s day.</b> Nothing is lost; work here goes on.",
            "<b>No contact for %(num)s days.</b> Nothing is lost; work here goes on.",
            days,
            num=days,
        )
    if found.set_aside:
        count = len(found.set_aside)
        return ngettext(
            "<b>Almost everything is in step.</b> %(num)s record needs a person. Work here goes on as usual.",
            "<b>Almost everything is in step.</b> %(num)s records need a person. Work here goes on as usual.",
            count,
            num=count,
        )
    if found.parked:
        return _("<b>Everything we can read is in step.</b> Some records wait for an update of the program.")
    if found.trouble:
        return _("<b>The last try did not go through.</b> Nothing is lost; we try again by ourselves.")
    if found.is_green:
        return _("<b>Everything is in step.</b>")
    return _not_in_step(found)


def _not_in_step(found: Connection) -> Sentence:
    if found.is_clock_turned_back:
        return _("<b>The clock of this machine was turned back.</b> How things stand is known after the next exchange.")
    if found.is_hanging:
        return _("<b>The last exchange began and did not end.</b> Nothing is lost; we try again by ourselves.")
    if found.files and not (found.waiting_out or found.waiting_in):
        count = len(found.files)
        return ngettext(
            "<b>Every record is in step.</b> %(num)s file is still on its way; it comes by itself.",
            "<b>Every record is in step.</b> %(num)s files are still on their way; they come by themselves.",
            count,
            num=count,
        )
    return _("<b>Some changes are on their way.</b> They go out at the next contact, by themselves.")


def way_out(found: Connection) -> str:
    """Say what went from here and what waits to go."""
    waiting = found.waiting_out
    if not waiting:
        return _("%(sent)s sent, nothing waits", sent=formats.number(found.sent))
    return ngettext(
        "%(sent)s sent, %(num)s waits",
        "%(sent)s sent, %(num)s wait",
        waiting,
        num=waiting,
        sent=formats.number(found.sent),
    )


def way_in(found: Connection) -> str:
    """Say what came from the other side and what waits there."""
    waiting = found.waiting_in
    received = formats.number(found.received)
    if not waiting:
        return _("%(received)s received, nothing waits", received=received)
    return ngettext(
        "%(received)s received, %(num)s waits there",
        "%(received)s received, %(num)s wait there",
        waiting,
        num=waiting,
        received=received,
    )


def contact_text(found: Connection, every_seconds: int) -> str:
    """Say when the two sides last spoke and when the next try is."""
    minutes = max(1, every_seconds // 60)
    if found.reached_at is None:
        return ngettext(
            "No contact yet. We try every %(num)s minute, by ourselves.",
            "No contact yet. We try every %(num)s minutes, by ourselves.",
            minutes,
            num=minutes,
        )
    when = formats.date_and_time(found.reached_at)
    if found.by_stick:
        return ngettext(
            "Last contact: by stick, written on %(when)s. We also try by internet every %(num)s minute.",
            "Last contact: by stick, written on %(when)s. We also try by internet every %(num)s minutes.",
            minutes,
            num=minutes,
            when=when,
        )
    return ngettext(
        "Last contact %(when)s, by internet. We try every %(num)s minute, by ourselves.",
        "Last contact %(when)s, by internet. We try every %(num)s minutes, by ourselves.",
        minutes,
        num=minutes,
        when=when,
    )


def trouble(found: Connection, *, at_hub: bool) -> dict[str, Any] | None:
    """Return what stands in the way, in the large form."""
    if found.trouble is None:
        return None
    reasons = words.trouble(found.trouble, at_hub=at_hub)
    family = "stop" if found.has_parted else "soon"
    label = _("Cannot be verified") if found.has_parted else _("Waiting for contact")
    return {
        "family": family,
        "state": label,
        "title": _("The exchange"),
        "wrong": reasons.wrong,
        "means": reasons.means,
        "todo": reasons.todo,
        "details": [
            (_("Code"), found.trouble),
            (_("More"), found.detail or _("nothing more")),
            (_("Everything last went over on"), _moment(found)),
        ],
    }


def _moment(found: Connection) -> str:
    return formats.date_and_time(found.complete_at) if found.complete_at else _("No contact yet")


def set_aside(record: SetAside, *, at_hub: bool) -> dict[str, Any]:
    """Return one record that was set aside, in the large form."""
    reasons = words.set_aside(record.code)
    return {
        "title": words.stream_name(record.stream, at_hub=at_hub),
        "wrong": reasons.wrong,
        "means": reasons.means,
        "todo": reasons.todo,
        "details": [
            (_("Kind"), record.kind),
            (_("Record"), str(record.record_id)),
            (_("Stream"), record.stream),
            (_("Number"), formats.number(record.n)),
            (_("Code"), record.code),
            (_("More"), record.detail),
            (_("Since"), formats.date_and_time(record.at)),
        ],
    }


def set_aside_note(found: Connection) -> str:
    """Say how many records were set aside."""
    count = len(found.set_aside)
    return ngettext(
        "%(num)s record. It blocks nothing else.", "%(num)s records. They block nothing else.", count, num=count
    )


def kept_note(found: Connection) -> str | None:
    """Say how many records wait for an update of the program."""
    if not found.parked:
        return None
    return ngettext(
        "%(num)s record of a newer kind. It opens by itself after the next update. Nothing to do.",
        "%(num)s records of a newer kind. They open by themselves after the next update. Nothing to do.",
        found.parked,
        num=found.parked,
    )


def file(each: FileState) -> dict[str, Any]:
    """Return one file that is on its way: how much of it is here, and why it did not come when it was fetched last."""
    size = formats.file_size(each.size)
    title = _("A file of %(size)s", size=size)
    if each.code is not None:
        reasons = words.file_trouble(each.code)
        note = f"{reasons.wrong} {reasons.means} {reasons.todo}"
        if each.again_at is not None:
            note = f"{note} {_('Next try after %(when)s.', when=formats.date_and_time(each.again_at))}"
        return {"title": title, "badge": {"family": "soon", "label": _("could not be fetched")}, "note": note}
    if each.held:
        label = _("%(held)s of %(size)s are here", held=formats.file_size(each.held), size=size)
        return {"title": title, "badge": {"family": "doing", "label": label}}
    return {"title": title, "badge": {"family": "wait", "label": _("Waiting")}}


def columns() -> list[dict[str, Any]]:
    """Return the columns of the table of what travels."""
    return [
        {"label": _("What")},
        {"label": _("Direction")},
        {"label": _("Last change")},
        {"label": _("Waiting"), "numeric": True},
        {"label": _("State")},
    ]


def travel(each: StreamState, *, at_hub: bool) -> dict[str, Any]:
    """Return one row of the table of what travels."""
    outward = each.own is not at_hub
    family, label = _stream_state(each)
    return {
        "what": words.stream_name(each.stream, at_hub=at_hub),
        "direction": _("to the hub") if outward else _("from the hub"),
        "changed": formats.date_and_time(each.changed_at) if each.changed_at else _("nothing yet"),
        "waiting": formats.number(each.waiting),
        "family": family,
        "state": label,
    }


def stays() -> dict[str, Any]:
    """Return the row of what never leaves a node."""
    return {
        "what": _("Accounts of our people, private notes, raw meeting logs"),
        "direction": _("stay here"),
        "changed": "–",
        "waiting": "–",
        "family": None,
        "state": _("never leave this node"),
    }


def _stream_state(each: StreamState) -> tuple[str, str]:
    if each.trouble in PARTED:
        return "stop", _("Cannot be verified")
    if each.trouble:
        return "wait", _("Waits")
    if each.set_aside:
        return "soon", ngettext("%(num)s set aside", "%(num)s set aside", each.set_aside, num=each.set_aside)
    if each.parked:
        return "wait", ngettext("%(num)s kept for later", "%(num)s kept for later", each.parked, num=each.parked)
    if each.waiting or not each.in_step:
        return "doing", _("Being sent")
    return "good", _("In step")


def connection(found: Connection, *, at_hub: bool) -> dict[str, Any]:
    """Return everything both pages of a connection share."""
    rows = [travel(each, at_hub=at_hub) for each in found.streams]
    return {
        "answers": answers(found),
        "trouble": trouble(found, at_hub=at_hub),
        "ages": [
            *version_words.demands(found.demands, at_hub=at_hub),
            *version_words.notes(found.differences, at_hub=at_hub),
        ],
        "set_aside": [set_aside(each, at_hub=at_hub) for each in found.set_aside],
        "set_aside_note": set_aside_note(found),
        "kept_note": kept_note(found),
        "files": [file(each) for each in found.files],
        "travel_columns": columns(),
        "travels": rows if at_hub else [*rows, stays()],
    }
