"""What happens to the programme's catalogue."""

from dataclasses import dataclass

from sri_admin.kernel.work import Event


@dataclass(frozen=True, kw_only=True)
class CatalogueAdopted(Event):
    """The points and methods were entered as they stand in this edition of the program."""

    subject_kind = "catalogue"
    points: int
    methods: int
