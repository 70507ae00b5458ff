"""Whose evidence there is, where the journals of two halves are judged together."""

from __future__ import annotations


class Observed:
    """Whose evidence there is at present. Where two journals are judged together, each of them has
    nothing of the time before it begins, between its processes and after its end. `until` is when
    the last process of the terminals ended (run seconds), if it has.
    """

    __slots__ = ("host", "terminals", "until")

    def __init__(self, *, host: bool = True, terminals: bool = True) -> None:
        self.host = host
        self.terminals = terminals
        self.until = float("inf")

    def set(self, mode: str, *, there: bool) -> None:
        """Is there evidence of that half ('host' or 'terminals') from now on?"""
        if mode == "host":
            self.host = there
        else:
            self.terminals = there


EVERYTHING = Observed()
