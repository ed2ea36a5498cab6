"""Where no browser is, the run says so in words nobody overlooks."""

from types import SimpleNamespace

import pytest

from tests import conftest
from tests.make import chromium


def test_the_process_that_prints_the_summary_knows_how_to_say_it(request: pytest.FixtureRequest) -> None:
    # With several processes it is one that collects nothing and so reads no conftest of a folder below.
    speakers = request.config.hook.pytest_terminal_summary.get_hookimpls()
    assert conftest.__file__ in [getattr(each.plugin, "__file__", None) for each in speakers]


def test_every_test_that_was_not_tried_is_named_with_the_way_to_a_browser() -> None:
    said: list[str] = []
    tried = SimpleNamespace(nodeid="a", keywords={"browser": 1}, longrepr="another reason")
    untried = SimpleNamespace(nodeid="b", keywords={"browser": 1}, longrepr=("f", 1, f"Skipped: {chromium.NONE_FOUND}"))
    reporter = SimpleNamespace(
        stats={"skipped": [tried, untried]}, section=lambda title, **_: said.append(title), write_line=said.append
    )
    chromium.say_what_was_not_tried(reporter)
    assert said == ["NOT TRIED IN A BROWSER", chromium.NONE_FOUND, "  b", chromium.WAY_TO_IT]
