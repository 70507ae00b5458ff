"""The set of transaction numbers that are kept for a whole run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.checks.number_set import NumberSet
from harness.wire.identity import number_of

NUMBERS = st.one_of(
    st.integers(0, 50), st.integers(0, 2**70), st.sampled_from(["", "12A", "1121201000 00001"])
)


@given(st.lists(NUMBERS))
def test_it_holds_what_was_added_and_nothing_else(numbers: list[int | str]) -> None:
    """As a set does, and `add` tells whether the number was there."""
    mine, other = NumberSet(), set[int | str]()
    for number in numbers:
        assert mine.add(number) is (number in other)
        other.add(number)
        assert number in mine
    assert all((number in mine) is (number in other) for number in range(51))


def test_names_that_are_not_decimal_are_told_apart() -> None:
    """However alike they begin."""
    numbers = NumberSet()
    numbers.add(number_of("00001A", "1121201000"))
    assert number_of("00001A", "1121201000") in numbers
    assert number_of("00001B", "1121201000") not in numbers
