"""What a test suite uses: `simulate`, `Host`, `Terminals` and `Verdict`.

    verdict = simulate("national_freeze", seed=7)
    assert verdict.passed, verdict

    async with Host(faults=["silent@30s..90s"], speed=20) as host:
        async with Terminals(to=host.address, terminals=5, speed=20) as atms:
            await atms.serve("2m")
    assert atms.verdict.passed, atms.verdict

`Host` stands in for a host in front of your terminals, `Terminals` for terminals in front of your
host. Durations are '90s', '2m' or seconds, and count in run seconds: with `speed=20`, 20 of them
pass in a second of the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.checks.verdict import Verdict
from harness.contract import HOST_RESPONSE, MOST_JOURNAL
from harness.errors import ConfigError, EnvironmentTrouble
from harness.journal import Listener
from harness.link_options import LinkOptions
from harness.live.connection import UNREAD_FOR
from harness.live.peer_limits import CONNECTIONS, PeerLimits
from harness.live.standalone_host import StandaloneHost
from harness.live.standalone_terminals import StandaloneTerminals
from harness.plan import STANDALONE_LINK, plan_of, profiles_of, standalone_plan
from harness.profiles import check_shipped
from harness.report.judging import judge_together
from harness.scenario import Scenario, load_scenario
from harness.sim.run import simulate_plan
from harness.units import parse_address, parse_duration, parse_window

__all__ = ["Host", "Terminals", "Verdict", "judge", "simulate"]

Duration = str | float


def simulate(
    scenario: str | Scenario,
    *,
    seed: int = 1,
    terminals: int | None = None,
    duration: Duration | None = None,
    faults: Sequence[str] = (),
    terminal_profile: str | None = None,
    host_profile: str | None = None,
    link: LinkOptions | None = None,
    journal: Path | str | None = None,
    listeners: Sequence[Listener] = (),
    allow_profiles: bool = False,
) -> Verdict:
    """Run a scenario (a shipped name, a TOML file, or a `Scenario`) in virtual time.

    `faults` add to the scenario's own, `link` takes the place of the scenario's; `listeners` get
    each journal entry. A scenario file that names a profile which is not shipped would run its
    code: that needs `allow_profiles`. The same arguments give the same verdict, and the same
    journal byte for byte.

    Raises:
        ConfigError: something that does not exist, or cannot be read.
        EnvironmentTrouble: the journal cannot be written; a run that failed says so all the same.
    """
    chosen = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    if not (allow_profiles or isinstance(scenario, Scenario)):
        named = profiles_of(chosen, terminal_profile, host_profile)
        check_shipped(named, place=str(scenario), allow="allow_profiles=True")
    plan = plan_of(
        chosen,
        seed=seed,
        terminals=terminals,
        duration=None if duration is None else parse_duration(duration, place="duration"),
        faults=tuple(faults),
        terminal_profile=terminal_profile,
        host_profile=host_profile,
        link=link,
    )
    outcome = simulate_plan(plan, journal=_path(journal), listeners=listeners)
    if outcome.troubles and outcome.verdict.outcome != "fail":
        raise EnvironmentTrouble("\n".join(outcome.troubles))
    return outcome.verdict


def _link(
    *,
    spec: str | None,
    dialect: str | None,
    framing: str | None,
    mac: str | bool | None,
    keys: str | None,
    sign_on: bool | None,
    echo: bool | None,
) -> LinkOptions:
    """The link of a host or of terminals that stand alone; None for what nobody asked for. A `mac`
    that is True is AES-CMAC.
    """
    if isinstance(mac, bool):
        mac = "cmac" if mac else "none"
    asked = STANDALONE_LINK.changed(
        spec=spec,
        dialect=dialect,
        framing=framing,
        mac=mac,
        keys=keys,
        sign_on=sign_on,
        echo=echo,
    )
    return asked.checked()


def _path(given: Path | str | None) -> Path | None:
    return None if given is None else Path(given)


def judge(*journals: Path | str) -> Verdict:
    """The verdict over a recorded run, or over the journals of a standalone host and of standalone
    terminals together.

    Raises:
        ConfigError: not a journal, or journals that do not belong together.
    """
    if not journals:
        raise ConfigError("there is no journal to judge", place="judge()")
    return judge_together([Path(journal) for journal in journals])[0]


class Host(StandaloneHost):
    """Our host, for your terminals; `address` is where it listens. Use it as an async context."""

    def __init__(
        self,
        listen: str = "127.0.0.1:0",
        *,
        faults: Sequence[str] = (),
        profile: str = "safe",
        spec: str | None = None,
        dialect: str | None = None,
        framing: str | None = None,
        mac: str | bool | None = None,
        keys: str | None = None,
        sign_on: bool | None = None,
        echo: bool | None = None,
        cards: str = "",
        host_response: Duration = HOST_RESPONSE,
        settle: Duration = 120.0,
        slack: Duration = 2.0,
        seed: int = 1,
        speed: float = 1.0,
        epoch: str = "",
        journal: Path | str | None = None,
        state_dir: Path | str | None = None,
        most_journal: int = MOST_JOURNAL,
        max_connections: int = CONNECTIONS,
        unread_for: Duration = UNREAD_FOR,
        listeners: Sequence[Listener] = (),
    ) -> None:
        """The arguments are the options of `harness host`; `listeners` get each journal entry.
        With `most_journal` MB of journal the host ends by itself.

        Raises:
            ConfigError: a mistake in one of them.
        """
        plan = standalone_plan(
            "host",
            faults=tuple(faults),
            profile=profile,
            link=_link(
                spec=spec,
                dialect=dialect,
                framing=framing,
                mac=mac,
                keys=keys,
                sign_on=sign_on,
                echo=echo,
            ),
            cards=cards,
            host_response=parse_duration(host_response, place="host_response"),
            settle=parse_duration(settle, place="settle"),
            slack=parse_duration(slack, place="slack"),
            seed=seed,
            speed=speed,
            epoch=epoch,
        )
        super().__init__(
            plan,
            listen=parse_address(listen, place="listen"),
            journal=_path(journal),
            state_dir=_path(state_dir),
            most_journal=most_journal,
            limits=PeerLimits(
                connections=max_connections,
                unread_for=parse_duration(unread_for, place="unread_for"),
            ),
            listeners=listeners,
        )


class Terminals(StandaloneTerminals):
    """Our ATMs with their customers, for your host. Use it as an async context."""

    def __init__(
        self,
        to: str,
        terminals: int = 1,
        *,
        gap: Duration = 10.0,
        host_outages: Sequence[str] = (),
        faults: Sequence[str] = (),
        profile: str = "safe",
        spec: str | None = None,
        dialect: str | None = None,
        framing: str | None = None,
        mac: str | bool | None = None,
        keys: str | None = None,
        sign_on: bool | None = None,
        echo: bool | None = None,
        cards: str = "",
        host_response: Duration = HOST_RESPONSE,
        settle: Duration = 120.0,
        slack: Duration = 2.0,
        seed: int = 1,
        speed: float = 1.0,
        epoch: str = "",
        journal: Path | str | None = None,
        state_dir: Path | str | None = None,
        most_journal: int = MOST_JOURNAL,
        listeners: Sequence[Listener] = (),
    ) -> None:
        """The arguments are the options of `harness terminals`; `listeners` get each entry.
        `host_outages` are windows such as '20s..70s' in which your host is meant to do wrong.

        Raises:
            ConfigError: a mistake in one of them.
        """
        plan = standalone_plan(
            "terminals",
            terminals=terminals,
            gap=parse_duration(gap, place="gap"),
            host_outages=tuple(parse_window(x, place="host_outages") for x in host_outages),
            faults=tuple(faults),
            profile=profile,
            link=_link(
                spec=spec,
                dialect=dialect,
                framing=framing,
                mac=mac,
                keys=keys,
                sign_on=sign_on,
                echo=echo,
            ),
            cards=cards,
            host_response=parse_duration(host_response, place="host_response"),
            settle=parse_duration(settle, place="settle"),
            slack=parse_duration(slack, place="slack"),
            seed=seed,
            speed=speed,
            epoch=epoch,
        )
        super().__init__(
            plan,
            to=parse_address(to, place="to"),
            journal=_path(journal),
            state_dir=_path(state_dir),
            most_journal=most_journal,
            listeners=listeners,
        )
