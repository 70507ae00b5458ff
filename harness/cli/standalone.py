"""What `harness host` and `harness terminals` have in common: from their flags to their verdict."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from harness.cli.files import Files, prepare
from harness.cli.option_groups import LinkFlags, ReportFlags, StandaloneFlags
from harness.cli.run_and_report import RUNS, fresh_name
from harness.errors import ConfigError
from harness.events import Event, FrameSeen
from harness.faults.grammar import parse_fault
from harness.journal import Listener
from harness.live.loop import new_loop
from harness.live.standalone import Standalone
from harness.live.standalone_host import StandaloneHost
from harness.live.standalone_terminals import StandaloneTerminals
from harness.plan import STANDALONE_LINK, RunPlan, standalone_plan
from harness.report.console import print_verdict
from harness.report.frames import frame_line
from harness.report.judging import reports_scanned
from harness.report.refusals import RefusalLines
from harness.report.screen import screen
from harness.report.setup_hints import SetupHints
from harness.report.time_strip import TimeStrip
from harness.units import format_duration, parse_duration, parse_window
from harness.wire.dialects import load_dialect

INTERRUPTED = 130

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
    if not 0 < options.speed < float("inf"):
        raise ConfigError("the speed must be above 0", place="--speed", remedy="--speed 1")
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
        command=shlex.join(["harness", *sys.argv[1:]]),
    )


def _seconds(text: str, flag: str) -> float:
    return parse_duration(text, place=f"{flag} {text}")


def files_of(mode: Mode, reports: ReportFlags, options: StandaloneFlags) -> Files:
    """The files to write. There is always a journal, as it is this end's part of the evidence: one
    that was asked for, one in the state directory, or a new one under runs/.
    """
    files = Files(reports.journal, reports.junit, reports.json)
    prepare(files)
    if files.journal is None and options.state_dir is None:
        files = files._replace(journal=fresh_name(RUNS, mode))
    return files


def strip_of_plan(plan: RunPlan) -> TimeStrip:
    """An empty strip of time for the run of that plan."""
    return TimeStrip(plan.link.dialect_name, plan.scenario.contract.host_response)


def listeners_of(plan: RunPlan, strip: TimeStrip, *, verbose: bool) -> list[Listener]:
    """Who reads the journal while it grows: the strip of time, hints about wrong settings, and with
    `verbose` every frame.
    """
    dialect = load_dialect(plan.link.dialect_name)
    listeners: list[Listener] = [
        strip.see,
        SetupHints(plan.mode, dialect, _hint).see,
        RefusalLines(_hint, every=verbose).see,
    ]
