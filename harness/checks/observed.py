"""Whose evidence there is, where the journals of two halves are judged together."""

from __future__ import annotations

_OPEN = float("inf")


class Observed:
    """Whose evidence there is at present. Where two journals are judged together, each of them has
    nothing of the time before it begins, between its processes and after its end. `until` is when
    the last process of the terminals ended (run seconds), if it has.
    """

    __slots__ = ("_host_times", "host", "terminals", "until")

    def __init__(self, *, host: bool = True, terminals: bool = True) -> None:
        self.host = host
        self.terminals = terminals
        self.until = float("inf")
        self._host_times = [(0.0, _OPEN)] if host else []  # from when until when, run seconds

    def set(self, mode: str, at: float, *, there: bool) -> None:
        """Is there evidence of that half ('host' or 'terminals') from now on?"""
        if mode == "host":
            self.host = there
            self.host_lives(at, lives=there)
        else:
            self.terminals = there

    def host_lives(self, at: float, *, lives: bool) -> None:
        """Does the host write its journal from now on? After a kill nobody knows how long it had
        stood still before: `at` is when its last entry was written.
        """
        if self._host_times and self._host_times[-1][1] == _OPEN:
            if not lives:
                self._host_times[-1] = (self._host_times[-1][0], at)
        elif lives:
            self._host_times.append((at, _OPEN))

    def host_throughout(self, start: float, end: float) -> bool:
        """Was there evidence of the host during all of that time?"""
        return any(since <= start and end <= until for since, until in self._host_times)


EVERYTHING = Observed()
