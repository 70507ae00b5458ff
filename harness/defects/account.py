"""Terminals whose own account of messages, states and alarms is not true."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from harness import events as e
from harness.defects.defect import Defect
from harness.defects.told import Tells
from harness.machines import cells_host
from harness.machines import inputs as i
from harness.machines.effects import Tell
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile
from harness.machines.table import SAFE_TABLE, Table
from harness.machines.terminal import Terminal


class _SaysNoAnswer(Tells):
    """Says of each reversal that there was no answer."""

    def do(self, effect: i.Effect, *, after: int = 0) -> None:
        if isinstance(effect, Tell) and isinstance(effect.event, e.ReversalQueued):
            effect = Tell(msgspec.structs.replace(effect.event, reason="4021"))
        super().do(effect, after=after)


class _SaysDeclined(Tells):
    """Reports as declined what it has reversed."""

    def told(self, event: e.Event) -> e.Event:
        if isinstance(event, e.TransactionEnded) and event.outcome == "reversed":
            return msgspec.structs.replace(event, outcome="declined")
        return event


class _SaysIdle(Terminal):
    """Reports that it is IDLE while it is out of service."""

    def enter(self, state: str, now: float, timer: str = "") -> None:
        super().enter(state, now, timer)
        if state == State.OUT_OF_SERVICE:
            self.events[-1] = e.StateEntered(State.IDLE, "", 0.0)


def _suspects(t: Terminal, x: i.PinWrong, now: float) -> None:
    """Somebody may be trying a card that was found."""
    t.emit(e.AlarmRaised("security", f"the host answered {x.code}"))
    cells_host.pin_wrong(t, x, now)


class _AlarmsAtWrongPin(Terminal):
    table: ClassVar[Table] = {**SAFE_TABLE, (State.WAITING_FOR_HOST, i.PinWrong): _suspects}


class _WaitsWhileClosed(Tells):
    """Says 'please wait' while it is out of service."""

    def shown(self, screen: str) -> str:
        return "please_wait" if screen == "out_of_service" else screen


def _defect(
    name: str, machine: type[Terminal], summary: str, cost: str, must: str, *may: str
) -> Defect:
    profile = TerminalProfile(name=name, summary=summary, machine=machine)
    return Defect(profile=profile, cost=cost, must=(must,), may=may)


ACCOUNT_DEFECTS = (
    _defect(
        *("says_no_answer", _SaysNoAnswer),
        "records 4021 as the reason of each reversal, whatever it sends",
        "Whoever looks for jams in its journal finds none, and the motor is never mended.",
        "M4.message",
    ),
    _defect(
        *("says_declined", _SaysDeclined),
        "reports 'declined' where it reversed",
        "The bank looks for a decline that its host never gave.",
        "M4",
    ),
    _defect(
        *("says_idle", _SaysIdle),
        "reports that it is IDLE while it is out of service",
        "Whoever watches the fleet sees a machine that serves, and nobody goes there.",
        "M4.state",
    ),
    _defect(
        *("alarms_at_wrong_pin", _AlarmsAtWrongPin),
        "raises a security alarm for each wrong PIN",
        "There are hundreds of alarms a day, and nobody looks at the one that counts.",
        "M4.alarm",
    ),
    _defect(
        *("waits_while_closed", _WaitsWhileClosed),
        "says 'please wait' while it is out of service",
        "People stand before it and wait, and nothing comes.",
        "M3.screen",
        *("T1", "T2", "F1", "T12", "T18.wait", "T18.capture", "T21"),
    ),
)
