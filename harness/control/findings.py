"""What a detector has found, before it is an incident."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from harness.control.payloads import Cause, Kind, Scope, Severity

Key = tuple[Kind, Scope, str]
"""An incident is about this: there is at most one for each that is open."""


class Finding(NamedTuple):
    """The members are those of `harness.control.payloads.Incident`; `terminals` are all that are
    affected.
    """

    kind: Kind
    scope: Scope
    where: str
    cause: Cause
    severity: Severity
    terminals: Collection[str]
    summary: str

    @property
    def key(self) -> Key:
        return self.kind, self.scope, self.where


class Since:
    """Since when things hold without a break, by name."""

    __slots__ = ("_began",)

    def __init__(self) -> None:
        self._began: dict[str, float] = {}

    def __bool__(self) -> bool:
        return bool(self._began)

    def held(self, name: str, now: float, *, holds: bool) -> float:
        """For how many seconds it has held; a negative number if it does not hold."""
        if not holds:
            self._began.pop(name, None)
            return -1.0
        return now - self._began.setdefault(name, now)

    def since(self, name: str, now: float) -> float:
        """Since when it holds; `now` if it does not."""
        return self._began.get(name, now)

    def clear(self) -> None:
        self._began.clear()
