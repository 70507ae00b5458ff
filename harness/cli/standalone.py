"""What `harness host` and `harness terminals` have in common: from their flags to their verdict."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, NamedTuple

import typer
from rich.console import Console
from rich.text import Text

from harness.cli.conclusion import conclude
from harness.cli.files import Files, prepare
from harness.cli.option_groups import LinkFlags, ReportFlags, StandaloneFlags
from harness.cli.run import speed_of
from harness.cli.run_and_report import RUNS, fresh_name
from harness.errors import EnvironmentTrouble
from harness.events import Event, FrameSeen
from harness.faults.grammar import parse_fault
from harness.gc_tuning import collect_rarely
from harness.journal import Listener
from harness.journal.cut import whole_enough
from harness.live.loop import Signals, run_with_signals
from harness.live.standalone import Standalone
from harness.live.standalone_host import StandaloneHost
from harness.live.standalone_terminals import StandaloneTerminals
from harness.load.meter import Meter
from harness.outcome import Progress
from harness.plan import STANDALONE_LINK, RunPlan, standalone_plan
from harness.report.console import print_verdict
from harness.report.frames import frame_line
from harness.report.judging import reports_scanned
from harness.report.progress import ProgressView
from harness.report.refusals import RefusalLines
from harness.report.setup_hints import SetupHints
from harness.report.time_strip import TimeStrip
from harness.units import format_duration, parse_duration, parse_epoch, parse_window
from harness.wire.dialects import load_dialect

Mode = Literal["host", "terminals"]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show every frame.")]


def plan_from(
    mode: Mode,
    link: LinkFlags,
    options: StandaloneFlags,
    faults: Sequence[str] | None,
    *,
    profile: str,
    terminals: int = 1,
    gap: float = 0.0,
    host_outages: Sequence[str] = (),
) -> RunPlan:
    """The plan of a command's flags; `gap` in seconds and `host_outages` are the terminals' alone.

    Raises:
        ConfigError: a flag says what cannot be.
    """
    speed_of(options.speed, live=True)
    for text in faults or ():
        parse_fault(text)
    return standalone_plan(
        mode,
        seed=options.seed,
        terminals=terminals,
        duration=_seconds(options.duration, "--for"),
        faults=tuple(faults or ()),
        profile=profile,
        link=link.over(STANDALONE_LINK),
        cards=str(options.cards or ""),
        host_response=_seconds(options.host_response, "--host-response"),
        settle=_seconds(options.settle, "--settle"),
        slack=_seconds(options.slack, "--slack"),
        gap=gap,
        host_outages=tuple(
            parse_window(text, place=f"--host-outage {text}") for text in host_outages
        ),
        speed=options.speed,
        epoch=parse_epoch(options.epoch, "--epoch") if options.epoch else "",
        command=shlex.join(["harness", *sys.argv[1:]]),
    )


def _seconds(text: str, flag: str) -> float:
    return parse_duration(text, place=f"{flag} {text}")


def files_of(mode: Mode, link: LinkFlags, reports: ReportFlags, options: StandaloneFlags) -> Files:
    """The files to write. There is always a journal, as it is this end's part of the evidence: one
    that was asked for, one in the state directory, or a new one under runs/.
    """
    files = Files(reports.journal, reports.junit, reports.json)
    prepare(files, cards=options.cards, **link.files())
    if files.journal is None and options.state_dir is None:
        files = files._replace(journal=fresh_name(RUNS, mode))
    return files


class Watch(NamedTuple):
    """What reads the journal while it grows: the strip of time, hints about wrong settings, and
    whatever else is in `listeners` with those two.
    """

    strip: TimeStrip
    hints: SetupHints
    listeners: list[Listener]


def watch_of(plan: RunPlan, *, verbose: bool) -> Watch:
    """The listeners for the run of that plan; with `verbose` every frame is shown."""
    dialect = load_dialect(plan.link.dialect_name)
    strip = TimeStrip(plan.link.dialect_name, plan.scenario.contract.host_response)
    hints = SetupHints(plan.mode, dialect, _hint)
    listeners: list[Listener] = [strip.see, hints.see, RefusalLines(_hint, every=verbose).see]
    if verbose:

        def show_frame(at: float, actor: str, event: Event) -> None:
            if isinstance(event, FrameSeen) and event.end == "terminal":
                print(frame_line(at, actor, event, dialect), file=sys.stderr, flush=True)

        listeners.append(show_frame)
    return Watch(strip, hints, listeners)


def _hint(text: str) -> None:
    print(f"harness: {text}", file=sys.stderr, flush=True)


def run_until_stopped(
    standalone: Standalone,
    files: Files,
    watch: Watch,
    *,
    quiet: bool,
    table: bool,
    verbose: bool = False,
    meter: Meter | None = None,
) -> None:
    """Run it until --for or Ctrl-C, report its verdict, write the files and exit. It was made with
    the listeners of `watch`. Its progress is shown where no frames are. What the `meter` has
    measured goes into the JSON report.
    """
    console = files.screen()
    shows = not quiet and not verbose
    cut_short = serve_until_stopped(standalone, console, watch.hints, quiet=quiet, progress=shows)
    verdict = reports_scanned(standalone.verdict, standalone.header)
    if meter is not None:
        meter.finish()
    figures = None if meter is None else meter.figures(0.0, lambda _until: 0)
    try:
        print_verdict(
            console,
            verdict,
            standalone.header,
            journal=whole_enough(standalone.path),
            strip=watch.strip,
            table=table,
            quiet=quiet,
            interrupted=cut_short,
        )
    finally:  # also where nobody reads the report to its end
        unwritten = files.write(verdict, standalone.header, figures)
    troubles = (standalone.trouble, *unwritten) if standalone.trouble else unwritten
    raise typer.Exit(conclude(verdict, troubles, interrupted=cut_short))


def serve_until_stopped(
    standalone: Standalone, console: Console, hints: SetupHints, *, quiet: bool, progress: bool
) -> bool:
    """Run it until --for or Ctrl-C; True if a second Ctrl-C cut its end short. A third one raises
    KeyboardInterrupt. Where the machine that we run on ended it, `standalone.trouble` says so.
    """
    try:
        with collect_rarely():
            return run_with_signals(
                lambda signals: _serve(
                    standalone, console, hints, signals, quiet=quiet, progress=progress
                )
            )
    except EnvironmentTrouble:
        if not (standalone.trouble and standalone.met_anybody):
            raise  # it never began
        return False


async def _serve(
    standalone: Standalone,
    console: Console,
    hints: SetupHints,
    signals: Signals,
    *,
    quiet: bool,
    progress: bool,
) -> bool:
    """Until --for or a signal; True if a second signal cut the settling short. A third one cancels
    it.
    """
    stop, stop_waiting = asyncio.Event(), asyncio.Event()
    with signals.take(stop.set, stop_waiting.set):
        await _until_settled(standalone, console, hints, stop, stop_waiting, quiet, progress)
    return stop_waiting.is_set()


async def _until_settled(
    standalone: Standalone,
    console: Console,
    hints: SetupHints,
    stop: asyncio.Event,
    stop_waiting: asyncio.Event,
    quiet: bool,
    progress: bool,
) -> None:
    loop = asyncio.get_running_loop()
    async with standalone:
        await _announce(standalone, console, stop)
        begun = loop.time()
        trouble = ""
        end = standalone.plan.duration or float("inf")
        with ProgressView(console, _began(standalone), quiet=not progress) as view:
            while (
                not (stop.is_set() or standalone.journal_is_full())
                and (left := end - standalone.clock.now()) > 0
            ):
                trouble = _told_of(standalone, trouble)
                if isinstance(standalone, StandaloneTerminals):
                    view(_progress(standalone, end))
                await standalone.pause(stop, min(0.25, standalone.clock.wall(left)))
                hints.waited(loop.time() - begun)
        stop.set()
        if not standalone.quiet() and not quiet:
            console.print(f"  stopping: {_waits_for(standalone)};\n  Ctrl-C again ends it at once")
        await standalone.settle(stop_waiting)


def _told_of(standalone: Standalone, before: str) -> str:
    """Tell at once that the journal is cut, and only once."""
    trouble = standalone.journal_trouble
    if trouble and not before:
        _hint(f"environment: {trouble}; the run goes on, and is judged at its end")
    return trouble


def _began(standalone: Standalone) -> str:
    """When the run began, ISO 8601."""
    return datetime.fromtimestamp(standalone.header.origin, UTC).isoformat()


def _progress(standalone: StandaloneTerminals, end: float) -> Progress:
    fleet = standalone.fleet
    return Progress(standalone.clock.now(), end, fleet.states(), fleet.cards_inside(), "serving")


async def _announce(standalone: Standalone, console: Console, stop: asyncio.Event) -> None:
    plan = standalone.plan
    link = plan.link
    console.print(
        f"  {link.framing}, {link.spec}, MAC {link.mac}, "
        f"{'sign-on first' if link.sign_on else 'no sign-on'}, seed {plan.seed}"
    )
    if standalone.left_out:
        elements = ", ".join(standalone.left_out)
        console.print(f"  our messages go without DE {elements}: {link.spec} has no room for them")
    for fault in plan.faults:
        console.print(Text(f"  fault: {fault}"))
    for note in standalone.judge.notes():
        console.print(Text(f"  {note}"))
    if isinstance(standalone, StandaloneHost):
        console.print(f"listening on {standalone.address}")
    elif isinstance(standalone, StandaloneTerminals):
        await _announce_host(standalone, console, stop)
    console.file.flush()


async def _announce_host(
    standalone: StandaloneTerminals, console: Console, stop: asyncio.Event
) -> None:
    """Until the host is there. Terminals that go on after an earlier process do so without it."""
    where = "{}:{}".format(*standalone.to)
    fleet = standalone.fleet
    while not (standalone.connected.is_set() or stop.is_set() or fleet.not_reached):
        await standalone.pause(standalone.connected, 0.25)
    if standalone.connected.is_set():
        console.print(f"connected to {where}")
    elif fleet.not_reached:
        how = fleet.not_reached
        console.print(f"host not reached at {where} ({how}): the terminals go on, and dial on")


def _waits_for(standalone: Standalone) -> str:
    limit = format_duration(standalone.plan.scenario.contract.quiescence)
    if isinstance(standalone, StandaloneTerminals):
        return f"waiting up to {limit} for what is open at the terminals"
    open_ = standalone.judge.open_business()
    return f"waiting up to {limit} for {open_} withdrawals that are undecided on the wire"
