"""Financial requests: as they come, and as they are decided.

- A duplicate gets the stored answer and posts nothing; one that comes before the commit waits for
  the answer. It has to be alike in what makes it the same transaction.
- A request that was reversed before it came, or before its commit, is declined. So is a duplicate
  of what has been reversed since.
- The commit is one instant: the posting, the answer and the record become durable together.
"""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING

from harness import events as e
from harness.machines.authorization import account_for
from harness.machines.host_cells import refusals
from harness.machines.host_inputs import HostInput, HostState, Key, Received, state_of
from harness.machines.transaction_log import DONE, PENDING, TOMBSTONE, TransactionRecord

if TYPE_CHECKING:
    from harness.machines.host import Host


def classify(host: Host, x: Received, _now: float) -> Key:
    """The state is the transaction's, once the connection has signed on."""
    if host.needs_sign_on(x):
        return HostState.SIGNED_OFF, HostInput.REQUEST
    refused = refusals.classify_request(x)
    if refused is not None:
        return refused
    _, record = host.log.meant(x.message.identity)
    x.record = x.own = record
    if record is None:
        return HostState.UNKNOWN, HostInput.REQUEST
    if refusals.stan_reused(host, x, record):
        return HostState.SIGNED_ON, HostInput.STAN_REUSED
    return state_of(record), HostInput.REQUEST_AGAIN


def refuse_before_sign_on(host: Host, x: Received, now: float) -> None:
    """Refuse, and keep no record."""
    x.why = "not signed on"
    refusals.tell_refused(host, x, host.codes["not_permitted"])
    _decline(host, x, "not_permitted", "not signed on", now)


def take(host: Host, x: Received, now: float) -> None:
    """Keep a record, and decide after a while."""
    identity, log = x.message.identity, host.log
    if log.undecided(identity) is not None:
        stan = (x.message.element("stan"),)
        refusals.tell_disagreement(host, x, "STAN reused while the first is open", stan)
    x.record = x.own = record = log.begin(identity, PENDING)
    record.fingerprint = refusals.fingerprint_of(host, x)
    log.wait(identity, record)
    host.queue.put(now + host.authorizer.draw(x.message).uniform(*host.settings.answer), x)


def wait_for_commit(host: Host, x: Received, _now: float) -> None:
    """Wait for the answer that the first one will get."""
    _tell_duplicate(host, x)
    host.queue.wait(_record(x), x)


def answer_again(host: Host, x: Received, now: float) -> None:
    """Give the stored answer, and post nothing."""
    _tell_duplicate(host, x)
    assert x.own is not None, "an answer is stored with the record of the message itself"
    host.answer(x, host.stored_answer(x.message, x.own), now)


def decline_reversed(host: Host, x: Received, now: float) -> None:
    """Decline what has been reversed, as a duplicate: the customer must not get the cash."""
    if _record(x).state == TOMBSTONE:
        host.events.append(e.TombstoneHit(x.message.terminal, x.message.stan))
        _decline(host, x, "duplicate", "reversed before it came", now)
        return
    _tell_duplicate(host, x)
    _decline(host, x, "duplicate", "reversed since", now)


def _decline(host: Host, x: Received, code: str, why: str, now: float) -> None:
    host.tell_decision(x.message, host.codes[code], why)
    host.reply(x, code, now)


def _tell_duplicate(host: Host, x: Received) -> None:
    message = x.message
    host.events.append(e.DuplicateHeard(message.terminal, message.mti, message.stan))


def _record(x: Received) -> TransactionRecord:
    assert x.record is not None, "the host has a record of a request that is pending"
    return x.record


# --- committing -----------------------------------------------------------------------------


def commit_due(host: Host, x: Received, due: float, now: float) -> None:
    """The time that was set for the decision about a request, `due`, has come."""
    fault = x.fault
    if fault.late:
        host.came_about(fault)
        x.fault = fault._replace(late=0.0, effects=())
        host.queue.put(due + fault.late, x)
        return
    record = _record(x)
    host.log.decided(x.message.identity)
    if host.crashes(x, now, "before_commit"):
        host.step((state_of(record), HostInput.CRASH_BEFORE_COMMIT), x, now)
        return
    host.step(classify_commit(host, x, now), x, now)
    if host.crashes(x, now, "after_commit"):
        host.step((state_of(record), HostInput.CRASH_AFTER_COMMIT), x, now)
        return
    host.answer(x, host.stored_answer(x.message, record), now)
    for duplicate in host.queue.waiting(record):
        host.answer(duplicate, host.stored_answer(duplicate.message, record), now)


def classify_commit(host: Host, x: Received, now: float) -> Key:
    """The issuer is not asked about what was reversed meanwhile."""
    state = state_of(x.record)
    if state != HostState.TOMBSTONE and not host.reaches_issuer(now, x.message):
        return state, HostInput.COMMIT_ISSUER_AWAY
    return state, HostInput.COMMIT


def commit(host: Host, x: Received, now: float) -> None:
    """Decide and post, in one instant."""
    message, record = x.message, _record(x)
    code, why = _or_ordered(host, x, *host.authorizer.decide(message, now), now)
    _settle(host, x, code, now)
    if record.approval:
        if message.is_withdrawal:
            wanted = message.amount
            record.amount = host.log.shared(host.approved_part(message, wanted, now))
            if record.amount < wanted:
                record.code, why = host.codes["partial"], "approved in part"
            host.postings.debit(message, record.amount, record.day)
        else:
            record.balance = host.postings.read(message)
    host.durability.note(record)
    host.tell_decision(message, record.code, why)


def commit_without_issuer(host: Host, x: Received, now: float) -> None:
    """Decline, or stand in for the issuer, up to a limit."""
    message, record = x.message, _record(x)
    decided = host.authorizer.decide_alone(message, host.settings.stand_in, now)
    code, why = _or_ordered(host, x, *decided, now)
    _settle(host, x, code, now)
    if record.approval and host.stand_in is not None:
        host.stand_in.approve(record, message, now)
    host.durability.note(record)
    host.tell_decision(message, code, why)


def _or_ordered(host: Host, x: Received, code: str, why: str, now: float) -> tuple[str, str]:
    """What was decided and why, unless a fault orders another response code."""
    ordered = host.ordered_code(x.message, code, now)
    return (ordered, "a fault orders it") if ordered else (code, why)


def _settle(host: Host, x: Received, code: str, now: float) -> None:
    """What was decided, and when; an approval gets its number, and the account that it is of: its
    reversal may leave the card out.
    """
    record = _record(x)
    record.state = DONE
    record.code = code
    record.day = host.postings.day(now)
    if code == host.codes["approved"]:
        record.approval = host.log.next_approval()
        record.account = intern(account_for(x.message))  # one text for all records of an account


def decline_tombstoned(host: Host, x: Received, _now: float) -> None:
    """Decline as a duplicate; that is durable since the reversal came."""
    message, code = x.message, host.codes["duplicate"]
    host.events.append(e.TombstoneHit(message.terminal, message.stan))
    host.tell_decision(message, code, "reversed before the commit")
    _record(x).code = code
