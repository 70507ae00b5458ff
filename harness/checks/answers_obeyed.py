"""What a terminal makes of the host's answer (T23): the card that is to be kept is kept, the PIN
that is to be asked for again is asked for, and a reversal gives the reason that it has.

A decline that is reversed all the same, an unknown code that is not reversed, and a card that is
kept without an order are found by T8 and T7. These checks judge terminals whose device is seen: the
reason stands in a private element, which another machine may use as it likes.
"""

from __future__ import annotations

from collections import deque

from harness import events as e
from harness.bounded import keep_latest
from harness.checks.base import Check
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import BY_TIMER, TransactionEvidence
from harness.wire.message import REVERSALS, Outcome

_KEEPS = 100
"""Transactions of which it is known what became of their card, the last ones of a run."""


class OrderedCardIsKept(Check):
    """T23. A card does not come out after an answer in time that orders it kept. It may where the
    breaker has tripped (`contract.capture_burst` captures by code within `capture_window`), where
    the power failed since it went in, and where a profile's list of capture codes may be shorter
    (`HostHabits.always_captures`).
    """

    id = "T23"
    rare = True
    needs = ("device", "wire.terminal")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._captures: dict[str, deque[float]] = {}
        self._tripped: dict[str, None] = {}

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        current = _answered_with(terminal, Outcome.CAPTURE)
        if current is None:
            return
        self.tried += 1
        contract = self.contract
        captures = self._captures.setdefault(terminal.name, deque())
        while captures and captures[0] <= at - contract.capture_window - contract.slack:
            captures.popleft()
        captures.append(at)
        if len(captures) >= contract.capture_burst:
            self._tripped[terminal.name] = None

    def on_CardAtSlot(self, terminal: TerminalEvidence, at: float, _event: e.CardAtSlot) -> None:
        current = _answered_with(terminal, Outcome.CAPTURE)
        if current is None or terminal.name in self._tripped:
            return
        always = terminal.dialect.message.HOSTS.always_captures
        if always and current.answer_code not in always:
            return
        self.tried += 1
        what = f"STAN {current.stan} was answered {current.answer_code}: the card is to be kept"
        self.fail(terminal, at, f"{what}, and it came out", of=current)


class PinIsAskedAgain(Check):
    """T23.pin. After an answer in time that asks for the PIN again the screen asks for it before
    the card comes out, as long as there are tries left, the session has time left, and the link is
    up.
    """

    id = "T23.pin"
    rare = True
    needs = ("device", "wire.terminal")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._refusals: dict[str, int] = {}  # of the card that is inside
        self._asked_after: dict[str, TransactionEvidence] = {}

    def on_CardInserted(
        self, terminal: TerminalEvidence, _at: float, _event: e.CardInserted
    ) -> None:
        self._refusals.pop(terminal.name, None)

    def on_ScreenShown(self, terminal: TerminalEvidence, _at: float, event: e.ScreenShown) -> None:
        if event.screen != "enter_pin":
            return
        current = _answered_with(terminal, Outcome.PIN_AGAIN)
        if current is not None and self._asked_after.get(terminal.name) is not current:
            self.tried += 1
            self._asked_after[terminal.name] = current
            self._refusals[terminal.name] = self._refusals.get(terminal.name, 0) + 1

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        current = _answered_with(terminal, Outcome.PIN_AGAIN)
        if current is None or self._asked_after.get(terminal.name) is current:
            return
        self._asked_after[terminal.name] = current
        if self._may_end(terminal, at):
            return
        self.tried += 1
        what = f"STAN {current.stan} was answered {current.answer_code}: the PIN is asked again"
        self.fail(terminal, at, f"{what}, and the card came out", of=current)

    def _may_end(self, terminal: TerminalEvidence, at: float) -> bool:
        """Was this the last try, or has the session or the link ended?"""
        contract, link, inserted = self.contract, terminal.wire.link, terminal.device.inserted
        if self._refusals.get(terminal.name, 0) + 1 >= contract.pin_tries or inserted is None:
            return True
        session = terminal.time.since(inserted, at)
        return (
            session >= contract.session - contract.slack
            or not terminal.wire.reach.can_send
            or link.lately_in_doubt(at)
            or link.down(at) is not None
        )


def _answered_with(terminal: TerminalEvidence, outcome: Outcome) -> TransactionEvidence | None:
    """The request of the card that is inside, where it had such an answer in time and the power has
    not failed since the card went in.
    """
    current, inserted = terminal.transactions.current, terminal.device.inserted
    if current is None or inserted is None or current.answer is not outcome or current.aborted:
        return None
    if current.start < inserted.at or terminal.time.cuts > inserted.cuts:
        return None
    return current


# --- why it is reversed --------------------------------------------------------------------------

INVALID_ANSWER, NO_ANSWER = frozenset(["4020"]), frozenset(["4021"])
NOT_TAKEN, JAM = frozenset(["4019"]), frozenset(["4014"])
NO_CASH, CASH_NOT_TAKEN, IN_PART = frozenset(["4017"]), frozenset(["4018"]), frozenset(["4004"])
UNABLE = frozenset(["4007"])
AFTER_A_CUT = frozenset(["4002", "4004", "4018", "4021"])
"""What the store and the dispenser's counters may say after a power cut."""


class ReasonFits(Check):
    """T23.reason. The reason of a reversal (DE 60 in our 1987 dialect, DE 25 in 1993) is the one of
    what happened, as the device and the wire show it (docs/domain.md, "Reversal reasons"). A
    terminal whose process stood still has seen something else than the device, and is not judged.
    """

    id = "T23.reason"
    needs = ("device", "wire.terminal")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._kept: dict[TransactionEvidence, frozenset[str]] = {}  # whose card was captured
        self._stopped: dict[TransactionEvidence, None] = {}  # before the stacker
        self._ejects: dict[str, int] = {}  # of the card that is inside

    def on_CardInserted(
        self, terminal: TerminalEvidence, _at: float, _event: e.CardInserted
    ) -> None:
        self._ejects.pop(terminal.name, None)

    def on_OrderGiven(self, terminal: TerminalEvidence, _at: float, event: e.OrderGiven) -> None:
        """A stop after the approval and before the stacker reverses at once, whatever becomes of
        the card later.
        """
        current = terminal.transactions.current
        if event.order == "stop" and current is not None and not current.stacks:
            self._stopped[current] = None
            keep_latest(self._stopped, _KEEPS)

    def on_RecordDelayed(
        self, terminal: TerminalEvidence, _at: float, event: e.RecordDelayed
    ) -> None:
        """What cannot be written down in time is not paid, whatever becomes of the card later."""
        current = terminal.transactions.current
        if event.record == "Decision" and current is not None:
            self._stopped[current] = None
            keep_latest(self._stopped, _KEEPS)

    def on_EjectBegun(self, terminal: TerminalEvidence, _at: float, _event: e.EjectBegun) -> None:
        self._ejects[terminal.name] = self._ejects.get(terminal.name, 0) + 1

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, _at: float, _event: e.CaptureBegun
    ) -> None:
        """A card that came to the slot only by the second eject may have come after its timer."""
        current = terminal.transactions.current
        if current is not None:
            kept = NOT_TAKEN if terminal.device.has_been_at_slot else JAM
            again = self._ejects.get(terminal.name, 0) > 1 and not terminal.device.jammed
            self._kept[current] = kept | JAM if again else kept
            keep_latest(self._kept, _KEEPS)

    def on_CardTaken(self, terminal: TerminalEvidence, at: float, _event: e.CardTaken) -> None:
        """A hand that meets the timer takes the card before the motor moves it: the terminal has
        given the card up, and no capture begins.
        """
        current = terminal.transactions.current
        at_slot = at - terminal.device.slot_since
        if current is None or at_slot < self.contract.card_take - self.contract.slack:
            return
        if current not in self._kept:
            self._kept[current] = NOT_TAKEN | UNABLE
            keep_latest(self._kept, _KEEPS)

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or terminal.wire.kind not in REVERSALS:
            return
        x, message = terminal.wire.subject, terminal.wire.message
        element = message.ELEMENTS.get("reason")
        if x is None or not x.requested or x.began is None or x.reversals_sent != 1 or not element:
            return
        if terminal.time.between(x.began.at, at) < at - x.began.at:
            return
        reasons = self._reasons(x)
        if terminal.time.cuts > x.began.cuts:
            reasons |= AFTER_A_CUT
        said = message.text("reason").strip()
        if not (reasons and said):
            return  # it must not be reversed at all, which is T8's, or the element is not in use
        self.tried += 1
        if said not in reasons:
            right = " or ".join(sorted(reasons))
            what = f"the reversal of STAN {x.stan} says {said} (DE {element})"
            self.fail(terminal, at, f"{what}, and its reason is {right}", of=x)

    def _reasons(self, x: TransactionEvidence) -> frozenset[str]:
        """The reasons that the evidence allows; empty where there is none to reverse it."""
        if x.answer is None or x.aborted:
            if not x.damaged:
                return NO_ANSWER
            by_timer = not x.aborted or x.aborted in BY_TIMER
            return INVALID_ANSWER if by_timer else INVALID_ANSWER | NO_ANSWER
        if not x.approved:
            return INVALID_ANSWER if x.answer in _INVALID else frozenset()
        if not x.stacks:
            kept = self._kept.get(x, UNABLE)
            return kept | UNABLE if x in self._stopped else kept
        return _of_the_cash(x)


_INVALID = (Outcome.PARTIAL, Outcome.SECURITY_ERROR, Outcome.UNKNOWN)


def _of_the_cash(x: TransactionEvidence) -> frozenset[str]:
    """Why a withdrawal is reversed whose stacker was started."""
    if x.retracted:
        return CASH_NOT_TAKEN
    if x.taken:
        return IN_PART
    if x.counted and not x.stacked:
        return NO_CASH | CASH_NOT_TAKEN  # the second where the terminal drew in before it was told
    if x.counted:
        return CASH_NOT_TAKEN | IN_PART
    return CASH_NOT_TAKEN | IN_PART | NO_CASH | AFTER_A_CUT
