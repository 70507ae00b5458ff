"""What hosts of a version of ISO 8583 do beside the plain answers that ours gives.

A dialect names it once (`Message.HOSTS`), for faults that play other hosts and for checks that must
know which codes a profile may leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from harness.wire.message import Message

MAC_AND_BITMAPS = ("h", "t", "p", "1", "64", "128")
NEEDED = ("amount", "sent")
"""What the answer to a request must repeat, besides what its kind must carry."""


def asks_nothing(_answer: Any, _what: str, _stan: str) -> Any:
    """A host that sends nothing of its own accord."""
    return None


class HostHabits(NamedTuple):
    """`referrals` are the response codes that refer the customer to the card's issuer: declines,
    and no captures. `always_captures` are the capture codes that no profile may leave out; empty
    where it may leave out none. `informing` are data elements that other hosts add to their
    answers, each with a text. `asks(like, what, stan)` is what a host sends of its own accord to
    the terminal that the message `like` names, under a STAN of its own: 'echo', 'sign_on',
    'sign_off', 'key_change', 'cutover', 'file_update', or 'advice' of network management; None
    where there is no such message. `key_changes` are the texts of the function element by which
    hosts ask for new keys.
    """

    referrals: tuple[str, ...] = ()
    always_captures: tuple[str, ...] = ()
    informing: Mapping[str, str] = {}
    asks: Callable[[Any, str, str], Any] = asks_nothing
    key_changes: tuple[str, ...] = ()


def with_fewer_elements(answer: Message) -> Message | None:
    """The same answer with nothing but what a receiver needs; None where that is all it has."""
    meanings = (*NEEDED, *answer.MANDATORY.get(answer.kind, ()))
    kept = {*MAC_AND_BITMAPS, *(answer.element(meaning) for meaning in meanings)}
    fields = {name: text for name, text in answer.fields.items() if name in kept}
    return type(answer)(fields) if fields.keys() != answer.fields.keys() else None


def with_more_elements(answer: Message) -> Message | None:
    """The same answer with elements that inform; None where it has them all, or there are none."""
    informing = answer.HOSTS.informing
    more = {name: text for name, text in informing.items() if name not in answer.fields}
    return type(answer)(answer.fields | more) if more else None
