"""A failure that was found, made as small as it gets, and kept: `case.json`."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import ConfigError, EnvironmentTrouble, LocalProtocolError
from harness.events import Event
from harness.explore.runner import Broken, Runner, Schedule, Trial
from harness.explore.shrink import shrink
from harness.input_files import CASE, UNREADABLE, read_input
from harness.journal import Entry, encode_entry
from harness.old_formats import plan_from_format_1
from harness.plan import RunPlan, harness_version
from harness.scenario import REAL_CLOCK

FORMAT = 2


class Found(msgspec.Struct, frozen=True):
    """A schedule that broke something, with the seed of the search, the number of the run in it and
    the evening (see `Runner`).
    """

    seed: int
    number: int
    evening: int
    schedule: Schedule
    broken: Broken


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that is needed to bring the failure back: the `plan`, and the shrunk `schedule` of
    faults besides. `passing` is the schedule of the nearest run that does not break (None if the
    failure needs no fault, or if it was not shrunk), `journal` the SHA-256 of the run's entries as
    JSON lines, `tries` the number of runs that shrinking took. The names of the fields are the keys
    of the file.
    """

    format: int
    version: str
    plan: RunPlan
    schedule: Schedule
    passing: Schedule | None
    broken: Broken
    at: float
    actor: str
    what: str
    customer: int
    journal: str
    tries: int
    found: Found


class Recorder:
    """A listener of the journal that keeps every entry."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def see(self, at: float, actor: str, event: Event) -> None:
        self.entries.append(Entry(at, len(self.entries) + 1, actor, event))

    def digest(self) -> str:
        """The SHA-256 of the entries as JSON lines, in hexadecimal."""
        whole = sha256()
        for entry in self.entries:
            whole.update(encode_entry(entry.at, entry.seq, entry.actor, entry.event) + b"\n")
        return whole.hexdigest()


class _Shrinking:
    """Runs parts of one schedule, each part once."""

    def __init__(self, runner: Runner, found: Found) -> None:
        self._runner = runner
        self._found = found
        self._known: dict[Schedule, bool] = {}

    @property
    def tries(self) -> int:
        return len(self._known)

    def fails(self, schedule: Schedule) -> bool:
        """Does the run with this schedule break the same invariant, of the same role and phase?"""
        if schedule not in self._known:
            self._known[schedule] = self._found.broken in self.run(schedule).broken
        return self._known[schedule]

    def run(self, schedule: Schedule, recorder: Recorder | None = None) -> Trial:
        return self._runner.run(
            schedule,
            evening=self._found.evening,
            listeners=[] if recorder is None else [recorder.see],
            secrets=self._found.broken.invariant == "S3",
        )


def shrunk(runner: Runner, found: Found) -> Case:
    """The case of a failure, with the smallest schedule that still breaks."""
    shrinking = _Shrinking(runner, found)
    schedule = shrink(found.schedule, shrinking.fails)
    smaller = [schedule[:at] + schedule[at + 1 :] for at in range(len(schedule))]
    passing = next((x for x in smaller if not shrinking.fails(x)), None)
    return _case(shrinking, runner, found, schedule, passing)


def as_found(runner: Runner, found: Found) -> Case:
    """The case of a failure with the schedule as it was found."""
    return _case(_Shrinking(runner, found), runner, found, found.schedule, None)


def _case(
    shrinking: _Shrinking,
    runner: Runner,
    found: Found,
    schedule: Schedule,
    passing: Schedule | None,
) -> Case:
    recorder = Recorder()
    trial = shrinking.run(schedule, recorder)
    if found.broken not in trial.broken:
        raise LocalProtocolError(
            f"run {found.number}, evening {found.evening}, broke {found.broken.invariant} once and "
            "does not again: a machine draws from something else than its seed, or keeps something "
            "between runs; "
            f"{list(found.schedule)}"
        )
    failure = trial.failures[trial.broken.index(found.broken)]
    return Case(
        format=FORMAT,
        version=harness_version(),
        plan=runner.plan_for(found.evening, ()),
        schedule=schedule,
        passing=passing,
        broken=found.broken,
        at=failure.at,
        actor=failure.actor,
        what=failure.what,
        customer=failure.customer,
        journal=recorder.digest(),
        tries=shrinking.tries,
        found=found,
    )


def write_case(case: Case, path: Path) -> None:
    """Write a case as JSON.

    Raises:
        EnvironmentTrouble: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(case)) + b"\n")
    except OSError as trouble:
        raise EnvironmentTrouble(f"cannot write the case {path}: {trouble}") from trouble


def read_case(path: Path) -> Case:
    """Read a case that `write_case` has written.

    Raises:
        ConfigError: there is no such file, or it holds no case of this format.
    """
    data = read_input(path, CASE)
    try:
        case = _decoded(data)
        wrong = _wrong_with(case)
    except ConfigError as mistake:
        wrong = f"{mistake.place}: {mistake.problem}"
    except UNREADABLE as trouble:
        wrong = str(trouble)
    if wrong:
        raise ConfigError(
            f"is no case ({wrong})",
            place=str(path),
            remedy="give a case.json that 'harness explore' wrote",
        )
    return case


def _decoded(text: bytes) -> Case:
    """A case of this format, or of the one before."""
    raw = msgspec.json.decode(text, type=dict[str, Any])
    if raw.get("format") == FORMAT - 1:
        raw = {**raw, "format": FORMAT, "plan": plan_from_format_1(raw.get("plan"))}
    return msgspec.convert(raw, Case)


def _wrong_with(case: Case) -> str:
    """Why this cannot be a case that this harness has written; '' if it can."""
    plan = case.plan
    if case.format != FORMAT:
        return f"format {case.format}, this harness reads {FORMAT}"
    if plan.mode != "sim":
        return f"mode {plan.mode}: a case is of a simulation"
    if not plan.duration > 0:
        return f"duration {plan.duration} s"
    if plan.scenario.epoch == REAL_CLOCK:
        return "a simulation begins at an epoch"
    return ""
