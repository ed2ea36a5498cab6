"""Over every kind of bad line two real processes end with the same, nothing lost and nothing doubled."""

import time
from collections.abc import Iterator

import pytest

from tests.federation.processes import Running, running
from tests.federation.proxy import MODES
from tests.federation.world import World

STRIKES, SEED = 4, 20261124
_PATIENCE = 60


@pytest.fixture(scope="module")
def processes(made_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The hub and one node of the world, which stay for all kinds of bad line."""
    made_world.reset()
    for site in made_world.sites:
        site.stop()
    with running(made_world, tmp_path_factory.mktemp("line")) as made:
        yield made


def suffer(processes: Running, kind: str, *, seed: int) -> None:
    """Spoil the line in one way until that happened a few times, then mend it and compare."""
    processes.start()
    processes.line.turn(MODES[kind], seed=seed)
    until = time.monotonic() + _PATIENCE
    while processes.line.struck < STRIKES:
        assert all(each.is_running for each in processes.all), [each.log for each in processes.all]
        assert time.monotonic() < until, processes.nodes[0].log
        time.sleep(0.01)
    processes.drain()
    assert processes.compare() > STRIKES


@pytest.mark.parametrize("kind", MODES)
def test_a_bad_line_loses_nothing_and_doubles_nothing(processes: Running, kind: str) -> None:
    suffer(processes, kind, seed=SEED)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize("kind", MODES)
def test_a_bad_line_of_any_seed_loses_nothing_and_doubles_nothing(processes: Running, kind: str, seed: int) -> None:
    suffer(processes, kind, seed=seed)
