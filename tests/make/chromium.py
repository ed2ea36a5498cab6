"""The browser of this machine, and what is said where there is none."""

import shutil
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
NONE_FOUND = "There is no Chromium on this machine, so nothing was tried in a browser."
WAY_TO_IT = "To run them, install Chromium (Debian, Ubuntu: apt-get install chromium fonts-noto-core) or Google Chrome."


def find() -> str | None:
    """Return the path of the browser of this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def say_what_was_not_tried(reporter: Any) -> None:
    """Say loudly which tests did not run for want of a browser, and how to get one."""
    skipped = reporter.stats.get("skipped", [])
    names = sorted({each.nodeid for each in skipped if "browser" in each.keywords and NONE_FOUND in str(each.longrepr)})
    if not names:
        return
    reporter.section("NOT TRIED IN A BROWSER", sep="!", red=True, bold=True)
    reporter.write_line(NONE_FOUND)
    for name in names:
        reporter.write_line(f"  {name}")
    reporter.write_line(WAY_TO_IT)
