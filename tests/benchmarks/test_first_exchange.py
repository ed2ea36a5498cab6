"""The first exchange of a large country, measured whole and held against what was promised."""

import pytest

from tests.benchmarks import sync

CHANGES, SLOWER, BYTES, GROWTH_MB = 50_000, 4, 110, 64


@pytest.mark.chaos
def test_f56_fifty_thousand_changes_go_over_at_first_within_the_bounds() -> None:
    told = sync.measure(CHANGES, durable=False)
    assert min(told["push_of_verified"], told["pull_of_verified"]) > 1 / SLOWER, told
    assert told["gzip_bytes_per_change"] <= BYTES, told
    assert told["rss_growth_mb"] <= GROWTH_MB, told
