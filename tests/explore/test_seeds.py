"""Cases that once failed: each is mended, in the machine or in the check that was wrong, and stays
so. They run before the rest of the search's tests find anything new.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.explore.case import read_case
from harness.explore.replay import replay
from harness.resources import fixture, names

SEEDS = names("seeds", ".json")


def test_there_are_seeds() -> None:
    """Where none is found, none is tried."""
    assert SEEDS


@pytest.mark.parametrize("name", SEEDS)
def test_what_once_failed_holds(name: str) -> None:
    """Its faults still strike, and nothing breaks."""
    case = read_case(Path(fixture("seeds", f"{name}.json")))
    replayed = replay(case)
    assert replayed.trial.acted == case.schedule
    assert replayed.trial.failures == ()
