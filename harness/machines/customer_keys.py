"""A customer at the keys of an ATM: what is typed, when, and what a customer does instead.

`CustomerAtKeys` is the part of `Customers` (customer.py) that the keys concern, with what it has to
remember for it. The manner of a visit (behaviour.py) says what is unusual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from harness import events as e
from harness.cardholders import Card
from harness.keyed_random import Draw
from harness.machines import inputs as i
from harness.machines.behaviour import USUAL, CustomerBehaviour, Manner
from harness.machines.timers import NEVER

AT_ONCE = (0.1, 0.4)  # seconds before a hurried customer presses a key
_SLOW = 5.0  # seconds; whoever needs longer for a key hesitates
ASKED = ("pin", "choose")
AT_KEYS = ("early", *ASKED)


class MachineDeadlines(NamedTuple):
    """The deadlines of a machine, for faults that make a customer act at the same instant (run
    seconds, NEVER where there is none): `timer` is when the next timer of the session runs out,
    `link` when the link supervisor has something to do, `fired` when the logic last acted on one of
    the two.
    """

    timer: float = NEVER
    link: float = NEVER
    fired: float = NEVER


class CustomerFaults(Protocol):
    """What can go wrong with a customer. The fault rules of a run answer these questions."""

    def forgets(self, now: float, what: str, *, anyway: bool) -> bool:
        """Is the 'card' or the 'cash' left at the slot? `anyway` is whether the customer forgets it
        without any fault.
        """

    def visit(self, now: float, manner: Manner) -> Manner:
        """The manner of a customer who comes to a machine that serves; `manner` is what it is
        without any fault.
        """

    def did(self, aspect: str, what: str) -> None:
        """What that field of the manner says has happened: `what`, in words."""

    def moves(self, now: float, move: int, machine: Callable[[], MachineDeadlines]) -> float:
        """When a customer does what is due now (run seconds): now, or later, and then it is asked
        again. `move` counts what the customers at this machine have done; `machine` gives the
        deadlines of the machine.
        """


class CustomerAtKeys:
    """One customer after the other, at the keys. `events` go to the journal; `reports` are the keys
    that are pressed, for the terminal.
    """

    __slots__ = (
        "_amount", "_asked", "_behaviour", "_cancels", "_card", "_customer", "_does", "_draw",
        "_due", "_early", "_faults", "_forgot", "_hesitates", "_manner", "_moves", "_pin_left",
        "_pin_right", "_touched", "_wants", "events", "present", "reports",
    )  # fmt: skip

    def __init__(
        self, behaviour: CustomerBehaviour, draw: Draw, faults: CustomerFaults | None
    ) -> None:
        self._behaviour = behaviour
        self._faults = faults
        self._draw = draw
        self._customer = 0
        self._moves = 0  # what all customers have done so far
        self.present = False
        self._due = NEVER
        self._does = ""
        self._card: Card | None = None
        self._wants = ""
        self._amount = 0
        self._pin_left = ""
        self._pin_right = True
        self._cancels = False
        self._manner = USUAL
        self._asked = 0  # for the PIN, in this visit
        self._early = False  # a key was pressed before the machine asked
        self._forgot = False  # the PIN that is typed is wrong because of the manner
        self._touched = 0.0  # when the last key was pressed, or the screen asked for one
        self._hesitates = False
        self.events: list[e.Event] = []
        self.reports: list[i.Input] = []

    def _leave(self, how: str) -> None:
        """The customer goes away."""
        raise NotImplementedError

    def _did(self, aspect: str, what: str) -> None:
        """What the manner says has come true: if a fault is why, it has acted."""
        if self._faults is not None:
            self._faults.did(aspect, what)

    def _plan(self, does: str, now: float, span: tuple[float, float]) -> None:
        self._does = does
        self._moves += 1
        self._due = now + self._draw.uniform(*span)

    def _plan_key(self, does: str, now: float) -> None:
        """The next thing to do is at the keys."""
        manner = self._manner
        self._touched = now
        self._hesitates = False  # what is asked now is another key
        self._plan(does, now, AT_ONCE if manner.hurried else self._behaviour.key)
        if manner.key_longer and does in ASKED:
            self._due += manner.key_longer
            self._hesitate(now)
            self._did("key_longer", f"a key is pressed {manner.key_longer:g} s later")
        elif self._due - now > _SLOW and does in ASKED:
            self._hesitate(now)

    def _hesitate(self, now: float) -> None:
        if not self._hesitates:
            self._hesitates = True
            self.events.append(e.CustomerHesitated(self._customer, now - self._touched))

    def _begin_pin(self, now: float) -> None:
        card = self._card
        assert card is not None, "someone without a card was asked for a PIN"
        pin = card.pin
        self._asked += 1
        wrong = self._draw.chance(self._behaviour.wrong_pin)
        self._forgot = not wrong and self._asked <= self._manner.wrong_pins
        if wrong or self._forgot:
            pin = f"{(int(pin) + 1 + self._draw.below(9998)) % 10000:04d}"
        self._pin_right = pin == card.pin
        self._pin_left = (pin[1:] if self._early else pin) + "#"
        self._plan_key("pin", now)

    def _act_at_keys(self, does: str, now: float) -> None:
        step = "select" if does == "choose" else ("", "pin", "again")[min(self._asked, 2)]
        if step and step == self._manner.walks_off:
            self._hesitate(now)
            self._did("walks_off", "the customer goes away")
            self._leave("waiting")
            return
        if self._hesitates:
            self._hesitates = False
            self.events.append(e.CustomerWentOn(self._customer))
        if step and step == self._manner.cancels:
            self._does = "chosen" if does == "choose" else "pin typed"
            self._did("cancels", "the customer presses cancel")
            self._cancel()
        elif does == "choose":
            self._does = "chosen"
            if self._cancels:
                self._cancel()
            else:
                self.reports.append(i.Chosen(self._wants, self._amount))
        elif does == "early":
            self._type_early()
        else:
            self._press(now)

    def _cancel(self) -> None:
        self.events.append(e.CancelPressed(self._customer))
        self.reports.append(i.KeyPressed("cancel"))

    def _type_early(self) -> None:
        """The first key of the PIN, before the machine asks for one: it will not be taken in."""
        assert self._card is not None, "someone without a card types a PIN"
        self._does = "typed early"
        self._early = True
        self.reports.append(i.KeyPressed(self._card.pin[0]))
        self._did("hurried", "a key is pressed before the machine asks")

    def _press(self, now: float) -> None:
        key, self._pin_left = self._pin_left[0], self._pin_left[1:]
        if self._pin_left:
            self._plan_key("pin", now)
            self.reports.append(i.KeyPressed(key))
            return
        self._does = "pin typed"
        if not self._early:  # else nobody knows whether the machine has taken all its keys
            self.events.append(e.PinTyped(self._customer, self._pin_right))
        self.reports.append(i.KeyPressed("enter"))
        if self._forgot:
            self._did("wrong_pins", "a wrong PIN was typed")
        if self._early:  # the machine lacks a key: it goes on asking
            self._early = False
            self._begin_pin(now)
