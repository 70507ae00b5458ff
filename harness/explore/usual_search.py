"""What a search goes through where nobody names a scenario.

Nearly half of its runs are of one short evening in which nothing goes wrong by itself, as faults
and their combinations are tried there at the least cost. The others are of evenings in which what
is rare happens often: difficult customers, every response code, lost answers, power cuts, a standby
of the host, a host that dies again and again, messages that no terminal has sent, a person at work
at the machine; and of the short evening on other grounds, which have
other legal settings.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.explore.evenings import turns_by_weight
from harness.explore.ground import ground
from harness.explore.random_search import Search, plan_to_search
from harness.plan import RunPlan
from harness.scenario import load_scenario

FIRST = "few_withdrawals"
_FIRST_WEIGHT = 28
_OTHERS = {
    "difficult_customers": 5,
    "every_code": 3,
    "lost_answers": 3,
    "shaky_power": 3,
    "unanswered_echoes": 2,
    "attended": 2,
    "issuer_away": 2,
    "host_pair": 2,
    "restarting_host": 2,
    "strange_messages": 2,
    "late_requests": 1,
    "quiet_street": 1,
    "jammed_reader": 1,
    "noisy_line": 1,
    "echo_without_answers": 1,
    "unheard_reversals": 1,
    "capture_storm": 1,
    "long_refusal": 1,
}
"""By scenario, how many runs of the same round go through it."""
_GROUNDS = (2, 5, 10, 13, 28)  # one run each
_GROUND_SEED = 1
COMMANDED = "commanded"
_FLEETS = ("long_refusal",)  # what they try needs as many terminals as they ask for


def usual_search(
    *,
    seed: int = 1,
    terminals: int | None = None,
    terminal_profile: str | None = None,
    host_profile: str | None = None,
) -> Search:
    """The search of several evenings, with these machines. An evening has one terminal, unless
    `terminals` says otherwise or the evening is about a fleet.

    Raises:
        ConfigError: there is no such profile.
    """

    def plans() -> Iterator[RunPlan]:
        first = load_scenario(FIRST)
        scenarios = [first]
        scenarios += [load_scenario(name) for name in _OTHERS]
        scenarios += [ground(first, number, _GROUND_SEED) for number in _GROUNDS]
        for scenario in scenarios:
            fleet = scenario.name in _FLEETS
            yield plan_to_search(
                scenario,
                seed=seed,
                terminals=terminals or (scenario.searched if fleet else 1),
                terminal_profile=terminal_profile,
                host_profile=host_profile,
            )

    plan, *others = plans()
    weights = [_FIRST_WEIGHT, *_OTHERS.values(), *(1 for _ in _GROUNDS)]
    return Search(plan, seed, others=tuple(others), turns=turns_by_weight(weights), guided=True)


def commanded_search(terminal_profile: str, *, seed: int = 1) -> Search:
    """The search of an evening with a control plane, for a terminal whose end of it is on trial.

    Raises:
        ConfigError: there is no such profile.
    """
    scenario = load_scenario(COMMANDED)
    plan = plan_to_search(scenario, seed=seed, terminals=1, terminal_profile=terminal_profile)
    return Search(plan, seed, guided=True)
