"""Private files of an installation."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from sri_admin.kernel.installation import write_private_once


def test_of_many_who_make_a_secret_at_once_all_get_the_same_and_no_draft_stays(tmp_path: Path) -> None:
    path, start = tmp_path / "forms.secret", Barrier(8)

    def make(number: int) -> bytes:
        start.wait(10)
        return write_private_once(path, bytes([number]) * 32)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(make, range(8)))
    assert found == {path.read_bytes()}
    assert (path.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o600, [path])
