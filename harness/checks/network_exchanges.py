"""Sign-ons and echoes of one terminal, and whether the host answered them.

They are read at the host's end where their frames are reported there, and else at the terminal's.
At the terminal's end a fault on the way may have taken the answer. So what is not answered there
counts only on a connection during which no fault was in force. What an answer says was not altered,
and it was not kept on its way, if no fault acted shortly before it.
"""

from __future__ import annotations

from typing import NamedTuple

from harness import events as e
from harness.bounded import keep_latest
from harness.checks.base import FAILURES_KEPT, Late, late_by
from harness.checks.observed import EVERYTHING
from harness.contract import Contract
from harness.wire.message import Kind, Message

KEEPS = 16
SOUND = 35.0
"""Seconds before an echo in which no fault may have altered it, or kept it on its way."""


_WINDOW = "@"  # in a fault's text, before the time in which it is in force


class FaultsInForce:
    """Whether a fault is in force, and since when none was (run seconds). One for all terminals. A
    fault that strikes one message is in force all the time, and acts only then.
    """

    __slots__ = ("_acted_until", "_ends_at", "_open", "_windows")

    def __init__(self) -> None:
        self._open = self._windows = 0
        self._ends_at = self._acted_until = -1.0

    def see(self, at: float, event: e.Event) -> None:
        """A fault began, ended, or took an effect that lasts."""
        if isinstance(event, e.FaultBegan):
            self._open += 1
            self._windows += _WINDOW in event.fault
        elif isinstance(event, e.FaultEnded):
            self._open -= 1
            if _WINDOW in event.fault:
                self._windows -= 1
                self._acted_until = max(self._acted_until, at)
            self._ends_at = max(self._ends_at, at)
        elif isinstance(event, e.FaultActed):
            self._acted_until = max(self._acted_until, at + event.lasts)
            self._ends_at = max(self._ends_at, self._acted_until)

    def none_since(self, moment: float) -> bool:
        """Was there no fault from that moment on?"""
        return not self._open and self._ends_at < moment

    def none_at_work_since(self, moment: float) -> bool:
        """Has none acted, and was no window of one open, from that moment on?"""
        return not self._windows and self._acted_until < moment

    def none_acted_since(self, moment: float) -> bool:
        """Has no fault acted, or had an effect that lasts, from that moment on?"""
        return self._acted_until < moment


class Ignored(NamedTuple):
    """A sign-on or echo whose answer was missing, late or not complete. `until` is when that was
    seen (run seconds), and `late` by how much its time was over (None where time does not matter).
    """

    until: float
    what: str
    late: Late | None


class NetworkExchanges:
    """`tried` counts the sign-ons and echoes that were judged, `ignored` are those that failed."""

    __slots__ = (
        "_answered", "_closings", "_contract", "_faults", "_heard", "_left_after", "_opened_at",
        "_said", "_signed_on", "_waiting", "ignored", "in_force", "observed", "tried",
    )  # fmt: skip

    def __init__(self, contract: Contract, faults: FaultsInForce | None) -> None:
        """`faults` are those that may have taken an answer on its way; None where none can have."""
        self._contract = contract
        self._faults = faults
        self._opened_at = 0.0
        self._closings = 0
        self._left_after: dict[str, int] = {}  # by STAN: how many connections had ended then
        self._waiting: dict[str, tuple[Message, float]] = {}  # what was asked, and when, by STAN
        self._answered: dict[str, Message] = {}  # what was asked and has its answer, by STAN
        self.observed = EVERYTHING  # whose evidence there is at what time
        self.in_force: FaultsInForce | None = None  # all faults of the run, those of our host too
        self._said: list[tuple[float, Ignored]] = []  # and since when no fault may have acted
        self._signed_on = False
        self._heard: dict[str, float] = {}  # STANs that the host was asked under, and when
        self.tried = 0
        self.ignored: list[Ignored] = []

    def opened(self, at: float) -> None:
        self._leave_out_faults()
        self._opened_at = at
        self._signed_on = False
        self._waiting.clear()
        self._answered.clear()
        self._heard.clear()

    def leaves(self, message: Message) -> None:
        """A network management message leaves the terminal, where they are read at the host."""
        self._left_after[message.stan] = self._closings
        keep_latest(self._left_after, KEEPS)

    def passes(self, at: float, message: Message, *, to_host: bool, authentic: bool) -> None:
        """A network management message passes the end at which they are read."""
        if to_host and message.kind is Kind.NETWORK:
            self._asks(at, message)
        elif not to_host and message.kind is Kind.NETWORK_ANSWER and authentic:
            self._is_answered(at, message)
        elif message.stan in self._waiting and message.kind is Kind.NETWORK_ANSWER:
            asked, asked_at = self._waiting[message.stan]
            self._says(asked, asked_at, at, "was answered with a MAC that is not right")

    def closed(self, at: float) -> None:
        """The connection has ended: what waits gets no answer any more."""
        self._closings += 1
        self.overdue(at)
        self._waiting.clear()

    def overdue(self, now: float) -> None:
        """Judges what waits longer than it may."""
        self._leave_out_faults()
        for stan, (asked, asked_at) in list(self._waiting.items()):
            bound = self._bound(asked.function)
            waited = now - asked_at
            if waited >= bound - 1e-6:
                del self._waiting[stan]
                late = Late(bound, asked_at, now, waited - bound)
                self._judge(asked, asked_at, now, "was not answered", late)

    def answered(self, count: int) -> None:
        """So many more were answered as they should be, and only counted."""
        if self._faults is None or self._faults.none_since(self._opened_at):
            self.tried += count

    def _asks(self, at: float, message: Message) -> None:
        self._leave_out_faults()
        self._heard[message.stan] = at
        keep_latest(self._heard, KEEPS)
        if self._left_after.get(message.stan, self._closings) < self._closings:
            return  # a host that stood still reads it on a connection that was given up
        if message.function in ("sign_on", "echo"):
            self._answered.pop(message.stan, None)
            self._waiting[message.stan] = (message, at)
            keep_latest(self._waiting, KEEPS)

    def _is_answered(self, at: float, message: Message) -> None:
        asked, asked_at = self._waiting.pop(message.stan, (None, 0.0))
        if asked is None:
            if message.stan in self._answered:
                again, since = self._answered[message.stan], self._opened_at
                self._says(again, at, at, "was answered again", since=since)
            elif message.stan and message.stan not in self._heard:
                self._says(message, at, at, "had not been asked for, and was answered")
            return
        self._answered[message.stan] = asked
        keep_latest(self._answered, KEEPS)
        took, bound = at - asked_at, self._bound(asked.function)
        if took > bound + 1e-6:
            wrong = f"was answered after {took:.1f} s, at most {bound:.1f} s"
            late = late_by(took - bound, asked_at, at)
            self._says(asked, asked_at, at, wrong, late, since=self._opened_at)
            return
        wrong = _of_another(message, asked) or self._refuses(asked, message)
        if not message.code:
            wrong = f"was answered without DE {message.element('code')}"
        self._judge(asked, asked_at, at, "", None)
        if wrong:
            self._says(asked, asked_at, at, wrong)

    def _refuses(self, asked: Message, answer: Message) -> str:
        """How an echo is refused, in words; '' where it is not. A sign-on may be refused: who signs
        on may be unknown. Who has signed on and asks for an echo is not refused: nobody would serve
        on such a link.
        """
        if asked.function == "sign_on":
            self._signed_on = answer.network_accepted
            return ""
        if not self._signed_on or answer.network_accepted:
            return ""
        return f"was refused with DE {answer.element('code')} {answer.code} after a sign-on"

    def _says(
        self,
        asked: Message,
        asked_at: float,
        at: float,
        wrong: str,
        late: Late | None = None,
        *,
        since: float | None = None,
    ) -> None:
        """An answer says something wrong, or came late. It is judged once it is known which faults
        acted in that instant. None may have acted `since` then, usually shortly before.
        """
        waited_until = min(at, asked_at + self._bound(asked.function))
        meant = self._contract.host_excused(asked_at, at)
        if meant or not self.observed.host_throughout(asked_at, waited_until):
            return
        if len(self._said) < FAILURES_KEPT:
            since = max(self._opened_at, asked_at - SOUND) if since is None else since
            self._said.append((since, self._ignored(asked, at, wrong, late)))

    def _leave_out_faults(self) -> None:
        """What a fault may have altered, or kept on its way, is left out. It was told by now."""
        in_force, said, self._said = self.in_force, self._said, []
        for since, ignored in said:
            if in_force is not None and in_force.none_acted_since(since):
                self.tried += 1
                if len(self.ignored) < FAILURES_KEPT:
                    self.ignored.append(ignored)

    def _judge(
        self, asked: Message, asked_at: float, until: float, wrong: str, late: Late | None
    ) -> None:
        since = max(0.0, self._opened_at - SOUND)  # it may have been opened to nobody
        if self._faults is not None and not self._faults.none_at_work_since(since):
            return
        if self._contract.host_excused(asked_at, until):
            return
        waited_until = min(until, asked_at + self._bound(asked.function))
        if not self.observed.host_throughout(asked_at, waited_until):
            return  # it may have stood still, or not have been there
        self.tried += 1
        if wrong and len(self.ignored) < FAILURES_KEPT:
            self.ignored.append(self._ignored(asked, until, wrong, late))

    def _ignored(self, asked: Message, until: float, wrong: str, late: Late | None) -> Ignored:
        name = (asked.function or "message").replace("_", "-")
        return Ignored(until, f"the {name} with STAN {asked.stan} {wrong}", late)

    def _bound(self, function: str) -> float:
        contract = self._contract
        return contract.sign_on_response if function == "sign_on" else contract.echo_interval


def _of_another(answer: Message, asked: Message) -> str:
    """How an answer names another terminal or another function than it was asked for, in words;
    '' where it does not. It may leave out either.
    """
    for meaning in ("terminal", "function"):
        said, meant = answer.text(meaning).strip(), asked.text(meaning).strip()
        if said and meant and said != meant:
            return f"was answered with DE {answer.element(meaning)} {said} instead of {meant}"
    return ""
