"""All faults of a run together: how they compose, what they report, what the plan says of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passing import ATM, delivered, frame, message, plan, taken, told
from raw_fields import said

from harness.errors import ConfigError
from harness.events import FaultActed, FaultBegan, FaultEnded
from harness.faults.connection import ConnectionRule
from harness.faults.control import BrokerRule, DeliveryRule
from harness.faults.customer import CustomerRule, HandRule
from harness.faults.customer_visit import VisitRule
from harness.faults.device import CommandRule
from harness.faults.fate import Close
from harness.faults.fleet import SwitchRule
from harness.faults.grammar import ALL_RULES
from harness.faults.host import HostRule
from harness.faults.operator_commands import OperatorCommands
from harness.faults.power import OperationRule
from harness.faults.rule import Rule
from harness.faults.time_clock import ClockRule
from harness.faults.wire import WireRule

FOREVER = float("inf")


def test_without_faults_everything_is_left_alone() -> None:
    """And the plan says so by layer, so that nobody need ask."""
    faults = plan()
    assert faults.fate(0.0, frame()) is None
    assert faults.dial(0.0, ATM)[0] == ""
    assert faults.next_cut(0.0, ATM) is None
    assert faults.windows.next() == FOREVER
    assert not any(getattr(faults, layer) for layer, _ in OWNERS)


OWNERS: tuple[tuple[str, tuple[type[Rule], ...]], ...] = (
    *(("wire", (WireRule,)), ("connection", (ConnectionRule,)), ("host", (HostRule,))),
    *(("device", (CommandRule,)), ("customer", (CustomerRule, HandRule))),
    ("visits", (VisitRule,)),
    *(("operations", (OperationRule,)), ("clocks", (ClockRule,))),
    ("control", (OperatorCommands, DeliveryRule, BrokerRule)),
)


@pytest.mark.parametrize("kind", sorted(ALL_RULES))
def test_each_kind_belongs_to_the_layer_it_names(kind: str) -> None:
    """Just that layer is switched on (what gives frames their fate is asked with the wire, what
    ends connections or lets them in with the connection): a fault that nobody asks never acts.
    """
    faults, rule = plan(kind), ALL_RULES[kind]
    asked = [name for name, owners in OWNERS if issubclass(rule, owners)]
    if issubclass(rule, SwitchRule):
        assert faults.switch_due() < FOREVER
        return
    assert asked
    assert [name for name, _ in OWNERS if getattr(faults, name)] == asked


def test_windows_are_told_when_they_open_and_close() -> None:
    """Each once, in order; faults without one last from 0 on."""
    faults = plan("rst@5m..6m", "slow", "silent@1m..")
    windows = faults.windows
    assert windows.passed(0.0) == [FaultBegan("slow")]
    assert windows.next() == 60.0
    assert windows.passed(300.0) == [FaultBegan("silent@1m.."), FaultBegan("rst@5m..6m")]
    assert windows.passed(360.0) == [FaultEnded("rst@5m..6m")]
    assert windows.next() == FOREVER


def test_a_lift_closes_what_stands_open_and_nothing_opens_after_it() -> None:
    """And what was due by then and not told yet is told first."""
    faults = plan("slow", "silent@1m..", "rst@5m..6m")
    assert faults.windows.passed(0.0) == [FaultBegan("slow")]
    assert faults.lift(100.0) == [
        *(FaultBegan("silent@1m.."), FaultEnded("slow"), FaultEnded("silent@1m.."))
    ]
    assert faults.windows.next() == FOREVER
    assert faults.lift(200.0) == []


def test_an_outage_is_told_with_how_long_it_goes_on() -> None:
    """The longest that any fault may begin is known beforehand."""
    faults = plan("power_cut:off=10m", "hang_after_n:n=1,hold=20s", "slow:by=1h")
    assert faults.outage == 600.0
    faults.power_cut(0.0, ATM, "sync")
    faults.came_about(faults.hears(0.0, said({"t": "0200"})).effects)
    assert [effect.lasts for effect in taken(faults)] == [600.0, 0.0]


def test_effects_are_told_at_once() -> None:
    """What happens inside a terminal waits until its owner has written down the terminal's own
    events.
    """
    faults = plan("drop_response", "eject_jam")
    heard: list[FaultActed] = []
    faults.tell = heard.append
    faults.fate(0.0, frame())
    assert [effect.fault for effect in heard] == ["drop_response"]
    faults.device_fault(0.0, ATM, "eject")
    assert len(heard) == 1
    faults.release()
    assert [effect.fault for effect in heard] == ["drop_response", "eject_jam"]
    faults.release()
    assert len(heard) == 2


# --- composition -------------------------------------------------------------------------------


def test_what_is_lost_is_not_altered() -> None:
    """Whichever was named first; only the loss took effect."""
    for faults in (
        plan("bitflip", "dup_response", "drop_response"),
        plan("drop_response", "latency"),
    ):
        assert faults.fate(0.0, frame()) == []
        assert [fault for fault, _, _ in told(faults)] == ["drop_response"]


def test_faults_of_meaning_add_up_under_one_mac() -> None:
    """STAN and terminal both wrong, the MAC right."""
    ((_, data),) = delivered(plan("wrong_terminal", "wrong_stan").fate(0.0, frame(stan="000005")))
    fields, verdict = message(data)
    assert (fields["11"], fields["41"], verdict) == ("000006", "ATM00000", "good")


def test_delays_add_up() -> None:
    """Late, and over a slow line."""
    faults = plan("latency:by=2s,mti=0210", "late_response:past=5s")
    faults.fate(0.0, frame("0200"))
    assert [delay for delay, _ in delivered(faults.fate(1.0, frame()))] == [51.0]


def test_each_copy_is_a_frame_of_its_own() -> None:
    """nth=2 damages the second of three copies, and the others arrive as they were."""
    right = frame()
    acts = plan("bitflip:byte=1,bit=1,nth=2", "dup_response").fate(0.0, right)
    copies = delivered(acts)
    assert [delay for delay, _ in copies] == [0.0, 1.0, 2.0]
    assert [data == right.data for _, data in copies] == [True, False, True]


def test_an_altered_frame_is_damaged_and_sliced_too() -> None:
    """What comes out is sliced from the damaged frame, which was made from the altered one."""
    acts = plan("slice:bytes=10", "len_long:by=1", "wrong_stan").fate(0.0, frame())
    data = b"".join(piece for _, piece in delivered(acts))
    assert int.from_bytes(data[:2], "big") == len(data) - 2 + 1
    fields, verdict = message((len(data) - 2).to_bytes(2, "big") + data[2:])
    assert (fields["11"], verdict) == ("000124", "good")


def test_a_close_waits_for_the_pieces_before_it() -> None:
    """Half of the answer in slices, and the FIN after the last of them."""
    right = frame()
    acts = plan("fin_mid_response", "slice:bytes=1,gap=10ms").fate(0.0, right)
    assert acts is not None
    half = right.data[: len(right.data) // 2]
    assert b"".join(data for _, data in delivered(acts)) == half
    *pieces, close = acts
    assert isinstance(close, Close)
    assert close.delay > max(piece.delay for piece in pieces)


@given(st.permutations(["wrong_stan", "dup_response", "latency:by=1s", "bitflip:byte=9", "slice"]))
def test_the_order_in_which_faults_are_named_does_not_matter(order: list[str]) -> None:
    """Nothing is drawn here, and stages decide: the same acts come out."""
    reference = plan("bitflip:byte=9,bit=2", "wrong_stan", "dup_response", "latency:by=1s", "slice")
    named = [text.replace("byte=9", "byte=9,bit=2") for text in order]
    outcome = plan(*named).fate(0.0, frame())
    expected = reference.fate(0.0, frame())
    assert outcome is not None
    assert expected is not None
    assert sorted(outcome) == sorted(expected)


def test_an_unknown_framing_is_a_mistake() -> None:
    """Told when the plan is made, not in the middle of a run."""
    with pytest.raises(ConfigError, match="no framing is called '5byte'"):
        plan("bitflip", framing="5byte")
