"""A plan is run and reported: the run, the journal that a failure leaves behind, the report.

A live run always writes a journal. A simulated one costs nothing to repeat, so it is run
without, and run again with the journal on when it did not pass.
"""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from harness.cli.conclusion import conclude
from harness.cli.files import Files
from harness.cli.held import until_the_end
from harness.control.plane import ControlFactory
from harness.errors import EnvironmentTrouble
from harness.file_names import file_name
from harness.journal import JournalReader
from harness.journal.cut import whole_enough
from harness.outcome import Outcome, Watcher
from harness.plan import RunPlan
from harness.report.console import print_heading, print_verdict
from harness.report.detection import detection_lines, incidents_of
from harness.report.judging import reports_scanned
from harness.report.progress import ProgressView
from harness.report.time_strip import TimeStrip, strip_of

RUNS = Path("runs")
_PROBE = 1 << 16  # bytes: more than any case has


class LiveOptions(NamedTuple):
    """Where the terminals of a live run keep their store (None: in a directory that is deleted with
    the run), whether it must survive power loss too, and not only SIGKILL, and what makes their
    control plane (None: they have none). `monitor`: a monitor watches them.
    """

    state_dir: Path | None = None
    fsync: bool = False
    control: ControlFactory | None = None
    monitor: bool = False


def run_and_report(
    plan: RunPlan,
    files: Files,
    console: Console,
    *,
    quiet: bool = False,
    table: bool = False,
    story: int = 60,
    options: LiveOptions = LiveOptions(),  # noqa: B008  # immutable
) -> Outcome:
    """Run the plan, report it, and then write the files. `table` shows each invariant in a row,
    `story` is how many lines of a failure's ladder are shown.

    Raises:
        ConfigError, EnvironmentTrouble: as the run itself finds them.
    """
    if not quiet:
        print_heading(console, plan)
    outcome, strip = _run(plan, files.journal, console, options, quiet=quiet)
    if plan.mode == "sim" and _to_tell_again(outcome):
        if not quiet:
            console.print("  once more with the journal on ...", style="dim")
        try:
            outcome, strip = _run(plan, _fresh(plan), console, options, quiet=True)
        except EnvironmentTrouble as trouble:  # the first run has its verdict all the same
            outcome = outcome._replace(troubles=(*outcome.troubles, str(trouble)))
    outcome = outcome._replace(verdict=reports_scanned(outcome.verdict, outcome.header))
    try:
        print_verdict(
            console,
            outcome.verdict,
            outcome.header,
            journal=whole_enough(outcome.journal),
            strip=strip,
            table=table,
            quiet=quiet,
            story=story,
            interrupted=outcome.interrupted,
        )
        if options.monitor and whole_enough(outcome.journal) and not quiet:
            assert outcome.journal is not None
            reader = JournalReader(outcome.journal)
            found = incidents_of(reader, reader.header.link.dialect_name)
            for line in detection_lines(found):
                console.print(line, highlight=False, soft_wrap=True)
    finally:  # also where nobody reads the report to its end
        unwritten = files.write(outcome.verdict, outcome.header)
    return outcome._replace(troubles=(*outcome.troubles, *unwritten))


def _to_tell_again(outcome: Outcome) -> bool:
    return bool(outcome.verdict.exit_code) and outcome.journal is None and not outcome.interrupted


def concluded(outcome: Outcome) -> int:
    """Tell what troubles there were; the exit code."""
    return conclude(outcome.verdict, outcome.troubles, interrupted=outcome.interrupted)


def _run(
    plan: RunPlan, journal: Path | None, console: Console, options: LiveOptions, *, quiet: bool
) -> tuple[Outcome, TimeStrip]:
    if plan.mode == "live" and journal is None:
        journal = _fresh(plan)
    with ProgressView(console, plan.scenario.epoch, quiet=quiet) as watcher:
        return _engine(plan, journal, watcher, options)


def _engine(
    plan: RunPlan, journal: Path | None, watcher: Watcher, options: LiveOptions
) -> tuple[Outcome, TimeStrip]:
    """The run and its strip of time. A live run is not delayed by the strip: that is read from the
    finished journal.
    """
    if plan.mode == "live":
        from harness.live.run import run_live

        outcome = run_live(
            plan,
            journal=journal,
            progress=watcher,
            state_dir=options.state_dir,
            fsync=options.fsync,
            control=options.control,
        )
        kept = whole_enough(outcome.journal)
        if kept is None:
            empty = TimeStrip(plan.link.dialect_name, plan.scenario.contract.host_response)
            return outcome._replace(journal=None), empty
        return outcome, strip_of(kept)
    from harness.sim.run import simulate_plan

    strip = TimeStrip(plan.link.dialect_name, plan.scenario.contract.host_response)
    outcome = simulate_plan(plan, journal=journal, progress=watcher, listeners=[strip.see])
    return outcome, strip


def _fresh(plan: RunPlan) -> Path:
    """A name under runs/ that is not taken."""
    return fresh_name(RUNS, f"{plan.scenario.name}-{plan.mode}-seed{plan.seed}")


def check_writable(where: Path) -> None:
    """Can something be kept in that directory? It is made if it is not there.

    Raises:
        EnvironmentTrouble: it cannot be made, written to, or is full.
    """
    probe = fresh_name(where, "probe", ".tmp")
    try:
        try:
            probe.write_bytes(bytes(_PROBE))
        finally:
            probe.unlink(missing_ok=True)
    except OSError as trouble:
        raise EnvironmentTrouble(f"cannot write in {where.absolute()}: {trouble}") from trouble


def fresh_name(where: Path, stem: str, suffix: str = ".jsonl") -> Path:
    """`stem`.jsonl in that directory, or the first of `stem`-2.jsonl ... that is not taken. It is
    taken now, by an empty file, so that no other process has the same; a command that leaves it
    empty leaves none. A link is taken, wherever it leads. What cannot stand in the name of a file
    is left out of the stem.

    Raises:
        EnvironmentTrouble: the directory cannot be made, or nothing can be made in it.
    """
    try:
        where.mkdir(exist_ok=True)
    except OSError as trouble:  # FileExistsError too: a file is where the directory should be
        raise EnvironmentTrouble(f"cannot make {where.absolute()}: {trouble}") from trouble
    number, stem = 1, file_name(stem)
    while True:
        path = where / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
        except OSError as trouble:
            raise EnvironmentTrouble(f"cannot make {path.absolute()}: {trouble}") from trouble
        else:
            until_the_end(partial(_remove_empty, path))
            return path


def _remove_empty(path: Path) -> None:
    with contextlib.suppress(OSError):
        if not path.stat().st_size:
            path.unlink()
