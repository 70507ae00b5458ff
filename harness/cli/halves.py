"""`harness host` and `harness terminals`: one half each, for whoever owns the other."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from harness.cli.files import Files, prepare
from harness.did_you_mean import unknown
from harness.errors import ConfigError
from harness.events import Event, FrameSeen
from harness.faults.grammar import parse_fault
from harness.journal import Listener
from harness.live.loop import new_loop
from harness.live.standalone import Standalone
from harness.live.standalone_host import StandaloneHost
from harness.live.standalone_terminals import StandaloneTerminals
from harness.plan import RunPlan, standalone_plan
from harness.report.console import print_verdict
from harness.report.frames import frame_line
from harness.report.judging import reports_scanned
from harness.report.setup_hints import SetupHints
from harness.units import format_duration, parse_address, parse_duration
from harness.wire.dialects import load_dialect

INTERRUPTED = 130
RUNS = Path("runs")

Faults = Annotated[
    list[str] | None, typer.Option("--fault", help="KIND[:name=value,...][@FROM..UNTIL].")
]
Spec = Annotated[str, typer.Option(help="A message specification by name, or a JSON file.")]
FramingName = Annotated[str, typer.Option(help="2byte, 2byte-tpdu or 4ascii.")]
Mac = Annotated[str, typer.Option(help="none, or cmac: AES-CMAC in DE 64 or 128.")]
Keys = Annotated[str, typer.Option(help="Keys by name, or a TOML file.")]
NoSignOn = Annotated[bool, typer.Option("--no-sign-on", help="Requests need no sign-on (0800).")]
Cards = Annotated[Path | None, typer.Option(help="A CSV file: pan,expiry,pin,track2,code.")]
For = Annotated[str, typer.Option("--for", help="Stop after so long, such as 60s.")]
Settle = Annotated[str, typer.Option(help="How long what is open at the end may take.")]
HostResponse = Annotated[str, typer.Option(help="The terminals' timer for the host's answer.")]
Slack = Annotated[str, typer.Option(help="By how much we ourselves may be late.")]
Seed = Annotated[int, typer.Option(min=0, help="Everything random comes from it.")]
Speed = Annotated[float, typer.Option(help="How much faster than the clock all timers run.")]
StateDir = Annotated[Path | None, typer.Option(help="What survives the process is kept here.")]
Fsync = Annotated[bool, typer.Option("--fsync", help="It survives power loss, too.")]
JournalFile = Annotated[Path | None, typer.Option("--journal", help="Write the journal here.")]
Junit = Annotated[Path | None, typer.Option(help="Write the verdict as JUnit XML.")]
Json = Annotated[Path | None, typer.Option(help="Write the verdict as JSON.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show every frame.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Only the last lines.")]
Profile = Annotated[str, typer.Option(help="A shipped profile, or module:attribute.")]


def host(
    listen: Annotated[str, typer.Option(help="HOST:PORT; port 0 takes a free one.")],
    fault: Faults = None,
    spec: Spec = "iso87-ascii",
    framing: FramingName = "2byte",
    mac: Mac = "none",
    keys: Keys = "test",
    no_sign_on: NoSignOn = False,
    cards: Cards = None,
    duration: For = "0s",
    settle: Settle = "2m",
    host_response: HostResponse = "45s",
    slack: Slack = "2s",
    seed: Seed = 1,
    speed: Speed = 1.0,
    host_profile: Profile = "safe",
    state_dir: StateDir = None,
    fsync: Fsync = False,
    journal: JournalFile = None,
    junit: Junit = None,
    json: Json = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Our host alone, for your own terminals. Ctrl-C ends it with a verdict."""
    plan = _plan("host", locals())
    files = _files(state_dir, journal, junit, json, "host")
    half = StandaloneHost(
        plan,
        listen=parse_address(listen, place=f"--listen {listen}"),
        journal=files.journal,
        state_dir=state_dir,
        fsync=fsync,
        listeners=_listeners(plan, verbose=verbose),
    )
    _carry_out(half, files, quiet=quiet)


def terminals(
    to: Annotated[str, typer.Option(help="HOST:PORT of your host.")],
    terminals: Annotated[int, typer.Option(min=1, max=99_999, help="How many ATMs.")] = 1,
    gap: Annotated[str, typer.Option(help="Mean time between customers at an ATM.")] = "10s",
    fault: Faults = None,
    spec: Spec = "iso87-ascii",
    framing: FramingName = "2byte",
    mac: Mac = "none",
    keys: Keys = "test",
    no_sign_on: NoSignOn = False,
    cards: Cards = None,
    duration: For = "0s",
    settle: Settle = "2m",
    host_response: HostResponse = "45s",
    slack: Slack = "2s",
    seed: Seed = 1,
    speed: Speed = 1.0,
    terminal_profile: Profile = "safe",
    state_dir: StateDir = None,
    fsync: Fsync = False,
    journal: JournalFile = None,
    junit: Junit = None,
    json: Json = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Our terminals alone, for your own host. Ctrl-C ends them with a verdict."""
    plan = _plan("terminals", locals())
    files = _files(state_dir, journal, junit, json, "terminals")
    half = StandaloneTerminals(
        plan,
        to=parse_address(to, place=f"--to {to}"),
        journal=files.journal,
        state_dir=state_dir,
        fsync=fsync,
        listeners=_listeners(plan, verbose=verbose),
    )
    _carry_out(half, files, quiet=quiet)


# --- what was asked for ------------------------------------------------------------------------


def _plan(mode: Literal["host", "terminals"], asked: dict[str, object]) -> RunPlan:
    """The plan of a command's own arguments."""
    mac = str(asked["mac"])
    if mac not in ("none", "cmac"):
        unknown("MAC", mac, ("none", "cmac"), place="--mac")
    speed = float(str(asked["speed"]))
    if not 0 < speed < float("inf"):
        raise ConfigError("the speed must be above 0", place="--speed", remedy="--speed 1")
    faults = tuple(str(text) for text in (asked["fault"] or ()))  # type: ignore[attr-defined]
    for text in faults:
        parse_fault(text)

    def seconds(name: str, flag: str = "") -> float:
        flag = flag or f"--{name.replace('_', '-')}"
        return parse_duration(str(asked[name]), place=f"{flag} {asked[name]}")

    return standalone_plan(
        mode,
        seed=int(str(asked["seed"])),
        terminals=int(str(asked.get("terminals", 1))),
        duration=seconds("duration", "--for"),
        faults=faults,
        profile=str(asked[{"host": "host_profile", "terminals": "terminal_profile"}[mode]]),
        spec=str(asked["spec"]),
        framing=str(asked["framing"]),
        mac=mac == "cmac",
        sign_on=not asked["no_sign_on"],
        keys=str(asked["keys"]),
        cards=str(asked["cards"] or ""),
        host_response=seconds("host_response"),
        settle=seconds("settle"),
        slack=seconds("slack"),
        speed=speed,
        command=shlex.join(["harness", *sys.argv[1:]]),
        **({"gap": seconds("gap")} if mode == "terminals" else {}),
    )


def _files(
    state_dir: Path | None, journal: Path | None, junit: Path | None, json: Path | None, mode: str
) -> Files:
    """There is always a journal: what it shows is the half of the evidence."""
    files = Files(journal, junit, json)
    prepare(files)
    if journal is None and state_dir is None:
        files = files._replace(journal=_fresh(mode))
    return files


def _fresh(mode: str) -> Path:
    from harness.cli.run_and_report import fresh_name

    return fresh_name(RUNS, mode)


def _listeners(plan: RunPlan, *, verbose: bool) -> list[Listener]:
    listeners: list[Listener] = [SetupHints(plan.mode, load_dialect(), _hint).see]
    if verbose:
        listeners.append(_show_frame)
    return listeners


def _hint(text: str) -> None:
    print(f"harness: {text}", file=sys.stderr, flush=True)


def _show_frame(at: float, actor: str, event: Event) -> None:
    if isinstance(event, FrameSeen) and event.end == "terminal":
        print(frame_line(at, actor, event, load_dialect()), file=sys.stderr, flush=True)


# --- carrying it out ---------------------------------------------------------------------------


def _carry_out(half: Standalone, files: Files, *, quiet: bool) -> None:
    console = Console(highlight=False)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        given_up = runner.run(_live(half, console, quiet=quiet))
    verdict = reports_scanned(half.verdict, half.header)
    files.write(verdict, half.header)
    print_verdict(
        console, verdict, half.header, journal=half.path, quiet=quiet, interrupted=given_up
    )
    raise typer.Exit(INTERRUPTED if given_up else verdict.exit_code)


async def _live(half: Standalone, console: Console, *, quiet: bool) -> bool:
    """Until --for or a signal; True if a second signal cut the settling short."""
    stop, give_up = asyncio.Event(), asyncio.Event()

    def signalled() -> None:
        (give_up if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, signalled)
    async with half:
        await _announce(half, console, stop)
        end = half.plan.duration or float("inf")
        while not stop.is_set() and (left := end - half.clock.now()) > 0:
            await half.pause(stop, min(0.25, half.clock.wall(left)))
        stop.set()
        if not half.quiet() and not quiet:
            console.print(f"  stopping: {_waits_for(half)};\n  Ctrl-C again ends it at once")
        await half.settle(give_up)
    return give_up.is_set()


async def _announce(half: Standalone, console: Console, stop: asyncio.Event) -> None:
    plan = half.plan
    contract = plan.scenario.contract
    console.print(
        f"  {plan.framing}, {plan.spec}, MAC {'cmac' if contract.mac else 'none'}, "
        f"{'sign-on first' if contract.sign_on else 'no sign-on'}, seed {plan.seed}"
    )
    for fault in plan.faults:
        console.print(Text(f"  fault: {fault}"))
    if isinstance(half, StandaloneHost):
        console.print(f"listening on {half.address}")
    elif isinstance(half, StandaloneTerminals):
        while not half.connected.is_set() and not stop.is_set():
            await half.pause(half.connected, 0.25)
        if half.connected.is_set():
            console.print("connected to {}:{}".format(*half.to))
    console.file.flush()


def _waits_for(half: Standalone) -> str:
    limit = format_duration(half.plan.scenario.contract.quiescence)
    if isinstance(half, StandaloneTerminals):
        return f"waiting up to {limit} for what is open at the terminals"
    open_ = half.judge.open_business()
    return f"waiting up to {limit} for {open_} withdrawals that are undecided on the wire"
