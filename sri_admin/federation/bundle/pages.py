"""Pages of USB sticks: write one, fetch its files; send the files of one that came, see what it brought."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import url_for

from sri_admin.federation import enrolment, report, status
from sri_admin.federation.bundle import carrying, reading, shown
from sri_admin.federation.bundle.models import Stick, StickState, Way
from sri_admin.federation.bundle.told import wrong
from sri_admin.federation.enrolment_models import Node, NodeState
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.overview import Connection
from sri_admin.federation.policy import POLICY
from sri_admin.federation.schemas import StickIn, StickQuery
from sri_admin.federation.shown import country, set_aside_note
from sri_admin.federation.words import trouble
from sri_admin.kernel import ids, installation, runtime
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.blob_store import Blob
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import FieldError, InvalidError, NotFoundError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.i18n import ngettext
from sri_admin.web.doors import Attachment, Audience, Pages, SeeOther, see_other
from sri_admin.web.downloads import Stored
from sri_admin.web.forms import Form, Upload
from sri_admin.web.uploads import Accepts

pages = Pages("sticks")
_MOST_FILES = 16
_AROUND = 2 * 1024 * 1024  # the manifest that stands in front of each file's content


def _look(path: Path, *, field: str) -> None:
    """Refuse a file that is none, or not for this installation, before anything of it is kept."""
    try:
        reading.look(path)
    except ProtocolError as error:
        facts = {name: value for name, value in getattr(error, "facts", {}).items() if name != "file"}
        text = f"{wrong(error.code, facts)} {trouble(error.code).todo}"
        raise InvalidError([FieldError(field, text)], code=error.code) from error


ONE_STICK = Accepts(
    limit=carrying.LARGEST_VOLUME + _AROUND,
    most=_MOST_FILES,
    check=_look,
    too_large=_l(
        "This file is larger than 64 MB. Have the stick written in files of up to 64 MB, or let the person who looks"
        " after this installation read it with “sri-admin node bundle import”."
    ),
)


@pages.get("/sticks", audience=Audience.SIGNED_IN, template="federation/sticks.html")
def stick_list(actor: Actor, form: Form) -> dict[str, Any]:
    """Show the ways of a stick: write one, read one, and what became of the last ones."""
    _require(actor)
    found = carrying.sticks()
    return {
        "form_state": form,
        "path": _path(),
        "answers": [shown.answer(found)],
        "at_hub": runtime.current().is_hub,
        "nodes": _nodes(),
        "sticks": [shown.row(each) for each in found],
        "columns": shown.columns(),
    }


@pages.get("/sticks/new", audience=Audience.SIGNED_IN, template="federation/stick_new.html", query=StickQuery)
def stick_new(actor: Actor, form: Form, query: dict[str, Any]) -> dict[str, Any]:
    """Ask in which pieces a stick is written, at the hub also for whom."""
    _require(actor)
    path, at_hub = [*_path(), (_("Write a stick"), None)], runtime.current().is_hub
    return {"form_state": form, "path": path, "at_hub": at_hub, "nodes": _nodes(), "asked": query}


@pages.post("/sticks", audience=Audience.SIGNED_IN, takes=StickIn, again=stick_new, while_restored=True)
def stick_write(actor: Actor, values: dict[str, Any]) -> SeeOther:
    """Have a stick written."""
    node = _node(values.get("node")) if runtime.current().is_hub else None
    asked = {"id": values.get("record_id") or ids.new(), "size": values["size"]}
    made = carrying.ask_for_stick(actor, node, values=asked)
    return see_other("sticks.stick_show", stick_id=made.id)


@pages.get("/sticks/<uuid:stick_id>", audience=Audience.SIGNED_IN, template="federation/stick.html")
def stick_show(actor: Actor, form: Form, *, stick_id: UUID) -> dict[str, Any]:
    """Show how far a stick is, its files, or what it brought and what to do next."""
    _require(actor)
    stick = carrying.stick_by_id(stick_id)
    volumes = carrying.volumes_of(stick)
    return {
        "form_state": form,
        "path": [*_path(), (shown.title(stick), None)],
        "stick": stick,
        "title": shown.title(stick),
        "answers": [shown.standing(stick, volumes)],
        "is_under_way": stick.state in {StickState.WAITING, StickState.WORKING},
        "is_collecting": stick.state is StickState.COLLECTING,
        "files": [_file(stick, each.number, each.name, each.size) for each in volumes if stick.way is Way.OUT],
        "pieces": shown.pieces(stick, {each.number for each in volumes}),
        "steps": shown.steps(stick),
        "trouble": shown.trouble_of(stick),
        "brought": shown.brought(stick),
        "set_aside_note": _set_aside(stick),
        "connection_url": _connection_url(stick),
        "next": shown.to_carry_back(stick),
        "may_begin_again": carrying.may_begin_again(stick, len(volumes)),
        "columns": shown.brought_columns(),
    }


@pages.post("/sticks/files", audience=Audience.SIGNED_IN, accepts=ONE_STICK, again=stick_list, while_restored=True)
def stick_read(actor: Actor, uploads: Sequence[Upload]) -> SeeOther:
    """Take files of a stick, and have it read once all of them are here."""
    found = [carrying.take_volume(actor, each.name, each.file) for each in uploads]
    if len({each.id for each in found}) > 1:
        notice = ngettext("%(num)s file is taken.", "%(num)s files are taken.", len(found))
        return see_other("sticks.stick_list", notice=str(notice))
    return see_other("sticks.stick_show", stick_id=found[-1].id)


@pages.post("/sticks/<uuid:stick_id>/again", audience=Audience.SIGNED_IN, again=stick_show, while_restored=True)
def stick_again(actor: Actor, *, stick_id: UUID) -> SeeOther:
    """Have a stick written or read once more."""
    carrying.begin_again(actor, carrying.stick_by_id(stick_id, lock=True))
    return see_other("sticks.stick_show", stick_id=stick_id)


@pages.file("/sticks/<uuid:stick_id>/files/<int:number>", audience=Audience.SIGNED_IN)
def stick_file(actor: Actor, *, stick_id: UUID, number: int) -> Attachment:
    """Give out one file of a stick that was written."""
    _require(actor)
    stick = carrying.stick_by_id(stick_id)
    found = next((each for each in carrying.volumes_of(stick) if each.number == number), None)
    if found is None or stick.way is not Way.OUT:
        raise NotFoundError
    return Attachment(found.name, found.media_type, Stored(Blob(found.sha256, found.size), stick.member_id))


def _require(actor: Actor) -> None:
    POLICY.require(actor, "federation.stick.carry", installation.own_tenant())


def _set_aside(stick: Stick) -> str | None:
    if stick.about_id is not None:
        found = Connection(set_aside=status.set_aside(stick.about_id))
    else:
        with report.seeing_hub():
            found = Connection(set_aside=status.set_aside(None))
    return set_aside_note(found) if found.set_aside else None


def _connection_url(stick: Stick) -> str:
    if stick.about_id is None:
        return url_for("federation.connection_show", _anchor="set-aside")
    return url_for("federation.node_show", id=stick.other_id, _anchor="set-aside")


def _path() -> list[tuple[str, str | None]]:
    here = (_("By USB stick"), url_for("sticks.stick_list"))
    if runtime.current().is_hub:
        return [(_("Connections"), url_for("federation.node_list")), here]
    return [(_("Connection with the hub"), url_for("federation.connection_show")), here]


def _nodes() -> list[tuple[UUID, str]]:
    if not runtime.current().is_hub:
        return []
    return [(each.id, country(each.member_id)) for each in enrolment.nodes() if each.state is NodeState.ACTIVE]


def _node(node_id: UUID | None) -> Node:
    found = db.session.get(Node, node_id) if node_id else None
    if found is None:
        raise InvalidError([FieldError("node", _l("Choose whose node will read the stick."))])
    return found


def _file(stick: Stick, number: int, name: str, size: int) -> dict[str, Any]:
    url = url_for("sticks.stick_file", stick_id=stick.id, number=number)
    return {"name": name, "size": size, "url": url}
