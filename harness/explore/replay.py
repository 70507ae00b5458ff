"""Bringing a kept failure back, and saying whether it is the same one."""

from __future__ import annotations

from typing import NamedTuple

from harness.explore.case import Case, Recorder
from harness.explore.runner import Runner, Trial
from harness.plan import harness_version


class Replayed(NamedTuple):
    """`again`: it broke the same invariant, of the same role, in the same phase; `same`: its
    entries are the case's byte for byte; `stale` names another version of the harness, '' if the
    case is of this one.
    """

    trial: Trial
    recorder: Recorder
    again: bool
    same: bool
    stale: str


def replay(case: Case) -> Replayed:
    """Run the case in `sim`.

    Raises:
        ConfigError: its plan names something that does not exist here.
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
