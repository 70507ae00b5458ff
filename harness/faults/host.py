"""Faults inside the host: silent, slow, crashing."""

from __future__ import annotations

from typing import ClassVar

from harness.faults.rule import COMMON, MTI, Parameter, Rule
from harness.machines.host import Hearing


class HostRule(Rule):
    """`hears` decides about a message as it comes in, `crash` about the instant of a commit."""

    layer = "host"
    parameters: ClassVar[dict[str, Parameter]] = {**MTI, **COMMON}

    def hears(self, now: float, terminal: str, fields: dict[str, str]) -> Hearing | None:
        return None

    def crash(
        self, now: float, terminal: str, fields: dict[str, str], phase: str
    ) -> float | None:
        return None


class Silent(HostRule):
    kind = "silent"
    summary = "the host reads everything and never answers; for its first `post` it still posts"
    parameters: ClassVar[dict[str, Parameter]] = {
        "post": Parameter("duration", "0s", "how long it still posts what it reads"),
        **MTI,
        **COMMON,
    }

    def hears(self, now: float, terminal: str, fields: dict[str, str]) -> Hearing | None:
        if self.mti is not None and fields.get("t") != self.mti:
            return None
        if not self.strikes(now, terminal):
            return None
        posts = now < self.start + self.value("post")
        self.acted(terminal, f"{fields.get('t')} {'posted, unanswered' if posts else 'ignored'}")
        return Hearing(process=posts, answer=False)


class Slow(HostRule):
    kind = "slow"
    summary = "answers take longer"
    parameters: ClassVar[dict[str, Parameter]] = {
        "by": Parameter("duration", "5s", "added to the answer's time"),
        **MTI,
        **COMMON,
    }

    def hears(self, now: float, terminal: str, fields: dict[str, str]) -> Hearing | None:
        if not self.touches(fields.get("t", "")) or not self.strikes(now, terminal):
            return None
        self.acted(terminal, f"{fields.get('t')} slower by {self.value('by'):g} s")
        return Hearing(delay=self.value("by"))


class _Crash(HostRule):
    parameters: ClassVar[dict[str, Parameter]] = {
        "off": Parameter("duration", "30s", "until it listens again"),
        **MTI,
        **COMMON,
    }
    phase: ClassVar[str] = ""

    def crash(
        self, now: float, terminal: str, fields: dict[str, str], phase: str
    ) -> float | None:
        if phase != self.phase or not self.touches(fields.get("t", "")):
            return None
        if not self.strikes(now, terminal):
            return None
        self.acted(terminal, f"crashed {phase.replace('_', ' ')} of {fields.get('t')}")
        off: float = self.value("off")
        return off


class CrashBeforeCommit(_Crash):
    kind = "crash_before_commit"
    summary = "the host dies just before it posts: the request is lost"
    phase = "before_commit"


class CrashAfterCommit(_Crash):
    kind = "crash_after_commit"
    summary = "the host dies just after it posted: the answer is lost"
    phase = "after_commit"


HOST_RULES: tuple[type[HostRule], ...] = (Silent, Slow, CrashBeforeCommit, CrashAfterCommit)
