"""A simulated run with a control plane: commands reach terminals over the broker, or do not."""

from __future__ import annotations

import msgspec
import pytest

from harness import events as e
from harness.errors import ConfigError
from harness.faults.control import OF_THE_PLANE
from harness.faults.grammar import parse_fault
from harness.fleet import bridge
from harness.outcome import Outcome
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim import broker, connection
from harness.sim.run import simulate_plan

STOP = "operator_commands:verb=return_card_and_stop@2m..2m1s"


class Seen:
    """Notes what was recorded."""

    def __init__(self) -> None:
        self.entries: list[tuple[float, str, e.Event]] = []

    def see(self, at: float, actor: str, event: e.Event) -> None:
        self.entries.append((at, actor, event))

    def of(self, kind: type[e.Event]) -> list[tuple[float, str, e.Event]]:
        return [entry for entry in self.entries if type(entry[2]) is kind]

    def actors(self, kind: type[e.Event]) -> list[str]:
        return sorted({actor for _, actor, _ in self.of(kind)})


def run(*faults: str, terminals: int = 8, seed: int = 1) -> tuple[Outcome, Seen]:
    scenario = load_scenario("ordinary_evening")
    seen = Seen()
    plan = plan_of(scenario, terminals=terminals, duration=600.0, faults=faults, seed=seed)
    return simulate_plan(plan, listeners=[seen.see]), seen


def all_eight() -> list[str]:
    return [f"ATM0000{number}" for number in range(1, 9)]


def test_a_run_has_a_control_plane_only_if_something_asks_for_it() -> None:
    """Its scenario, or one of its faults."""
    ordinary = load_scenario("ordinary_evening")
    assert not plan_of(ordinary).control_plane
    assert plan_of(ordinary, faults=(STOP,)).control_plane
    assert plan_of(msgspec.structs.replace(ordinary, control_plane=True)).control_plane
    _, seen = run()
    assert not [x for x in seen.entries if isinstance(x[2], e.ControlEvent)]


def test_the_evening_is_the_same_with_a_control_plane_that_nobody_uses() -> None:
    """Terminals connect and report, and what the machines do does not change."""
    scenario = load_scenario("ordinary_evening")
    journals = []
    for plane in (False, True):
        seen = Seen()
        made = msgspec.structs.replace(scenario, control_plane=plane)
        simulate_plan(plan_of(made, terminals=8, duration=600.0), listeners=[seen.see])
        journals.append([x for x in seen.entries if not isinstance(x[2], e.ControlEvent)])
    assert journals[0] == journals[1]


def test_a_command_to_all_is_answered_and_obeyed_by_all() -> None:
    """And the desk knows it."""
    outcome, seen = run(STOP)
    assert outcome.verdict.outcome == "pass", outcome.verdict.reasons
    assert seen.actors(e.CommandHandedOver) == all_eight()
    assert seen.actors(e.ResponseTaken) == all_eight()
    ((_, _, roll),) = seen.of(e.RollCalled)
    assert roll == e.RollCalled("desk-1", "return_card_and_stop", 8, 0, 0, 0)


def test_a_command_to_a_region_reaches_nobody_else() -> None:
    """Region 2 of 4 has every fourth terminal."""
    _, seen = run("operator_commands:verb=get_state,region=2@2m..2m1s")
    assert seen.actors(e.CommandHandedOver) == ["ATM00002", "ATM00006"]


@pytest.mark.parametrize(
    ("fault", "handed"),
    [
        ("command_lost:terminal=ATM00003", 7),
        ("command_twice:terminal=ATM00003,after=10s", 9),
        ("command_delayed:by=20s", 8),
        ("command_late", 8),
        ("command_misaddressed:p=50%", 8),
    ],
)
def test_what_goes_wrong_with_deliveries(fault: str, handed: int) -> None:
    """It acts, so many commands are handed over, and nobody is blamed."""
    outcome, seen = run(STOP, fault)
    assert len(seen.of(e.CommandHandedOver)) == handed
    assert outcome.verdict.failures == ()
    assert [x for x in seen.of(e.FaultActed) if x[2].fault == fault]  # type: ignore[attr-defined]


def test_a_command_that_comes_too_late_is_not_obeyed() -> None:
    """Every terminal says 'expired', and serves on."""
    _, seen = run(STOP, "command_late")
    ((_, _, roll),) = seen.of(e.RollCalled)
    assert roll.refused == 8  # type: ignore[attr-defined]
    assert not seen.of(e.OrderGiven)


def test_a_broker_that_is_down_ends_every_connection_and_hears_nothing() -> None:
    """Afterwards all come back, and a command that still counts reaches those who are back."""
    outcome, seen = run("broker_down@1m..3m", "operator_commands:counts=5m@2m..2m1s")
    assert outcome.verdict.failures == ()
    lost = seen.of(e.BrokerLost)
    assert [at for at, _, _ in lost] == [60.0] * 8
    back = [at for at, _, _ in seen.of(e.BrokerConnected)][8:]
    assert len(back) == 8
    assert min(back) >= 180.0
    assert len(set(back)) > 4  # they do not come all at once
    assert all(at >= 180.0 for at, _, _ in seen.of(e.CommandHandedOver))
    assert seen.of(e.CommandHandedOver)


def test_a_region_that_is_cut_off_finds_out_by_the_keep_alive() -> None:
    """Others go on."""
    _, seen = run("broker_partition:region=1@1m..3m")
    lost = [(at, actor) for at, actor, _ in seen.of(e.BrokerLost)]
    assert [actor for _, actor in lost] == ["ATM00001", "ATM00005"]
    assert {at for at, _ in lost} == {60.0 + connection.GIVES_UP}


def test_a_fault_without_anything_to_act_on_proves_nothing() -> None:
    """No command was given: the run is invalid, and says why."""
    outcome, _ = run("command_lost")
    assert outcome.verdict.outcome == "invalid"
    assert any("never took effect" in reason for reason in outcome.verdict.reasons)


def test_equal_runs_are_equal() -> None:
    """Entry by entry."""
    faults = (STOP, "command_twice:p=50%", "broker_partition:region=1@1m..3m", "power_cut:p=1%")
    assert run(*faults)[1].entries == run(*faults)[1].entries


def test_a_fault_of_the_plane_cannot_be_added_to_a_run_without_one() -> None:
    """It could never act."""
    from harness.assembly import Assembly
    from harness.journal import Journal
    from harness.sim.fleet import Fleet

    fleet = Fleet(Assembly(plan_of(load_scenario("ordinary_evening"), terminals=1)), Journal())
    with pytest.raises(ConfigError, match="no control plane"):
        fleet.add_fault("broker_down@1m..2m")


def test_the_rules_of_a_connection_are_those_of_the_live_one() -> None:
    """Both are written twice, as the live one belongs to the event loop."""
    assert connection.KEEP_ALIVE == bridge.KEEP_ALIVE
    assert broker.SESSION == bridge.SESSION
    assert (connection.FIRST_PAUSE, connection.LONGEST_PAUSE) == (
        bridge.FIRST_PAUSE,
        bridge.LONGEST_PAUSE,
    )


@pytest.mark.parametrize("kind", sorted(OF_THE_PLANE))
def test_each_kind_of_the_plane_reads(kind: str) -> None:
    """And brings a control plane with it."""
    assert parse_fault(kind).kind == kind
    assert plan_of(load_scenario("ordinary_evening"), faults=(kind,)).control_plane
