"""A node fetches the files its records name: in pieces that grow with the line, going on after every cut.

A piece that came is kept, also over a restart; only a whole file whose digest fits becomes visible.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.dialects.postgresql import insert

from sri_admin.federation import files
from sri_admin.federation.client import BASE, HubClient, HubError, LineDownError
from sri_admin.federation.file_models import FileFetch
from sri_admin.federation.files import Wanted
from sri_admin.federation.lines import ProtocolError
from sri_admin.kernel import blobs, clock, spool, transaction
from sri_admin.kernel.blob_store import NoRoomError, StoreUnreachableError

log = structlog.get_logger(__name__)

_FIRST_PIECE, _SMALLEST_PIECE, _LARGEST_PIECE = 64 * 1024, 1024, 4 * 1024 * 1024
_QUICK, _SLOW = timedelta(seconds=4), timedelta(seconds=16)
_MOST_CUTS: Final = 6
_LONGEST_PAUSE: Final = timedelta(hours=6)


class Pieces:
    """How large the next piece is: larger while the line is quick, smaller after a cut."""

    def __init__(self) -> None:
        self.size, self.cuts = _FIRST_PIECE, 0

    def came(self, took: timedelta) -> None:
        """Learn from a piece that came."""
        self.cuts = 0
        if took < _QUICK:
            self.size = min(self.size * 2, _LARGEST_PIECE)
        elif took > _SLOW:
            self.size = max(self.size // 2, _SMALLEST_PIECE)

    def broke(self) -> bool:
        """Learn from a piece that did not come; False when it is time to give up for now."""
        self.cuts += 1
        self.size = max(self.size // 4, _SMALLEST_PIECE)
        return self.cuts < _MOST_CUTS


def fetch_all(client: HubClient, *, within: timedelta) -> list[Wanted]:
    """Fetch what is lacking until the time is over; return what is still lacking. Never raises for the line."""
    until, pieces = clock.now() + within, Pieces()
    for each in files.wanted():
        if each.trouble is not None and _is_paused(each.trouble):
            continue
        if clock.now() >= until:
            break
        try:
            if _fetch(client, each, pieces, until=until):
                log.info("file_fetched", sha256=each.sha256, size=each.size)
        except HubError as error:
            note(each, error.code, error.detail)
            if error.status in {401, 429, 503}:
                break
        except ProtocolError as error:
            note(each, error.code, error.detail)
            if isinstance(error, LineDownError):
                break
        except (NoRoomError, StoreUnreachableError) as error:
            note(each, error.stable_code, "")
            break
    return files.wanted()


def _is_paused(trouble: FileFetch) -> bool:
    # A pause longer than we ever make was noted by a clock that ran ahead.
    return timedelta() < trouble.not_before - clock.now() <= _LONGEST_PAUSE


def _fetch(client: HubClient, file: Wanted, pieces: Pieces, *, until: datetime) -> bool:
    held = spool.part_size(file.sha256)
    if held > file.size:
        spool.drop_part(file.sha256)
        held = 0
    while held < file.size:
        if clock.now() >= until:
            return False
        stop = min(held + pieces.size, file.size)
        began = clock.now()
        try:
            piece = client.piece(f"{BASE}/blobs/{file.sha256}", etag=file.sha256, start=held, stop=stop, size=file.size)
        except LineDownError:
            if not pieces.broke():
                raise
            continue
        pieces.came(clock.now() - began)
        spool.append_part(file.sha256, piece)
        held = stop
    land(file)
    return True


def land(file: Wanted) -> None:
    """Show a file whose last byte came; ProtocolError `wrong_file` throws away what is not what its record says."""
    whole = spool.whole_part(file.sha256)
    if whole.blob.sha256 != file.sha256:
        spool.drop_part(file.sha256)
        raise ProtocolError("wrong_file", "the whole is not what its record says")
    blobs.take(whole)
    with transaction.apart() as session:
        found = session.get(FileFetch, file.sha256)
        if found is not None:
            session.delete(found)


def note(file: Wanted, code: str, detail: str) -> None:
    """Keep why a file did not come; the next try over the line waits longer each time."""
    now, failures = clock.now(), (file.trouble.failures if file.trouble else 0) + 1
    pause = min(timedelta(minutes=2**failures), _LONGEST_PAUSE)
    told = {"failures": failures, "code": code, "detail": detail[:200], "tried_at": now, "not_before": now + pause}
    log.warning("file_not_fetched", sha256=file.sha256, reason=code, failures=failures)
    with transaction.apart() as session:
        row = insert(FileFetch).values(sha256=file.sha256, **told)
        session.execute(row.on_conflict_do_update(index_elements=[FileFetch.sha256], set_=told))
