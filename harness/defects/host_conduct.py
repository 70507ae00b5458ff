"""Hosts whose books are right, and whose answers are not: what the wire alone shows."""

from __future__ import annotations

from copy import copy
from typing import Any

from harness.defects.defect import Defect
from harness.machines.host import Host
from harness.machines.host_cells import reversals
from harness.machines.host_inputs import HostInput, HostState, Key, Received
from harness.machines.host_table import SAFE_HOST_TABLE
from harness.machines.profile import HostProfile, rewired_host
from harness.machines.transaction_log import TransactionRecord
from harness.wire.message import Kind, Message, Outcome


class _AnswersTwice(Host):
    """Sends each answer about money a second time."""

    def answer(self, x: Received, answer: Message, now: float, delay: float = 0.0) -> None:
        super().answer(x, answer, now, delay)
        if not answer.is_network_management and x.fault.answer:
            self.queue.put(now + delay + 1.0, x, answer)


class _NamesAnotherCurrency(Host):
    """Books what it was asked for, and says that it was something else."""

    def stored_answer(self, message: Message, record: TransactionRecord) -> Message:
        answer = super().stored_answer(message, record)
        return answer.replaced(currency="840") if message.is_withdrawal else answer


class _ApprovesWithoutCode(Host):
    """Approves, and gives no approval code."""

    def stored_answer(self, message: Message, record: TransactionRecord) -> Message:
        return super().stored_answer(message, record).replaced(approval=None)


class _OneApprovalCode(Host):
    """Gives every approval the same code."""

    def stored_answer(self, message: Message, record: TransactionRecord) -> Message:
        answer = super().stored_answer(message, record)
        return answer.replaced(approval="000001") if answer.text("approval") else answer


class _ApprovesDeclines(Host):
    """Gives an approval code with a decline too."""

    def stored_answer(self, message: Message, record: TransactionRecord) -> Message:
        answer = super().stored_answer(message, record)
        declined = answer.kind is Kind.ANSWER and not answer.text("approval")
        return answer.replaced(approval="000000") if declined else answer


class _TurnsTheSign(Host):
    """Tells what is on an account as what it is overdrawn by, and the other way round."""

    def stored_answer(self, message: Message, record: TransactionRecord) -> Message:
        told = copy(record)
        told.balance = -record.balance
        return super().stored_answer(message, told)


def _call_it_duplicate(host: Host, x: Received, now: float) -> None:
    """Says of what it has heard before that it has heard it, and not what it had answered."""
    host.reply(x, "duplicate", now)


_AnswersRepeatsOtherwise = rewired_host(
    {
        (state, what): _call_it_duplicate
        for state, what in SAFE_HOST_TABLE
        if what in (HostInput.REQUEST_AGAIN, HostInput.REVERSAL_AGAIN)
        and state != HostState.PENDING
    }
)


def _decline(host: Host, x: Received, now: float) -> None:
    """Treats an advice as a request, and says no."""
    reversals.conclude(host, x, "do_not_honour", now)


_DeclinesReversals = rewired_host(
    {(state, what): _decline for state, what in SAFE_HOST_TABLE if what == HostInput.REVERSAL}
)


def _know_no_original(host: Host, x: Received, now: float) -> None:
    """Looks for the original where it is not, and says that there is none."""
    reversals.conclude(host, x, "no_original", now)


def _call_it_reversed(host: Host, x: Received, now: float) -> None:
    """Takes the first reversal for a second one."""
    reversals.conclude(host, x, "duplicate", now)


def _stay_silent(_host: Host, _x: Received, _now: float) -> None:
    """Does nothing."""


_IgnoresEcho = rewired_host(
    {(state, what): _stay_silent for state, what in SAFE_HOST_TABLE if what == HostInput.ECHO}
)


def _refuse_for_good(host: Host, x: Received, now: float) -> None:
    """Does not wait for its issuer."""
    host.reply(x, "invalid_transaction", now)


class _RepeatsPartAsWhole(Host):
    """Keeps the response code of what it has approved in part, and not the amount."""

    def step(self, key: Key, what: Any, now: float) -> None:
        self._again = key[1] == HostInput.REQUEST_AGAIN
        super().step(key, what, now)
        self._again = False

    def stored_answer(self, message: Message, record: TransactionRecord) -> Message:
        answer = super().stored_answer(message, record)
        in_part = self._again and answer.outcome is Outcome.PARTIAL
        return answer.replaced(amount=message.amount_text) if in_part else answer


HOST_CONDUCT_DEFECTS = (
    Defect(
        profile=HostProfile(
            name="refuses_while_away",
            summary="refuses a reversal for good while its issuer is away",
            machine=rewired_host(
                {(HostState.APPROVED, HostInput.REVERSAL_ISSUER_AWAY): _refuse_for_good}
            ),
        ),
        cost="A minute without the issuer, and the customer's money lies in a list of the parked.",
        must=("H12",),
        may=("H3",),
    ),
    Defect(
        profile=HostProfile(
            name="repeats_part_as_whole",
            summary="approves the whole amount when what it approved in part comes again",
            machine=_RepeatsPartAsWhole,
        ),
        cost="Where the first answer was lost, a terminal pays what nobody has booked.",
        must=("H11",),
        may=("H3", "H18"),
    ),
    Defect(
        profile=HostProfile(
            name="answers_twice",
            summary="sends every answer about money a second time",
            machine=_AnswersTwice,
        ),
        cost="A terminal that takes the second answer for the next request's pays on it.",
        must=("H9",),
    ),
    Defect(
        profile=HostProfile(
            name="answers_late",
            summary="takes longer to decide than any terminal waits",
            settings={"answer": (50.0, 60.0)},
        ),
        cost="Every withdrawal is booked and reversed, and nobody gets cash.",
        must=("H9",),
    ),
    Defect(
        profile=HostProfile(
            name="names_another_currency",
            summary="answers a withdrawal in another currency than it was asked for",
            machine=_NamesAnotherCurrency,
        ),
        cost="A terminal that does not look pays dollars for euros.",
        must=("H10",),
    ),
    Defect(
        profile=HostProfile(
            name="answers_repeats_otherwise",
            summary="answers a repeat with 'duplicate', whatever it had answered the first",
            machine=_AnswersRepeatsOtherwise,
        ),
        cost="Where an answer was lost, the terminal never learns what it said.",
        must=("H11",),
    ),
    Defect(
        profile=HostProfile(
            name="declines_reversals",
            summary="declines reversals, and books none",
            machine=_DeclinesReversals,
        ),
        cost="The customer pays for cash that never came, until somebody looks at what is parked.",
        must=("H12",),
        may=("H3", "H7"),
    ),
    Defect(
        profile=HostProfile(
            name="knows_no_original",
            summary="answers 'no original' to the reversal of what it has approved",
            machine=rewired_host({(HostState.APPROVED, HostInput.REVERSAL): _know_no_original}),
        ),
        cost="The terminal takes the reversal for settled, and the customer pays.",
        must=("H14",),
        may=("H3", "H7", "H9"),
    ),
    Defect(
        profile=HostProfile(
            name="takes_first_for_second",
            summary="answers 'duplicate' to the first reversal of what it has approved",
            machine=rewired_host({(HostState.APPROVED, HostInput.REVERSAL): _call_it_reversed}),
        ),
        cost="The terminal takes the reversal for settled, and the customer pays.",
        must=("H14",),
        may=("H3", "H7", "H9"),
    ),
    Defect(
        profile=HostProfile(
            name="ignores_echo",
            summary="answers no echo",
            machine=_IgnoresEcho,
        ),
        cost="Terminals that have nothing to ask hang up on it again and again, and serve nobody.",
        must=("H13",),
    ),
    Defect(
        profile=HostProfile(
            name="approves_without_code",
            summary="approves without an approval code (DE 38)",
            machine=_ApprovesWithoutCode,
        ),
        cost="Who has to prove that the withdrawal was approved has nothing to show.",
        must=("M1.answer",),
    ),
    Defect(
        profile=HostProfile(
            name="one_approval_code",
            summary="gives every approval the same code (DE 38)",
            machine=_OneApprovalCode,
        ),
        cost="The code of a withdrawal that is disputed is everybody's.",
        must=("M2.approval",),
    ),
    Defect(
        profile=HostProfile(
            name="code_with_a_decline",
            summary="gives an approval code with a decline too (DE 38)",
            machine=_ApprovesDeclines,
        ),
        cost="A terminal that looks for the code pays what was declined.",
        must=("M1.answer",),
    ),
    Defect(
        profile=HostProfile(
            name="turns_the_sign",
            summary="tells a balance with the wrong sign (DE 54)",
            machine=_TurnsTheSign,
        ),
        cost="The screen says that the account is overdrawn, and the customer goes away.",
        must=("M1.answer",),
    ),
)
