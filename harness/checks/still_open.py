"""What is open at the end of a run, and may still end well.

A run that ends before everything was over has not shown that a machine is wrong: what is within its
bounds then is open, and not broken. Such a run proves nothing, and its verdict says what was open.
Where the machines said themselves that nothing is open any more, no bound excuses anything.
"""

from __future__ import annotations

from harness.checks.base import NO_LAG, Late
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import TransactionEvidence, awaits_final_answer
from harness.contract import Contract


def may_end(
    terminal: TerminalEvidence, transaction: TransactionEvidence, contract: Contract, now: float
) -> bool:
    """Could this transaction still come to its end in time, at a terminal whose device is seen?"""
    began = transaction.began
    if not terminal.ended_open or began is None:
        return False
    bound = contract.whole_way + terminal.time.allowance(began)
    return terminal.time.since(began, now) <= bound


def awaits_answer(
    terminal: TerminalEvidence, transaction: TransactionEvidence, contract: Contract, now: float
) -> bool:
    """Could the answer to the reversal of this transaction still come in time?"""
    return terminal.ended_open and now - transaction.reversal_begun_at <= contract.advice_wait


def past_end(
    terminal: TerminalEvidence, transaction: TransactionEvidence, contract: Contract, now: float
) -> Late | None:
    """By how much this transaction is past its time, where it was open as the run ended."""
    began = transaction.began
    if began is None:
        return None
    over = terminal.time.since(began, now) - contract.whole_way - terminal.time.allowance(began)
    return past(terminal, over, began.at, now)


def past_answer(
    terminal: TerminalEvidence, transaction: TransactionEvidence, contract: Contract, now: float
) -> Late | None:
    """By how much the answer to its reversal is past its time, where the run ended open."""
    since = transaction.reversal_begun_at
    return past(terminal, now - since - contract.advice_wait, since, now)


def past(terminal: TerminalEvidence, over: float, since: float, now: float) -> Late | None:
    """What was open for `over` seconds more than it may be, where the run ended with something
    open: a harness that stood still meanwhile may be why, and no lag of another kind. Where all
    said that nothing is open any more, no time excuses it: None.
    """
    return Late(NO_LAG, since, now, over) if terminal.ended_open else None


def unsent(terminal: TerminalEvidence) -> int:
    """How many reversals the store of a terminal holds that the wire has not shown."""
    sent = sum(awaits_final_answer(x) for x in terminal.transactions.open.values())
    return max(0, terminal.stored.pending - sent)


def must_wait(terminal: TerminalEvidence, transaction: TransactionEvidence) -> bool:
    """Can the reversal of this transaction not be sent yet, because the terminal does not reach its
    host, or because an earlier reversal has no final answer?
    """
    return not terminal.wire.reach.can_send or is_queued_behind_another(terminal, transaction)


def kept_out(terminal: TerminalEvidence, contract: Contract, now: float) -> bool:
    """Did the harness itself have no room for the connection of this terminal, until so shortly
    before the end that a reversal could not have had its final answer since?
    """
    until = terminal.wire.reach.kept_out_until(now)
    return terminal.ended_open and now - until <= contract.advice_wait


def is_queued_behind_another(terminal: TerminalEvidence, transaction: TransactionEvidence) -> bool:
    """Must the reversal of this transaction wait because an earlier one has no final answer?"""
    return any(
        awaits_final_answer(other) and other.start <= transaction.start
        for other in terminal.transactions.open.values()
        if other is not transaction
    )


def reversals_may_wait_until(terminal: TerminalEvidence, contract: Contract) -> float:
    """Until when a terminal may keep back a reversal that is due (run seconds): one that it has
    sent before has no answer yet, or it has to connect first.
    """
    link = terminal.wire.link
    until = 0.0 if link.connected else link.closed_at + contract.recovery + contract.slack
    for other in terminal.transactions.open.values():
        if awaits_final_answer(other):
            until = max(until, other.reversal_begun_at + contract.advice_wait)
    return until


def overdue_repeat(
    terminal: TerminalEvidence, transaction: TransactionEvidence, contract: Contract, now: float
) -> float:
    """For how many seconds a reversal has been waiting to be sent again; 0 where nothing of it is
    due, because it has its answer or because the terminal cannot send. A terminal that is not ours
    has the time to recover in which to connect again; of ours it is seen that it tries.
    """
    link = terminal.wire.link
    able = terminal.time.powered and not terminal.time.stands_still
    if not awaits_final_answer(transaction) or transaction.unsure or not able:
        return 0.0
    if link.connected:
        since = max(transaction.reversal_moved_at, link.opened_at)
        return 0.0 if link.in_doubt else terminal.time.between(since, now)
    if terminal.transactions.device_seen:
        return 0.0
    return now - max(transaction.reversal_moved_at, link.closed_at + contract.recovery)


def what_is_open(terminal: TerminalEvidence) -> list[str]:
    """What is open at a terminal, whose, and since when, as the parts of a sentence."""
    found = []
    for x in terminal.transactions.open.values():
        if awaits_final_answer(x):
            assert x.reversal is not None
            found.append(
                f"reversal {x.reversal[0]} of STAN {x.stan} has no final answer, "
                f"sent first at {x.reversal_begun_at:.1f} s"
            )
        elif is_undecided(terminal, x):
            answer = "no answer" if x.answer is None else f"answered '{x.answer.value}'"
            customer = f" of customer {x.customer}" if x.customer else ""
            found.append(f"STAN {x.stan}{customer}, asked at {x.start:.1f} s, {answer}")
    inserted = terminal.device.inserted
    if inserted is not None:
        place = f"at the {terminal.device.card_at}" if terminal.device.card_at else "inside"
        found.append(f"the card of customer {terminal.device.customer} is {place}")
    if terminal.device.cash_out:
        found.append(f"the cash of customer {terminal.device.customer} is on its way")
    return [f"{terminal.name}: {what}" for what in found]


def is_undecided(terminal: TerminalEvidence, x: TransactionEvidence) -> bool:
    """Is it a withdrawal that has not ended? Where no device is seen, one that has no answer."""
    if not (x.requested and x.withdrawal) or x.unsure or x.endings:
        return False
    return terminal.transactions.device_seen or x.answer is None or bool(x.aborted)
