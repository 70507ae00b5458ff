"""The check digit of a card's number (ISO/IEC 7812-1, annex B)."""

from __future__ import annotations

_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


def luhn_digit(digits: str) -> str:
    """The check digit that follows `digits`, ASCII digits only."""
    backwards = digits.encode("ascii")[::-1]
    total = sum(backwards[::2].translate(_DOUBLED)) + sum(backwards[1::2])
    return str((48 * len(backwards) - total) % 10)


def luhn_valid(pan: str) -> bool:
    """Has `pan` only ASCII digits, and is the last one their Luhn check digit?"""
    return pan.isascii() and pan.isdigit() and len(pan) > 1 and luhn_digit(pan[:-1]) == pan[-1]
