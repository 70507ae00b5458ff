"""Drawn schedules, in two processes whose strings hash otherwise: the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HASHES = """
import sys
from searches import plan
from harness.explore.runner import Runner
from harness.explore.case import Recorder
from harness.explore.evenings import EVENINGS
from harness.explore.random_search import RandomSearch, Search

search = Search(plan(), seed=11, budget=6)
searcher, runner = RandomSearch(search), Runner(search.plan)
for number in range(int(sys.argv[1])):
    recorder = Recorder()
    schedule = searcher.runs.drawn(number)[1]
    trial = runner.run(schedule, evening=number % EVENINGS, listeners=[recorder.see])
    print(len(trial.acted), recorder.digest(), *schedule)
"""


def hashes(hash_seed: str, schedules: int) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", HASHES, str(schedules)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("schedules", [40, pytest.param(200, marks=pytest.mark.long)])
def test_schedules_are_the_same_in_every_process(schedules: int) -> None:
    """Journal by journal; and they are not all alike, nor without effect."""
    one, other = hashes("1", schedules), hashes("2", schedules)
    assert one == other
    assert len(set(one)) == schedules
    assert sum(line[0] != "0" for line in one) > 0.75 * schedules
