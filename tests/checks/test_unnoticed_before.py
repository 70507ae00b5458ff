"""T18.wait, T26 and T27: requests that are given up too early, approvals that are not paid, and
what happens before its record is durable.
"""

from __future__ import annotations

import pytest
from script import Script, row, status

from harness import events as e
from harness.contract import Contract

WAIT = Contract().host_response


@pytest.mark.parametrize("name", ["T26", "T27"])
def test_without_the_device_nobody_knows(name: str) -> None:
    """The wire alone does not show where the card is, nor what a store holds."""
    script = Script(sees=("wire.terminal",))
    script.visit(10)
    script.end(300)
    assert status(script.verdict(), name) == "not observable"


# --- T26 -----------------------------------------------------------------------------------------


def approved(*then: tuple[float, e.Event], stacks: float | None = None) -> Script:
    """A card that is taken at 24 after an approval, and cash that is stacked or not."""
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    script.request(20)
    script.debit(20.5)
    script.answer(20.6)
    script.eject(21)
    for at, event in then:
        script.add(at, event)
    if stacks is not None:
        script.pay(stacks)
    script.end(300)
    return script


@pytest.mark.parametrize(("stacks", "outcome"), [(24.0, "pass"), (27.0, "fail"), (None, "fail")])
def test_what_was_approved_is_paid(stacks: float | None, outcome: str) -> None:
    """At once, when the card is out."""
    verdict = approved(stacks=stacks).verdict()
    assert (status(verdict, "T26"), row(verdict, "T26").tried) == (outcome, 1)


BETWEEN = [
    (22.0, e.OrderGiven("stop")),
    (22.0, e.ProcessPaused("motor:eject")),
    (25.0, e.PowerLost("mains")),
    (20.7, e.RecordDelayed("Decision", 1)),
]


@pytest.mark.parametrize("between", BETWEEN, ids=lambda case: type(case[1]).__name__)
def test_what_may_come_between(between: tuple[float, e.Event]) -> None:
    """Then the cash may not be due."""
    assert status(approved(between).verdict(), "T26") == "not tried"


def test_a_card_at_its_last_moment_excuses() -> None:
    """The terminal had given it up when a hand took it."""
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    script.request(20)
    script.debit(20.5)
    script.answer(20.6)
    script.eject(21, taken=1.2 + Contract().card_take)
    script.end(300)
    assert status(script.verdict(), "T26") == "not tried"


# --- T27 -----------------------------------------------------------------------------------------


def delayed(record: str, *, until: float) -> Script:
    """A withdrawal whose record is not durable before `until`; its cash is stacked at 24, and it is
    reversed at 60.
    """
    script = Script()
    script.add(19.9, e.RecordDelayed(record, 1))
    script.add(until, e.StoreWentOn())
    script.network(9, "echo")
    script.insert(10)
    script.request(20)
    script.answer(20.6)
    script.eject(21)
    script.stack(24)
    script.reversal(60)
    script.end(300)
    return script


@pytest.mark.parametrize(
    ("record", "until", "outcome"),
    [
        *(("Intent", 19.95, "pass"), ("Intent", 20.1, "fail")),
        *(("Decision", 23.9, "pass"), ("Decision", 24.1, "fail")),
        *(("Reversal", 59.9, "pass"), ("Reversal", 60.1, "fail")),
        ("Closed", 100.0, "pass"),
    ],
)
def test_nothing_happens_before_its_record(record: str, until: float, outcome: str) -> None:
    """No request, no cash and no reversal; nothing needs the record that closes a transaction."""
    assert status(delayed(record, until=until).verdict(), "T27") == outcome


@pytest.mark.parametrize(("until", "outcome"), [(31.0, "pass"), (33.0, "fail")])
def test_no_order_is_confirmed_before_its_record(until: float, outcome: str) -> None:
    """And a terminal that waits for its store is not late with its answer (T12)."""
    script = Script()
    script.add(10.0, e.OrderGiven("stop"), e.RecordDelayed("OutOfService", 0))
    script.add(until, e.StoreWentOn())
    script.add(32.0, e.OrderAcknowledged("stop"))
    script.end(300)
    verdict = script.verdict()
    assert status(verdict, "T27") == outcome
    assert status(verdict, "T12") != "fail"
