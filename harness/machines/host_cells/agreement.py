"""Does a reversal agree with what the host knows of its original?

What moves money has to: the card, the amount, the currency, and how much was dispensed. A reversal
with another retrieval reference number or type of transaction is served, and what differs is told:
there are networks in which a reversal has a reference number of its own.

Where the original is not known, one that differs from it in the acquirer, the time or the class of
its MTI may be meant. Then nothing is given back, and what the reversal names differently is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.machines.host_cells import refusals
from harness.machines.host_inputs import Received
from harness.machines.transaction_log import STOOD_IN, TransactionRecord
from harness.wire.message import Message
from harness.wire.particulars import (
    Particulars,
    differing_from_original,
    read_fingerprint,
)

if TYPE_CHECKING:
    from harness.machines.host import Host

_DECISIVE = ("pan", "amount", "currency", "replacement_amounts")
_SAME_CUSTOMER = ("pan", "amount")


def disagrees(host: Host, x: Received) -> bool:
    """Must the reversal be refused? Why, and for which elements, is noted in `x`."""
    record = x.record
    reversal = read_fingerprint(refusals.fingerprint_of(host, x))
    if record is None:
        return _names_another(host, x, reversal) or _claims_cash(x)
    meanings = _differing(record, _approved(host, record), x.message, reversal)
    decisive = tuple(meaning for meaning in meanings if meaning in _DECISIVE)
    if decisive:
        x.why, x.elements = "disagrees with its original", x.message.elements_of(decisive)
    elif meanings:
        elements = x.message.elements_of(meanings)
        refusals.tell_disagreement(host, x, "differs from its original", elements)
    return bool(decisive)


def _differing(
    record: TransactionRecord, approved: int, message: Message, reversal: Particulars
) -> tuple[str, ...]:
    """The meanings in which it differs from the request and from what was posted for that: what was
    approved in part may be named by either amount, and no more can have been dispensed than was
    approved.
    """
    if not record.fingerprint:
        return ()
    original = read_fingerprint(record.fingerprint)
    if approved and message.amount == approved:
        reversal = reversal._replace(amount=original.amount)
    meanings = differing_from_original(original, reversal)
    if (message.amount_taken or 0) > approved:
        meanings = (*meanings, "replacement_amounts")
    return meanings


def _approved(host: Host, record: TransactionRecord) -> int:
    """How much the terminal was told that it may pay, in minor units."""
    if record.state == STOOD_IN and host.stand_in is not None:
        return host.stand_in.amount_of(record)
    return record.amount


def _claims_cash(x: Received) -> bool:
    """Was cash dispensed of a withdrawal that the host has never heard of?"""
    if not x.message.amount_taken:
        return False
    x.why = "cash of an original that is not known"
    x.elements = x.message.elements_of(("replacement_amounts",))
    return True


def _names_another(host: Host, x: Received, reversal: Particulars) -> bool:
    """Does it name something else than the transaction that it must mean?"""
    assert x.original is not None, "it names an original"
    unlike = [
        x.original.parts_unlike(near)
        for near, record in host.log.near(x.original)
        if _may_be_meant(record, reversal)
    ]
    if not unlike:
        return False
    x.why = "its original is known otherwise"
    element = x.message.element("original")
    x.elements = tuple(f"{element} {part}" for part in min(unlike, key=len))
    return True


def _may_be_meant(record: TransactionRecord, reversal: Particulars) -> bool:
    """Are card and amount those of that record's request?"""
    if not record.fingerprint:
        return False
    differing = differing_from_original(read_fingerprint(record.fingerprint), reversal)
    return not any(meaning in _SAME_CUSTOMER for meaning in differing)
