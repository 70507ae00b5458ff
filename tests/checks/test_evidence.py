"""The evidence by witness: who takes in which event, and that each is read once."""

from __future__ import annotations

from script import ATM, STATION, Script

from harness import events as e
from harness.checks.catalogue import CHECKS
from harness.checks.evidence import EVIDENCE_HANDLERS, TerminalEvidence
from harness.checks.operating_time import OperatingTime
from harness.contract import Contract
from harness.wire.dialects import load_dialect
from harness.wire.message import Kind

LAYERS = {
    **{"device": "device", "wire": "wire", "ledger": "ledger", "own_account": "terminal"},
    "commands": "control",
}


def evidence() -> TerminalEvidence:
    return TerminalEvidence(ATM, Contract(), load_dialect(), ledger=True)


def test_a_witness_takes_in_the_events_of_its_own_layer() -> None:
    """Only events of the device, and of the customer before it, go to the evidence as a whole."""
    for kind, (witness, _) in EVIDENCE_HANDLERS.items():
        own = LAYERS.get(witness)
        assert kind.layer in ((own,) if own else ("device", "customer")), kind


def test_a_check_that_hears_of_postings_needs_the_ledger() -> None:
    """Where nobody sees the ledger, such a check says 'not observable'."""
    ledger = [name for name, kind in e.EVENT_TYPES.items() if kind.layer == "ledger"]
    for check in CHECKS:
        if any(hasattr(check, f"on_{name}") for name in ledger):
            assert "ledger" in check.needs, check


def test_a_check_gets_the_message_from_the_evidence() -> None:
    """The frame's meaning, read once; a frame that goes the wrong way has no kind."""
    script = Script()
    script.request(10.0)
    found = evidence()
    kinds = []
    for at, _, event in script.entries:
        if isinstance(event, e.FrameSeen):
            found.wire.on_FrameSeen(at, event)
            kinds.append(found.wire.kind)
            assert found.wire.message.fields is event.fields
    assert kinds == [Kind.NETWORK, Kind.NETWORK_ANSWER, Kind.REQUEST, Kind.REQUEST]
    backwards = e.FrameSeen("terminal", "terminal", script.requests["000001"], "good", "", 99)
    assert found.wire.on_FrameSeen(11.0, backwards) is False
    assert found.wire.kind is None
    assert found.wire.message.stan == "000001"


def test_the_three_witnesses_know_the_same_transaction() -> None:
    """Asked on the wire, paid by the device, posted by the ledger."""
    script = Script()
    script.visit(10.0)
    found = evidence()
    for at, _, event in sorted(script.entries, key=lambda entry: entry[0]):
        handler = EVIDENCE_HANDLERS.get(type(event))
        if handler is not None:
            owner = getattr(found, handler.witness) if handler.witness else found
            handler.take_in(owner, at, event)
    (transaction,) = found.transactions.kept()
    assert transaction is found.transactions.current
    assert (transaction.approved, transaction.taken, transaction.debit) == (5000, 5000, 5000)
    assert transaction.endings == ["completed"]
    assert found.device.inserted is None
    assert STATION.terminal == found.name


def test_time_without_power_and_time_without_a_process_are_left_out() -> None:
    """And each power cut allows the time to recover."""
    time = OperatingTime(60.0)
    start = time.moment(10.0)
    time.power_lost(20.0)
    assert time.since(start, 25.0) == 10.0
    time.power_restored(30.0)
    time.paused(40.0)
    assert time.stands_still
    assert time.since(start, 45.0) == 20.0
    time.resumed(50.0)
    assert (time.since(start, 60.0), time.allowance(start)) == (30.0, 60.0)


def test_a_process_that_stood_still_does_not_go_on_after_a_power_cut() -> None:
    """Another one boots."""
    time = OperatingTime(60.0)
    time.paused(10.0)
    time.power_lost(20.0)
    assert not time.stands_still
    assert time.between(0.0, 30.0) == 20.0
