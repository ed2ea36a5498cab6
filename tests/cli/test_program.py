"""The program as an operator calls it: on real processes, with a real database."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from sri_admin.kernel import postgres
from sri_admin.kernel.settings import documented, load

PROGRAM = Path(sys.executable).with_name("sri-admin")
CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def config(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a hub on a new database, migrated by the program itself."""
    roles = postgres.create_database(cluster, "cli_hub")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = tmp_path_factory.mktemp("cli") / "hub.toml"
    urls = {"url": roles.app, "owner_url": roles.owner, "backup_url": roles.backup}
    lines = [f"{key} = {json.dumps(cluster.url('cli_hub', role))}" for key, role in urls.items()]
    web = f'[web]\nport = {port}\nworkers = 2\npublic_url = "http://localhost:{port}"\n'
    path.write_text('[installation]\nhome = "home"\n' + web + "[database]\n" + "\n".join(lines) + "\n")
    done = sri_admin(path, "db", "upgrade")
    assert done.returncode == 0, done.stderr
    return path


def sri_admin(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, "--config", path, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})


@contextmanager
def running(path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([PROGRAM, "--config", path, *arguments], stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def is_ready(path: Path) -> bool:
    address = f"http://127.0.0.1:{load(path).web.port}/readyz"
    for _ in range(400):
        try:
            return requests.get(address, timeout=5).json()["status"] == "ready"
        except requests.ConnectionError:
            time.sleep(0.2)
    return False


def answered(path: Path) -> int:
    """How often all processes together said that they live."""
    told = requests.get(f"http://127.0.0.1:{load(path).web.port}/metrics", timeout=5).text
    lines = [line for line in told.splitlines() if line.startswith('sri_requests_total{endpoint="health.api.alive"')]
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_works_and_ends_cleanly(config: Path, number: signal.Signals) -> None:
    with running(config, "serve") as process:
        assert is_ready(config)
        process.send_signal(number)
        said = process.communicate(timeout=90)[1]
    assert process.returncode == 0, said
    assert [json.loads(line)["event"] for line in said.splitlines()][-2:] == ["worker_stopped", "stopped"]


def test_web_and_worker_run_apart_and_end_cleanly(config: Path) -> None:
    with running(config, "web") as web, running(config, "worker") as worker:
        assert is_ready(config)
        assert worker.stderr is not None
        assert "working" in worker.stderr.readline()
        for process in (web, worker):
            process.send_signal(signal.SIGTERM)
        ends = [process.communicate(timeout=90) for process in (web, worker)]
    assert (web.returncode, worker.returncode) == (0, 0), ends


def test_the_numbers_of_all_processes_are_added_up_and_outlive_a_killed_one(config: Path) -> None:
    with running(config, "web") as web, running(config, "worker"):
        assert is_ready(config)
        before = answered(config)
        for _each in range(20):
            requests.get(f"http://127.0.0.1:{load(config).web.port}/healthz", timeout=5)
        pages = Path(f"/proc/{web.pid}/task/{web.pid}/children").read_text().split()
        os.kill(int(pages[0]), signal.SIGKILL)
        assert len(pages) > 1
        assert is_ready(config)
        assert answered(config) == before + 20


def test_commands_of_the_parts_run_inside_the_installation(config: Path) -> None:
    director = ("--role", "sri_director", "--name", "Director", "--sign-in", "director@example.org")
    invited = sri_admin(config, "people", "invite", *director, "--json")
    assert invited.returncode == 0, invited.stderr
    assert json.loads(invited.stdout)["member"] == "SRI"
    verified = sri_admin(config, "audit", "verify", "--json")
    assert json.loads(verified.stdout)["whole"]


def test_a_refusal_is_one_plain_sentence_without_marks_or_traceback(config: Path) -> None:
    done = sri_admin(config, "node", "code", "--member", "ZZ")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no country with the code ZZ.\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[web]\nprot = 1\n", "The setting “web.prot” is not right: Unknown field.\n"),
        (
            '[backup]\nfolder = "x"\nevery_hours = 24\n',
            "Backups are to be made by themselves, so the setting “backup.passphrase_file” is needed.\n",
        ),
        ('[database]\nurl = "postgresql+psycopg://x@127.0.0.1:1/x"\n', "The database cannot be reached:"),
    ],
)
def test_a_configuration_that_cannot_work_is_named_in_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "hub.toml"
    path.write_text(content)
    done = sri_admin(path, "audit", "verify")
    assert done.returncode == 2
    assert done.stderr.startswith(sentence), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_needs_no_configuration(tmp_path: Path) -> None:
    assert "enrol" in sri_admin(tmp_path / "none.toml", "node", "--help").stdout


@pytest.mark.parametrize("role", ["hub", "node"])
def test_the_configuration_files_are_sound_and_name_every_key(role: str) -> None:
    path = CONFIG / f"{role}.toml"
    assert load(path).installation.role == role
    named = path.read_text()
    skipped = {"hub", "sync"} if role == "hub" else set()
    keys = [key for section, names in documented().items() if section not in skipped for key in names]
    assert [key for key in keys if f"{key} = " not in named] == []
