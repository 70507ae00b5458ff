"""Runs a kept failure again, and says whether it is the same one."""

from __future__ import annotations

from typing import NamedTuple

from harness.checks.base import Failure
from harness.errors import quoted
from harness.explore.case import Case, Recorder
from harness.explore.runner import Runner, Schedule, Trial
from harness.plan import harness_version


class Replayed(NamedTuple):
    """The result of a replay. `again` is whether the same invariant broke, of the same role and in
    the same phase; `same` whether the entries are those of the case, byte for byte. `differs` is
    what the case says of the failure and the run does not bear out, in words. `stale` is the
    version of the harness that wrote the case, or '' if it is this one.
    """

    trial: Trial
    recorder: Recorder
    again: bool
    same: bool
    differs: tuple[str, ...]
    stale: str

    @property
    def altered(self) -> bool:
        """Is the run the one that the case was made of, and does the case say otherwise? Then
        somebody has changed the case.
        """
        return self.same and bool(self.differs)


def replay(case: Case) -> Replayed:
    """Run the case in simulation.

    Raises:
        ConfigError: the plan names something that does not exist here.
    """
    recorder = Recorder()
    runner = Runner(case.plan)
    secrets = case.broken.invariant == "S3"
    trial = runner.run(case.schedule, listeners=[recorder.see], secrets=secrets)
    again = case.broken in trial.broken
    differs: list[str] = []
    if again:
        differs = _differences(case, trial.failures[trial.broken.index(case.broken)])
        differs += _contradictions(case)
        if case.passing is not None:
            passing = runner.run(case.passing, secrets=secrets)
            if case.broken in passing.broken:
                differs.append("passing: the case says that it holds, in the run it breaks too")
    return Replayed(
        trial,
        recorder,
        again=again,
        same=recorder.digest() == case.journal,
        differs=tuple(differs),
        stale="" if case.version == harness_version() else case.version,
    )


def _differences(case: Case, failure: Failure) -> list[str]:
    """What the case says of its failure, where the failure is otherwise."""
    return [
        f"{name}: the case says {quoted(said)}, in the run it is {quoted(found)}"
        for name, said, found in (
            ("at", case.at, failure.at),
            ("actor", case.actor, failure.actor),
            ("what", case.what, failure.what),
            ("customer", case.customer, failure.customer),
        )
        if said != found
    ]


def _contradictions(case: Case) -> list[str]:
    """What the case says that cannot be, whatever its run does."""
    found: list[str] = []
    if case.broken != case.found.broken:
        found.append("found: the case says that the search found another failure")
    if not _is_part(case.schedule, case.found.schedule):
        found.append("schedule: it has a fault that the run of the search did not have")
    if case.passing is not None and not _is_part(case.passing, case.schedule):
        found.append("passing: it has a fault that the schedule does not have")
    return found


def _is_part(part: Schedule, whole: Schedule) -> bool:
    """Are these some of those faults, in their order?"""
    rest = iter(whole)
    return all(fault in rest for fault in part)
