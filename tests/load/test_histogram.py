"""The latency histogram against sorted lists."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.histogram import RELATIVE_ERROR, UNIT, Histogram

DURATIONS = st.floats(min_value=0.0, max_value=100_000.0, allow_nan=False)
SHARES = st.sampled_from((0.0, 0.1, 0.5, 0.95, 0.99, 0.999, 1.0)) | st.floats(0.0, 1.0)


def filled(durations: list[float]) -> Histogram:
    histogram = Histogram()
    for seconds in durations:
        histogram.add(seconds)
    return histogram


@given(st.lists(DURATIONS, min_size=1), SHARES)
def test_a_quantile_is_as_exact_as_promised(durations: list[float], share: float) -> None:
    """Never below the true one, above it by at most the relative error or one unit."""
    true = sorted(durations)[max(1, ceil(share * len(durations))) - 1]
    found = filled(durations).quantile(share)
    assert true * (1 - 1e-12) <= found
    assert found <= true * (1 + RELATIVE_ERROR) + UNIT * (1 + RELATIVE_ERROR)


@given(st.lists(DURATIONS), st.lists(DURATIONS), SHARES)
def test_merging_loses_nothing(some: list[float], more: list[float], share: float) -> None:
    """Two histograms merged answer as one that saw it all."""
    merged = filled(some)
    merged.merge(filled(more))
    whole = filled(some + more)
    assert merged.count == len(some) + len(more)
    assert merged.quantile(share) == whole.quantile(share)
    assert merged.largest == whole.largest


@given(st.lists(DURATIONS, min_size=1))
def test_the_longest_is_exact(durations: list[float]) -> None:
    """The last quantile is the longest duration itself, not the edge of its step."""
    assert filled(durations).quantile(1.0) == max(durations)


def test_memory_is_bounded() -> None:
    """A hundred thousand durations over twelve powers of ten take no more steps than promised."""
    histogram = filled([10.0 ** (-6 + 12 * n / 100_000) for n in range(100_000)])
    assert histogram.count == 100_000
    assert len(histogram._steps) <= 4_608


def test_a_month_is_counted_like_an_hour() -> None:
    """What is longer than the last step falls into it, and the longest is still known."""
    histogram = filled([1e9])
    assert (histogram.count, histogram.largest) == (1, 1e9)
    assert histogram.quantile(0.5) > 4e6


def test_nothing_seen_is_nothing() -> None:
    """An empty histogram answers 0 and does not fail."""
    assert Histogram().quantile(0.99) == 0.0


@pytest.mark.parametrize("wrong", [-0.001, float("nan")])
def test_what_is_no_duration_is_refused(wrong: float) -> None:
    """Time that runs backwards is a mistake of the caller, never a small latency."""
    with pytest.raises(ValueError, match="not a duration"):
        Histogram().add(wrong)
