"""T20.queue: no card before the head of the queue has been sent on a new connection."""

from __future__ import annotations

import pytest
from script import Script, failing

from harness import events as e


@pytest.mark.parametrize(
    ("record", "goes_on", "broken"),
    [
        ("", False, True),
        ("Reversal", False, False),
        ("Reversal", True, True),
        ("Closed", False, True),
    ],
)
def test_what_the_store_holds_back_is_in_no_queue(record: str, goes_on: bool, broken: bool) -> None:
    """The reversal cannot be sent before its record is durable."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.add(30, e.LinkClosed("fin"))
    script.eject(30, screen="cancelled")
    if record:
        script.add(30.1, e.RecordDelayed(record, 1))
    if goes_on:
        script.add(34, e.StoreWentOn())
    script.link_up(35)
    script.insert(50, customer=2)
    script.end(55, "open")
    assert ("T20.queue" in failing(script.verdict())) is broken
