"""Keyed randomness: a stream of draws that depends on its key and on nothing else.

What must come out alike in `sim` and `live` is drawn from a generator keyed by
the seed, the terminal and the transaction, never from one shared in order of
arrival. A `Draw` is one integer of state, so a fresh one per customer, per
answer or per fault costs nothing (`random.Random` is 2.5 kB and 6 us).

The generator is splitmix64 (Steele, Lea, Flood 2014).
"""

from __future__ import annotations

from hashlib import blake2b
from math import log

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15


def _mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def key_of(*parts: int | str) -> int:
    """A 64-bit key for a name made of parts; the same in every process."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


class Draw:
    """A stream of random numbers with one integer of state."""

    __slots__ = ("_state",)

    def __init__(self, key: int, ordinal: int = 0) -> None:
        """`key` from `key_of`; `ordinal` (a transaction's or customer's number) picks
        one of its streams.
        """
        self._state = _mix((key ^ (ordinal * 0xD1B54A32D192ED03)) & _MASK)

    def random(self) -> float:
        """Uniform in [0, 1)."""
        self._state = (self._state + _GAMMA) & _MASK
        return (_mix(self._state) >> 11) * (1.0 / (1 << 53))

    def uniform(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self.random()

    def chance(self, probability: float) -> bool:
        """True with the given probability; always draws, so that streams stay aligned."""
        return self.random() < probability

    def below(self, bound: int) -> int:
        """A whole number in [0, bound)."""
        return int(self.random() * bound)

    def exponential(self, mean: float) -> float:
        """Exponential with the given mean."""
        return -mean * log(1.0 - self.random())
