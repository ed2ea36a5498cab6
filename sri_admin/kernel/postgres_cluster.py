"""A PostgreSQL server of our own: started, shared between processes, stopped, removed."""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

from sri_admin.kernel.postgres_programs import (
    PROGRAMS,
    PostgresError,
    find_binaries,
    is_private_folder_of,
    reachable_programs,
    run_as,
    server_account,
)

SHELTER = Path("/var/lib/sri-admin")
FAST_AND_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ADMIN = "postgres"

_PORT = 5432
_SOCKET_PATH_LIMIT = 106
_NO_SUCH_PROCESS = 2**31 - 1
# Statements and row values stay out of the log: they hold personal data.
_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_size": "0",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server of our own, reached only through a socket in a folder closed to everybody else.

    Any number of processes may hold one for the same `data`. PostgreSQL refuses to run as root: there, an unprivileged
    account runs it and owns a folder in `shelter`, named after `data`, where the data really lie.
    """

    data: Path
    binaries: Path
    options: Mapping[str, str] = field(default_factory=dict)
    shelter: Path = SHELTER

    @cached_property
    def folder(self) -> Path:
        """The folder that really holds the data."""
        asked = self.data.resolve()
        if os.geteuid() != 0:
            return asked
        return self.shelter / hashlib.sha256(os.fsencode(asked)).hexdigest()[:16] / "data"

    @cached_property
    def socket_folder(self) -> Path:
        """The folder of the server's socket, its path short enough for the system's limit."""
        beside = self._beside(".socket")
        if len(os.fsencode(beside / f".s.PGSQL.{_PORT}")) <= _SOCKET_PATH_LIMIT:
            return beside
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path("/tmp") / f"sri-admin-{os.geteuid()}-{digest}"

    @property
    def dsn(self) -> str:
        """The connection string of the server's administrator."""
        return make_conninfo(host=str(self.socket_folder), port=_PORT, user=ADMIN, dbname="postgres")

    def url(self, database: str, user: str) -> str:
        """Return the SQLAlchemy URL of a database for one of its roles."""
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql+psycopg://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}&port={_PORT}"

    def ensure(self) -> None:
        """Create the data folder if there is none, start the server unless it runs, and return when it answers."""
        with self._locked():
            self._make_home()
            if self.running() and not _within(3, self._listens):
                self._halt()
            if not _within(120, self._is_up):
                raise PostgresError(f"The PostgreSQL server of {self.folder} runs but does not answer.")

    def stop(self) -> None:
        """Stop the server if it runs; open transactions are rolled back."""
        with self._locked():
            if self.running():
                self._halt()

    def remove(self) -> None:
        """Stop the server and delete its data for good."""
        with self._locked():
            if self.running():
                self._halt()
            if self.folder.exists() and not (self.folder / "PG_VERSION").exists():
                raise PostgresError(f"{self.folder} is not a PostgreSQL data folder and was left alone.")
            for path in (self.folder, self.socket_folder, self._beside(".new")):
                shutil.rmtree(path, ignore_errors=True)
            self._beside(".log").unlink(missing_ok=True)
            if os.geteuid() == 0:
                shutil.rmtree(self.folder.parent, ignore_errors=True)

    def running(self) -> bool:
        """Tell whether the server's main process is alive."""
        pid = _first_number(self.folder / "postmaster.pid")
        if pid is None:
            return False
        if Path("/proc/self/cmdline").exists():
            return self._is_ours(pid)
        return self._run("pg_ctl", "status", "-D", str(self.folder)).returncode == 0

    def _beside(self, suffix: str) -> Path:
        return self.folder.with_name(self.folder.name + suffix)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        asked = self.data.resolve()
        asked.parent.mkdir(parents=True, exist_ok=True)
        with asked.with_name(asked.name + ".cluster-lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @cached_property
    def _account(self) -> pwd.struct_passwd | None:
        return server_account(self.folder.parent)

    @cached_property
    def _programs(self) -> Path:
        return reachable_programs(self.binaries, self._account, self.shelter)

    def _make_home(self) -> None:
        account = self._account
        if account is None:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            return
        self.shelter.mkdir(mode=0o755, parents=True, exist_ok=True)
        status = self.shelter.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0 or status.st_mode & 0o022:
            raise PostgresError(
                f"{self.shelter} must be a folder that belongs to root and that nobody else can write to."
            )
        self.shelter.chmod(0o755)
        if not os.path.lexists(self.folder.parent):
            self.folder.parent.mkdir(mode=0o700)
            os.chown(self.folder.parent, account.pw_uid, account.pw_gid)

    def _run(self, program: str, *arguments: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a program as the server's account; `quiet` gives it no pipe that a daemon could keep open."""
        path = self._programs / program if program in PROGRAMS else program
        output = subprocess.DEVNULL if quiet else subprocess.PIPE
        return run_as(self._account, [str(path), *arguments], output)

    def _initialise(self) -> None:
        major = int(self._run("postgres", "--version").stdout.split()[2].split(".")[0])
        version_file = self.folder / "PG_VERSION"
        if version_file.exists():
            made_by = version_file.read_text().strip()
            if made_by != str(major):
                raise PostgresError(
                    f"The data in {self.folder} belong to PostgreSQL {made_by}, but this is PostgreSQL {major}."
                )
            return
        if self.folder.exists() and any(self.folder.iterdir()):
            raise PostgresError(f"{self.folder} holds something else than PostgreSQL's data.")
        # Made beside and renamed: a killed initdb must not leave half a cluster that looks like a whole one.
        new = self._beside(".new")
        shutil.rmtree(new, ignore_errors=True)
        locale = ["--locale=C.UTF-8", "--encoding=UTF8"]
        if major >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = [f"--username={ADMIN}", "--auth-local=trust", "--auth-host=reject"]
        done = self._run("initdb", "-D", str(new), "--data-checksums", "--no-instructions", *access, *locale)
        if done.returncode != 0:
            raise PostgresError(f"PostgreSQL could not create {self.folder}: {_complaint(done.stdout)}")
        new.rename(self.folder)

    def _is_up(self) -> bool:
        # A server that was killed a moment ago looks alive until the system has cleared it away, so it is asked again.
        if not self.running():
            self._initialise()
            self._clear_wreck()
            self._start()
        return self._answers()

    def _clear_wreck(self) -> None:
        """Undo what a killed server left: its number may belong to a zombie or to somebody else by now."""
        # A server whose data were deleted under it would, when it notices, take the next one's socket away.
        orphans = [int(path.name) for path in Path("/proc").glob("[0-9]*") if self._is_ours(int(path.name))]
        for orphan in orphans:
            self._run("pg_ctl", "kill", "QUIT", str(orphan))
        _within(10, lambda: not any(map(self._is_ours, orphans)))
        self._run("rm", "-f", str(self.socket_folder / f".s.PGSQL.{_PORT}.lock"))
        # The file itself stays: with it PostgreSQL sees whether a backend of the dead server still works on the data.
        if (self.folder / "postmaster.pid").exists():
            self._run("sed", "-i", f"1s/.*/{_NO_SUCH_PROCESS}/", str(self.folder / "postmaster.pid"))

    def _start(self) -> None:
        self._run("mkdir", "-p", "-m", "0700", str(self.socket_folder))
        owner = self._account.pw_uid if self._account else os.geteuid()
        if not is_private_folder_of(self.socket_folder, owner):
            raise PostgresError(f"{self.socket_folder} must be a folder that only the server's own account can enter.")
        settings = {**_SETTINGS, "unix_socket_directories": f'"{self.socket_folder}"', **self.options}
        words = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        log = self._beside(".log")

        start = ["start", "-s", "-w", "-t", "60", "-D", str(self.folder), "-l", str(log), "-o", words]

        def attempt() -> bool:
            log.unlink(missing_ok=True)
            self._run("pg_ctl", *start, quiet=True)
            # A killed server's last backends hold its memory for a moment; every other refusal is final.
            return self.running() or "shared memory" not in _text_of(log)

        _within(15, attempt, pause=1.0)
        if not self.running():
            raise PostgresError(f"PostgreSQL did not start on {self.folder}; it said: {_complaint(_text_of(log))}")

    def _halt(self) -> None:
        done = self._run("pg_ctl", "stop", "-m", "fast", "-w", "-t", "60", "-D", str(self.folder))
        if done.returncode != 0 and self.running():
            raise PostgresError(f"The PostgreSQL server of {self.folder} did not stop: {_complaint(done.stdout)}")

    def _is_ours(self, pid: int) -> bool:
        # A zombie has no words any more, and a stranger that got the number says other ones.
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return False
        return words[0].endswith(b"postgres") and os.fsencode(self.folder) in words

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(os.fsencode(self.socket_folder / f".s.PGSQL.{_PORT}")) == 0

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn, connect_timeout=10).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def temporary_cluster(binaries: Path | None = None) -> Iterator[Cluster]:
    """Give a running server with throw-away data, faster than safe, and remove every trace of it afterwards."""
    with tempfile.TemporaryDirectory(prefix="sri-admin-") as scratch:
        cluster = Cluster(Path(scratch) / "data", find_binaries(binaries), options=FAST_AND_UNSAFE)
        try:
            cluster.ensure()
            yield cluster
        finally:
            cluster.remove()


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text().split()[0])
    except (OSError, IndexError, ValueError):
        return None


def _text_of(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _complaint(text: str) -> str:
    lines = text.strip().splitlines() or ["nothing"]
    return next((line for line in lines if "FATAL" in line or "error:" in line), lines[-1])


def _within(seconds: float, attempt: Callable[[], bool], *, pause: float = 0.05) -> bool:
    """Try until it works or the time is over."""
    deadline = time.monotonic() + seconds
    while not attempt():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
