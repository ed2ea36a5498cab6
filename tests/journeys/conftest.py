"""A real browser: the system's Chromium, asked for as `browser`; without one the tests say so and are skipped."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NONE_FOUND = "There is no Chromium on this machine, so nothing was tried in a browser."
WAY_TO_IT = "To run them, install Chromium (Debian, Ubuntu: apt-get install chromium fonts-noto-core) or Google Chrome."


def chromium() -> str | None:
    """Return the path of the browser of this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


# For the folder, not the whole run: Playwright's event loop must not be there for the tests that come after.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser of this machine."""
    path = chromium()
    if path is None:
        pytest.skip(NONE_FOUND)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly which tests did not run for want of a browser, and how to get one."""
    skipped = terminalreporter.stats.get("skipped", [])
    names = sorted({each.nodeid for each in skipped if "browser" in each.keywords and NONE_FOUND in str(each.longrepr)})
    if not names:
        return
    terminalreporter.section("NOT TRIED IN A BROWSER", sep="!", red=True, bold=True)
    terminalreporter.write_line(NONE_FOUND)
    for name in names:
        terminalreporter.write_line(f"  {name}")
    terminalreporter.write_line(WAY_TO_IT)
