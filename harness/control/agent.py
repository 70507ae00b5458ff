"""A terminal's end of the control plane: it takes commands in, has them carried out, and says what
became of each. What the terminal tells of itself comes from its `Reporter`.

The rules:

1. A command is obeyed in whatever state the terminal is, whether its host answers or not.
2. It is refused ('rejected') where it cannot be read, is not meant for this terminal, or is not an
   operator's who may give it; and ('expired') when its time is over by the terminal's own clock.
3. A command that is known already is not carried out again: what was said of it last is said again.
4. What is said is kept before the terminal acts (`harness.control.commands`).
5. 'accepted' comes at once; 'succeeded' when the machine shows what was asked for: it is out of
   service with neither a card nor cash in it, it is in service as far as its operator is
   concerned, it has started again. 'in_progress' says what is still awaited.

`out_of_service` lets the customer who is being served finish, for at most `PATIENCE` seconds, and
lets nobody else in. `return_card_and_stop` ends the visit at once: the card comes out, or with a
decision that has been made to pay, card and cash (docs/domain.md, "Aborts": remote stop).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from harness import events as e
from harness.control import payloads as p
from harness.control.commands import CommandBook, CommandStore, KnownCommand
from harness.control.machine import Machine
from harness.control.operators import Operators
from harness.control.publication import Publication
from harness.control.reporter import Reporter, StoreCounts
from harness.control.topics import EVERYBODY
from harness.errors import PayloadError
from harness.machines import inputs as i
from harness.machines.timers import NEVER
from harness.shown import shown

PATIENCE = 300.0
"""Seconds for which `out_of_service` waits for the customer who is being served. The longest visit
that is served well takes less: session, wait for the host, card and cash.
"""
RESTART_TAKES = 30.0
"""Seconds for which a restart leaves the terminal's logic without power."""
LONGEST_TEXT = 120  # characters of a message on the screen
_DIGITS = re.compile(r"\d[ -]?(?:\d[ -]?){7,}")  # so many could be an account's or a card's number


def counts_of(machine: Machine) -> StoreCounts:
    """What the terminal's logic knows of its store."""
    terminal = machine.terminal
    if terminal is None:
        return StoreCounts(0, 0)
    return StoreCounts(len(terminal.forward.queue), len(terminal.forward.parked))


class Received(NamedTuple):
    """A message from the broker: `response_topic` and `correlation` are MQTT 5 properties."""

    topic: str
    payload: bytes
    response_topic: str = ""
    correlation: bytes = b""


class Agent:
    """The control plane of one terminal. The owner calls `boot`, `connected`, `received`, `saw`,
    `tick` and `power_lost`; after each it publishes and empties `reporter.out`, and journals and
    empties `events`. `next_deadline` is when `tick` must be called (run seconds).
    """

    def __init__(
        self,
        machine: Machine,
        reporter: Reporter,
        store: CommandStore,
        operators: Operators | None = None,
    ) -> None:
        self.reporter = reporter
        self.events: list[e.Event] = []
        self._machine = machine
        self._store = store
        self._operators = operators or Operators()
        self._book = CommandBook(store)
        self._waits_until: dict[str, float] = {}  # commands that let a customer finish
        self._ordered: dict[str, None] = {}  # commands whose order was given since the boot
        self._given = ""  # the latest order, whoever gave it
        self._acknowledged = ""  # the same, once the terminal has acknowledged it
        self._moved = False
        self.has_said_goodbye = False  # it stops as was planned

    # --- life ------------------------------------------------------------------------------------

    def boot(self, boot_id: str, now: float) -> None:
        """The terminal's process is about to begin. What was open before is settled by what the
        machine is then.
        """
        self._book = CommandBook(self._store)
        self._waits_until.clear()
        self._ordered.clear()
        self._given = self._acknowledged = ""
        self.has_said_goodbye = False
        self.reporter.boot(boot_id, now)
        self._moved = True

    def power_lost(self) -> None:
        """The process has ended: nothing more is said."""
        self.reporter.out.clear()
        self._moved = False

    def connected(self, now: float) -> None:
        """The connection to the broker stands: say what the terminal is."""
        self.has_said_goodbye = False
        self.reporter.publish_state(now)

    def stopping(self, now: float) -> None:
        """The process is about to end as was planned: the last word is no last will."""
        self.has_said_goodbye = True
        self.reporter.publish_state(now, status="offline", planned=True)

    @property
    def next_deadline(self) -> float:
        if self._machine.terminal is None:
            return NEVER
        return min(self.reporter.due, *self._waits_until.values(), NEVER)

    def tick(self, now: float) -> None:
        """Do what is due."""
        if self._machine.terminal is None:
            return
        self.reporter.tick(now)
        if any(now >= due for due in self._waits_until.values()):
            self._moved = True
        self.settle(now)

    def saw(self, event: e.Event, now: float) -> None:
        """The terminal's logic or one of its devices reports something. Call `settle` after the
        last of those that came together.
        """
        self.reporter.saw(event, now)
        if type(event) is e.OrderGiven:
            self._given = event.order
        if type(event) is e.OrderAcknowledged:
            self._acknowledged = event.order
        if type(event) in _MAY_SETTLE:
            self._moved = True

    # --- what comes in ---------------------------------------------------------------------------

    def received(self, message: Received, now: float) -> None:
        """A message came from the broker."""
        identity = self.reporter.identity
        topic = identity.topics.read(message.topic)
        if topic is None or topic.terminal not in (identity.terminal.strip(), EVERYBODY):
            return
        if topic.kind == "state":
            self._own_state(message.payload, now)
        elif topic.kind == "cmd":
            self._command(message, topic.terminal, topic.what, now)
        self.settle(now)

    def _own_state(self, payload: bytes, now: float) -> None:
        """The last will of an earlier connection has come after this one's birth, and stands there
        as what the terminal is: say it again.
        """
        try:
            state = p.decode(payload, p.TerminalState)
        except PayloadError:
            state = None
        mine = state is not None and state.boot_id == self.reporter.boot_id and state.seq > 0
        if not mine and not self.has_said_goodbye:
            self.reporter.publish_state(now)

    def _command(self, message: Received, target: str, verb: str, now: float) -> None:
        try:
            command = p.decode(message.payload, p.Command)
        except PayloadError as trouble:
            self._refuse(_unreadable(message, verb), "rejected", str(trouble), now)
            return
        self.events.append(e.CommandDelivered(command.id, command.verb, command.operator))
        self._reject_or_obey(command, message, target, verb, now)

    def _reject_or_obey(
        self, command: p.Command, message: Received, target: str, verb: str, now: float
    ) -> None:
        known = KnownCommand(
            id=command.id,
            verb=command.verb,
            operator=command.operator,
            expires_at=command.expires_at,
            status="accepted",
            inbox=self._inbox(message.response_topic),
            correlation=message.correlation,
        )
        if why := self._objection(command, target, verb):
            self._refuse(known, "rejected", why, now)
        elif (before := self._book.get(command.id)) is not None:
            self._answer(before, now)
        elif (clock := self._clock(now)) >= command.expires_at:
            why = f"it counted until {shown(command.expires_at)}, and here it is {clock}"
            self._keep_and_answer(msgspec.structs.replace(known, status="expired", detail=why), now)
        else:
            self._obey(known, command, now)

    def _objection(self, command: p.Command, target: str, verb: str) -> str:
        if command.verb != verb:
            return f"the topic says {shown(verb)}, and the command {command.verb}"
        if command.target != target:
            return f"it is meant for {shown(command.target)}, and came to {target}"
        if not command.id or len(command.id) > 100:
            return "a command needs an id, of at most 100 characters"
        if not _ISO.fullmatch(command.expires_at):
            return "expires_at is not like 2026-11-21T20:10:00.000Z"
        if command.verb == "show_message":
            if len(command.text) > LONGEST_TEXT or not (command.text.isprintable()):
                return f"a message has at most {LONGEST_TEXT} characters, all of them printable"
            if _DIGITS.search(command.text):
                return "a message holds no number that could be a card's"
        return self._operators.refusal(command)

    def _inbox(self, topic: str) -> str:
        return topic if self.reporter.identity.topics.is_inbox(topic) else ""

    # --- carrying out ----------------------------------------------------------------------------

    def _obey(self, known: KnownCommand, command: p.Command, now: float) -> None:
        terminal = self._machine.terminal
        if command.verb == "restart":
            stopped = terminal is not None and "operator" in terminal.service.reasons()
            known = msgspec.structs.replace(known, resume=not stopped)
        if command.verb in ("out_of_service", "restart"):
            self._waits_until[known.id] = now + PATIENCE
        if command.verb == "in_service":
            for other in [x for x in self._book.open() if x.id in self._waits_until]:
                del self._waits_until[other.id]
                self._say(other, "failed", "in_service was commanded meanwhile", now)
        if command.verb == "show_message":
            self._machine.show_message(command.text)
        self._keep_and_answer(known, now)
        self._moved = True

    def settle(self, now: float) -> None:
        """Do what the open commands ask for as far as the machine is ready for it, and say what
        has become of them.
        """
        while self._moved:
            self._moved = False
            for command in self._book.open():
                if self._machine.terminal is None:
                    return
                _SETTLE[command.verb](self, command, now)

    def _stops(self, command: KnownCommand, now: float) -> None:
        if self._comes_to_a_stop(command, now):
            self._say(command, "succeeded", "", now)

    def _restarts(self, command: KnownCommand, now: float) -> None:
        if command.restarting:  # this is the process that follows
            if command.resume and command.id not in self._ordered:
                self._ordered[command.id] = None
                self._order("resume", i.ResumeOrdered(), now)
            elif not command.resume or self._acknowledged == self._given:
                self._say(command, "succeeded", "it has started again", now)
        elif self._comes_to_a_stop(command, now):
            restarting = msgspec.structs.replace(command, restarting=True)
            self._say(restarting, "in_progress", "it starts again", now)
            self.stopping(now)
            self._machine.lose_power(now, RESTART_TAKES, "restart")

    def _comes_to_a_stop(self, command: KnownCommand, now: float) -> bool:
        """Is the machine free, and stopped? If not, have it stopped, at once or when nobody is
        served any more, and say what is awaited.
        """
        busy = self._still_busy()
        if busy and now < self._waits_until.get(command.id, now):
            self._goes_on(command, busy, now)
            return False
        self._waits_until.pop(command.id, None)
        if command.id not in self._ordered:
            self._ordered[command.id] = None
            self._order("stop", i.StopOrdered(), now)
            if self._machine.terminal is None:
                return False  # the power failed as it obeyed
            busy = self._still_busy()
        elif self._given == "resume":
            self._say(command, "failed", "the terminal was ordered to resume meanwhile", now)
            return False
        if busy or self._acknowledged != "stop":
            self._goes_on(command, busy or "the stop is being written down", now)
            return False
        return True

    def _resumes(self, command: KnownCommand, now: float) -> None:
        terminal = self._machine.terminal
        assert terminal is not None, "settled without power"
        if command.id not in self._ordered:
            self._ordered[command.id] = None
            self._order("resume", i.ResumeOrdered(), now)
        elif self._given == "stop":
            self._say(command, "failed", "the terminal was ordered to stop meanwhile", now)
        elif self._acknowledged == "resume":
            others = ", ".join(terminal.service.reasons())
            detail = f"still out of service: {others}" if others else ""
            self._say(command, "succeeded", detail, now)

    def _order(self, order: str, what: i.Input, now: float) -> None:
        self._given, self._acknowledged = order, ""
        self._machine.give(order, what, now)

    def _shows(self, command: KnownCommand, now: float) -> None:
        self._say(command, "succeeded", "", now)

    def _tells(self, command: KnownCommand, now: float) -> None:
        self.reporter.publish_state(now)
        self._say(command, "succeeded", "", now)

    # --- what the machine is ---------------------------------------------------------------------

    def _still_busy(self) -> str:
        """What has to leave the machine before it is free, in words; '' for nothing. A card that is
        stuck waits for a person.
        """
        device, terminal = self._machine.device, self._machine.terminal
        assert terminal is not None, "asked without power"
        if device.card_at in ("transport", "slot"):
            return "the card is still in the machine"
        if device.cash_at:
            return "cash is still in the machine"
        return "a customer is being served" if terminal.session is not None else ""

    # --- saying so -------------------------------------------------------------------------------

    def _clock(self, now: float) -> str:
        return self.reporter.identity.calendar.iso(now)

    def _goes_on(self, command: KnownCommand, detail: str, now: float) -> None:
        if (command.status, command.detail) != ("in_progress", detail):
            self._say(command, "in_progress", detail, now)

    def _say(self, command: KnownCommand, status: p.Status, detail: str, now: float) -> None:
        self._keep_and_answer(msgspec.structs.replace(command, status=status, detail=detail), now)

    def _keep_and_answer(self, command: KnownCommand, now: float) -> None:
        self._book.put(command, self._clock(now))
        self._answer(command, now)

    def _refuse(self, command: KnownCommand, status: p.Status, why: str, now: float) -> None:
        """Refuse what nobody has to remember."""
        self._answer(msgspec.structs.replace(command, status=status, detail=why), now)

    def _answer(self, command: KnownCommand, now: float) -> None:
        reporter, identity = self.reporter, self.reporter.identity
        head = reporter.head(now)
        response = p.Response(
            **head,
            terminal=identity.terminal,
            command=command.id,
            verb=command.verb,
            status=command.status,
            detail=command.detail,
            state=reporter.state(now, seq=head["seq"]) if _asks_state(command) else None,
        )
        topic = identity.topics.response(identity.terminal, command.verb)
        for where in dict.fromkeys((topic, command.inbox or topic)):
            publication = Publication(where, response, correlation=command.correlation)
            reporter.out.append(publication)
        self.events.append(e.CommandAnswered(command.id, command.status, command.detail))


def _asks_state(command: KnownCommand) -> bool:
    return command.verb == "get_state" and command.status == "succeeded"


def _unreadable(message: Received, verb: str) -> KnownCommand:
    """What can be said of a command that cannot be read."""
    return KnownCommand(
        id="", verb=verb, operator="", expires_at="", status="rejected",
        correlation=message.correlation,
    )  # fmt: skip


_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_MAY_SETTLE = (
    *(e.OrderAcknowledged, e.ServiceChanged, e.ScreenShown, e.CardTaken, e.CardCaptured),
    *(e.CardRemoved, e.NotesTaken, e.NotesRetracted, e.RetractFailed, e.EjectFailed),
    *(e.CaptureFailed, e.StateEntered),
)
"""Events after which a command may have been carried out."""
_SETTLE: dict[str, Callable[[Agent, KnownCommand, float], None]] = {
    "return_card_and_stop": Agent._stops,
    "out_of_service": Agent._stops,
    "restart": Agent._restarts,
    "in_service": Agent._resumes,
    "show_message": Agent._shows,
    "get_state": Agent._tells,
}
