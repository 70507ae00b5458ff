"""What a fleet has answered to a command: who has carried it out, who has refused, who is still at
it, and who is silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness.control.payloads import FINAL, Response, Status


class Answer(NamedTuple):
    """The last answer of a terminal."""

    terminal: str
    status: Status
    detail: str


class RollCall:
    """The answers to one command, by its id, of the terminals that were asked. An answer costs the
    same however many they are.
    """

    def __init__(self, command: str, terminals: Iterable[str]) -> None:
        self.command = command
        self.asked = tuple(dict.fromkeys(terminals))
        self._asked = frozenset(self.asked)
        self._answers: dict[str, Answer] = {}
        self._finished = 0

    def heard(self, response: Response) -> None:
        """A response came. One to another command, or of a terminal that was not asked, is left
        out, and what a terminal said at last stays.
        """
        if response.command != self.command or response.terminal not in self._asked:
            return
        before = self._answers.get(response.terminal)
        if before is None or before.status not in FINAL:
            answer = Answer(response.terminal, response.status, response.detail)
            self._answers[response.terminal] = answer
            self._finished += response.status in FINAL

    @property
    def answered(self) -> int:
        """How many have said anything."""
        return len(self._answers)

    @property
    def finished(self) -> int:
        """How many have given their last answer."""
        return self._finished

    @property
    def over(self) -> bool:
        """Has each of them given its last answer?"""
        return self._finished == len(self.asked)

    @property
    def succeeded(self) -> list[Answer]:
        return self._with(("succeeded",))

    @property
    def refused(self) -> list[Answer]:
        """Who will not carry it out, with the reason."""
        return self._with(("failed", "rejected", "expired"))

    @property
    def unfinished(self) -> list[Answer]:
        """Who has taken the command and has not carried it out yet."""
        return self._with(("accepted", "in_progress"))

    @property
    def silent(self) -> list[str]:
        """Who has said nothing."""
        return [name for name in self.asked if name not in self._answers]

    def _with(self, statuses: Iterable[str]) -> list[Answer]:
        wanted = tuple(statuses)
        answers = (self._answers.get(name) for name in self.asked)
        return [answer for answer in answers if answer is not None and answer.status in wanted]
