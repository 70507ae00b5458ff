"""Runs a kept failure again, and says whether it is the same one."""

from __future__ import annotations

from typing import NamedTuple

from harness.explore.case import Case, Recorder
from harness.explore.runner import Runner, Trial
from harness.plan import harness_version


class Replayed(NamedTuple):
    """The result of a replay. `again` is whether the same invariant broke, of the same role and in
    the same phase; `same` whether the entries are those of the case, byte for byte. `stale` is the
    version of the harness that wrote the case, or '' if it is this one.
    """

    trial: Trial
    recorder: Recorder
    again: bool
    same: bool
    stale: str


def replay(case: Case) -> Replayed:
    """Run the case in simulation.

    Raises:
        ConfigError: the plan names something that does not exist here.
    """
    recorder = Recorder()
    trial = Runner(case.plan).run(
        case.schedule,
        listeners=[recorder.see],
        secrets=case.broken.invariant == "S3",
    )
    return Replayed(
        trial,
        recorder,
        again=case.broken in trial.broken,
        same=recorder.digest() == case.journal,
        stale="" if case.version == harness_version() else case.version,
    )
