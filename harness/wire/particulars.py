"""What makes a message the transaction that it is, apart from its identity.

Two messages with one identity are repeats of each other only if these agree; if they do not, a STAN
was used for two transactions. A reversal has to agree with the request that it reverses. Both are
decided here, once, for the host, which keeps particulars, and for the checks, which see messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

_TYPE = 2  # digits of the processing code that say which type of transaction it is
_TRACK_SENTINELS = ";%B"  # what may precede the PAN on a track
_TRACK2_SEPARATORS = ("=", "D")  # 'D' where the specification packs track 2
_TRACK1_SEPARATOR = "^"
_MASK = "*"  # in the fields of a journal

_BETWEEN = "|"  # between particulars that are kept as one text
_COUNT = 7


class Particulars(NamedTuple):
    """`amount` and `taken` are minor units; `taken` is what a partial reversal says was dispensed.
    `original` names what a reversal reverses (`TransactionId.cause`). Texts that are missing are
    empty.
    """

    pan: str
    processing_code: str
    amount: int
    currency: str
    rrn: str
    original: str = ""
    taken: int | None = None

    def hiding_pan(self, token: Callable[[str], str]) -> Particulars:
        """The same with a token for the PAN, so that they can be kept."""
        return self._replace(pan=token(self.pan)) if self.pan else self

    def kept(self) -> str:
        """All of it as one short text; see `read_particulars`."""
        taken = "" if self.taken is None else str(self.taken)
        parts = (*self[:2], str(self.amount), *self[3:6], taken)
        return _BETWEEN.join(part.replace(_BETWEEN, " ") for part in parts).rstrip(_BETWEEN)


def read_particulars(kept: str) -> Particulars:
    """Particulars from the text that was kept of them."""
    parts = kept.split(_BETWEEN)
    pan, code, amount, currency, rrn, original, taken = parts + [""] * (_COUNT - len(parts))
    return Particulars(
        pan, code, int(amount or 0), currency, rrn, original, int(taken) if taken else None
    )


def differing_in_repeat(first: Particulars, again: Particulars) -> tuple[str, ...]:
    """The meanings in which a message is not the transaction that had its identity first. The
    currency and the retrieval reference number count where both messages have them.
    """
    if again == first:
        return ()
    return tuple(
        meaning
        for meaning, differs in (
            ("pan", again.pan != first.pan),
            ("processing_code", again.processing_code != first.processing_code),
            ("amount", again.amount != first.amount),
            ("currency", _differ(again.currency, first.currency)),
            ("rrn", _differ(again.rrn, first.rrn)),
            ("original", again.original != first.original),
            ("replacement_amounts", again.taken != first.taken),
        )
        if differs
    )


def differing_from_original(original: Particulars, reversal: Particulars) -> tuple[str, ...]:
    """The meanings in which a reversal does not agree with its original. What one of the two leaves
    out is no disagreement. More cannot have been dispensed than was asked for.
    """
    types = reversal.processing_code[:_TYPE], original.processing_code[:_TYPE]
    return tuple(
        meaning
        for meaning, differs in (
            ("pan", _differ(reversal.pan, original.pan)),
            ("processing_code", _differ(*types)),
            ("amount", reversal.amount != original.amount),
            ("currency", _differ(reversal.currency, original.currency)),
            ("rrn", _differ(reversal.rrn, original.rrn)),
            ("replacement_amounts", (reversal.taken or 0) > original.amount),
        )
        if differs
    )


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def pan_of_tracks(track2: str, track1: str) -> str:
    """The PAN that stands on a card's track, masked or not; '' if none does."""
    for track, separators in ((track2, _TRACK2_SEPARATORS), (track1, (_TRACK1_SEPARATOR,))):
        text = track.lstrip(_TRACK_SENTINELS).upper()
        for separator in separators:
            pan, found, _ = text.partition(separator)
            if found and pan.isascii() and pan.replace(_MASK, "0").isdigit():
                return pan
    return ""
