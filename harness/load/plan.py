"""A load run's plan: customers do not think, no motor turns, and the host answers at once, so that
what is measured is the machines, the wire and the harness.
"""

from __future__ import annotations

import shlex

import msgspec

from harness.contract import Contract
from harness.errors import ConfigError
from harness.link_options import LinkOptions
from harness.load.arrivals import terminals_needed
from harness.machines.behaviour import CustomerBehaviour
from harness.machines.motors import Motors
from harness.machines.profile import HostProfile
from harness.plan import STANDALONE_LINK, RunPlan
from harness.scenario import REAL_CLOCK, Scenario

TERMINALS = 200
SECONDS = 30.0
HOST_RESPONSE = 10.0
_SETTLE = 120.0

AT_ONCE = HostProfile(
    name="at once",
    summary="the safe host, answering without delay and never short of funds",
    settings={"answer": (0.0, 0.0), "reversal_answer": 0.0, "short_of_funds": 0.0},
)
_AT_ONCE = "harness.load.plan:AT_ONCE"
_AT_REST = Motors(read=0.0, eject=0.0, capture=0.0, stack=0.0, present=0.0, retract=0.0)
# of these notes the cassettes hold enough for as many customers as there are cards
_AMOUNTS = (2000, 5000)


def load_plan(
    *,
    terminals: int = TERMINALS,
    seconds: float = SECONDS,
    rate: float = 0.0,
    faults: tuple[str, ...] = (),
    seed: int = 1,
    host_response: float = HOST_RESPONSE,
    terminal_profile: str = "safe",
    link: LinkOptions = LinkOptions(),  # noqa: B008  # immutable
    to: str = "",
    cards: str = "",
) -> RunPlan:
    """Flat out with a `rate` of 0, else so many customers a second over the fleet. `host_response`
    is the timer that the terminals keep, in seconds. `to` is the address of a host of somebody
    else's, and `cards` a file of cards that it knows.

    Raises:
        ConfigError: the terminals would run out of customers.
    """
    needed = terminals_needed(rate, seconds)
    if terminals < needed:
        raise ConfigError(
            f"{rate * seconds:,.0f} customers are more than {terminals} terminals have cards for",
            place=f"--rate {rate:g}/s",
            remedy=f"--terminals {needed}, or a shorter run",
        )
    scenario = Scenario(
        id="LOAD",
        name="load",
        title="As much as it takes",
        terminals=TERMINALS,
        duration=SECONDS,
        contract=Contract(
            host_response=host_response,
            quiescence=_SETTLE + host_response,
            awaits_service=False,  # five minutes, after three expiries in a row
        ),
        customers=_customers(terminals / rate if rate else 0.0),
        motors=_AT_REST,
        promises=("T2", "F1") if to else ("T2", "T4", "T8", "H1", "H3", "F1"),
        host_profile="theirs" if to else _AT_ONCE,
        link=STANDALONE_LINK if to else LinkOptions(),
    )
    if to:
        scenario = msgspec.structs.replace(scenario, epoch=REAL_CLOCK)
    plan = RunPlan(
        scenario=scenario,
        seed=seed,
        terminals=terminals,
        duration=seconds,
        faults=faults,
        terminal_profile=terminal_profile,
        host_profile=scenario.host_profile,
        link=link.checked(),
        mode="terminals" if to else "live",
        cards=cards,
    )
    words = _command(plan, rate, to)
    return msgspec.structs.replace(plan, command=shlex.join(words))


def rate_of(plan: RunPlan) -> float:
    """Customers a second over the fleet that were asked for; 0 for flat out."""
    gap = plan.scenario.customers.mean_gap
    return plan.terminals / gap if gap else 0.0


def _customers(mean_gap: float) -> CustomerBehaviour:
    return CustomerBehaviour(
        mean_gap=mean_gap,
        queues=mean_gap > 0,
        balance_share=0.0,
        wrong_pin=0.0,
        cancel=0.0,
        forget_card=0.0,
        forget_cash=0.0,
        key=(0.0, 0.0),
        take=(0.0, 0.0),
        amounts=_AMOUNTS,
    )


def _command(plan: RunPlan, rate: float, to: str) -> list[str]:
    words = ["harness", "load", "--terminals", str(plan.terminals), "--for", f"{plan.duration:g}s"]
    words += ["--to", to] if to else []
    words += ["--cards", plan.cards] if plan.cards else []
    words += ["--rate", f"{rate:g}/s"] if rate else []
    words += ["--seed", str(plan.seed)]
    for flag, value, usual in (
        ("--host-response", f"{plan.scenario.contract.host_response:g}s", f"{HOST_RESPONSE:g}s"),
        ("--terminal-profile", plan.terminal_profile, plan.scenario.terminal_profile),
    ):
        words += [flag, value] if value != usual else []
    words += plan.link.flags(plan.scenario.link)
    for text in plan.faults:
        words += ["--fault", text]
    return words
