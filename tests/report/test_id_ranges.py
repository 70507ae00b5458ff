"""Identifiers of invariants, written short."""

from __future__ import annotations

import pytest

from harness.report.id_ranges import id_ranges

KNOWN = ["T1", "T2", "T2.cash", "T3", "T4", "T4.authentic", "H1", "H2", "H3", "H6.wire", "F1"]


@pytest.mark.parametrize(
    ("chosen", "short"),
    [
        ("", ""),
        ("T1", "T1"),
        ("T1 T3", "T1 T3"),
        ("T2 T2.cash T3", "T2 T3"),
        ("T1 T2 T2.cash T3", "T1-T3"),
        ("T1 T2 T3", "T1 T2 T3"),  # a clause of T2 is missing
        ("T4 T4.authentic H1 H2 H3", "T4 H1-H3"),  # a range is of one letter
        ("T2.cash T4.authentic", "T2.cash T4.authentic"),
        ("H1 H2 H3 H6.wire F1", "H1-H3 H6.wire F1"),
        (" ".join(KNOWN), "T1-T4 H1-H3 H6.wire F1"),
    ],
)
def test_ranges(chosen: str, short: str) -> None:
    """A range never stands for an invariant or a clause that is not in the list."""
    assert id_ranges(chosen.split(), KNOWN) == short
