"""Builders of works and releases; they act through the operations, as the materials manager."""

from typing import Any
from uuid import UUID

from sri_admin.kernel import tenancy, transaction
from sri_admin.kernel.text import Text
from sri_admin.materials.models import Release, Work
from sri_admin.materials.operations.releases import release_source
from sri_admin.materials.operations.works import enter_work, judge_blocks, save_draft
from sri_admin.materials.queries.works import draft_blocks, draft_of, find_work, newest_release, work_by_code
from sri_admin.materials.rules.blocks import Risk
from sri_admin.materials.rules.releases import LicenceClass, WorkKind
from sri_admin.members.rules.agreement import ProgrammeType
from sri_admin.program.rules import Point
from tests.make import members as make

CODE = "opening-a-meeting"
TEXT = """# Opening a meeting

Welcome everybody, and say how long the meeting takes: **90 minutes**.

Nobody has to speak. Say so twice.

- Ask who would like to begin.
- Thank {name} for every word.
"""


def work(code: str = CODE, licence: LicenceClass = LicenceClass.LICENSED, **more: Any) -> UUID:
    """Enter a work, or return the one there is."""
    hub_id, manager = make.hub(), make.actor("materials_manager")
    values = {
        "code": code,
        "title": Text.of("Opening a meeting"),
        "kind": WorkKind.GUIDE,
        "points": [Point.MOTIVATION],
        "programme_type": ProgrammeType.FOUR_POINT,
        "licence_class": licence,
        **more,
    }
    return make.writing(hub_id, lambda: (find_work(code) or enter_work(manager, hub_id, values=values)).id)


def draft(code: str = CODE, text: str = TEXT, **risks: Risk) -> None:
    """Write the draft of a work; `risks` gives blocks a risk by a word of their text."""
    hub_id, manager = make.hub(), make.actor("materials_manager")

    def write() -> None:
        found = work_by_code(code)
        row = save_draft(manager, found, values={"markdown": text})
        blocks = draft_blocks(row)
        if risks:
            judged = [_risk(each.text, risks) or each.risk for each in blocks]
            values = {"uid": [each.uid for each in blocks], "risk": judged, "change": ["none"] * len(blocks)}
            judge_blocks(manager, row, found, values=values)

    make.writing(hub_id, write)


def _risk(text: str, risks: dict[str, Risk]) -> Risk | None:
    return next((risk for word, risk in risks.items() if word in text), None)


def release(code: str = CODE, version_no: str = "1.0.0", notes: str = "The first one.") -> UUID:
    """Release the draft of a work."""
    hub_id, manager = make.hub(), make.actor("materials_manager")
    values = {"version_no": version_no, "notes": notes}

    def make_it() -> Release:
        found: Work = work_by_code(code)
        return release_source(manager, found, draft_of(found), values=values)

    return make.writing(hub_id, lambda: make_it().id)


def released(code: str = CODE, text: str = TEXT, licence: LicenceClass = LicenceClass.LICENSED, **risks: Risk) -> UUID:
    """Make a work with its first release and return the work."""
    made = work(code, licence)
    draft(code, text, **risks)
    release(code)
    return made


def furnished() -> UUID:
    """Make a work with two releases, or take the one there is; return the newest release."""
    with transaction.reading(tenancy.everywhere(make.every_member())):
        known = find_work(CODE)
        newest = newest_release(known) if known else None
        there = newest.id if newest else None
    if there is not None:
        return there
    released(licence=LicenceClass.OPEN, Nobody=Risk.PROGRAM)
    draft(text=TEXT.replace("Say so twice.", "Say so at the beginning and at the end."))
    made = release(version_no="1.0.1", notes="Said better.")
    draft(text=TEXT.replace("Say so twice.", "Say so."))
    return made
