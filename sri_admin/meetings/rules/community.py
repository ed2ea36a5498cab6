"""Communities: the places, on the map or not, in which people meet; they stand in a tree."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from sri_admin.kernel.errors import FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l


class CommunityKind(StrEnum):
    """What kind of place it is."""

    COUNTRY = "country"
    REGION = "region"
    CITY = "city"
    VILLAGE = "village"
    RURAL = "rural"
    ONLINE = "online"
    ORGANISATION = "organisation"
    INTERNATIONAL = "international"


def check_parent(own: UUID, parent: UUID | None, *, parents: Mapping[UUID, UUID | None]) -> None:
    """Refuse a parent that is not there, and one that lies below the community itself; `parents`: all of a member."""
    if parent is None:
        return
    if parent not in parents:
        raise InvalidError([FieldError("parent_id", _l("Choose a community from the list."))])
    if own in ancestors(parent, parents=parents):
        message = _l("This community would lie within itself. Choose another one above it.")
        raise InvalidError([FieldError("parent_id", message)])


def ancestors(community: UUID, *, parents: Mapping[UUID, UUID | None]) -> list[UUID]:
    """Return a community and those it lies within, from below; it ends whatever the parents say."""
    line: list[UUID] = []
    here: UUID | None = community
    while here is not None and here not in line:
        line.append(here)
        here = parents.get(here)
    return line
