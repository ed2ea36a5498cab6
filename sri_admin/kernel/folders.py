"""Folders on a disk: a new name in one is safe only once the folder itself was written."""

import errno
import os
from pathlib import Path


def sync(folder: Path) -> None:
    """Bring the names in a folder onto the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems of sticks write names at once and know no such order
            raise
    finally:
        os.close(handle)
