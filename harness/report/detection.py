"""How long it took until an outage was found: from the first request that nobody answered, as the
tap at the terminals' end has it, to the incident. The monitor's own word says when it spoke, and
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness import events as e
from harness.journal import Entry
from harness.units import format_clock
from harness.wire.dialects import load_dialect
from harness.wire.message import Kind


class Found(NamedTuple):
    """An incident, and when it was opened (run seconds). `since` is when the first of the requests
    left that had no answer then; None where all were answered.
    """

    at: float
    incident: e.IncidentOpened
    since: float | None


def incidents_of(entries: Iterable[Entry], dialect: str) -> list[Found]:
    """The incidents of a run whose messages are of that dialect, in their order."""
    read = load_dialect(dialect).read
    asked: dict[str, float] = {}  # by terminal: since when nothing has been answered
    found = []
    for entry in entries:
        event: e.Event = entry.event
        if isinstance(event, e.FrameSeen) and event.end == "terminal":
            kind = read(event.fields).kind
            if event.to == "host" and kind is Kind.REQUEST:
                asked.setdefault(entry.actor, entry.at)
            elif event.to == "terminal" and kind is Kind.ANSWER:
                asked.pop(entry.actor, None)
        elif isinstance(event, e.IncidentOpened):
            found.append(Found(entry.at, event, min(asked.values(), default=None)))
    return found


def detection_lines(found: list[Found]) -> list[str]:
    """A line for each incident of many terminals, and one for how many others there were."""
    lines = [_line(x) for x in found if x.incident.scope != "terminal"]
    alone = sum(x.incident.scope == "terminal" for x in found)
    if alone:
        lines.append(f"{alone} incidents of single terminals")
    return [f"  monitor: {line}" for line in lines or ["no incident was found"]]


def _line(found: Found) -> str:
    incident = found.incident
    where = f"{incident.scope} {incident.where}".rstrip()
    text = f"{format_clock(found.at)} {incident.kind}, cause: {incident.cause}, {where}"
    if incident.kind != "host_silent":
        return text
    if found.since is None:
        return f"{text}; no request was without an answer then"
    return f"{text}; {found.at - found.since:.1f} s after the first unanswered request"
