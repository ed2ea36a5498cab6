"""A run of all checks that cannot run all of them fails and says what is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"
BARE = ("dirname", "sed")
PROGRAMS = {"Chromium": "chromium", "nginx": "nginx", "PgBouncer": "pgbouncer"}


def run_with(folder: Path, programs: set[str]) -> tuple[int, str, bool]:
    """Run the checks where only some programs are; return the exit code, what was said and whether tests began."""
    bash = shutil.which("bash")
    assert bash is not None
    for name in BARE:
        (folder / name).symlink_to(shutil.which(name) or name)
    began = folder / "began"
    # The script looks into /usr/sbin too; asking there is answered by what lies here.
    text = (
        RUN.read_text().replace(":/usr/sbin", "").replace("/usr/share/fonts/truetype/noto/NotoSansArabic", str(folder))
    )
    (folder / ".ci").mkdir()
    (folder / ".ci" / "run").write_text(text)
    for name in programs:
        (folder / name).touch(mode=0o755)
    (folder / "make").write_text(f"#!{bash}\n: > {began}\n")
    (folder / "make").chmod(0o755)
    command = [bash, str(folder / ".ci" / "run")]
    done = subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr, began.exists()


@pytest.mark.parametrize("missing", PROGRAMS)
def test_without_a_program_its_tests_need_nothing_runs(tmp_path: Path, missing: str) -> None:
    code, said, began = run_with(tmp_path, {*PROGRAMS.values()} - {PROGRAMS[missing]})
    assert (code, began) == (1, False)
    assert f"Missing: {missing}. Without them" in said


def test_with_all_of_them_the_checks_run(tmp_path: Path) -> None:
    assert run_with(tmp_path, {*PROGRAMS.values()}) == (0, "", True)
