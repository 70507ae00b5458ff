"""Whether a message agrees with the request that it is about."""

from __future__ import annotations

from harness.checks.transaction_evidence import TransactionEvidence
from harness.wire.echo import wrong_echo
from harness.wire.message import Message
from harness.wire.particulars import differing_from_original


def disagrees(reversal: Message, original: TransactionEvidence) -> bool:
    """Does a reversal not agree with its request, or with what was approved of that?"""
    if original.particulars is None:
        return False  # it was never sent, or long ago
    wrong = differing_from_original(original.particulars, reversal.particulars)
    return bool(wrong) or (reversal.amount_taken or 0) > original.approved


def matches(answer: Message, asked: TransactionEvidence) -> bool:
    """Does the answer repeat what the request said? What the request left out it cannot repeat."""
    wrong = wrong_echo(answer, asked.asked)
    if not wrong:
        return True
    said = {element for element, _ in asked.asked.texts} | {answer.element("amount")}
    return said.isdisjoint(wrong)
