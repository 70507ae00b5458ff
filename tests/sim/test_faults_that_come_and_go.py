"""A fault that is added in the middle of a simulated run acts in it, until it is removed."""

from __future__ import annotations

from harness import events as e
from harness.assembly import Assembly
from harness.checks.judge import Judge
from harness.journal import Journal
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.fleet import Fleet

MINUTE = 60.0


class Run:
    """A simulated evening of a few ATMs that is stopped where the test likes."""

    def __init__(self, *faults: str) -> None:
        plan = plan_of(
            load_scenario("ordinary_evening"), terminals=5, duration=1800.0, faults=faults
        )
        self.entries: list[tuple[float, str, e.Event]] = []
        assembly = Assembly(plan)
        self.judge = Judge(assembly.header())
        journal = Journal()
        journal.subscribe(self.judge.see)
        journal.subscribe(lambda at, actor, event: self.entries.append((at, actor, event)))
        self.fleet = Fleet(assembly, journal)
        self.fleet.start()

    def until(self, minute: float) -> None:
        self.fleet.world.run(minute * MINUTE)

    def acted(self) -> dict[str, list[float]]:
        """When each fault acted, in minutes."""
        found: dict[str, list[float]] = {}
        for at, _, event in self.entries:
            if isinstance(event, e.FaultActed):
                found.setdefault(event.fault, []).append(at / MINUTE)
        return found

    def of(self, kind: type[e.Event]) -> list[tuple[float, e.Event]]:
        return [(at / MINUTE, event) for at, _, event in self.entries if isinstance(event, kind)]


ADDED = ("drop_response", "slow:by=2s", "eject_jam:p=50%", "power_cut:p=2%", "clock_step:by=1h")


def test_a_fault_that_is_added_in_mid_run_acts_until_it_is_removed() -> None:
    """On the wire, in the host, in the device, at the mains and in the clock: all of them are asked
    although there were none when the machines were built.
    """
    run = Run()
    run.until(5.0)
    assert run.acted() == {}
    for fault in ADDED:
        run.fleet.add_fault(fault)
    run.until(15.0)
    for fault in ADDED:
        run.fleet.remove_fault(fault)
    run.until(25.0)
    acted = run.acted()
    assert set(acted) == set(ADDED)
    for moments in acted.values():
        assert 5.0 <= moments[0] <= moments[-1] <= 15.0 + 0.05  # what a slow host holds comes then
    assert [(at, event.fault) for at, event in run.of(e.FaultBegan)] == [  # type: ignore[attr-defined]
        (5.0, fault) for fault in ADDED
    ]
    assert [(at, event.fault) for at, event in run.of(e.FaultEnded)] == [  # type: ignore[attr-defined]
        (15.0, fault) for fault in ADDED
    ]


def test_connections_that_stand_are_cut_by_what_is_added() -> None:
    """At once, and the new ones as well, until the fault is gone."""
    run = Run()
    run.until(5.0)
    assert run.of(e.LinkClosed) == []
    number = run.fleet.add_fault("rst:after=10s")
    run.until(6.0)
    ends = [at for at, _ in run.of(e.LinkClosed)]
    assert ends[:5] == [5.0] * 5
    assert len(ends) > 5
    run.fleet.remove_fault(number)
    run.until(15.0)
    assert [at for at, _ in run.of(e.LinkClosed)] == ends


def test_a_window_that_opens_later_is_told_when_it_does() -> None:
    """Beside those of the plan."""
    run = Run("drop_request@4m..8m")
    run.until(2.0)
    run.fleet.add_fault("drop_response@3m..6m")
    run.until(10.0)
    assert [at for at, _ in run.of(e.FaultBegan)] == [3.0, 4.0]
    assert [at for at, _ in run.of(e.FaultEnded)] == [6.0, 8.0]


def test_an_added_fault_that_never_acts_makes_the_run_invalid() -> None:
    """It is held to what a fault of the plan is: without effect, the run proves nothing. One that
    acted is no reason.
    """
    run = Run()
    run.until(5.0)
    for fault in ("drop_response", "slow:nth=9999"):
        run.fleet.add_fault(fault)
    run.until(15.0)
    run.fleet.remove_fault("drop_response")
    assert [x.fault for _, x in run.of(e.FaultAdded)] == [  # type: ignore[attr-defined]
        *("drop_response", "slow:nth=9999")
    ]
    reasons = run.judge.verdict().reasons
    assert "the fault slow:nth=9999 never took effect" in reasons
    assert "the fault drop_response never took effect" not in reasons


def test_a_fault_that_is_added_once_more_has_to_act_once_more() -> None:
    """What it did before is no evidence for later."""
    run = Run()
    run.fleet.add_fault("drop_response")
    run.until(15.0)
    assert run.acted().keys() == {"drop_response"}
    run.fleet.remove_fault("drop_response")
    run.fleet.add_fault("drop_response")
    assert "the fault drop_response never took effect" in run.judge.verdict().reasons
