"""A run as it was asked for: a scenario, and over it what flags or arguments say.

A `RunPlan` is all that `sim` and `live` need, and all that repeats a run exactly: the same plan
gives the same journal in `sim`, byte for byte.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import msgspec

from harness.contract import HOST_RESPONSE, Contract
from harness.faults.control import OF_THE_PLANE
from harness.faults.grammar import parse_fault
from harness.journal import Header
from harness.link_options import LinkOptions
from harness.machines.behaviour import CustomerBehaviour
from harness.scenario import REAL_CLOCK, Scenario
from harness.units import LONGEST, parse_epoch
from harness.value_ranges import FASTEST, MOST_SEED, MOST_TERMINALS, SLOWEST, check_number

Mode = Literal["sim", "live", "host", "terminals"]


class RunPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario with all that was asked for over it.

    In `mode` 'host' and 'terminals' one end is ours and the other somebody else's. `link` says how
    messages become bytes, `cards` is a file ('' draws them). `duration` is in run seconds, `speed`
    in run seconds per wall second (live only); `faults` are the scenario's and the flags' together;
    `command` repeats the run. What the scenario expects and forbids is scaled to the run's size in
    the header.
    """

    scenario: Scenario
    seed: int
    terminals: int
    duration: float
    faults: tuple[str, ...]
    terminal_profile: str
    host_profile: str
    link: LinkOptions
    mode: Mode = "sim"
    speed: float = 1.0
    cards: str = ""
    command: str = ""

    def __post_init__(self) -> None:
        """Raises ConfigError for what no run can have: a plan is read from a case, too."""
        check_number(self.seed, 0, MOST_SEED, "seed")
        check_number(self.terminals, 1, MOST_TERMINALS, "terminals")
        check_number(self.duration, 0, LONGEST, "duration")
        check_number(self.speed, SLOWEST, FASTEST, "speed")

    @property
    def contract(self) -> Contract:
        """What the run is judged by: the scenario's contract, and what follows from the link."""
        return self.link.judged_with(self.scenario.contract)

    @property
    def control_plane(self) -> bool:
        """Has a simulated run a control plane? It has if its scenario says so, or if one of its
        faults needs it.
        """
        if self.scenario.control_plane:
            return True
        return any(parse_fault(text).kind in OF_THE_PLANE for text in self.faults)

    @property
    def _as_in_its_file(self) -> bool:
        """Is the run as the scenario's file has it? Only then is forbidden what the scenario
        forbids: a further fault, or another machine, may rightly cause it.
        """
        scenario = self.scenario
        usual = (scenario.faults, scenario.terminal_profile, scenario.host_profile)
        return (self.faults, self.terminal_profile, self.host_profile) == usual

    def _least(self) -> dict[str, int]:
        """How often each expected event must happen at least. The scenario's counts are meant for
        its own size: with fewer terminals or less time they are reduced in proportion, and never
        below one, so that a small run still proves that it happened. With other faults than the
        scenario's, each has to happen once, as those faults may take the place of what was to
        happen; a `FaultActed` is not expected then where one of the scenario's faults is left out.
        """
        if self.faults != self.scenario.faults:
            all_there = set(self.scenario.faults) <= set(self.faults)
            return {
                text: min(1, count)
                for text, count in self.scenario.expect.items()
                if all_there or not text.startswith("FaultActed ")
            }
        whole, part = self._of(min)
        return {
            event: min(count, max(1, int(count * part / whole)))
            for event, count in self.scenario.expect.items()
        }

    def _most(self) -> dict[str, int]:
        """How often each forbidden event may happen at most. More terminals or a longer run raise
        the scenario's counts in proportion; fewer terminals or less time leave them as they are.
        """
        whole, part = self._of(max)
        return {event: int(count * part / whole) for event, count in self.scenario.forbid.items()}

    def _of(self, bounded: Callable[[float, float], float]) -> tuple[float, float]:
        """The scenario's terminals times its seconds; and this run's, where `bounded` (min or max)
        compares each of the two with the scenario's.
        """
        usual = self.scenario
        part = bounded(self.terminals, usual.terminals) * bounded(self.duration, usual.duration)
        return usual.terminals * usual.duration, part

    def header(self, sees: tuple[str, ...], population: dict[str, Any]) -> Header:
        """The journal's first line: `sees` is what this run can observe, `population` what
        regenerates its cards.
        """
        scenario = self.scenario
        return Header(
            version=harness_version(),
            scenario=scenario.name,
            seed=self.seed,
            mode=self.mode,
            speed=self.speed,
            terminals=self.terminals,
            duration=self.duration,
            link=self.link,
            terminal_profile=self.terminal_profile,
            host_profile=self.host_profile,
            faults=self.faults,
            contract=self.contract,
            promises=scenario.promises,
            expects=self._least(),
            forbids=self._most() if self._as_in_its_file else {},
            sees=sees,
            population=population,
            epoch=scenario.epoch,
            command=self.command,
        )


@cache
def harness_version() -> str:
    """The installed version, '0' in a bare checkout."""
    try:
        return version("atm-harness")
    except PackageNotFoundError:
        return "0"


def profiles_of(
    scenario: Scenario, terminal_profile: str | None, host_profile: str | None
) -> tuple[str, ...]:
    """The profiles that a run takes from its scenario, as nobody has named others."""
    taken = []
    if terminal_profile is None:
        taken.append(scenario.terminal_profile)
    if host_profile is None:
        taken.append(scenario.host_profile)
    return tuple(taken)


def plan_of(
    scenario: Scenario,
    *,
    seed: int = 1,
    terminals: int | None = None,
    duration: float | None = None,
    faults: tuple[str, ...] = (),
    no_faults: bool = False,
    terminal_profile: str | None = None,
    host_profile: str | None = None,
    link: LinkOptions | None = None,
    live: bool = False,
    speed: float = 1.0,
    source: str = "",
) -> RunPlan:
    """The scenario with what was asked for over it. `faults` add to the scenario's own, which
    `no_faults` leaves out; `link` takes the place of the scenario's; `source` is how the scenario
    was named, for the command.

    Raises:
        ConfigError: the link names something that does not exist.
    """
    plan = RunPlan(
        scenario=scenario,
        seed=seed,
        terminals=terminals or scenario.terminals,
        duration=duration or scenario.duration,
        faults=(() if no_faults else scenario.faults) + faults,
        terminal_profile=terminal_profile or scenario.terminal_profile,
        host_profile=host_profile or scenario.host_profile,
        link=(link or scenario.link).checked(),
        mode="live" if live else "sim",
        speed=speed,
    )
    words = _command(plan, source or scenario.name, faults, no_faults=no_faults)
    return msgspec.structs.replace(plan, command=shlex.join(words))


STANDALONE_LINK = LinkOptions(mac="none")
"""The link of a host or of terminals that stand alone, where nobody says otherwise: a MAC needs
keys that both ends have, so it has to be asked for.
"""


def standalone_plan(
    mode: Literal["host", "terminals"],
    *,
    seed: int = 1,
    terminals: int = 1,
    duration: float = 0.0,
    faults: tuple[str, ...] = (),
    profile: str = "safe",
    link: LinkOptions = STANDALONE_LINK,
    cards: str = "",
    host_response: float = HOST_RESPONSE,
    settle: float = 120.0,
    slack: float = 2.0,
    gap: float = 10.0,
    host_outages: tuple[tuple[float, float], ...] = (),
    speed: float = 1.0,
    epoch: str = "",
    command: str = "",
) -> RunPlan:
    """The host alone, or the terminals alone; the other end is somebody else's. `duration` 0 goes
    on until it is stopped; `settle` is how long what is open at the end may take, `slack` by how
    much timed bounds are wider because we are no faster ourselves, `gap` the mean time between
    customers at a terminal, `host_response` the timer that the terminals keep, and `host_outages`
    when it is meant that somebody else's host does wrong: run seconds. `epoch` is the date and time
    at run second 0 (as in a scenario), '' for the real ones.

    Raises:
        ConfigError: the link names something that does not exist, or the epoch is none.
    """
    scenario = Scenario(
        id="standalone",
        name=mode,
        title=f"our {mode} alone",
        promises=("T2", "F1") if mode == "terminals" else (),
        contract=Contract(
            host_response=host_response,
            quiescence=settle,
            awaits_service=False,  # somebody else's host need not come back
            slack=slack,
            host_outages=host_outages,
        ),
        customers=CustomerBehaviour(mean_gap=gap),
        epoch=parse_epoch(epoch, "epoch") if epoch else REAL_CLOCK,
        link=link,
        terminals=terminals,
    )
    return RunPlan(
        scenario=scenario,
        seed=seed,
        terminals=terminals,
        duration=duration,
        faults=faults,
        terminal_profile=profile if mode == "terminals" else "theirs",
        host_profile=profile if mode == "host" else "theirs",
        link=link.checked(),
        mode=mode,
        speed=speed,
        cards=cards,
        command=command,
    )


def _command(plan: RunPlan, source: str, added: tuple[str, ...], *, no_faults: bool) -> list[str]:
    scenario = plan.scenario
    words = ["harness", "run", source]
    if plan.mode == "live":
        words += ["--live", "--speed", f"{plan.speed:g}"]
    words += ["--seed", str(plan.seed)]
    if plan.terminals != scenario.terminals:
        words += ["--terminals", str(plan.terminals)]
    if plan.duration != scenario.duration:
        words += ["--for", f"{plan.duration:g}s"]
    for flag, chosen, usual in (
        ("--terminal-profile", plan.terminal_profile, scenario.terminal_profile),
        ("--host-profile", plan.host_profile, scenario.host_profile),
    ):
        if chosen != usual:
            words += [flag, chosen]
    words += plan.link.flags(scenario.link)
    if no_faults:
        words.append("--no-faults")
    for text in added:
        words += ["--fault", text]
    return words
