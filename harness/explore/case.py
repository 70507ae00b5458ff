"""A failure that was found, made as small as it gets, and kept: `case.json`."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import ConfigError, EnvironmentTrouble, LocalProtocolError
from harness.events import Event
from harness.explore.runner import Broken, Runner, Schedule, Trial
from harness.explore.shrink import shrink
from harness.journal import Entry, encode_entry
from harness.old_formats import plan_from_format_1
from harness.plan import RunPlan, harness_version

FORMAT = 2


class Found(msgspec.Struct, frozen=True):
    """A schedule that broke something: the search's seed, the run's number in it, its evening."""

    seed: int
    number: int
    evening: int
    schedule: Schedule
    broken: Broken


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that brings the failure back: `plan`, and over it the shrunk `schedule`. `passing`
    is the schedule of the nearest run that does not break it (None: it needs no fault, or nobody
    has looked), `journal` the SHA-256 of the run's entries as JSON lines, `tries` the runs that
    shrinking took.
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
    """A listener that keeps every entry, and what they would be as JSON lines, hashed."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def see(self, at: float, actor: str, event: Event) -> None:
        self.entries.append(Entry(at, len(self.entries) + 1, actor, event))

    def digest(self) -> str:
        whole = sha256()
        for entry in self.entries:
            whole.update(encode_entry(entry.at, entry.seq, entry.actor, entry.event) + b"\n")
        return whole.hexdigest()


class _Shrinking:
    """Runs of parts of one schedule; each part once."""

    def __init__(self, bench: Runner, found: Found) -> None:
        self._bench = bench
        self._found = found
        self._known: dict[Schedule, bool] = {}

    @property
    def tries(self) -> int:
        return len(self._known)

    def fails(self, schedule: Schedule) -> bool:
        """Does it break the same invariant, of the same role, in the same phase?"""
        if schedule not in self._known:
            self._known[schedule] = self._found.broken in self.run(schedule).broken
        return self._known[schedule]

    def run(self, schedule: Schedule, recorder: Recorder | None = None) -> Trial:
        return self._bench.run(
            schedule,
            evening=self._found.evening,
            listeners=[] if recorder is None else [recorder.see],
            secrets=self._found.broken.invariant == "S3",
        )


def shrunk(bench: Runner, found: Found) -> Case:
    """The case of a failure: from its schedule nothing can be left out any more."""
    shrinking = _Shrinking(bench, found)
    schedule = shrink(found.schedule, shrinking.fails)
    smaller = [schedule[:at] + schedule[at + 1 :] for at in range(len(schedule))]
    passing = next((x for x in smaller if not shrinking.fails(x)), None)
    return _case(shrinking, bench, found, schedule, passing)


def as_found(bench: Runner, found: Found) -> Case:
    """The case of a failure that nobody has made smaller."""
    return _case(_Shrinking(bench, found), bench, found, found.schedule, None)


def _case(
    shrinking: _Shrinking,
    bench: Runner,
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
        plan=bench.plan_for(found.evening, ()),
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
    """As JSON.

    Raises:
        EnvironmentTrouble: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(case)) + b"\n")
    except OSError as trouble:
        raise EnvironmentTrouble(f"cannot write the case {path}: {trouble}") from trouble


def read_case(path: Path) -> Case:
    """A case that `write_case` wrote.

    Raises:
        ConfigError: no such file, or no case of this format.
    """
    try:
        case = _decoded(path.read_bytes())
        wrong = _wrong_with(case)
    except OSError as trouble:
        raise ConfigError(f"cannot be read ({trouble.strerror})", place=str(path)) from trouble
    except (msgspec.DecodeError, UnicodeDecodeError) as trouble:
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
    """What no case has that was written here; '' if nothing."""
    plan = case.plan
    if case.format != FORMAT:
        return f"format {case.format}, this harness reads {FORMAT}"
    if plan.mode != "sim":
        return f"mode {plan.mode}: a case is of a simulation"
    if plan.terminals < 1 or not plan.duration > 0:
        return f"{plan.terminals} terminals for {plan.duration} s"
    try:
        datetime.fromisoformat(plan.scenario.epoch)
    except ValueError:
        return f"epoch {plan.scenario.epoch!r}"
    return ""
