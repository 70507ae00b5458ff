"""`make run`: the main job in three acts, explained as they happen.

1. A thousand ATMs live through a host that freezes for seventy minutes, simulated.
2. A smaller fleet lives through the same over real TCP, faster than the clock, and a monitor that
   hears of it over MQTT takes it out of service meanwhile.
3. Twenty ATMs with a bug that banks have really had: the harness must say FAIL.

Exit code 0 if the three came out so, 1 otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

from rich.console import Console
from rich.rule import Rule

from harness.cli.broker_flags import BrokerFlags
from harness.cli.files import Files
from harness.cli.main import as_process, guarded
from harness.cli.run_and_report import LiveOptions, run_and_report
from harness.exit_codes import ALL_HOLDS, FAILED, INTERRUPTED
from harness.plan import RunPlan, plan_of
from harness.report.screen import Screen, ascii_only
from harness.scenario import load_scenario

TOP_SPEED = 20.0
_UNTIL_SERVED_AGAIN = 420.0  # run seconds: the monitor sees for a minute that the host is back


class Act(NamedTuple):
    """`plan` is made when its turn comes, for measuring the machine takes a while. `monitored`: it
    has a control plane, and a monitor that acts.
    """

    title: str
    words: str
    plan: Callable[[Console], RunPlan]
    ends: str
    monitored: bool = False

    def options(self) -> LiveOptions:
        """How it is run."""
        if not self.monitored:
            return LiveOptions()
        from harness.control.policy_file import load_policy

        control = BrokerFlags(broker="auto").control(1, load_policy("restoring"))
        return LiveOptions(control=control, monitor=True)


def _freeze(_: Console) -> RunPlan:
    return plan_of(load_scenario("national_freeze"))


def _short_freeze(console: Console) -> RunPlan:
    from harness.live.calibrate import affordable_speed

    scenario = load_scenario("short_freeze")
    afforded = affordable_speed(scenario.terminals)
    speed = min(TOP_SPEED, afforded)
    verdict = "fast enough" if afforded >= TOP_SPEED else "slower, so that it is never to blame"
    console.print(f"  This machine was measured: speed {speed:.3g} ({verdict}).")
    return plan_of(scenario, live=True, speed=speed, duration=_UNTIL_SERVED_AGAIN)


def _hang(_: Console) -> RunPlan:
    return plan_of(
        load_scenario("ordinary_evening"),
        terminals=20,
        terminal_profile="hangs_on_timeout",
        faults=("drop_response:p=30%,mti=0210",),
    )


ACTS = (
    Act(
        "1 of 3: a national freeze, simulated",
        "A Saturday evening. 1,000 ATMs, customers every four minutes. At minute 10 the bank's "
        "host freezes: it accepts connections and never answers; for 30 s it still books what it "
        "reads. At minute 80 it is back. Each ATM must give up by itself, return the card, pay "
        "nothing, and undo what was booked. Every ISO 8583 byte is real; only time is simulated. "
        "What has to hold has short names, such as T1: 'harness explain T1' says what that is.",
        _freeze,
        "pass",
    ),
    Act(
        "2 of 3: a short freeze, live over TCP",
        "The same freeze in a few minutes, on real connections: asynchronous ATMs in this process, "
        "the host in a process of its own, and the clock made faster. The ATMs report to an MQTT "
        "broker. A monitor that hears nothing else finds that the host is silent, takes the fleet "
        "out of service, so that no more cards go in, and starts it again when the host is back.",
        _short_freeze,
        "pass",
        monitored=True,
    ),
    Act(
        "3 of 3: ATMs that hang, and are caught",
        "Twenty ATMs with a bug: when no answer comes they wait on, and keep the card. Three in "
        "ten of the host's answers get lost. The harness must say FAIL and show one customer's "
        "story.",
        _hang,
        "fail",
    ),
)


def demo(console: Console) -> int:
    """Play the acts; 0 if each ended as it should."""
    surprises = []
    for act in ACTS:
        console.print(Rule(act.title, style="bold", characters="-" if ascii_only(console) else "─"))
        console.print(act.words)
        plan, options = act.plan(console), act.options()
        outcome = run_and_report(plan, Files(), console, story=40, options=options)
        if outcome.interrupted:
            return INTERRUPTED
        if outcome.verdict.outcome != act.ends:
            surprises.append(f"{act.title}: {outcome.verdict.outcome}, not {act.ends}")
        console.print()
    for surprise in surprises:
        console.print(f"unexpected: {surprise}", style="bold red")
    if not surprises:
        console.print(
            "All three came out as they should: pass, pass, and a FAIL that was caught.",
            style="bold green",
        )
    return FAILED if surprises else ALL_HOLDS


def main() -> int:
    """Entry point of `python -m harness.cli.demo`."""
    return as_process(lambda: guarded(lambda: demo(Screen())))


if __name__ == "__main__":
    sys.exit(main())
