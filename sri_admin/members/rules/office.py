"""Offices of a board."""

from enum import StrEnum


class Office(StrEnum):
    """A task somebody of the board holds for a time."""

    CHAIR = "chair"
    SECRETARY = "secretary"
    TREASURER = "treasurer"
    COORDINATOR = "coordinator"
    SAFEGUARDING = "safeguarding"
    DATA_OFFICER = "data_officer"
    BOARD_MEMBER = "board_member"
