"""Terminals that do not tell what they must, say the wrong thing on the screen, or give an account
of themselves that is not true.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from harness import events as e
from harness.defects.defect import Defect
from harness.machines import inputs as i
from harness.machines.effects import Tell
from harness.machines.matching import ECHOED_WRONGLY
from harness.machines.profile import TerminalProfile
from harness.machines.terminal import Terminal


class Tells(Terminal):
    """Changes what it tells and shows, and does everything right."""

    def told(self, event: e.Event) -> e.Event | None:
        """What is told in place of this event; None for nothing."""
        return event

    def shown(self, screen: str) -> str:
        """What the screen shows in place of this."""
        return screen

    def emit(self, event: e.Event) -> None:
        """Report an event, or another one."""
        told = self.told(event)
        if told is not None:
            super().emit(told)

    def do(self, effect: i.Effect, *, after: int = 0) -> None:
        """Carry out an effect; a screen may be another one."""
        if type(effect) is i.Show:
            effect = i.Show(self.shown(effect.screen))
        super().do(effect, after=after)


class _Silent(Tells):
    """Raises no alarm of one kind."""

    kind: ClassVar[str] = ""

    def told(self, event: e.Event) -> e.Event | None:
        return None if isinstance(event, e.AlarmRaised) and event.kind == self.kind else event


class _NoCaptureAlarm(_Silent):
    kind = "capture"


class _NoHardwareAlarm(_Silent):
    kind = "hardware"


class _NoSuspenseAlarm(_Silent):
    kind = "suspense"


class _NoSecurityAlarm(_Silent):
    kind = "security"


class _NoParkedAlarm(_Silent):
    kind = "parked"


class _NoBreakerAlarm(_Silent):
    kind = "breaker"


class _NoEchoAlarm(Tells):
    """Raises no alarm for an answer that repeats something else than was asked."""

    def told(self, event: e.Event) -> e.Event | None:
        alarm = isinstance(event, e.AlarmRaised) and event.detail.endswith(ECHOED_WRONGLY)
        return None if alarm else event


class _NeverCancelled(Tells):
    """Says 'take your card' and not why."""

    def shown(self, screen: str) -> str:
        return "take_card" if screen == "cancelled" else screen


class _AlwaysCancelled(Tells):
    """Says 'transaction cancelled' whenever a card comes out."""

    def shown(self, screen: str) -> str:
        return "cancelled" if screen == "take_card" else screen


class _NoWordOfCash(Tells):
    """Presents the cash under the screen for the card."""

    def shown(self, screen: str) -> str:
        return "take_card" if screen == "take_cash" else screen


class _AlwaysWelcome(Tells):
    """Says 'welcome' while it is out of service."""

    def shown(self, screen: str) -> str:
        return "welcome" if screen == "out_of_service" else screen


class _CaptureUnsaid(Tells):
    """Captures a card under 'take your card'."""

    def shown(self, screen: str) -> str:
        return "take_card" if screen == "captured" else screen


class _Outcomes(Tells):
    """Reports that transactions ended in another way than they did."""

    instead: ClassVar[dict[str, str]] = {}

    def told(self, event: e.Event) -> e.Event:
        if isinstance(event, e.TransactionEnded) and event.outcome in self.instead:
            return msgspec.structs.replace(event, outcome=self.instead[event.outcome])
        return event


class _SaysCaptured(_Outcomes):
    instead: ClassVar[dict[str, str]] = {"declined": "captured"}


class _SaysPaid(_Outcomes):
    instead: ClassVar[dict[str, str]] = {"reversed": "completed"}


class _SaysPaidInFull(_Outcomes):
    instead: ClassVar[dict[str, str]] = {"partial": "completed"}


class _SuspenseOfNothing(Tells):
    """Reports a suspense of nothing."""

    def do(self, effect: i.Effect, *, after: int = 0) -> None:
        if isinstance(effect, Tell) and isinstance(effect.event, e.SuspenseRecorded):
            effect = Tell(msgspec.structs.replace(effect.event, amount=0))
        super().do(effect, after=after)


class _SaysYesTwice(Tells):
    """Acknowledges each stop twice."""

    def emit(self, event: e.Event) -> None:
        super().emit(event)
        if isinstance(event, e.OrderAcknowledged):
            super().emit(event)


class _CriesCapture(Tells):
    """Raises the alarm of a capture whenever a card jams for the first time."""

    def step(self, what: i.Input, now: float) -> None:
        if isinstance(what, i.EjectExpired):
            self.emit(e.AlarmRaised("capture", "the card does not come out"))
        super().step(what, now)


def _defect(
    name: str, machine: type[Terminal], summary: str, cost: str, must: str, **more: object
) -> Defect:
    profile = TerminalProfile(name=name, summary=summary, machine=machine)
    return Defect(profile=profile, cost=cost, must=(must,), **more)  # type: ignore[arg-type]


_NOBODY_COMES = "Nobody is told, and nobody comes."

TOLD_DEFECTS = (
    _defect(
        *("captures_in_silence", _NoCaptureAlarm, "captures a card and raises no alarm"),
        *("The customer rings up, and the bank knows of no card.", "M3"),
    ),
    _defect(
        *("breaks_in_silence", _NoHardwareAlarm, "raises no alarm when a motor fails"),
        *(_NOBODY_COMES, "M3"),
    ),
    _defect(
        *("suspense_in_silence", _NoSuspenseAlarm, "raises no alarm for cash that nobody counted"),
        *("What nobody looks into is never given back.", "M3"),
    ),
    _defect(
        *("forgery_in_silence", _NoSecurityAlarm, "drops what is not authentic, without an alarm"),
        *("Somebody works at the line for weeks, and nobody notices.", "M3"),
    ),
    _defect(
        *("parks_in_silence", _NoParkedAlarm, "parks a reversal and raises no alarm"),
        *("A customer's money lies in a queue that nobody reads.", "M3"),
        may=("H7",),
    ),
    _defect(
        *(
            "mixed_up_in_silence",
            _NoEchoAlarm,
            "drops an answer of another amount, without an alarm",
        ),
        *("The host mixes transactions up, and nobody looks into it.", "M3"),
    ),
    _defect(
        *("trips_in_silence", _NoBreakerAlarm, "trips its breaker and raises no alarm"),
        *("A host that has lost its mind goes on ordering captures all evening.", "M3"),
    ),
    _defect(
        *("cancels_unsaid", _NeverCancelled, "gives the card back and does not say why"),
        *("The customer waits for cash that never comes.", "M3.screen"),
    ),
    _defect(
        *("always_cancelled", _AlwaysCancelled, "says 'transaction cancelled' before every card"),
        *("The customer walks away before the cash.", "M3.screen"),
    ),
    _defect(
        *("no_word_of_cash", _NoWordOfCash, "presents cash and still says 'take your card'"),
        *("The customer looks at the wrong slot, and the cash is drawn in.", "M3.screen"),
    ),
    _defect(
        *("welcome_while_closed", _AlwaysWelcome, "says 'welcome' while it is out of service"),
        *("People push cards into a reader that is closed.", "M3.screen"),
        may=("T12", "T20.supervisor", "F3", "T22", "T21"),
    ),
    _defect(
        *("captures_unsaid", _CaptureUnsaid, "captures a card under 'take your card'"),
        *("The customer waits for a card that is in the bin.", "M3.screen"),
    ),
    _defect(
        *("says_captured", _SaysCaptured, "reports 'captured' for a card that it gave back"),
        *("The bank sends a new card to somebody who has the old one.", "M4"),
    ),
    _defect(
        *("says_paid", _SaysPaid, "reports 'completed' where nothing was paid"),
        *("The journal proves the customer a liar.", "M4"),
    ),
    _defect(
        *("says_paid_in_full", _SaysPaidInFull, "reports 'completed' where a part was paid"),
        *("The customer's complaint is turned down.", "M4"),
    ),
    _defect(
        *("suspense_of_nothing", _SuspenseOfNothing, "reports that nothing is in suspense"),
        *("The books are closed with a hole in them.", "M4"),
    ),
    _defect(
        *("says_yes_twice", _SaysYesTwice, "acknowledges each order twice"),
        *("The operator's second stop looks obeyed before it has come.", "M4"),
    ),
    _defect(
        *("cries_capture", _CriesCapture, "raises the alarm of a capture while the card comes out"),
        *("People drive out for a card that its owner has taken.", "M4"),
    ),
)
