"""What stands around the program on several machines: PostgreSQL with a replica, PgBouncer, nginx, all on loopback.

They are set up from the files in config/ and with the commands docs/operations.md gives, each on a free port and with a
folder of its own; none of them runs as root.
"""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from sri_admin.kernel import postgres_programs
from sri_admin.kernel.postgres_cluster import SHELTER

CONFIG = Path(__file__).parents[2] / "config"
PASSWORD = "made-up-for-tests"
_PATHS = f"{os.environ.get('PATH', '')}:/usr/sbin"
PGBOUNCER, NGINX = shutil.which("pgbouncer", path=_PATHS), shutil.which("nginx", path=_PATHS)
_PATIENCE = 30


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def within(attempt: Callable[[], object], *, seconds: float = _PATIENCE) -> None:
    """Wait until something holds; AssertionError after that."""
    until = time.monotonic() + seconds
    while not attempt():
        assert time.monotonic() < until, attempt
        time.sleep(0.05)


@dataclass
class Ground:
    """A folder only the account of the servers can enter, and the account: none when we are not root ourselves."""

    folder: Path
    programs: Path
    account: pwd.struct_passwd | None = None

    def run(self, *command: str | Path) -> str:
        """Run a program as that account to its end and return what it said."""
        done = postgres_programs.run_as(self.account, [str(each) for each in command], subprocess.PIPE)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def write(self, name: str, content: str) -> Path:
        """Write a file only that account can read."""
        path = self.folder / name
        path.write_text(content)
        path.chmod(0o600)
        self._give(path)
        return path

    def start(self, *command: str | Path) -> subprocess.Popen[bytes]:
        """Start a program as that account; its words go to a file."""
        log = self.folder / f"{Path(command[0]).name}.words"
        uid, gid = (self.account.pw_uid, self.account.pw_gid) if self.account else (None, None)
        with log.open("ab") as words:
            return subprocess.Popen(
                [str(each) for each in command], stdout=words, stderr=words, cwd="/", user=uid, group=gid
            )

    def _give(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)


@contextmanager
def ground() -> Iterator[Ground]:
    """Give a folder for servers, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="sri-growing-") as scratch:
        folder = Path(scratch)
        account = postgres_programs.server_account(folder / "none-yet")
        if account is not None:
            SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
            os.chown(folder, account.pw_uid, account.pw_gid)
        programs = postgres_programs.reachable_programs(postgres_programs.find_binaries(), account, SHELTER)
        yield Ground(folder, programs, account)


@dataclass
class Server:
    """A PostgreSQL server that listens on loopback and asks for passwords, as one of several machines."""

    at: Ground
    name: str
    port: int = field(default_factory=free_port)

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return self.at.folder / self.name

    @property
    def address(self) -> str:
        """The address of its administrator."""
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make it and start it."""
        secret = self.at.write("administrator", PASSWORD)
        access = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={secret}"]
        self.at.run(self.at.programs / "initdb", "-D", self.data, "--no-instructions", "--locale=C.UTF-8", *access)
        self.start()
        self.ask("create role sri_replica replication login password %s", PASSWORD)

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = f"-c port={self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=60"
        log = self.at.folder / f"{self.name}.log"
        self._control("start", "-w", "-l", str(log), "-o", words)

    def kill(self) -> None:
        """End it as a power cut would."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        within(lambda: not self._listens())

    def stop(self) -> None:
        """Stop it if it runs."""
        if (self.data / "postmaster.pid").exists() and self._listens():
            self._control("stop", "-w", "-m", "fast")

    def follow(self, primary: "Server") -> None:
        """Become a streaming replica of another server, which from then on waits for this one at every commit."""
        source = f"host=127.0.0.1 port={primary.port} user=sri_replica password={PASSWORD}"
        slot = ["--create-slot", f"--slot={self.name}"]
        self.at.run(
            self.at.programs / "pg_basebackup", "-d", source, "-D", self.data, "-R", "-X", "stream", "-c", "fast", *slot
        )
        self.start()
        primary.ask("alter system set synchronous_standby_names = 'ANY 1 (*)'")
        primary.ask("select pg_reload_conf()")
        within(lambda: primary.ask("select sync_state from pg_stat_replication") == [("quorum",)])

    def promote(self) -> None:
        """Take over: what was written at the other is whole here up to its last commit."""
        self._control("promote", "-w")

    def ask(self, statement: str, *values: str) -> list[tuple[object, ...]]:
        """Run a statement as the administrator."""
        with psycopg.ClientCursor(psycopg.connect(self.address, autocommit=True)) as cursor, cursor.connection:
            cursor.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def _control(self, verb: str, *more: str) -> None:
        self.at.run(self.at.programs / "pg_ctl", verb, "-s", "-D", self.data, *more)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass
class Pooler:
    """PgBouncer, set up from config/pgbouncer.ini."""

    at: Ground
    database: str
    role: str
    connections: int
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self, server: Server) -> None:
        """Start it in front of a server."""
        (secret,) = server.ask("select rolpassword from pg_authid where rolname = %s", self.role)
        self.at.write("userlist.txt", f'"{self.role}" "{secret[0]}"\n')
        assert PGBOUNCER is not None
        self.process = self.at.start(PGBOUNCER, "-q", self._configure(server))
        within(lambda: _answers(self.port))

    def turn_to(self, server: Server) -> None:
        """Have it speak to another server from now on."""
        self._configure(server)
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def _configure(self, server: Server) -> Path:
        content = (CONFIG / "pgbouncer.ini").read_text()
        for key, value in {
            "sri_hub": f"host=127.0.0.1 port={server.port} dbname={self.database}",
            "listen_port": self.port,
            "auth_file": self.at.folder / "userlist.txt",
            "default_pool_size": self.connections,
            "logfile": self.at.folder / "pgbouncer.log",
            "pidfile": self.at.folder / "pgbouncer.pid",
        }.items():
            content, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", content)
            assert found == 1, key
        return self.at.write("pgbouncer.ini", content)


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a key and a certificate for this machine."""
    key, made = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2", "-nodes"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-keyout", key, "-out", made, *subject]
    subprocess.run(command, check=True, capture_output=True)
    return key, made


@contextmanager
def proxy(at: Ground, listens: int, ports: list[int], keys: tuple[Path, Path]) -> Iterator[None]:
    """Run nginx, set up from config/nginx.conf, in front of processes on several ports."""
    key, made = keys
    content = (CONFIG / "nginx.conf").read_text()
    content = content.replace("server 127.0.0.1:8000;", " ".join(f"server 127.0.0.1:{port};" for port in ports))
    content = content.replace("hub.example;", "localhost;").replace("listen 443", f"listen 127.0.0.1:{listens}")
    content = content.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    content = re.sub(r"(ssl_certificate_key) .*;", rf"\1 {at.write('key.pem', key.read_text())};", content)
    content = re.sub(r"(ssl_certificate) .*;", rf"\1 {at.write('certificate.pem', made.read_text())};", content)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    rooms = "".join(f"{each}_temp_path {at.folder}/nginx_{each};\n" for each in kinds)
    head = f"daemon off;\npid {at.folder}/nginx.pid;\nerror_log stderr warn;\nevents {{}}\n"
    whole = at.write("nginx.conf", f"{head}http {{\naccess_log off;\n{rooms}{content}\n}}\n")
    assert NGINX is not None
    process = at.start(NGINX, "-e", "stderr", "-c", whole)
    try:
        within(lambda: _answers(listens))
        yield
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
