"""Faults of the wire that spoil a message's meaning.

They are sealed again with the right key, or they would only be a bad MAC.

Without mti= they touch financial and reversal responses; with it, that message whichever way it
goes.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.fate import Act, Deliver, Passing
from harness.faults.wire import MEANING, WireRule


class WrongField(WireRule):
    """One data element becomes another one of its kind. In a request, under a right MAC, that makes
    another transaction, which nobody asked for and nobody can reverse.
    """

    stage = MEANING
    withstood = "response"
    field: ClassVar[str] = ""

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        altered = self.altered(now, passing)
        return None if altered is passing else [Deliver(0.0, altered.data)]

    def altered(self, now: float, passing: Passing) -> Passing:
        """What goes on in the frame's stead: itself, or one with other fields."""
        if not self.means(passing) or not self.strikes(now, passing.terminal):
            return passing
        fields = passing.fields or {}
        right = fields.get(self.field, "")
        wrong = self.other(right) if right else ""
        if not wrong:
            return passing
        self.acted(passing.terminal, f"{passing.mti} DE {self.field} {wrong} instead of {right}")
        other = {**fields, self.field: wrong}
        return passing._replace(fields=other, data=passing.reseal(other))

    def other(self, right: str) -> str:
        """A wrong value of the same form; '' if there is none."""
        raise NotImplementedError


class WrongStan(WrongField):
    kind = "wrong_stan"
    summary = "the message carries the next STAN (DE 11), under a right MAC"
    field = "11"

    def other(self, right: str) -> str:
        if not (right.isascii() and right.isdigit()):
            return ""
        width = len(right)
        return f"{int(right) % (10**width - 1) + 1:0{width}d}"  # 999999 wraps to 000001


class WrongTerminal(WrongField):
    kind = "wrong_terminal"
    summary = "the message names another terminal (DE 41), under a right MAC"
    field = "41"

    def other(self, right: str) -> str:
        return right[:-1] + ("1" if right[-1] == "0" else "0")


DAMAGE_RULES: tuple[type[WireRule], ...] = (WrongStan, WrongTerminal)
