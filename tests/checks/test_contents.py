"""What terminals and hosts say, held against what is seen beside them (M1 and M2)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from script import ATM, SENT, Script, failing, row, status

from harness import events as e
from harness.checks.judge import CLOCK_FAULTS
from harness.faults.time_clock import CLOCK_RULES

EPOCH = "2026-11-21T20:09:40"  # so that DE 7 of the script is right at 20 s


def changed(script: Script, mti: str, end: str = "terminal", **elements: str | None) -> Script:
    """The script with other elements in its frames of that type at that end; None: without it."""
    script.entries = [
        (at, actor, _other(event, mti, end, elements)) for at, actor, event in script.entries
    ]
    return script


def _other(event: e.Event, mti: str, end: str, elements: dict[str, Any]) -> e.Event:
    if not isinstance(event, e.FrameSeen) or event.end != end or event.fields["t"] != mti:
        return event
    fields = {**event.fields, **{name[2:]: text for name, text in elements.items()}}
    fields = {name: text for name, text in fields.items() if text is not None}
    return msgspec.structs.replace(event, fields=fields)


def visit(**changes: Any) -> Script:
    script = Script(**({"epoch": EPOCH} | changes))
    script.visit(10)
    script.end(100)
    return script


def reversal(script: Script | None = None) -> Script:
    script = script or Script()
    script.aborted(10)
    script.end(200)
    return script


def with_card(script: Script, card: str, *unlike: str) -> Script:
    """The tap says of each request that it names that card, and what is of another one."""
    script.entries = [
        (at, actor, _carded(event, card, unlike)) for at, actor, event in script.entries
    ]
    return script


def _carded(event: e.Event, card: str, unlike: tuple[str, ...]) -> e.Event:
    if isinstance(event, e.FrameSeen) and event.fields["t"] == "0200" and event.end == "terminal":
        return msgspec.structs.replace(event, card=card, unlike=unlike)
    return event


def test_what_is_true_passes_and_is_tried() -> None:
    verdict = with_card(visit(), "c0ffee").verdict()
    assert failing(verdict) == []
    for name in ("M1", "M1.card", "M1.amount", "M1.clock", "M1.answer", "M2", "M2.approval"):
        assert row(verdict, name).tried, name
    assert failing(reversal().verdict()) == []
    assert row(reversal().verdict(), "M1.original").tried == 1


@pytest.mark.parametrize(
    ("broken", "elements"),
    [
        ("M1.amount", {"de4": f"{500000:012d}"}),
        ("M1.amount", {"de3": "012000"}),
        ("M1.clock", {"de7": "1121211000"}),
        ("M1.clock", {"de12": "201000"}),
        ("M1", {"de39": None, "de54": "x" * 20}),
    ],
)
def test_a_request_that_is_not_true(broken: str, elements: dict[str, Any]) -> None:
    assert broken in failing(changed(visit(), "0200", **elements).verdict())


def test_a_request_for_another_card_than_the_one_in_the_reader() -> None:
    assert failing(with_card(visit(), "another").verdict()) == ["M1.card"]
    assert failing(with_card(visit(), "c0ffee", "35").verdict()) == ["M1.card"]


def test_a_clock_that_a_fault_has_set_is_not_judged() -> None:
    script = changed(visit(), "0200", de12="201000")
    script.add(20.0, e.FaultActed("clock_skew", f"{ATM}: clock off by +60 s"), actor="RUN")
    verdict = script.verdict()
    assert status(verdict, "M1.clock") != "fail"
    assert set(CLOCK_FAULTS) == {rule.kind for rule in CLOCK_RULES}


@pytest.mark.parametrize(
    ("broken", "elements"),
    [
        ("M1.original", {"de39": "91"}),
        ("M1.original", {"de37": None}),
        ("M1.amount", {"de95": f"{0:012d}{0:012d}C{0:08d}C{0:08d}"}),
        ("M1", {"de52": "0" * 16}),
    ],
)
def test_a_reversal_that_is_not_true(broken: str, elements: dict[str, Any]) -> None:
    assert broken in failing(changed(reversal(), "0420", **elements).verdict())


@pytest.mark.parametrize(
    ("broken", "elements"),
    [
        ("M1.answer", {"de38": None}),
        ("M1.answer", {"de54": "1002978C000000000100"}),
        ("M1.answer", {"de12": "000000"}),
    ],
)
def test_an_answer_that_is_not_true(broken: str, elements: dict[str, str | None]) -> None:
    assert broken in failing(changed(visit(), "0210", "host", **elements).verdict())


def test_numbers_that_are_used_twice() -> None:
    """A STAN for network management that a request has, a reference number of two requests, a
    transaction of the dispenser, an approval code.
    """
    script = visit(epoch="")
    script.entries.pop()
    script.visit(60, "000002")
    script.end(200)
    assert failing(script.verdict()) == []
    fields = {"t": "0800", "7": SENT, "11": "000001", "41": ATM, "70": "301"}
    script.frame(50, "terminal", "host", fields)
    assert status(script.verdict(), "M2") == "fail"
    again = changed(script, "0210", "host", de38="A00001")
    assert status(again.verdict(), "M2.approval") == "fail"


def test_a_transaction_number_of_the_dispenser_is_used_once() -> None:
    script = visit()
    script.stacked = 0
    script.visit(60, "000002")
    assert status(script.verdict(), "M2") == "fail"
