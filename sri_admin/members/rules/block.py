"""Blocks: what a member cannot do until the cause is dealt with."""

from enum import StrEnum


class BlockKind(StrEnum):
    """What a block holds back."""

    RENEWAL = "renewal"
