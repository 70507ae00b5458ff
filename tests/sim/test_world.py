"""Virtual time passes, in order, and nobody can hold it up for ever."""

from __future__ import annotations

import pytest

from harness.errors import LocalProtocolError
from harness.sim.world import World


def test_equal_times_fire_in_the_order_of_scheduling() -> None:
    """And what is asked for in the past comes now."""
    world = World()
    told: list[tuple[float, str]] = []
    for name in "abc":
        world.at(5.0, lambda name: told.append((world.now, name)), name)
    world.before_all_at(5.0, lambda name: told.append((world.now, name)), "first")
    world.at(3.0, lambda _: world.at(1.0, lambda name: told.append((world.now, name)), "late"))
    world.run(10.0)
    assert told == [(3.0, "late"), (5.0, "first"), (5.0, "a"), (5.0, "b"), (5.0, "c")]
    assert world.now == 10.0


def test_a_machine_that_spins_in_one_instant_is_an_error() -> None:
    """It says when, instead of hanging the run."""
    world = World()

    def again(_: object) -> None:
        world.at(world.now, again)

    world.at(7.0, again)
    with pytest.raises(LocalProtocolError, match=r"steps in one instant, at 7\.000 s"):
        world.run(10.0)


def test_a_crowd_may_be_busy_in_one_instant() -> None:
    """As when a whole fleet is cut off at once."""
    world = World(crowd=30)
    for _ in range(25_000):
        world.at(7.0, lambda _: None)
    world.run(10.0)
    assert world.steps == 25_000
