"""What an answer repeats of its request (docs/domain.md, "Matching").

An answer is about a request only if every element that it repeats says what the request said. An
answer that names another currency, amount or acquirer approves something that nobody asked for.
One rule serves the terminal, which pays by it, and the checks, which judge by it.
"""

from __future__ import annotations

from typing import NamedTuple

from harness.wire.message import Kind, Message, Outcome
from harness.wire.particulars import masked_alike

ECHOED = ("pan", "processing_code", "sent", "stan", "acquirer", "rrn", "terminal", "currency")
"""The elements (keys of `Message.ELEMENTS`) that are equal in an answer which has them."""

_MASKS = str.maketrans("Xx#", "***")
"""What hosts put in place of the digits of a card's number, apart from stars."""

JUDGED_TOO = ("acceptor",)
"""What a host must not change either, although nobody pays for it: a terminal takes the answer. It
is text that is filled up with spaces, which mean nothing."""

ALWAYS = {Kind.ANSWER: ("sent", "terminal"), Kind.REVERSAL_ANSWER: ("terminal",)}
"""Those that an answer of each kind must have."""


class Echo(NamedTuple):
    """What a message says that its answer repeats: the text of each element, by its number, and
    the amount in minor units. `beside` is the text of what only the checks look at.
    """

    texts: tuple[tuple[str, str], ...]
    amount: int
    beside: tuple[tuple[str, str], ...] = ()


NOTHING_ASKED = Echo((), 0)


def echo_of(message: Message) -> Echo:
    """What the answer to that message has to repeat."""
    return Echo(_said(message, ECHOED), message.amount, _said(message, JUDGED_TOO))


def _said(message: Message, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    fields, elements = message.fields, message.ELEMENTS
    found = ((elements[name], fields.get(elements[name], "")) for name in names)
    return tuple(pair for pair in found if pair[1])


def wrong_beside(answer: Message, asked: Echo) -> tuple[str, ...]:
    """The data elements that an answer has and does not repeat, and that make it no other answer:
    the terminal may pay on it.
    """
    fields = answer.fields
    return tuple(
        element
        for element, text in asked.beside
        if fields.get(element, text).rstrip(" ") != text.rstrip(" ")
    )


def wrong_echo(answer: Message, asked: Echo) -> tuple[str, ...]:
    """The data elements of an answer that do not repeat what was asked; empty if all do.

    An element that the answer leaves out is not wrong, except for the terminal, and for the time in
    the answer to a request. The amount counts where something is approved: in a full approval it is
    the amount that was asked for, and in a partial one it is more than 0 and not more than that.
    The answer to a reversal may leave the amount out.
    """
    fields = answer.fields
    wrong = [
        element
        for element, text in asked.texts
        if fields.get(element, text) != text and not _same_meaning(answer, element, text)
    ]
    elements = answer.ELEMENTS
    of_a_request = answer.kind is Kind.ANSWER
    always = ALWAYS.get(answer.kind, ())
    wrong += [elements[name] for name in always if elements[name] not in fields]
    if (of_a_request or elements["amount"] in fields) and not _amount_fits(answer, asked.amount):
        wrong.append(elements["amount"])
    return tuple(wrong)


def _same_meaning(answer: Message, element: str, text: str) -> bool:
    """Leading zeros of an acquirer's id mean nothing: it names the same acquirer without them. Of a
    card's number, what is masked may be anything.
    """
    said, elements = answer.fields[element], answer.ELEMENTS
    if element == elements["acquirer"]:
        return said.lstrip("0") == text.lstrip("0")
    return element == elements["pan"] and masked_alike(said.translate(_MASKS), text)


def _amount_fits(answer: Message, asked: int) -> bool:
    outcome = answer.outcome
    if outcome is Outcome.APPROVED:
        return answer.amount == asked
    if outcome is Outcome.PARTIAL:
        return 0 < answer.amount <= asked
    return True


def in_words(wrong: tuple[str, ...]) -> str:
    """'DE 4, DE 49': the elements for a person."""
    return ", ".join(f"DE {element}" for element in wrong)
