"""Profiles as a user writes them, with mistakes in their code."""

from __future__ import annotations

from typing import Any

from harness.machines import inputs as i
from harness.machines.host import Host
from harness.machines.host_inputs import HostInput, HostState
from harness.machines.inputs import State
from harness.machines.profile import HostProfile, TerminalProfile, rewired, rewired_host


def divides_by_zero(_terminal: Any, _what: Any, now: float) -> None:
    raise ZeroDivisionError(f"at {now - now:g}")


def gives_up(*_: Any) -> None:
    raise SystemExit(1)


def asks_for_too_much(host: Host, _what: Any, _now: float) -> None:
    nothing: dict[str, str] = {}
    nothing["no such key"]


def misuses(terminal: Any, _what: Any, now: float) -> None:
    terminal.timers.arm("no such timer", now)


DIVIDES = TerminalProfile(
    name="divides", summary="", machine=rewired({(State.CARD_IN, i.CardRead): divides_by_zero})
)
GIVES_UP = TerminalProfile(
    name="gives_up", summary="", machine=rewired({(State.CARD_IN, i.CardRead): gives_up})
)
MISUSES = TerminalProfile(
    name="misuses", summary="", machine=rewired({(State.CARD_IN, i.CardRead): misuses})
)
LOOKS_UP = HostProfile(
    name="looks_up",
    summary="",
    machine=rewired_host({(HostState.UNKNOWN, HostInput.REQUEST): asks_for_too_much}),
)
