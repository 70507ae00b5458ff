"""Faults inside the host: silent, slow, hanging, crashing, or cut off from its issuer.

A crash happens when the host reads a message, or at the commit. The commit is one instant: a crash
just before it loses everything, a crash just after it loses only the answer. Without mti=, only
`silent` affects network management messages, unless a rule below says otherwise.

`hang_after_n` and `crash_restart` happen once in their window, unless nth= or p= says how often.
"""

from __future__ import annotations

from typing import ClassVar

from harness import events as e
from harness.faults.rule import COMMON, MTI, WHOSE, Parameter, Rule
from harness.machines.host_fault import HostFault
from harness.wire.message import Message

_DISCARDS, _MUTES, _REFUSES, _DELAYS = range(4)


class HostRule(Rule):
    """A fault inside the host. Without mti= it affects financial messages and reversals."""

    layer = "host"
    where = "host"
    speaks = "request"


class HostMessageRule(HostRule):
    """Decides what the host does with an incoming message. Several rules are applied by `stage`,
    not in the order in which they were given: a discarded message is not refused, and an unanswered
    message is not delayed.
    """

    stage: ClassVar[int] = _DISCARDS

    def hears(self, now: float, message: Message) -> HostFault | None:
        """The effect of this rule on the message, or None; counts the message as an attempt."""
        if not self.means(message) or not self.strikes(now, message.terminal):
            return None
        return self.makes(now)

    def means(self, message: Message) -> bool:
        """Does the rule apply to this message?"""
        return self.touches(message)

    def makes(self, now: float) -> HostFault:
        """The effect on a message that the fault strikes."""
        raise NotImplementedError

    def tells(self, message: Message, heard: HostFault) -> str:
        """The effect in words, used when no earlier fault has decided about the message; '' if the
        effect is not reported.
        """
        raise NotImplementedError


# --- what it does with a message -----------------------------------------------------------------


class Silent(HostMessageRule):
    kind = "silent"
    summary = "the host reads everything, sign-on and echo too, and never answers"
    parameters: ClassVar[dict[str, Parameter]] = {
        "post": Parameter("duration", "0s", "how long it still posts what it reads"),
        **MTI,
        **COMMON,
    }

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._told: dict[str, None] = {}

    def means(self, message: Message) -> bool:
        return self.mti in (None, message.mti)

    def makes(self, now: float) -> HostFault:
        return HostFault(process=now < self.start + self.value("post"), answer=False)

    def tells(self, message: Message, heard: HostFault) -> str:
        if heard.process:
            return f"{message.mti} processed, unanswered"
        if message.is_network_management and message.terminal in self._told:
            return ""  # for network management, report only the first message of a terminal
        self._told[message.terminal] = None
        return f"{message.mti} discarded"


class EchoOnly(HostMessageRule):
    kind = "echo_only"
    summary = "the host answers echoes and sign-ons, and discards everything else"
    parameters: ClassVar[dict[str, Parameter]] = {**MTI, **COMMON}

    def makes(self, _now: float) -> HostFault:
        return HostFault(process=False, answer=False)

    def tells(self, message: Message, _heard: HostFault) -> str:
        return f"{message.mti} discarded"


class Brownout(HostMessageRule):
    """The host posts the requests that it does not answer."""

    kind = "brownout"
    summary = "part of what the host posts it never answers"
    stage = _MUTES
    parameters: ClassVar[dict[str, Parameter]] = {
        "terminal": COMMON["terminal"],
        "nth": COMMON["nth"],
        "p": Parameter("share", "30%", "each message with this probability"),
        **MTI,
    }

    def makes(self, _now: float) -> HostFault:
        return HostFault(answer=False)

    def tells(self, message: Message, _heard: HostFault) -> str:
        return f"{message.mti} processed, unanswered"


class SignOnRefused(HostMessageRule):
    """Each sign-on is an attempt."""

    kind = "sign_on_refused"
    summary = "the host answers a sign-on with a refusal (58)"
    stage = _REFUSES

    def means(self, message: Message) -> bool:
        return message.is_network_management and message.function == "sign_on"

    def makes(self, _now: float) -> HostFault:
        return HostFault(refusal="not_permitted")

    def tells(self, _message: Message, _heard: HostFault) -> str:
        return "sign-on refused"


class Slow(HostMessageRule):
    """With books=at_once the host decides about a request and posts it without delay, and only the
    answer is late. With books=late the host does not process the request before the delay is over.
    For all other messages only the answer is late.
    """

    kind = "slow"
    variants = ("", "by=50s")
    summary = "the host takes longer to answer, or to decide"
    stage = _DELAYS
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "5s", "so much longer, from the request", least=0.001),
        "books": Parameter(
            "choice", "at_once", "when it decides about a request", choices=("at_once", "late")
        ),
        **MTI,
        **COMMON,
    }

    def makes(self, _now: float) -> HostFault:
        by: float = self.value("by")
        return HostFault(delay=by) if self.value("books") == "at_once" else HostFault(late=by)

    def tells(self, message: Message, _heard: HostFault) -> str:
        return f"{message.mti} slower by {self.value('by'):g} s"


class IssuerDown(HostRule):
    """Each message that needs the issuer is an attempt: a request, the reversal of a posted
    transaction, or the advice of a stand-in approval.
    """

    kind = "issuer_down"
    parameters: ClassVar[dict[str, Parameter]] = {**WHOSE, **COMMON}
    summary = "the host is there and its issuer is not: it declines (91), or stands in for it"

    def reaches(self, now: float, message: Message) -> bool:
        """Does the message reach the issuer?"""
        if not self.strikes(now, message.terminal):
            return True
        self.acted(message.terminal, f"{message.mti} did not reach the issuer")
        return False


# --- when the host hangs or crashes ---------------------------------------------------------------


class OnceRule(HostRule):
    """Strikes once in its window, unless nth= or p= says how often."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._done = False

    def strikes(self, now: float, terminal: str) -> bool:
        struck = super().strikes(now, terminal)
        if self.nth is not None or self.p is not None:
            return struck
        return struck and not self._done

    def acted(self, on: str, what: str) -> None:
        """Record that this fault, not another one, stopped the host; it does not strike again."""
        self._done = True
        super().acted(on, what)


class HangAfterN(OnceRule):
    """Every n-th message that the host reads, of any kind, is an attempt. Messages that arrive
    while the host hangs are read when the hang ends, all at once and in order of arrival.
    """

    kind = "hang_after_n"
    lasting = "hold"
    variants = ("n=1", "n=1,hold=20s")
    summary = "after n messages the host hangs; it thaws, and reads and answers all that waits"
    parameters: ClassVar[dict[str, Parameter]] = {
        "n": Parameter("count", "20", "messages read, then it hangs at the next", least=1),
        "hold": Parameter("duration", "60s", "until it thaws", least=0.001),
        **COMMON,
    }

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._read = 0

    def hang(self, now: float, terminal: str) -> float | None:
        """Seconds for which the host is to hang before it reads this message; None for no hang."""
        if not self.active(now) or not self.meant(terminal):
            return None
        self._read += 1
        if self._read % self.value("n") or not self.strikes(now, terminal):
            return None
        hold: float = self.value("hold")
        return hold

    def hung(self, terminal: str) -> None:
        """Record that the host hung by this fault; no other fault asked for a longer hang."""
        self.acted(e.HOST, f"hung at a message of {terminal}")


class Crash(HostRule):
    """A crash of the host in the `phase` that the subclass names."""

    lasting = "off"
    phase: ClassVar[str] = ""
    parameters: ClassVar[dict[str, Parameter]] = {
        "off": Parameter("duration", "30s", "until the host listens again", least=0.001),
        **MTI,
        **COMMON,
    }

    def crash(self, message: Message) -> float:
        """Record the crash; returns the seconds until the host listens again."""
        moment = self.phase.replace("_", " ")
        self.acted(e.HOST, f"crashed {moment} of {message.terminal}'s {message.mti}")
        off: float = self.value("off")
        return off


class CrashBeforeCommit(Crash):
    kind = "crash_before_commit"
    summary = "the host dies just before it posts: the request is lost"
    phase = "before_commit"


class CrashAfterCommit(Crash):
    kind = "crash_after_commit"
    summary = "the host dies just after it posted: the answer is lost"
    phase = "after_commit"


class CrashRestart(OnceRule, Crash):
    """Each message that the host reads, of any kind, is an attempt."""

    kind = "crash_restart"
    summary = "the host dies as it reads a message, and comes back with its books"
    phase = "at_the_reading"

    def touches(self, message: Message) -> bool:
        return self.mti in (None, message.mti)


HOST_RULES: tuple[type[HostRule], ...] = (
    Silent,
    EchoOnly,
    Brownout,
    SignOnRefused,
    Slow,
    IssuerDown,
    HangAfterN,
    CrashBeforeCommit,
    CrashAfterCommit,
    CrashRestart,
)
