"""Places of a log by which the other side finds the last line both hold without being asked (§16.2).

Over the network that line is found by questions. A stick cannot ask, so its writer names places, close together near
the end and ever farther apart before it: the first the reader shares lies at most twice as far back as need be.
"""

from typing import Final

from sri_admin.federation import limits, streams
from sri_admin.federation.cursor import Cursor
from sri_admin.federation.lines import HASH_TEXT, JsonObject, LineError, matching_text
from sri_admin.federation.models import SyncStream

FIELD: Final = "places"
MOST: Final = 64
_IN_A_PLACE: Final = 3


def of(row: SyncStream) -> list[list[int | str]]:
    """Return places of a stream, the newest first: epoch, number, chain value; up to its present epoch's beginning."""
    first, numbers, step = streams.floor(row), [row.n], 1
    while numbers[-1] > first:
        numbers.append(max(first, row.n - step))
        step *= 2
    if first <= row.peer_n < row.n:
        numbers = sorted({*numbers, row.peer_n}, reverse=True)  # what the other side has given a receipt for
    found = ((n, streams.chain_at(row, n)) for n in numbers[:MOST])
    return [[row.epoch, n, chain.hex()] for n, chain in found if chain is not None]


def read(said: JsonObject) -> dict[str, list[Cursor]]:
    """Return the places a paper names, by stream; none where it names none. Raises LineError `bad_field`."""
    told = said.get(FIELD, {})
    if type(told) is not dict or not all(isinstance(each, list) and len(each) <= MOST for each in told.values()):
        raise LineError("bad_field", FIELD)
    return {name: [_place(name, each) for each in places] for name, places in told.items()}


def _place(stream: str, told: object) -> Cursor:
    if not isinstance(told, list) or len(told) != _IN_A_PLACE:
        raise LineError("bad_field", FIELD)
    epoch, n, chain = told
    if not (type(epoch) is int and type(n) is int and epoch >= 1 and 0 <= n <= limits.INTEGER_MAX):
        raise LineError("bad_field", FIELD)
    return Cursor(stream, epoch, n, bytes.fromhex(matching_text({FIELD: chain}, FIELD, HASH_TEXT)))
