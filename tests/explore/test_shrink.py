"""Delta debugging keeps the failure and leaves nothing out that it needs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.explore.shrink import shrink


@given(st.sets(st.integers(0, 39), min_size=1, max_size=4), st.integers(4, 40))
def test_what_is_needed_is_left_and_nothing_else(needed: set[int], size: int) -> None:
    """Where some items together make it fail, exactly those are left, in their order."""
    items = range(max(size, max(needed) + 1))
    found = shrink(list(items), lambda part: needed <= set(part))
    assert found == tuple(sorted(needed))


@given(st.lists(st.booleans(), min_size=1, max_size=30).filter(any))
def test_one_of_several_is_enough(guilty: list[bool]) -> None:
    """Where any one of several will do, one is left."""
    found = shrink(list(enumerate(guilty)), lambda part: any(bad for _, bad in part))
    assert len(found) == 1
    assert found[0][1]


@given(st.sets(st.integers(0, 19), min_size=3, max_size=12))
def test_what_is_left_is_minimal_where_items_replace_each_other(pool: set[int]) -> None:
    """Any two of the pool make it fail: two are left, and neither alone does."""
    found = shrink(list(range(20)), lambda part: len(pool & set(part)) >= 2)
    assert len(found) == 2


def test_what_fails_without_anything_needs_nothing() -> None:
    """A machine that is broken by itself takes no fault."""
    assert shrink(["a", "b", "c"], lambda _: True) == ()


def test_forty_take_few_runs() -> None:
    """One pair in forty is found in far fewer runs than there are pairs."""
    asked = 0

    def fails(part: tuple[int, ...]) -> bool:
        nonlocal asked
        asked += 1
        return {7, 31} <= set(part)

    assert shrink(list(range(40)), fails) == (7, 31)
    assert asked < 120
