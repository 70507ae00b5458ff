"""Ends of the control plane that do not do what their operator commands, or what nobody does."""

from __future__ import annotations

import msgspec

from harness.control import payloads as p
from harness.control.agent import Agent, Received
from harness.control.commands import KnownCommand
from harness.defects.defect import Defect
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile


class DeafWhileWaiting(Agent):
    """A stop is taken, and carried out when the host has answered."""

    def _comes_to_a_stop(self, command: KnownCommand, now: float) -> bool:
        terminal = self._machine.terminal
        if terminal is not None and terminal.state == State.WAITING_FOR_HOST:
            self._goes_on(command, "the host has not answered yet", now)
            return False
        return super()._comes_to_a_stop(command, now)


class NeverExpires(Agent):
    """What a command says of its time is not looked at."""

    def _reject_or_obey(
        self, command: p.Command, message: Received, target: str, verb: str, now: float
    ) -> None:
        command = msgspec.structs.replace(command, expires_at="9999-12-31T23:59:59.000Z")
        super()._reject_or_obey(command, message, target, verb, now)


class ForgetsCommands(Agent):
    """A command is forgotten as soon as it is finished, and so is new when it comes again."""

    def _reject_or_obey(
        self, command: p.Command, message: Received, target: str, verb: str, now: float
    ) -> None:
        known = self._book.get(command.id)
        if known is not None and not known.open:
            self._book.forget(command.id)
            self._ordered.pop(command.id, None)
        super()._reject_or_obey(command, message, target, verb, now)


class DoneTooSoon(Agent):
    """A stop counts as done as soon as it was ordered."""

    def _comes_to_a_stop(self, command: KnownCommand, now: float) -> bool:
        done = super()._comes_to_a_stop(command, now)
        powered = self._machine.terminal is not None
        return done or (powered and command.verb != "restart" and command.id in self._ordered)


class ObeysForOthers(Agent):
    """Whom a command names is not looked at."""

    def _objection(self, command: p.Command, target: str, verb: str) -> str:
        return super()._objection(msgspec.structs.replace(command, target=target), target, verb)


class AnswersNobody(Agent):
    """Commands are carried out, and not answered."""

    def _answer(self, command: KnownCommand, now: float) -> None:
        """Nothing is said."""


def _profile(name: str, summary: str, control: type[Agent]) -> TerminalProfile:
    return TerminalProfile(name=name, summary=summary, control=control)


COMMAND_DEFECTS = (
    Defect(
        profile=_profile(
            "deaf_while_waiting",
            "takes a stop, and carries it out only when the host has answered",
            DeafWhileWaiting,
        ),
        cost="On the evening on which the host is silent every commanded card stays inside.",
        must=("T12.command", "F5"),
    ),
    Defect(
        profile=_profile("never_expires", "obeys a command whose time is over", NeverExpires),
        cost="A stop that the broker has kept since yesterday takes it out of service today.",
        must=("T12.refused",),
    ),
    Defect(
        profile=_profile(
            "forgets_commands", "carries a command out again when it comes again", ForgetsCommands
        ),
        cost="One command, delivered twice, restarts it twice: the second time with a customer.",
        must=("T12.once",),
        may=("T12.answer",),  # a repeat is over when it comes, and it has forgotten that it obeyed
    ),
    Defect(
        profile=_profile(
            "done_too_soon", "says that a stop is done while the card is inside", DoneTooSoon
        ),
        cost="The operator ticks it off, and nobody looks for the card.",
        must=("T12.done",),
    ),
    Defect(
        profile=_profile(
            "obeys_for_others", "obeys a command that names another terminal", ObeysForOthers
        ),
        cost="A slip of the desk, or a broker that mixes topics up, stops the wrong machine.",
        must=("T12.refused",),
    ),
    Defect(
        profile=_profile(
            "answers_nobody", "carries out what it is commanded, and answers nothing", AnswersNobody
        ),
        cost="The desk cannot tell it from a machine that is gone, and sends somebody.",
        must=("T12.answer",),
    ),
)
