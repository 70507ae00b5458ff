"""What waits for a broker stays within limits, and what matters most stays longest."""

from __future__ import annotations

from harness.control.publication import Publication
from harness.fleet.outbox import Outbox


def said(topic: str, *, retain: bool = False, qos: int = 1) -> Publication:
    return Publication(topic, None, retain=retain, qos=qos)


def taken(outbox: Outbox) -> list[str]:
    found = []
    while (publication := outbox.take()) is not None:
        found.append(publication.topic)
    return found


def test_the_first_in_is_the_first_out() -> None:
    outbox = Outbox()
    for topic in ("a", "b", "a"):
        outbox.put(said(topic))
    assert taken(outbox) == ["a", "b", "a"]


def test_of_a_state_only_the_latest_waits() -> None:
    outbox = Outbox()
    outbox.put(said("state", retain=True))
    outbox.put(said("event"))
    latest = said("state", retain=True)._replace(correlation=b"2")
    outbox.put(latest)
    assert len(outbox) == 2
    assert [outbox.take(), outbox.take()][1] == latest


def test_telemetry_goes_first_when_there_is_too_much() -> None:
    outbox = Outbox(most=2)
    outbox.put(said("answer"))
    outbox.put(said("telemetry", qos=0))
    outbox.put(said("event"))
    assert taken(outbox) == ["answer", "event"]
    for topic in ("1", "2", "3"):
        outbox.put(said(topic))
    assert taken(outbox) == ["2", "3"]
    assert outbox.dropped == 2


def test_what_could_not_be_sent_is_next_again_unless_it_is_out_of_date() -> None:
    outbox = Outbox()
    outbox.put(said("next"))
    outbox.back(said("first"))
    assert taken(outbox) == ["first", "next"]
    newer = said("state", retain=True)._replace(correlation=b"2")
    outbox.put(newer)
    outbox.back(said("state", retain=True))
    assert outbox.take() == newer
    outbox.back(said("telemetry", qos=0))
    assert not len(outbox)


def test_nobody_wants_old_telemetry() -> None:
    outbox = Outbox()
    outbox.put(said("telemetry", qos=0))
    outbox.put(said("event"))
    outbox.forget_telemetry()
    assert taken(outbox) == ["event"]
