"""Entering the programme's catalogue."""

from typing import Any
from uuid import UUID

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import Base, db
from sri_admin.kernel.text import Text
from sri_admin.kernel.work import record
from sri_admin.program import queries
from sri_admin.program.events import CatalogueAdopted
from sri_admin.program.models import ProgramMethod, ProgramPoint
from sri_admin.program.policy import POLICY
from sri_admin.program.rules import METHODS, POINTS


def adopt_catalogue(actor: Actor, hub_id: UUID) -> None:
    """Enter the points and methods that are not entered yet; what was edited since stays as it is."""
    POLICY.require(actor, "program.catalogue.adopt", hub_id)
    known: set[Any] = {each.code for each in (*queries.points(), *queries.methods())}
    made: list[Base] = [
        ProgramPoint(member_id=hub_id, code=code, place=place, names=Text.of(name))
        for place, (code, name) in enumerate(POINTS.items(), 1)
        if code not in known
    ]
    made += [
        ProgramMethod(member_id=hub_id, code=code, names=Text.of(name), points=list(points))
        for code, (name, points) in METHODS.items()
        if code not in known
    ]
    if not made:
        return
    db.session.add_all(made)
    record(actor, CatalogueAdopted(member_id=hub_id, subject=hub_id, points=len(POINTS), methods=len(METHODS)), *made)
