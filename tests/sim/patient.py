"""A profile that waits a minute longer for the host than the contract allows."""

from __future__ import annotations

from harness.machines.profile import TerminalProfile

PATIENT = TerminalProfile(
    name="patient",
    summary="waits 105 s for the host",
    settings={"timers": {"host_response": 105.0}},
)
