"""A terminal obeys the commands of its operator, and no others (T12.answer, T12.command,
T12.refused, T12.once, T12.done, F5).

Time counts from when the broker has handed a command over. What was never handed over blames
nobody. The answers are those that the broker has taken; what a terminal does, its devices show.
"""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.command_evidence import ORDERS, REFUSALS, HandedOver
from harness.checks.evidence import TerminalEvidence
from harness.checks.host_silence import HostSilence
from harness.checks.operating_time import Moment
from harness.checks.stop_order import STEPS
from harness.wire.message import REQUESTS

STOPS = ("return_card_and_stop", "out_of_service")


class OfThePlane(Check):
    """A check of a run with a control plane: in any other there is nothing to judge."""

    needs = ("device", "control")

    @classmethod
    def applies(cls, sees: tuple[str, ...]) -> bool:
        return "control" in sees


class CommandsAreAnswered(OfThePlane):
    """T12.answer. Each command has an answer in time, and one that must be obeyed is accepted.
    Where the power, the broker or the way to it fails meanwhile, nobody knows what was answered.
    """

    id = "T12.answer"
    rare = True
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._waits: dict[str, dict[str, Moment]] = {}  # by terminal and command

    @property
    def bound(self) -> float:
        return self.contract.stop

    def on_CommandHandedOver(
        self, terminal: TerminalEvidence, at: float, event: e.CommandHandedOver
    ) -> None:
        waits = self._waits.setdefault(terminal.name, {})
        waits.setdefault(event.command, terminal.time.moment(at))

    def on_ResponseTaken(
        self, terminal: TerminalEvidence, at: float, event: e.ResponseTaken
    ) -> None:
        since = self._waits.get(terminal.name, {}).pop(event.command, None)
        if since is None:
            return
        self.tried += 1
        bound = self.bound + self.contract.slack
        seconds = terminal.time.since(since, at)
        self.hold(terminal, at, seconds, bound, "a command was answered late", since=since.at)
        command = terminal.commands.answered
        if command is not None and command.must_be_obeyed and event.status in REFUSALS:
            self.fail(terminal, at, f"{event.status}: a command that it has to obey")

    def _nobody_knows(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        self._waits.pop(terminal.name, None)

    on_BrokerLost = on_BrokerCutOff = on_PowerLost = _nobody_knows  # noqa: N815

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        for since in self._waits.get(terminal.name, {}).values():
            over = terminal.time.since(since, now) - self.bound - self.contract.slack
            if over > 0.0:
                self.tried += 1
                late = late_by(over, since.at, now)
                self.fail(terminal, now, "a command was never answered", late=late)


class StopsAreCarriedOut(OfThePlane):
    """T12.command. Within `Contract.stop` of a `return_card_and_stop` the card of whoever is served
    is on its way out, and from then on no step of a customer begins, until the terminal is ordered
    to resume or loses its power. A card that the stacker keeps inside comes behind the cash.
    """

    id = "T12.command"
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._stopped: dict[str, Moment] = {}  # commanded to stop, since then
        self._leaving: dict[str, Moment] = {}  # a card must be on its way out, since then
        self._paying: dict[str, None] = {}  # the stacker has started for the card that is inside

    @property
    def bound(self) -> float:
        return self.contract.stop

    def concerns(self, _at: float, _terminal: TerminalEvidence) -> bool:
        """Is a command judged that is handed over now?"""
        return True

    def on_CommandHandedOver(
        self, terminal: TerminalEvidence, at: float, _event: e.CommandHandedOver
    ) -> None:
        commands, name = terminal.commands, terminal.name
        command = commands.latest
        if command is None or commands.came_again or not command.must_be_obeyed:
            return
        if command.verb == "in_service":
            self._ends(terminal)
        if command.verb != "return_card_and_stop" or not self.concerns(at, terminal):
            return
        self.tried += 1
        self._stopped.setdefault(name, terminal.time.moment(at))
        device = terminal.device
        ends_by_itself = device.ejects or name in self._paying
        if device.card_at == "transport" and device.screen in STEPS and not ends_by_itself:
            self._leaving.setdefault(name, terminal.time.moment(at))

    # --- what ends it ----------------------------------------------------------------------------

    def _ends(self, terminal: TerminalEvidence) -> None:
        self._stopped.pop(terminal.name, None)
        self._leaving.pop(terminal.name, None)

    def on_OrderGiven(self, terminal: TerminalEvidence, _at: float, event: e.OrderGiven) -> None:
        if event.order == "resume":
            self._ends(terminal)

    def on_PowerLost(self, terminal: TerminalEvidence, _at: float, _event: e.PowerLost) -> None:
        self._ends(terminal)

    def on_RecordDelayed(
        self, terminal: TerminalEvidence, _at: float, _event: e.RecordDelayed
    ) -> None:
        """A stop waits for the store, as everything does."""
        self._ends(terminal)

    # --- the card that is inside -----------------------------------------------------------------

    def _goes_out(self, terminal: TerminalEvidence, at: float, _event: e.Event) -> None:
        since = self._leaving.pop(terminal.name, None)
        if since is not None:
            seconds = terminal.time.since(since, at)
            bound, what = self.bound + self.contract.slack, "the card stayed inside after a command"
            self.hold(terminal, at, seconds, bound, what, since=since.at)

    on_EjectBegun = on_CaptureBegun = _goes_out  # noqa: N815

    # --- no new step -----------------------------------------------------------------------------

    def _step(self, terminal: TerminalEvidence, at: float, what: str) -> None:
        since = self._stopped.get(terminal.name)
        if since is None:
            return
        over = terminal.time.since(since, at) - self.bound - self.contract.slack
        if over > 0.0:
            self.fail(terminal, at, f"{what} after a command to stop")

    def on_CardInserted(
        self, terminal: TerminalEvidence, at: float, _event: e.CardInserted
    ) -> None:
        self._paying.pop(terminal.name, None)
        self._step(terminal, at, "a card was taken in")

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, _event: e.StackBegun) -> None:
        self._paying[terminal.name] = None
        self._leaving.pop(terminal.name, None)
        self._step(terminal, at, "the stacker started")

    def on_ScreenShown(self, terminal: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        if event.screen in STEPS:
            self._step(terminal, at, f"the screen said '{event.screen.replace('_', ' ')}'")

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end == "terminal" and terminal.wire.kind in REQUESTS:
            self._step(terminal, at, "a request left")

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        since = self._leaving.get(terminal.name)
        if since is not None:
            over = terminal.time.since(since, now) - self.bound - self.contract.slack
            if over > 0.0:
                late = late_by(over, since.at, now)
                self.fail(terminal, now, "the card never came out after a command", late=late)


class StopsWhileHostIsSilent(StopsAreCarriedOut):
    """F5. T12.command, for what is handed over while a fault of the host is in effect."""

    id = "F5"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._silence = HostSilence()

    def run_event(self, at: float, event: e.Event) -> None:
        self._silence.run_event(at, event)

    def concerns(self, at: float, terminal: TerminalEvidence) -> bool:
        return self._silence.holds(at, terminal.name)


class RefusedIsNotObeyed(OfThePlane):
    """T12.refused. A command that has expired by the terminal's own clock, or names another
    terminal, is refused: it is not answered as if it counted, and in the instant in which it comes
    the terminal does nothing that it asks for.
    """

    id = "T12.refused"
    rare = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._must_not: dict[str, HandedOver] = {}  # the latest command, where it must not count

    def on_CommandHandedOver(
        self, terminal: TerminalEvidence, _at: float, _event: e.CommandHandedOver
    ) -> None:
        command = terminal.commands.latest
        self._must_not.pop(terminal.name, None)
        if command is not None and self.forbids(terminal, command):
            self.tried += 1
            self._must_not[terminal.name] = command

    def forbids(self, _terminal: TerminalEvidence, command: HandedOver) -> bool:
        """Must the command that has just come do nothing?"""
        return command.must_be_refused

    def on_ResponseTaken(
        self, terminal: TerminalEvidence, at: float, event: e.ResponseTaken
    ) -> None:
        command = terminal.commands.answered
        if command is None or not command.must_be_refused:
            return
        if event.status not in REFUSALS:
            self.fail(terminal, at, f"{event.status}: a command that is {command.refused_for}")

    def _at_once(self, terminal: TerminalEvidence, at: float, what: str, *verbs: str) -> None:
        """It does what some verbs ask for. Another command of these may still be open."""
        commands = terminal.commands
        command = self._must_not.get(terminal.name)
        if command is None or at != commands.handed_at or command.verb not in verbs:
            return
        if not any(other.open and other.verb in verbs for other in commands.known.values()):
            self.fail(terminal, at, f"{what} {self.why(command)}")

    def why(self, command: HandedOver) -> str:
        return f"on a command that is {command.refused_for}"

    def on_OrderGiven(self, terminal: TerminalEvidence, at: float, event: e.OrderGiven) -> None:
        verbs = [verb for verb, order in ORDERS.items() if order == event.order]
        self._at_once(terminal, at, f"ordered to {event.order}", *verbs)

    def on_PowerLost(self, terminal: TerminalEvidence, at: float, event: e.PowerLost) -> None:
        if event.phase == "restart":
            self._at_once(terminal, at, "restarted", "restart")

    def on_MessageShown(
        self, terminal: TerminalEvidence, at: float, _event: e.MessageShown
    ) -> None:
        self._at_once(terminal, at, "showed a message", "show_message")


class RepeatIsNotObeyed(RefusedIsNotObeyed):
    """T12.once. A command that comes again after its last answer is not carried out again."""

    id = "T12.once"
    rare = True

    def forbids(self, terminal: TerminalEvidence, command: HandedOver) -> bool:
        return terminal.commands.came_again and command.must_be_obeyed and not command.open

    def on_ResponseTaken(
        self, terminal: TerminalEvidence, at: float, event: e.ResponseTaken
    ) -> None:
        """A repeat has the answer that the command had."""

    def why(self, command: HandedOver) -> str:
        return f"on a command that came again ({command.verb})"


class DoneIsDone(OfThePlane):
    """T12.done. A stop is answered 'succeeded' only if the card that was in the machine has come
    out of it since the command came: the machine was without one at some moment.
    """

    id = "T12.done"
    rare = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._inside: dict[str, dict[str, None]] = {}  # commands since which a card is inside

    def on_CommandHandedOver(
        self, terminal: TerminalEvidence, _at: float, event: e.CommandHandedOver
    ) -> None:
        first = not terminal.commands.came_again
        if first and terminal.device.card_at in ("transport", "slot", "capturing"):
            self._inside.setdefault(terminal.name, {})[event.command] = None

    def _out(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        self._inside.pop(terminal.name, None)

    on_CardTaken = on_CardCaptured = on_CardRemoved = on_EjectFailed = _out  # noqa: N815
    on_CaptureFailed = on_PowerLost = _out  # noqa: N815

    def on_ResponseTaken(
        self, terminal: TerminalEvidence, at: float, event: e.ResponseTaken
    ) -> None:
        command = terminal.commands.answered
        if event.status != "succeeded" or command is None or command.verb not in STOPS:
            return
        self.tried += 1
        if event.command in self._inside.get(terminal.name, {}):
            self.fail(terminal, at, f"{command.verb} succeeded with a card in the machine")
