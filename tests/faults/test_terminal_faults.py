"""Faults at the machine: its device, the person in front of it, its mains."""

from __future__ import annotations

from typing import get_args

import pytest
from passing import ATM, OTHER, plan, told

from harness.faults.fault_set import FaultSet
from harness.faults.power import OPERATIONS
from harness.machines import operations
from harness.machines.customer_keys import MachineDeadlines
from harness.machines.device_fault import DeviceFault
from harness.machines.store import AnyRecord


def words(faults: FaultSet) -> list[str]:
    """What happened, without by which fault and to whom."""
    return [what for _, _, what in told(faults)]


def test_a_jam_strikes_ejects_only() -> None:
    """The retry is an attempt of its own: nth=1 jams once, no nth jams for good."""
    once, always = plan("eject_jam:nth=1"), plan("eject_jam")
    assert once.device_fault(0.0, ATM, "stack") is None
    assert [once.device_fault(0.0, ATM, "eject") for _ in range(2)] == [DeviceFault("jam"), None]
    assert [always.device_fault(0.0, ATM, "eject") for _ in range(2)] == [DeviceFault("jam")] * 2
    assert told(once) == [("eject_jam:nth=1", ATM, "card jammed")]


def test_dispensers_run_short_or_lose_count() -> None:
    """So many notes are missing; only the first kind says so."""
    faults = plan("dispense_short:notes=2,nth=1", "dispense_unknown:nth=2")
    assert faults.device_fault(0.0, ATM, "eject") is None
    stacked = [faults.device_fault(0.0, ATM, "stack") for _ in range(3)]
    assert stacked == [DeviceFault("short", 2), DeviceFault("unknown", 0), None]
    assert [what for _, _, what in told(faults)] == ["2 notes short", "dispenser lost count"]
    assert plan("dispense_unknown:notes=3").device_fault(0.0, ATM, "stack") == DeviceFault(
        "unknown", 3
    )


def test_several_faults_count_the_same_attempt() -> None:
    """No fault's nth depends on another fault; the first one named is what happens."""
    faults = plan("eject_jam:nth=1", "dispense_short:nth=1", "dispense_unknown:nth=1")
    assert faults.device_fault(0.0, ATM, "stack") == DeviceFault("short", 1)
    assert faults.device_fault(0.0, ATM, "stack") is None
    assert faults.device_fault(0.0, ATM, "eject") == DeviceFault("jam")
    assert len(told(faults)) == 2


def test_customers_leave_what_the_fault_says() -> None:
    """The card or the cash, at the terminal that is meant."""
    faults = plan(f"customer_leaves_card:terminal={ATM}", "customer_leaves_cash:nth=2")
    assert faults.forgets(0.0, ATM, "card")
    assert not faults.forgets(0.0, OTHER, "card")
    assert [faults.forgets(0.0, OTHER, "cash") for _ in range(3)] == [False, True, False]
    assert told(faults) == [
        (f"customer_leaves_card:terminal={ATM}", ATM, "customer left the card"),
        ("customer_leaves_cash:nth=2", OTHER, "customer left the cash"),
    ]


def test_who_forgets_by_nature_is_an_attempt_and_no_effect() -> None:
    """The second one is the second, whoever came before; and the fault claims what it did."""
    faults = plan("customer_leaves_card:nth=2", "customer_leaves_cash:nth=1")
    assert faults.forgets(0.0, ATM, "card", anyway=True)
    assert faults.forgets(0.0, ATM, "card")
    assert faults.forgets(0.0, ATM, "cash", anyway=True)
    assert words(faults) == ["customer left the card"]


def test_power_fails_at_the_nth_operation() -> None:
    """Of each terminal, whatever the operation, for two minutes."""
    faults = plan("power_cut:nth=3")
    operations = ("write:Intent", "frame:0200", "sync", "motor:eject")
    assert [faults.power_cut(0.0, ATM, name) for name in operations] == [None, None, 120.0, None]
    assert faults.power_cut(0.0, OTHER, "sync") is None
    assert told(faults) == [("power_cut:nth=3", ATM, "power lost at sync")]


def test_power_fails_at_the_operation_named() -> None:
    """at= is how its name begins, and nth counts those only."""
    faults = plan("power_cut:at=frame:04,nth=2,off=30s")
    operations = ("frame:0200", "frame:0420", "write:Reversal", "frame:0421", "frame:0421")
    cuts = [faults.power_cut(0.0, ATM, name) for name in operations]
    assert cuts == [None, None, None, 30.0, None]


def test_the_operations_that_can_be_named_are_those_of_the_machine() -> None:
    """Every record that is written and every motor there is."""
    writes = {f"write:{record.name}" for record in get_args(AnyRecord)}
    motors = set(operations.MOTORS.values())
    assert {name for name in OPERATIONS if name.startswith("write:")} == writes
    assert {name for name in OPERATIONS if name.startswith("motor:")} == motors
    assert "write:" not in OPERATIONS


# --- hands that move at another time -------------------------------------------------------------


NOTHING = MachineDeadlines()


def test_a_customer_who_dawdles_moves_later() -> None:
    """Once, by so much; what is asked again then is the same move."""
    faults = plan("customer_dawdles:by=40s,nth=2")
    assert faults.moves(1.0, ATM, 1, NOTHING) == 1.0
    assert faults.moves(2.0, ATM, 2, NOTHING) == 42.0
    assert faults.moves(42.0, ATM, 2, NOTHING) == 42.0
    assert faults.moves(43.0, ATM, 3, NOTHING) == 43.0
    assert told(faults) == [
        ("customer_dawdles:by=40s,nth=2", ATM, "a hand moves 40 s later"),
    ]


def test_of_two_dawdlers_on_one_hand_the_slower_claims_it() -> None:
    """It moves when the slower lets it, once."""
    faults = plan("customer_dawdles:by=25s", "customer_dawdles:by=40s")
    assert faults.moves(2.0, ATM, 1, NOTHING) == 42.0
    assert faults.moves(42.0, ATM, 1, NOTHING) == 42.0
    assert [fault for fault, _, _ in told(faults)] == ["customer_dawdles:by=40s"]


WAITS, MEETS = "a hand waits for a timer to run out", "a hand moved as a timer ran out"


@pytest.mark.parametrize(("of", "until"), [("timer", 30.0), ("link", 44.0)])
def test_a_hand_meets_what_runs_out_next(of: str, until: float) -> None:
    """It waits for that, and says that it met it when both happen in one instant."""
    faults = plan(f"hand_tie:of={of},nth=1")
    assert faults.moves(5.0, ATM, 1, MachineDeadlines(timer=30.0, link=44.0)) == until
    assert words(faults) == [WAITS]
    assert faults.moves(until, ATM, 1, MachineDeadlines(fired=until)) == until
    assert words(faults) == [MEETS]


def test_a_hand_may_let_some_go_by() -> None:
    """lets=1: the next but one."""
    faults = plan("hand_tie:lets=1,nth=1")
    assert faults.moves(5.0, ATM, 1, MachineDeadlines(timer=30.0)) == 30.0
    assert faults.moves(30.0, ATM, 1, MachineDeadlines(timer=50.0, fired=30.0)) == 50.0
    assert faults.moves(50.0, ATM, 1, MachineDeadlines(fired=50.0)) == 50.0
    assert words(faults) == [WAITS, MEETS]


def test_a_timer_that_was_put_off_is_waited_for_again() -> None:
    """Where none is left the hand moves all the same, and nobody says that it met anything."""
    faults = plan("hand_tie:nth=1")
    assert faults.moves(5.0, ATM, 1, MachineDeadlines(timer=30.0, fired=2.0)) == 30.0
    assert faults.moves(30.0, ATM, 1, MachineDeadlines(timer=44.0, fired=2.0)) == 44.0
    assert faults.moves(44.0, ATM, 1, MachineDeadlines(fired=2.0)) == 44.0
    assert words(faults) == [WAITS]
    assert plan("hand_tie:nth=1").moves(5.0, ATM, 1, NOTHING) == 5.0


def test_what_a_customer_does_instead_is_a_move_of_its_own() -> None:
    """The card came out while the hand was held over the keys: taking it is struck too."""
    faults = plan("customer_dawdles:by=31s")
    assert faults.moves(5.0, ATM, 1, NOTHING) == 36.0
    assert faults.moves(40.0, ATM, 2, NOTHING) == 71.0
    assert faults.moves(71.0, ATM, 2, NOTHING) == 71.0
    assert len(told(faults)) == 2


def test_a_store_takes_its_time_for_one_record() -> None:
    """The record that is named, and no other; what is behind it waits too (SlowStore)."""
    faults = plan("store_stalls:at=write:Intent,by=5s,nth=1")
    named = [faults.device_fault(0.0, ATM, f"write:{name}") for name in ("Marks", "Intent")]
    assert named == [None, DeviceFault("slow", seconds=5.0)]
    assert words(faults) == ["write:Intent is durable 5 s later"]
