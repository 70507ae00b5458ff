"""What the host does not serve, and tells of: each message that is refused or ignored is an event.

A message is refused as it comes, before anything is posted or kept of it, so that one that is
mended can be sent again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.machines.host_inputs import HostInput, HostState, Key, Received
from harness.machines.transaction_log import TransactionRecord
from harness.wire.kinds import ASKING, version_of
from harness.wire.message import CURRENCY, REVERSALS
from harness.wire.particulars import differing_in_repeat, fingerprint, read_fingerprint

if TYPE_CHECKING:
    from harness.machines.host import Host


def classify_other(_host: Host, x: Received, _now: float) -> Key:
    """A message of a kind that has no classifier of its own. An answer is never answered, nor is
    what is of another version.
    """
    message = x.message
    if message.wants_answer:
        x.why = f"MTI {message.mti} is not served here"
        return x.connection.state, HostInput.NOT_SUPPORTED
    other = version_of(message.mti)
    if not other or message.mti.startswith(message.VERSION):
        x.why = f"MTI {message.mti or None} is not for a host"
    else:
        x.why = f"MTI {message.mti} is of {other}, which is not spoken here"
    return x.connection.state, HostInput.NOT_FOR_HOST


def does_not_read(x: Received) -> bool:
    """Is there an element that does not hold what its class says?"""
    if not x.wrong:
        return False
    x.elements = tuple(element for element, _ in x.wrong)
    x.why = f"an element must hold {' and '.join(dict.fromkeys(what for _, what in x.wrong))}"
    return True


def finds_no_room(host: Host, x: Received) -> bool:
    """Would the host have to remember more than it may? Each name that a peer thinks up is a
    terminal, and each message that moves money stays in the log.
    """
    message, settings = x.message, host.settings
    if not host.log.knows_terminal(message.terminal, settings.most_terminals):
        x.why = f"more than {settings.most_terminals:,} terminals have come"
        x.elements = (message.element("terminal"),)
        return True
    most = settings.most_remembered * (2 if message.kind in REVERSALS else 1)
    if len(host.log) < most or message.kind not in ASKING:
        return False
    if host.log.find(message.identity) is not None:
        return False
    x.why = f"{len(host.log):,} messages are remembered, and there is no room for more"
    return True


def classify_transaction(x: Received) -> Key | None:
    """Is what every request and reversal must carry there, and does it read? None if it is."""
    if does_not_read(x):
        return HostState.SIGNED_ON, HostInput.INCOMPLETE
    x.elements, x.why = x.message.missing(), "incomplete"
    if not x.elements:
        x.elements, x.why = x.message.unreadable(), "does not read"
    if not x.elements:
        x.why = ""
        return None
    return HostState.SIGNED_ON, HostInput.INCOMPLETE


def classify_request(x: Received) -> Key | None:
    """Is a request one that the host can carry out? None if it is."""
    message = x.message
    refused = classify_transaction(x)
    if refused is not None:
        return refused
    if not message.transaction_type:
        x.why = f"transaction type {message.particulars.type} is not served here"
        x.elements = (message.element("processing_code"),)
        return HostState.SIGNED_ON, HostInput.NOT_SUPPORTED
    if message.currency not in ("", CURRENCY):
        x.why = f"currency {message.currency} is not the ledger's"
        x.elements = (message.element("currency"),)
        return HostState.SIGNED_ON, HostInput.WRONG_CURRENCY
    return None


def stan_reused(host: Host, x: Received, record: TransactionRecord) -> bool:
    """Is a message with the identity of a record not the message that the record is of?"""
    if not record.fingerprint:
        return False  # the message itself has not come
    first = read_fingerprint(record.fingerprint)
    again = read_fingerprint(fingerprint_of(host, x))
    x.elements = x.message.elements_of(differing_in_repeat(first, again))
    if x.elements:
        x.why = "STAN reused"
    return bool(x.elements)


def fingerprint_of(host: Host, x: Received) -> int:
    """What the host keeps of a message, to tell its repeats by."""
    return fingerprint(x.message.particulars, host.card_token)


def tell_refused(host: Host, x: Received, code: str) -> None:
    """Tell why a message is refused with a response code; '' if it is not answered."""
    message = x.message
    host.events.append(
        e.MessageRefused(message.terminal, message.mti, message.stan, code, x.why, x.elements)
    )


def tell_disagreement(host: Host, x: Received, why: str, elements: tuple[str, ...]) -> None:
    """Tell what does not fit of a message that is served all the same."""
    message = x.message
    host.events.append(
        e.DisagreementHeard(message.terminal, message.mti, message.stan, why, elements)
    )


def refuse(host: Host, x: Received, code: str, now: float) -> None:
    """Answer with the code of that name, and keep nothing."""
    tell_refused(host, x, host.codes[code])
    host.reply(x, code, now)


def ignore(host: Host, x: Received, _now: float) -> None:
    """Give no answer, and tell of it."""
    tell_refused(host, x, "")


def format_error(host: Host, x: Received, now: float) -> None:
    """Answer with a format error: an element is missing, or does not fit its original."""
    refuse(host, x, "format_error", now)


def not_supported(host: Host, x: Received, now: float) -> None:
    """Answer that this is not supported, as nothing was carried out."""
    refuse(host, x, "not_supported", now)


def answer_as_ordered(host: Host, x: Received, now: float) -> None:
    """Answer with the response code that a fault orders, and keep nothing."""
    host.answer(x, host.dialect.answer(x.message, x.code), now)


def no_room(host: Host, x: Received, now: float) -> None:
    """Answer with a system error, so that it is sent again; nothing that is remembered is given up
    for it.
    """
    refuse(host, x, "system_error", now)


def wrong_currency(host: Host, x: Received, now: float) -> None:
    """Decline: the ledger has one currency."""
    refuse(host, x, "invalid_transaction", now)


def refuse_reused(host: Host, x: Received, now: float) -> None:
    """Refuse as a duplicate; the transaction that has this identity stays as it is."""
    refuse(host, x, "duplicate", now)
