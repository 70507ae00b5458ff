"""Faults inside the host: silent, slow, crashing.

A crash is asked for at the commit, which is one instant: just before it everything is lost, just
after it only the answer. Without mti= all but `silent` leave network management alone.
"""

from __future__ import annotations

from typing import ClassVar

from harness.faults.rule import COMMON, HOST, MTI, Parameter, Rule
from harness.machines.host import Hearing


class HostRule(Rule):
    """`hears` decides about a message as it comes in; None leaves it alone."""

    layer = "host"
    where = "host"
    speaks = "request"

    def hears(self, _now: float, _terminal: str, _fields: dict[str, str]) -> Hearing | None:
        return None


class Silent(HostRule):
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

    def hears(self, now: float, terminal: str, fields: dict[str, str]) -> Hearing | None:
        mti = fields.get("t", "")
        if self.mti not in (None, mti) or not self.strikes(now, terminal):
            return None
        posts = now < self.start + self.value("post")
        if mti[1:2] == "8" and terminal in self._told:
            return Hearing(process=posts, answer=False)  # once is enough to say of echoes
        self._told[terminal] = None
        self.acted(terminal, f"{mti} {'processed, unanswered' if posts else 'discarded'}")
        return Hearing(process=posts, answer=False)


class Slow(HostRule):
    kind = "slow"
    variants = ("", "by=50s")
    summary = "the host takes longer to answer"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "5s", "so much longer, from the request", least=0.001),
        **MTI,
        **COMMON,
    }

    def hears(self, now: float, terminal: str, fields: dict[str, str]) -> Hearing | None:
        mti = fields.get("t", "")
        if not self.touches(mti) or not self.strikes(now, terminal):
            return None
        self.acted(terminal, f"{mti} slower by {self.value('by'):g} s")
        return Hearing(delay=self.value("by"))


class Crash(HostRule):
    """Strikes a commit, in the `phase` that a subclass names."""

    phase: ClassVar[str] = ""
    parameters: ClassVar[dict[str, Parameter]] = {
        "off": Parameter("duration", "30s", "until the host listens again", least=0.001),
        **MTI,
        **COMMON,
    }

    def crash(self, terminal: str, fields: dict[str, str]) -> float:
        """Seconds until it listens again."""
        self.acted(HOST, f"crashed {self.phase.replace('_', ' ')} of {terminal}'s {fields['t']}")
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


HOST_RULES: tuple[type[HostRule], ...] = (Silent, Slow, CrashBeforeCommit, CrashAfterCommit)
