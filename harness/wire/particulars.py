"""What makes a message the transaction that it is, apart from its identity.

Two messages with one identity are repeats of each other only if these agree; if they do not, a STAN
was used for two transactions. A reversal has to agree with the request that it reverses. Both are
decided here, once, for the host and for the checks.

A check sees both messages. A host keeps one number of the first (`fingerprint`), in which all is
shortened: two cards are taken for the same in one case of 16 million, two amounts below 10,000.00
never, and larger ones in one case of a million.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from zlib import crc32

_TYPE = 2  # digits of the processing code that say which type of transaction it is
_TRACK_SENTINELS = ";%B"  # what may precede the PAN on a track
_TRACK2_SEPARATORS = ("=", "D")  # 'D' where the specification packs track 2
_TRACK1_SEPARATOR = "^"
_EXPIRY = 4  # digits
_BALANCE = 20  # DE 54 of one account: its type 2, which balance 2, currency 3, sign 1, amount 12
_BALANCE_SIGN = 7  # where the sign stands
_MASK = "*"  # in the fields of a journal

Part = str | int
"""One particular: as it stands in a message, or shortened. Empty, or 0, where it is missing."""


class Particulars(NamedTuple):
    """`type` and `accounts` are the two parts of the processing code; `original` is what a reversal
    names (`TransactionId.cause`), `taken` the minor units that it says were dispensed.
    """

    pan: Part
    type: Part
    accounts: Part
    amount: Part
    currency: Part
    rrn: Part
    original: Part
    taken: Part


def particulars(
    *, pan: str, processing_code: str, amount: Part, currency: str, rrn: str, original: str,
    taken: int | None,
) -> Particulars:  # fmt: skip
    """Those of a message, as they stand in it; amounts in minor units, one of nothing as text."""
    kind, accounts = processing_code[:_TYPE], processing_code[_TYPE:]
    return Particulars(pan, kind, accounts, amount, currency, rrn, original, taken or 0)


_MEANINGS = (
    *("pan", "processing_code", "processing_code", "amount", "currency", "rrn"),
    *("original", "replacement_amounts"),
)
_OPTIONAL = ("currency", "rrn")  # of a repeat: count where both have them


def differing_in_repeat(first: Particulars, again: Particulars) -> tuple[str, ...]:
    """The meanings in which a message is not the transaction that had its identity first. The
    currency and the retrieval reference number count where both messages have them.
    """
    if again == first:
        return ()
    return _unlike(first, again, _OPTIONAL)


def differing_from_original(original: Particulars, reversal: Particulars) -> tuple[str, ...]:
    """The meanings in which a reversal does not agree with its original: card, type of transaction,
    amount, currency and retrieval reference number, where both have them.
    """
    comparable = reversal._replace(
        accounts=original.accounts, original=original.original, taken=original.taken
    )
    return _unlike(original, comparable, _MEANINGS)


def _unlike(one: Particulars, other: Particulars, optional: tuple[str, ...]) -> tuple[str, ...]:
    """Each meaning once, in the order of `Particulars`."""
    found = [
        meaning
        for meaning, a, b in zip(_MEANINGS, one, other, strict=True)
        if a != b and ((a and b) or meaning not in optional) and not masked_alike(a, b)
    ]
    return tuple(dict.fromkeys(found))


def masked_alike(one: Part, other: Part) -> bool:
    """May they be the same text, of which the journal has masked one? A run that goes on reads what
    came before from its journal, and the rest from the wire.
    """
    if not (isinstance(one, str) and isinstance(other, str)) or len(one) != len(other):
        return False
    if _MASK not in one and _MASK not in other:
        return False
    return all(a == b or _MASK in (a, b) for a, b in zip(one, other, strict=True))


# --- kept in one number ---------------------------------------------------------------------

_BITS = Particulars(pan=24, type=7, accounts=8, amount=20, currency=10, rrn=21,
                    original=24, taken=20)  # fmt: skip


def fingerprint(parts: Particulars, token: Callable[[str], str]) -> int:
    """One number for all of it. `token` gives a keyed name in hexadecimal for a PAN, so that nobody
    can find the PAN by trying.
    """
    pan = parts.pan
    if pan:
        parts = parts._replace(pan=int(token(str(pan)), 16))
    number = shift = 0
    for part, bits in zip(parts, _BITS, strict=True):
        number |= _short(part, int(bits)) << shift
        shift += int(bits)
    return number


def _short(part: Part, bits: int) -> int:
    """0 where it is missing; else 1 more than the number that it is, or than what is left of it."""
    if not part:
        return 0
    most = (1 << bits) - 1
    text = str(part)
    if len(text) <= bits // 3 and text.isascii() and text.isdigit() and int(text) < most:
        return 1 + int(text)
    return 1 + crc32(text.encode()) % most


def read_fingerprint(number: int) -> Particulars:
    """The particulars of a fingerprint, to be compared with those of another one."""
    parts = []
    for bits in _BITS:
        parts.append(number & ((1 << int(bits)) - 1))
        number >>= int(bits)
    return Particulars(*parts)


# --- a card's number on its tracks --------------------------------------------------------------


def pan_of_tracks(track2: str, track1: str) -> str:
    """The PAN that stands on a card's track, masked or not; '' if none does."""
    for track, separators in ((track2, _TRACK2_SEPARATORS), (track1, (_TRACK1_SEPARATOR,))):
        text = track.lstrip(_TRACK_SENTINELS).upper()
        for separator in separators:
            pan, found, _ = text.partition(separator)
            if found and pan.isascii() and pan.replace(_MASK, "0").isdigit():
                return pan
    return ""


def tracks_unlike(fields: Mapping[str, str]) -> tuple[str, ...]:
    """The data elements of a card that do not agree with its number and expiry date where these
    stand alone (DE 2 and 14): track 2 with another number (DE 35), a date that is not that of track
    2 (DE 14), track 1 with another number (DE 45).
    """
    pan, expiry, track2 = (fields.get(name, "") for name in ("2", "14", "35"))
    unlike = []
    if pan and pan_of_tracks(track2, "") not in ("", pan):
        unlike.append("35")
    elif expiry.isdigit() and _expiry_of_track2(track2) not in ("", expiry):
        unlike.append("14")
    if pan and pan_of_tracks("", fields.get("45", "")) not in ("", pan):
        unlike.append("45")
    return tuple(unlike)


def _expiry_of_track2(track2: str) -> str:
    """The expiry date on track 2, YYMM, which follows the separator; '' if none stands there."""
    for separator in _TRACK2_SEPARATORS:
        _, found, rest = track2.upper().partition(separator)
        date = rest[:_EXPIRY]
        if found and len(date) == _EXPIRY and date.isascii() and date.isdigit():
            return date
    return ""


# --- what is on an account ----------------------------------------------------------------------


def balance_of(fields: Mapping[str, str]) -> int | None:
    """The balance that an answer tells of its first account (DE 54), in minor units, negative where
    it is overdrawn; None where none can be read.
    """
    text = fields.get("54", "")[:_BALANCE]
    sign, digits = text[_BALANCE_SIGN : _BALANCE_SIGN + 1], text[_BALANCE_SIGN + 1 :]
    if len(text) < _BALANCE or not (digits.isascii() and digits.isdigit()):
        return None
    return {"C": int(digits), "D": -int(digits)}.get(sign)
