"""What the part `program` brings to the house."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import Part
from sri_admin.program import commands, events, sync
from sri_admin.program.policy import POLICY


class Said(NamedTuple):
    """A state family and its sentence."""

    family: str
    label: Any


def _tell_adopted(_values: Mapping[str, Any]) -> Said:
    return Said("good", _("The points and methods of the programme were entered"))


PART = Part(
    name="program",
    commands=(commands.program,),
    kinds=sync.KINDS,
    policy=POLICY,
    sentences={events.CatalogueAdopted: _tell_adopted},
)
