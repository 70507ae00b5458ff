"""Whom a fault names: is there such a terminal, and of which card is a message?

The fleet of a run is known where the terminals are ours; their ids are ATM00001 and so on. A host
that stands alone does not know who will come, so that any name may be right that DE 41 can hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.bounded import keep_latest
from harness.errors import ConfigError
from harness.faults.rule import FaultSpec
from harness.wire.message import Message

KEPT = 4096  # messages whose card is remembered


def check_terminal(spec: FaultSpec, fleet: Sequence[str], *, width: int) -> None:
    """Raises ConfigError if the fault names a terminal that the fleet does not have. An empty
    `fleet` is one that is not known; `width` is how many characters DE 41 has.
    """
    name = spec.parameters.get("terminal")
    if name is None or name in fleet:
        return
    if fleet:
        first, last = fleet[0], fleet[-1]
        there = (
            f"this run has {first} to {last}" if len(fleet) > 1 else f"this run has {first} alone"
        )
        near = _meant(name, fleet)
        hint = f"did you mean '{near}'? " if near else ""
        _wrong(spec, name, f"the fleet has no terminal '{name}'", f"{hint}{there}")
    elif len(name) > width:
        _wrong(
            spec, name, f"'{name}' is longer than a terminal's id",
            f"DE 41 has {width} characters in this specification",
        )  # fmt: skip


def _meant(name: str, fleet: Sequence[str]) -> str:
    """The terminal of the same letters, or of the same number."""
    by_folded = {known.casefold(): known for known in fleet}
    if name.casefold() in by_folded:
        return by_folded[name.casefold()]
    number = re.search(r"[0-9]+$", name)
    if number is not None and len(number.group()) < 9:
        index = int(number.group()) - 1
        return fleet[index] if 0 <= index < len(fleet) else ""
    return ""


def _wrong(spec: FaultSpec, name: str, problem: str, remedy: str) -> None:
    mark = " " * spec.text.index(f"terminal={name}") + "^" * len(f"terminal={name}")
    raise ConfigError(problem, place="--fault", remedy=f"    {spec.text}\n    {mark}\n{remedy}")


class CardsSeen:
    """How the card numbers of a run's messages end. An answer need not repeat the number, nor a
    reversal: the request with its STAN, or with the STAN of the original, tells.
    """

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], str] = {}  # by terminal and STAN

    def of(self, message: Message) -> str:
        """The last four digits of the card number; '' if it is not known."""
        if message.is_network_management:
            return ""
        number = message.pan
        if number:
            return self._remember(message, number[-4:])
        found = self._seen.get((message.terminal, message.stan), "")
        original = None if found else message.original
        if original is not None:
            found = self._seen.get((message.terminal, original.stan), "")
            return self._remember(message, found) if found else ""
        return found

    def _remember(self, message: Message, ends: str) -> str:
        key = (message.terminal, message.stan)
        self._seen.pop(key, None)
        self._seen[key] = ends
        keep_latest(self._seen, KEPT)
        return ends
