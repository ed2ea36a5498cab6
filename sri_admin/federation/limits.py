"""The limits of sri-sync/1 (docs/federation.md §2.1); both sides of every exchange use the same numbers."""

from typing import Final

PROTOCOL: Final = "sri-sync/1"

KIB: Final = 1024
MIB: Final = 1024 * KIB

LINE_BYTES: Final = 1 * MIB
LINE_DEPTH: Final = 32
# A value of two letters takes fifty times its size in memory: what is decoded is bounded by their number as well.
LINE_VALUES: Final = 50_000
INTEGER_MAX: Final = 2**53 - 1

PAGE_CHANGES: Final = 2_000
PAGE_BYTES: Final = 4 * MIB
PAGE_VALUES: Final = 300_000
TRANSACTION_CHANGES: Final = 2_000
TRANSACTION_BYTES: Final = 4 * MIB
BATCH_BYTES: Final = 8 * MIB
BATCH_VALUES: Final = 2 * PAGE_VALUES

TEXT_CHARACTERS: Final = 2_000
STREAM_NAME_CHARACTERS: Final = 160
KIND_CHARACTERS: Final = 64
AUTHOR_CHARACTERS: Final = 200
CURSOR_CHARACTERS: Final = 512
RECEIPT_NUMBERS: Final = 1_000
FILES_NAMED: Final = 500
FILE_PART_BYTES: Final = 4 * MIB

TOKEN_SECONDS: Final = 600
ASSERTION_SECONDS: Final = 120
ENROLMENT_CODE_DAYS: Final = 7

EXCHANGE_MINUTES: Final = 10
# Two exchanges at every quarter of an hour, and the time the first may take.
SAID_AFTER_MINUTES: Final = 2 * 15 + EXCHANGE_MINUTES
LONGEST_WAIT_HOURS: Final = 24
STALE_AFTER_DAYS: Final = 14
FROZEN_AFTER_DAYS: Final = 90
JOURNAL_KEPT_AFTER_RECEIPT_DAYS: Final = 180
HORIZON_DAYS: Final = 400
