"""The hardware of one ATM: card reader, slot, stacker, cassettes and display.

The device knows where the card and every note are, whatever the terminal believes, and says so in
the journal. To the terminal it reports only what its sensors can see. Motors take time. What goes
wrong in them is asked of the fault rules of the run.

Amounts are in minor units. Notes are {denomination: count}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from harness import events as e
from harness.cardholders import Card
from harness.machines import inputs as i
from harness.machines.behaviour import USUAL, Manner
from harness.machines.device_fault import DeviceFault
from harness.machines.device_image import DeviceImage
from harness.machines.motors import Motors
from harness.machines.notes import CASSETTES, less, mix, total, without, worth
from harness.machines.timers import NEVER

DeviceFaults = Callable[[float, str], DeviceFault | None]
"""(now, command) -> what goes wrong, if anything. The command is 'eject', 'stack' or 'retract' for
what a movement does, and 'motor:read', 'motor:eject' and so on for how long the motor takes.
"""


class Device:
    """One ATM's hardware. `events` go to the journal, `reports` to the terminal's logic."""

    __slots__ = (
        "_accepting", "_card_does", "_card_due", "_cash_does", "_cash_due", "_counters", "_faults",
        "_motors", "_out", "_stack_fault", "_stacker", "_unknown", "card", "card_at", "cash_at",
        "cassettes", "events", "gripped", "powered", "reports", "screen",
    )  # fmt: skip

    def __init__(self, motors: Motors, faults: DeviceFaults | None = None) -> None:
        self._motors = motors
        self._faults = faults
        self._accepting = False
        self._card_due = NEVER
        self._card_does = ""
        self._cash_due = NEVER
        self._cash_does = ""
        self._counters = i.Counters(0, 0, 0, True)
        self._stacker: e.Notes = {}
        self._out: e.Notes = {}
        self._stack_fault: DeviceFault | None = None
        self._unknown: e.Notes = {}
        self.card: Card | None = None
        self.card_at = ""  # '', transport, slot, stuck
        self.cash_at = ""  # '', stacker, slot
        self.gripped = False  # a hand holds the card at the slot
        self.cassettes = dict(CASSETTES)
        self.powered = True
        self.screen = "blank"
        self.events: list[e.Event] = []
        self.reports: list[i.Input] = []

    # --- time --------------------------------------------------------------------------

    def next_deadline(self) -> float:
        """When the next motor is done."""
        return self._card_due if self._card_due < self._cash_due else self._cash_due

    def tick(self, now: float) -> None:
        """Finish the motors that are done."""
        if now >= self._card_due:
            self._card_due = NEVER
            self._card_done(self._card_does)
        if now >= self._cash_due:
            self._cash_due = NEVER
            self._cash_done(self._cash_does, now)

    def _run_card(self, does: str, motor: str, now: float) -> None:
        """Begin a movement of the card, which replaces the one under way."""
        self._card_does = does
        seconds = self._duration(motor, now)
        if seconds == NEVER and motor == "capture":
            self._card_does, seconds = "stick", self._motors.capture
        self._card_due = now + seconds

    def _run_cash(self, motor: str, now: float) -> None:
        """Begin a movement of the notes, which replaces the one under way. Notes that a motor has
        begun to draw in and does not bring back lie where nobody can reach them.
        """
        self._cash_does = motor
        seconds = self._duration(motor, now)
        if seconds == NEVER and motor == "retract":
            self._cash_does, seconds = "stick", self._motors.retract
        self._cash_due = now + seconds

    def _duration(self, motor: str, now: float) -> float:
        """How long a movement that begins now takes, in seconds; NEVER if the motor hangs."""
        usual: float = getattr(self._motors, motor)
        fault = self._faults(now, f"motor:{motor}") if self._faults else None
        if fault is None:
            return usual
        if fault.kind == "hangs":
            self.events.append(e.MotorStopped(motor))
            return NEVER
        self.events.append(e.MotorSlowed(motor, fault.seconds))
        return usual + fault.seconds

    # --- what the terminal's logic commands ------------------------------------------------

    def show(self, screen: str) -> None:
        if screen != self.screen:
            self.screen = screen
            self.events.append(e.ScreenShown(screen))

    def accept_cards(self, accept: bool) -> None:
        self._accepting = accept

    def eject(self, now: float) -> None:
        """The motor moves the card to the slot, unless it jams."""
        if self.card is None or self.card_at not in ("transport", "stuck"):
            return
        fault = self._faults(now, "eject") if self._faults else None
        self.events.append(e.EjectBegun())
        jams = fault is not None or self.card_at == "stuck"
        self._run_card("jam" if jams else "eject", "eject", now)

    def capture(self, now: float) -> None:
        """The motor moves the card, from wherever it is, to the retain bin. A card that a hand
        holds stays at the slot.
        """
        if self.card is None:
            return
        stuck = self.card_at == "stuck"
        self.card_at = "stuck" if stuck else "slot" if self.gripped else "transport"
        self.events.append(e.CaptureBegun(self.card.token))
        self._run_card("stick" if stuck else "capture", "capture", now)

    def stack(self, transaction: int, amount: int, now: float) -> None:
        """The motor picks notes for an amount (minor units). The counters remember for which
        transaction.
        """
        self.events.append(e.StackBegun(transaction, amount))
        self._stack_fault = self._faults(now, "stack") if self._faults else None
        if self._counters.transaction != transaction:
            self._counters = i.Counters(transaction, 0, 0, True)
        notes = mix(amount, self.cassettes) or {}
        if self._stack_fault:
            notes = less(notes, self._stack_fault.notes)
        for denomination, count in notes.items():
            self.cassettes[denomination] -= count
        counted = self._stack_fault is None or self._stack_fault.kind != "unknown"
        if counted:
            self._stacker = total(self._stacker, notes)
        else:  # they go to the reject bin; only a person can say how many
            self._unknown = total(self._unknown, notes)
        self._counters = i.Counters(
            transaction,
            self._counters.picked + worth(notes),
            self._counters.returned,
            self._counters.known and counted,
        )
        self.cash_at = "stacker" if self._stacker else ""
        self.events.append(e.NotesStacked(notes, {}, counted))
        self._run_cash("stack", now)

    def present(self, now: float) -> None:
        self._run_cash("present", now)

    def retract(self, now: float) -> None:
        """The motor draws the notes back in, unless they get stuck."""
        self.events.append(e.RetractBegun())
        self._run_cash("retract", now)

    # --- what hands do -----------------------------------------------------------------

    def insert(self, card: Card, customer: int, now: float, manner: Manner = USUAL) -> bool:
        """A customer inserts a card, which the reader may read late or not at all, as the manner of
        the visit says. Did the reader take it?
        """
        if not (self._accepting and self.powered and self.card is None):
            return False
        self.card = card
        self.card_at = "transport"
        self.events.append(e.CardInserted(card.token, customer))
        self.reports.append(i.CardIn(card.token))
        if manner.expired:
            self.events.append(e.CardExpired(card.token))
        if manner.read_longer:
            self.events.append(e.CardReadSlowly(card.token, manner.read_longer))
        does = "fail to read" if manner.unreadable else "read"
        self._run_card(does, "read", now + manner.read_longer)
        return True

    @property
    def draws_card_in(self) -> bool:
        """Does the motor run that moves the card to the retain bin?"""
        return self._card_does == "capture" and self._card_due != NEVER

    def take_card(self) -> bool:
        """The customer takes the card. Was it at the slot?"""
        if self.card is None or self.card_at != "slot":
            return False
        self.events.append(e.CardTaken(self.card.token))
        self.card = None
        self.card_at = ""
        self.gripped = False
        self._card_due = NEVER
        self.reports.append(i.CardGone())
        return True

    def take_cash(self) -> bool:
        """The customer takes the notes. Were they at the slot?"""
        if self.cash_at != "slot":
            return False
        self.events.append(e.NotesTaken(self._out))
        self._out = {}
        self.cash_at = ""
        if self._cash_does in ("retract", "stick"):
            self._cash_due = NEVER  # the customer was quicker than the motor
        self.reports.append(i.CashGone(self._counters))
        return True

    def take_part_of_cash(self) -> bool:
        """The customer takes about half of the notes at the slot, the largest first. Were there two
        or more? The sensor of the slot reports nothing while notes lie in it.
        """
        count = sum(self._out.values())
        if self.cash_at != "slot" or count < 2:
            return False
        taken = less(self._out, count - count // 2)
        self._out = without(self._out, taken)
        self.events.append(e.NotesPartlyTaken(taken))
        return True

    # --- a person at the open machine ----------------------------------------------------

    def remove_stuck_card(self) -> None:
        """Take a card that is stuck out by hand, if there is one."""
        if self.card is not None and self.card_at == "stuck":
            self.events.append(e.CardRemoved(self.card.token))
            self.card = None
            self.card_at = ""
            self._card_due = NEVER
            self.reports.append(i.CardKept())

    def open_safe(self) -> None:
        """Open the safe, count the notes, and fill the cassettes up."""
        self.events += [e.SafeDoorOpened(), self.count("visit")]
        self.fill()

    def fill(self) -> None:
        """Fill the cassettes up to what they held at opening."""
        missing = {note: CASSETTES[note] - self.cassettes.get(note, 0) for note in CASSETTES}
        notes = {note: count for note, count in missing.items() if count > 0}
        self.cassettes = total(self.cassettes, notes)
        self.events.append(e.CassettesFilled(notes))

    def close_safe(self) -> None:
        self.events.append(e.SafeDoorClosed())

    # --- motors done ---------------------------------------------------------------------

    def _card_done(self, does: str) -> None:
        card = self.card
        if card is None:
            return
        if does == "read":
            self.reports.append(i.CardRead(card.pan, card.expiry, card.track2))
        elif does == "fail to read":
            self.events.append(e.CardUnread(card.token))
            self.reports.append(i.CardUnreadable())
        elif does == "eject":
            self.card_at = "slot"
            self.events.append(e.CardAtSlot(card.token))
            self.reports.append(i.CardOut())
        elif does == "jam":
            self.events.append(e.EjectFailed())
        elif does == "capture" and self.gripped:
            self.events.append(e.CaptureFailed())
        elif does == "stick":
            self.card_at = "stuck"
            self.events.append(e.CaptureFailed())
        elif does == "capture":
            self.events.append(e.CardCaptured(card.token))
            self.card = None
            self.card_at = ""
            self.reports.append(i.CardKept())

    def _cash_done(self, does: str, now: float) -> None:
        if does == "stack":
            if self._stack_fault is not None and self._stack_fault.kind == "unknown":
                self.reports.append(i.StackUncounted())
            else:
                self.reports.append(i.Stacked(worth(self._stacker)))
        elif does == "present":
            self._out = total(self._out, self._stacker)
            self._stacker = {}
            self.cash_at = "slot"
            self.events.append(e.NotesPresented(dict(self._out)))
            self.reports.append(i.Presented())
        elif does == "retract":
            self._draw_in(now)
        elif does == "stick":
            self._stick(total(self._out, self._stacker))

    def _draw_in(self, now: float) -> None:
        notes = total(self._out, self._stacker)
        if not notes:
            self.reports.append(i.Retracted(self._counters))  # there was nothing to retract
        elif self._faults and self._faults(now, "retract"):
            self._stick(notes)
        else:
            self._bring_back(notes)

    def _stick(self, notes: e.Notes) -> None:
        """The notes are stuck where nobody can reach them. The sensor has lost count of them."""
        if not notes:
            return
        self._unknown = total(self._unknown, notes)
        self._out, self._stacker = {}, {}
        self.cash_at = ""
        known = self._counters
        self._counters = i.Counters(known.transaction, known.picked, known.returned, False)
        self.events.append(e.RetractFailed(notes))

    def _bring_back(self, notes: e.Notes) -> None:
        self._out = {}
        self._stacker = {}
        self.cash_at = ""
        known = self._counters
        self._counters = i.Counters(
            known.transaction, known.picked, known.returned + worth(notes), known.known
        )
        self.events.append(e.NotesRetracted(notes, known.known))
        self.reports.append(i.Retracted(self._counters))

    # --- power and rest --------------------------------------------------------------------

    def power_off(self) -> None:
        """Motors stop where they are; card, notes and counters stay."""
        self.powered = False
        self._accepting = False
        self._card_due = self._cash_due = NEVER
        self.screen = "blank"
        self.reports.clear()

    def power_on(self) -> i.Sensors:
        """The power is on. Returns what the sensors report at boot."""
        self.powered = True
        return i.Sensors(
            self.card_at in ("transport", "stuck"),
            self.card_at == "slot",
            self.cash_at != "",
            self._counters,
        )

    def image(self) -> DeviceImage:
        """Where everything is now."""
        return DeviceImage(
            self._counters,
            dict(self.cassettes),
            self.card,
            self.card_at,
            self.cash_at,
            dict(self._stacker),
            dict(self._out),
            dict(self._unknown),
        )

    def restore(self, image: DeviceImage) -> None:
        """Put everything where it was, before the first boot in a new process."""
        self._counters = image.counters
        self.cassettes = dict(image.cassettes)
        self.card = image.card
        self.card_at = image.card_at
        self.cash_at = image.cash_at
        self._stacker = dict(image.stacker)
        self._out = dict(image.out)
        self._unknown = dict(image.unknown)

    def opening(self, customer: int) -> list[e.Event]:
        """What a journal begins with: the count, and what an earlier process has left inside;
        `customer` was there last.
        """
        count = self.count("opening")
        token = self.card.token if self.card is not None else ""
        cash = total(self._stacker, self._out)
        if not token and not cash:
            return [count]
        return [count, e.DeviceBroughtForward(token, customer, self.card_at if token else "", cash)]

    def count(self, when: Literal["opening", "visit", "rest"]) -> e.CassettesCounted:
        """A person counts the cassettes, the reject bin, and notes that are stuck."""
        return e.CassettesCounted(
            when,
            dict(self.cassettes),
            total(total(self._unknown, self._stacker), self._out),
        )
