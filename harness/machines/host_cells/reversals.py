"""Reversals: what the original took is given back, once.

A reversal that comes before its original, or before its original is decided, leaves a tombstone and
gets success; the original is declined when it comes, or when its commit is due. A reversal that
does not agree with its original gives nothing back (agreement.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.machines.host_cells import agreement, refusals
from harness.machines.host_inputs import HostInput, HostState, Key, Received, state_of
from harness.machines.transaction_log import DONE, REVERSED, TOMBSTONE, TransactionRecord
from harness.wire.identity import TransactionId

if TYPE_CHECKING:
    from harness.machines.host import Host


def classify(host: Host, x: Received, now: float) -> Key:
    """The state is the original's, once the connection has signed on."""
    if host.needs_sign_on(x):
        return HostState.SIGNED_OFF, HostInput.REVERSAL
    refused = refusals.classify_transaction(x)
    if refused is not None:
        return refused
    x.own = host.log.find(x.message.identity)
    if x.own is not None and refusals.stan_reused(host, x, x.own):
        return HostState.SIGNED_ON, HostInput.STAN_REUSED
    x.original = x.message.original
    if x.original == x.message.identity:
        x.original = None  # it names itself, and so nothing that it could reverse
    if x.original is not None:
        x.original, x.record = host.log.meant(x.original)
    if x.own is not None:
        return _state(x), HostInput.REVERSAL_AGAIN
    return classify_new(host, x, now)


def classify_new(host: Host, x: Received, now: float) -> Key:
    """The issuer is needed where something is given back that was posted."""
    state = _state(x)
    if state in _COMPARED and agreement.disagrees(host, x):
        return state, HostInput.REVERSAL_DISAGREES
    x.code = host.ordered_code(x.message, host.codes["approved"], now)
    if x.code:
        return x.connection.state, HostInput.CODE_ORDERED
    if state == HostState.APPROVED and not host.reaches_issuer(now, x.message):
        return state, HostInput.REVERSAL_ISSUER_AWAY
    if host.crashes(x, now, "before_commit"):
        return state, HostInput.CRASH_BEFORE_REVERSAL
    return state, HostInput.REVERSAL


_COMPARED = (
    HostState.UNKNOWN,
    HostState.PENDING,
    HostState.APPROVED,
    HostState.STOOD_IN,
    HostState.DECLINED,
    HostState.NOT_POSTED,
)
"""The states of an original that a reversal may change, and so has to agree with."""


def _state(x: Received) -> str:
    return HostState.NO_ORIGINAL if x.original is None else state_of(x.record)


def refuse_before_sign_on(host: Host, x: Received, now: float) -> None:
    """Refuse so that it is sent again, and keep no record."""
    x.why = "not signed on"
    refusals.refuse(host, x, "issuer_down", now)


def refuse_for_now(host: Host, x: Received, now: float) -> None:
    """Refuse so that it is sent again, and keep no record."""
    host.reply(x, "issuer_down", now)


def lay_tombstone(host: Host, x: Received, now: float) -> None:
    """Keep a tombstone for an original that has not come, and say success."""
    x.record = host.log.begin(_original(x), TOMBSTONE)
    _bury(host, x)
    conclude(host, x, "no_original" if host.settings.says_no_original else "approved", now)


def bury_and_tell(host: Host, x: Received, now: float) -> None:
    """Keep a tombstone for what it names, and say that there is no such original: nothing was given
    back, and what differs is told.
    """
    refusals.tell_refused(host, x, host.codes["no_original"])
    x.record = host.log.begin(_original(x), TOMBSTONE)
    _bury(host, x)
    conclude(host, x, "no_original", now)


def tombstone_pending(host: Host, x: Received, now: float) -> None:
    """Make a tombstone of the pending original, and say success."""
    _record(x).state = TOMBSTONE
    _bury(host, x)
    conclude(host, x, "approved", now)


def _bury(host: Host, x: Received) -> None:
    record = _record(x)
    record.code = host.codes["duplicate"]
    host.durability.note(record)
    host.events.append(e.TombstoneLaid(x.message.terminal, _original(x).stan))


def give_back(host: Host, x: Received, now: float) -> None:
    """Give back what was posted, less what the reversal says was taken."""
    post_back(host, x, to_give_back(x), host.postings.day(now))
    conclude(host, x, "approved", now)


def to_give_back(x: Received) -> int:
    """What was posted less what the reversal says was taken, in minor units."""
    return max(0, _record(x).amount - (x.message.amount_taken or 0))


def post_back(host: Host, x: Received, amount: int, day: str) -> None:
    """Give `amount` (minor units) back, on that business day."""
    record = _record(x)
    record.state = REVERSED
    record.reversed += amount
    host.postings.give_back(_original(x), x.message, amount, day, record.account)
    host.durability.note(record)


def correct_advice(host: Host, x: Received, now: float) -> None:
    """The issuer, which has not heard of it yet, will only hear of what was taken."""
    if host.stand_in is not None:
        host.stand_in.reverse(_record(x), x.message.amount_taken or 0)
    conclude(host, x, "approved", now)


def nothing_to_give_back(host: Host, x: Received, now: float) -> None:
    """Say success; nothing was posted."""
    conclude(host, x, "approved", now)


def refuse_second(host: Host, x: Received, now: float) -> None:
    """Refuse as a duplicate, and post nothing: it was reversed before."""
    x.why = "its original was reversed before"
    refusals.tell_refused(host, x, host.codes["duplicate"])
    conclude(host, x, "duplicate", now)


def refuse_without_original(host: Host, x: Received, now: float) -> None:
    """Answer with a format error, and post nothing."""
    x.why, x.elements = "names no original", (x.message.element("original"),)
    refusals.tell_refused(host, x, host.codes["format_error"])
    conclude(host, x, "format_error", now)


def conclude(host: Host, x: Received, code: str, now: float) -> None:
    """Keep a record of the reversal itself with the code of that name, and answer."""
    x.own = own = host.log.begin(x.message.identity, DONE)
    own.day = host.postings.day(now)
    own.fingerprint = refusals.fingerprint_of(host, x)
    own.code = host.codes[code]
    host.durability.note(own)
    if host.crashes(x, now, "after_commit"):
        host.step((_state(x), HostInput.CRASH_AFTER_REVERSAL), x, now)
        return
    answer = host.stored_answer(x.message, own)
    host.answer(x, answer, now, delay=host.settings.reversal_answer)


def _original(x: Received) -> TransactionId:
    assert x.original is not None, "a reversal without an original has a cell of its own"
    return x.original


def _record(x: Received) -> TransactionRecord:
    assert x.record is not None, "an original that the host does not know has a cell of its own"
    return x.record
