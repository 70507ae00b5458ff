"""`harness run SCENARIO`: one run, its verdict, its exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.broker_flags import BrokerFlags, ModeFlags
from harness.cli.files import Files, prepare
from harness.cli.option_groups import (
    AllowProfiles,
    LinkFlags,
    Quiet,
    ReportFlags,
    Seed,
    Table,
    with_groups,
)
from harness.cli.run_and_report import LiveOptions, concluded, run_and_report
from harness.errors import ConfigError
from harness.faults.grammar import parse_fault
from harness.plan import RunPlan, plan_of, profiles_of
from harness.profiles import check_shipped
from harness.profiles import host_profile as find_host_profile
from harness.profiles import terminal_profile as find_terminal_profile
from harness.scenario import load_scenario
from harness.units import parse_duration
from harness.value_ranges import FASTEST, MOST_TERMINALS, SLOWEST

if TYPE_CHECKING:
    from harness.control.plane import ControlFactory


@with_groups
def run(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario's name, or a TOML file.")],
    link: LinkFlags,
    reports: ReportFlags,
    broker: BrokerFlags,
    mode: ModeFlags,
    live: Annotated[bool, typer.Option("--live", help="Real TCP instead of simulation.")] = False,
    speed: Annotated[
        float | None, typer.Option(help="How much faster than the clock; with --live only.")
    ] = None,
    seed: Seed = 1,
    terminals: Annotated[
        int | None, typer.Option(min=1, max=MOST_TERMINALS, help="How many ATMs.")
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="How long customers come: 30m, 90s.")
    ] = None,
    terminal_profile: Annotated[
        str | None, typer.Option(help="A shipped profile, or module:attribute.")
    ] = None,
    host_profile: Annotated[
        str | None, typer.Option(help="A shipped profile, or module:attribute.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="KIND[:name=value,...][@FROM..UNTIL], added to the scenario's own."),
    ] = None,
    no_faults: Annotated[
        bool, typer.Option("--no-faults", help="Leave out the scenario's own faults.")
    ] = False,
    state_dir: Annotated[
        Path | None, typer.Option(help="Keep the terminals' store here; with --live only.")
    ] = None,
    monitor: Annotated[
        str | None,
        typer.Option(
            help="Watch the fleet over the broker, and act by a policy: none, protective, "
            "restoring, or a TOML file; with --broker only."
        ),
    ] = None,
    fsync: Annotated[
        bool, typer.Option("--fsync", help="The store survives power loss; with --live only.")
    ] = False,
    table: Table = False,
    allow_profiles: AllowProfiles = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario and judge it."""
    chosen = load_scenario(scenario)
    if not allow_profiles:
        check_shipped(
            profiles_of(chosen, terminal_profile, host_profile),
            place=scenario,
            allow="--allow-profiles",
        )
    plan = plan_of(
        chosen,
        source=scenario,
        seed=seed,
        terminals=terminals,
        duration=_duration(duration),
        faults=tuple(fault or ()),
        no_faults=no_faults,
        terminal_profile=terminal_profile,
        host_profile=host_profile,
        link=link.over(chosen.link),
        live=live,
        speed=speed_of(speed, live=live),
    )
    for text in fault or ():
        parse_fault(text)
    check_profiles(plan)
    files = Files(reports.journal, reports.junit, reports.json)
    prepare(files, scenario=Path(scenario), **link.files())
    _check_live(state_dir, fsync=fsync, broker=broker, monitor=monitor, live=live)
    control = _control(plan, broker, mode, monitor)
    options = LiveOptions(state_dir, fsync, control, monitor is not None)
    outcome = run_and_report(plan, files, files.screen(), quiet=quiet, table=table, options=options)
    raise typer.Exit(concluded(outcome))


def check_profiles(plan: RunPlan) -> None:
    """Look up the profiles that the plan names, before anything runs.

    Raises:
        ConfigError: there is no such profile.
    """
    find_terminal_profile(plan.terminal_profile)
    if plan.mode != "terminals":  # there the host is somebody else's
        find_host_profile(plan.host_profile)


def _check_live(
    state_dir: Path | None, *, fsync: bool, broker: BrokerFlags, monitor: str | None, live: bool
) -> None:
    """Raises ConfigError: an option needs another one that was not given."""
    if monitor is not None and broker.broker is None:
        remedy = "add --live --broker auto"
        raise ConfigError(
            "a monitor hears of a fleet by a broker", place="--monitor", remedy=remedy
        )
    for flag, given, why in (
        ("--state-dir", state_dir is not None, "a simulation's disk is in memory"),
        ("--fsync", fsync, "a simulation's disk is in memory"),
        ("--broker", broker.broker is not None, "a simulation speaks to no broker"),
    ):
        if given and not live:
            raise ConfigError(why, place=flag, remedy="leave it out, or add --live")


def _control(
    plan: RunPlan, broker: BrokerFlags, mode: ModeFlags, monitor: str | None
) -> ControlFactory | None:
    """Raises ConfigError: the options of the control plane are wrong."""
    policy = None
    if monitor is not None:
        from harness.control.policy_file import load_policy

        policy = load_policy(monitor)
    return broker.control(plan.terminals, policy, mode)


def _duration(text: str | None) -> float | None:
    if text is None:
        return None
    seconds = parse_duration(text, place="--for")
    if seconds == 0:
        raise ConfigError("a run of no time proves nothing", place="--for", remedy="--for 30m")
    return seconds


def speed_of(speed: float | None, *, live: bool) -> float:
    """How many times the clock; 1 where none was asked for.

    Raises:
        ConfigError: it is none, or a simulation's.
    """
    if speed is None:
        return 1.0
    if not live:
        raise ConfigError(
            "a simulation has no speed: it is as fast as it can be",
            place=f"--speed {speed:g}",
            remedy="leave it out, or add --live",
        )
    if not SLOWEST <= speed <= FASTEST:
        raise ConfigError(
            f"the speed must be above 0, and {FASTEST:,.0f} at most",
            place=f"--speed {speed:g}",
            remedy="--speed 1 is the clock, --speed 20 is twenty times faster",
        )
    return speed
