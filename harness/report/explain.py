"""What a fault, an invariant, a scenario or a profile is, and why it matters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache

from harness.checks.catalogue import CHECKS, INVARIANTS
from harness.checks.catalogue import WHY as WHY_INVARIANTS
from harness.did_you_mean import unknown
from harness.faults.grammar import ALL_RULES
from harness.faults.reasons import WHY as WHY_FAULTS
from harness.profiles import host_profiles, terminal_profiles
from harness.scenario import load_scenario, scenario_names
from harness.units import format_duration


def explain(name: str) -> list[str]:
    """Paragraphs about the thing of that name. The first says what it is, the last how to see it.

    Raises:
        ConfigError: nothing has that name.
    """
    known = _known()
    found = known.get(name.casefold())
    if found is None:
        unknown("fault, invariant, scenario or profile", name, known, place="harness explain")
    tell, which = found
    return [" ".join(text.split()) for text in tell(which)]


@cache  # it reads every scenario's file
def _known() -> dict[str, tuple[Callable[[str], Iterator[str]], str]]:
    """What can be explained, by its name in lower case; a scenario by its id as well."""
    names = scenario_names()
    found: dict[str, tuple[Callable[[str], Iterator[str]], str]]
    found = {name: (_scenario, name) for name in names}
    found |= {load_scenario(name).id.casefold(): (_scenario, name) for name in names}
    found |= {name: (_profile, name) for name in {**terminal_profiles(), **host_profiles()}}
    found |= {name.casefold(): (_invariant, name) for name in INVARIANTS}
    found |= {name: (_fault, name) for name in ALL_RULES}
    return found


def _fault(kind: str) -> Iterator[str]:
    rule = ALL_RULES[kind]
    yield f"{kind}: {rule.summary} [a fault, {rule.layer}]"
    yield WHY_FAULTS[kind]
    own = rule.__dict__.get("__doc__")
    if own:
        yield inspect.cleandoc(own)
    yield "It takes " + "; ".join(f"{name} ({it.meaning})" for name, it in rule.parameters.items())
    keyed = "nth" in rule.parameters
    when = ":terminal=ATM00001,nth=1" if keyed else "@10m..20m"
    yield f"harness run ordinary_evening --terminals 10 --fault {kind}{when}"


def _invariant(name: str) -> Iterator[str]:
    yield f"{name}: {INVARIANTS[name]} [an invariant]"
    yield WHY_INVARIANTS[name]
    for check in CHECKS:
        if check.id == name:
            yield inspect.cleandoc(check.__doc__ or "")
            seen = ", ".join(check.needs)
            yield f"It is judged by {seen}; a run that cannot see that says 'not observable'."
    yield "harness list profiles names the defects that break it"


def _scenario(name: str) -> Iterator[str]:
    scenario = load_scenario(name)
    yield f"{name} ({scenario.id}): {scenario.title} [a scenario]"
    yield scenario.story
    yield scenario.shows
    size = f"{scenario.terminals:,} terminals for {format_duration(scenario.duration)}"
    yield f"{size}; faults: {'; '.join(scenario.faults) or 'none'}."
    if scenario.promises:
        yield f"It promises {', '.join(scenario.promises)}: each must be tried, and hold."
    expected = ", ".join(f"{event} {count}" for event, count in scenario.expect.items())
    if expected:
        yield f"So often at least this must have happened: {expected}."
    yield f"harness run {name}"


def _profile(name: str) -> Iterator[str]:
    terminal = terminal_profiles().get(name)
    if terminal is not None:
        yield f"{name}: {terminal} [a terminal]"
        yield f"harness explore --terminal-profile {name}"
    host = host_profiles().get(name)
    if host is not None:
        yield f"{name}: {host} [a host]"
        yield f"harness explore --host-profile {name}"
