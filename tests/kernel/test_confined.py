"""A stranger's file is read where it can do no harm, and what stops the reading is told."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sri_admin.kernel import confined
from sri_admin.kernel.confined import Limits, RefusedFileError, TooHeavyError
from tests.kernel import readers


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "theirs"
    path.write_bytes(b"12345")
    return path


def test_a_reader_gets_the_file_and_its_options_and_its_answer_comes_back(file: Path):
    assert confined.read(readers.size, file, unit="bytes") == {"size": 5, "unit": "bytes"}


def test_a_refusal_comes_back_with_its_reason_and_facts(file: Path):
    with pytest.raises(RefusedFileError) as no:
        confined.read(readers.refuse, file)
    assert (no.value.reason, no.value.details) == ("has_macros", {"part": "word/vbaProject.bin"})


def test_a_parser_that_stumbles_means_an_unreadable_file(file: Path):
    with pytest.raises(RefusedFileError) as no:
        confined.read(readers.stumble, file)
    assert no.value.reason == "unreadable"


@pytest.mark.parametrize(
    ("reader", "limits", "what"),
    [
        (readers.eat_memory, Limits(memory_bytes=256 * 1024 * 1024), "memory"),
        (readers.eat_time, Limits(cpu_seconds=1), "work"),
        (readers.sleep, Limits(seconds=1.0), "time"),
        (readers.die, Limits(), "work"),
        (readers.chatter, Limits(answer_bytes=1000), "answer"),
        (readers.dig, Limits(), "depth"),
    ],
)
def test_a_reader_that_needs_too_much_is_stopped(file: Path, reader: Callable[..., Any], limits: Limits, what: str):
    began = time.monotonic()
    with pytest.raises(TooHeavyError) as stopped:
        confined.read(reader, file, limits=limits)
    assert stopped.value.details["what"] == what
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("reader", [readers.call_home, readers.run_program])
def test_a_reader_reaches_no_network_and_no_program(file: Path, reader: Callable[..., Any]):
    with pytest.raises(RefusedFileError) as no:
        confined.read(reader, file)
    assert no.value.details["error"] == "PermissionError"


def test_a_reader_writes_no_file(file: Path):
    target = file.with_name("planted")
    with pytest.raises(RefusedFileError):
        confined.read(readers.write_file, file, where=str(target))
    assert not target.exists()


def test_a_reader_sees_nothing_of_our_environment(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SRI_DATABASE_URL", "secret")
    assert "SRI_DATABASE_URL" not in confined.read(readers.environment, file)
