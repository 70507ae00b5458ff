"""An incident, as the monitor tells of it."""

from __future__ import annotations

import msgspec

from harness.control import payloads as p
from harness.control.announcer import IncidentChange

OPEN = p.Incident(
    id="b-1",
    boot_id="b",
    seq=1,
    at="2026-11-21T20:11:00.000Z",
    number="b-1",
    kind="host_silent",
    cause="host",
    severity="critical",
    scope="bank",
    where="",
    status="open",
    opened_at="2026-11-21T20:11:00.000Z",
    changed_at="2026-11-21T20:11:00.000Z",
    count=17,
    terminals=("ATM00001", "ATM00002"),
    summary="17 of 30 terminals say so",
)
OPENED = IncidentChange("opened", OPEN)
RESOLVED = IncidentChange(
    "resolved",
    msgspec.structs.replace(OPEN, status="resolved", resolved_at="2026-11-21T20:16:00.000Z"),
)
