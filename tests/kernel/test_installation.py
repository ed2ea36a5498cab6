"""Private files of an installation."""

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from sri_admin.kernel import folders
from sri_admin.kernel.installation import write_private, write_private_once


def test_of_many_who_make_a_secret_at_once_all_get_the_same_and_no_draft_stays(tmp_path: Path) -> None:
    path, start = tmp_path / "forms.secret", Barrier(8)

    def make(number: int) -> bytes:
        start.wait(10)
        return write_private_once(path, bytes([number]) * 32)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(make, range(8)))
    assert found == {path.read_bytes()}
    assert (path.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o600, [path])


@pytest.mark.parametrize("write", [lambda path: write_private(path, b"a"), lambda path: write_private_once(path, b"a")])
def test_a_new_name_is_on_the_disk_before_anybody_is_told(
    write: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Path, bool]] = []

    def noted(handle: int) -> None:
        what = Path(f"/proc/self/fd/{handle}").readlink()
        seen.append((what, any(not each.name.startswith(".") for each in tmp_path.iterdir())))

    monkeypatch.setattr(os, "fsync", noted)
    write(tmp_path / "file")
    assert seen[-1] == (tmp_path, True)


def test_a_stick_whose_file_system_knows_no_such_order_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_handle: int) -> None:
        raise OSError(errno.EINVAL, "not known here")

    monkeypatch.setattr(os, "fsync", refused)
    folders.sync(tmp_path)
