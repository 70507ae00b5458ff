"""Hosts that tell one thing and have booked another, or talk about who is not there any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import events as e
from harness.defects.defect import Defect
from harness.machines.authorization import Authorizer
from harness.machines.host import Host
from harness.machines.host_cells import refusals
from harness.machines.host_inputs import HostInput, HostState, Received
from harness.machines.host_table import SAFE_HOST_TABLE
from harness.machines.postings import Postings
from harness.machines.profile import HostProfile, rewired_host
from harness.machines.timers import NEVER
from harness.machines.transaction_log import TransactionRecord
from harness.wire.identity import TransactionId
from harness.wire.message import Kind, Message, Outcome

BOOKS_AFTER = 3.0  # seconds from an approval to its debit
ANOTHER = "customer 4711"  # an account that the card does not draw on


class _LatePostings(Postings):
    """Keeps the debits for later."""

    later: list[Callable[[], None]]

    def debit(self, message: Message, amount: int, day: str) -> None:
        book = super().debit
        self.later.append(lambda: book(message, amount, day))


class _BooksAfterAnswer(Host):
    """Debits some seconds after it has answered. A crash loses what it had still to debit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.postings.__class__ = _LatePostings
        self.later: list[Callable[[], None]] = []
        self.postings.later = self.later  # type: ignore[attr-defined]
        self._books_at = NEVER

    def next_deadline(self) -> float:
        return min(super().next_deadline(), self._books_at)

    def tick(self, now: float) -> None:
        super().tick(now)
        if self._books_at <= now:
            for book in self.later:
                book()
            self.later.clear()
            self._books_at = NEVER
        if self.later and self._books_at == NEVER:
            self._books_at = now + BOOKS_AFTER

    def restart(
        self, now: float, seconds: float, phase: str, over: TransactionRecord | None = None
    ) -> None:
        super().restart(now, seconds, phase, over)
        self.later.clear()
        self._books_at = NEVER


class _DebitsAnother(Postings):
    """Debits an account that the card does not draw on."""

    def debit(self, message: Message, amount: int, day: str) -> None:
        self._ledger.post(ANOTHER, f"cash {message.terminal}", amount)
        self._posted("debit", message.identity, message, amount, day, ANOTHER)


class _GivesAnother(Postings):
    """Gives back to an account that it did not take from."""

    def give_back(
        self, original: TransactionId, reversal: Message, amount: int, day: str, _account: str
    ) -> None:
        super().give_back(original, reversal, amount, day, ANOTHER)


class _ReadsAnother(Postings):
    """Tells what is on another account."""

    def read(self, message: Message) -> int:
        balance, account = self._ledger.balance(ANOTHER), self._token(ANOTHER)
        self._tell(e.BalanceRead(message.terminal, message.stan, message.sent, balance, account))
        return balance


def _posting(postings: type[Postings]) -> type[Host]:
    """A host with other postings."""

    class PostsOtherwise(Host):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.postings.__class__ = postings

    return PostsOtherwise


class _TellsWhatNobodyRead(Host):
    """Tells a balance from yesterday's file: 50.00 less than there is."""

    def stored_answer(self, message: Message, record: TransactionRecord) -> Message:
        record.balance -= 50_00 if record.balance else 0
        return super().stored_answer(message, record)


def _keep_card(host: Host, x: Received, now: float) -> None:
    """Takes a request whose reversal came first for a fraud."""
    host.reply(x, "lost_card", now)


class _KnowsNoExpiry(Authorizer):
    """Does not look at the date."""

    def refused(self, request: Message, now: float) -> tuple[str, str]:
        code, why = super().refused(request, now)
        return ("", "") if code == self._codes["expired_card"] else (code, why)


class _TakesExpired(Host):
    authorizer_type = _KnowsNoExpiry


class _DeclinesInItsOwnWords(Host):
    """Declines with a code that is on no list."""

    def stored_answer(self, message: Message, record: TransactionRecord) -> Message:
        answer = super().stored_answer(message, record)
        declined = answer.kind is Kind.ANSWER and answer.outcome is Outcome.DECLINED
        return answer.replaced(code="99") if declined else answer


class _HangsUpOnInquiries(Host):
    """Its inquiries run elsewhere, and the program that asks there falls over."""

    def _read(self, x: Received, now: float) -> None:
        if x.message.kind is Kind.REQUEST and not x.message.is_withdrawal:
            self.out.append((x.connection.number, b""))
            self.closed(x.connection.number)
            return
        super()._read(x, now)


_RefusesEcho = rewired_host(
    {
        (state, what): refusals.not_supported
        for state, what in SAFE_HOST_TABLE
        if what == HostInput.ECHO
    }
)


class _KnowsNoLimit(Authorizer):
    """Stands in for any amount."""

    def decide_alone(self, request: Message, limit: int, now: float) -> tuple[str, str]:
        return super().decide_alone(request, max(limit, request.amount), now)


class _StandsInForAll(Host):
    authorizer_type = _KnowsNoLimit


class _NeverClosesADay(Host):
    """Goes on to the next day and tells nobody what the last one came to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.postings.closes_at = NEVER


BOOKING_DEFECTS = (
    Defect(
        profile=HostProfile(
            name="stands_in_for_all",
            summary="stands in for its issuer above its limit too",
            machine=_StandsInForAll,
        ),
        cost="What the issuer would never have approved it has to pay.",
        must=("H5",),
    ),
    Defect(
        profile=HostProfile(
            name="never_closes_a_day",
            summary="never tells what a business day came to",
            machine=_NeverClosesADay,
        ),
        cost="There is nothing to settle by, and nobody notices until the money is missed.",
        must=("H8",),
    ),
    Defect(
        profile=HostProfile(
            name="books_after_answer",
            summary="answers first and debits some seconds later",
            machine=_BooksAfterAnswer,
        ),
        cost="What it had still to debit when it crashes is cash for nothing.",
        must=("H18",),
        may=("H1", "H2", "H3", "H6", "H8", "H14"),
    ),
    Defect(
        profile=HostProfile(
            name="debits_another_account",
            summary="debits an account that the card does not draw on",
            machine=_posting(_DebitsAnother),
        ),
        cost="The books are right, and a customer pays for another.",
        must=("H19",),
    ),
    Defect(
        profile=HostProfile(
            name="gives_back_to_another",
            summary="gives back to another account than it took from",
            machine=_posting(_GivesAnother),
        ),
        cost="Who was debited for nothing stays so, and somebody else is paid.",
        must=("H19",),
    ),
    Defect(
        profile=HostProfile(
            name="reads_another_account",
            summary="tells what is on another account",
            machine=_posting(_ReadsAnother),
        ),
        cost="One customer learns what another one has.",
        must=("H19",),
    ),
    Defect(
        profile=HostProfile(
            name="tells_old_balance",
            summary="tells a balance that the ledger does not have",
            machine=_TellsWhatNobodyRead,
        ),
        cost="The customer goes by what the screen says, and is overdrawn.",
        must=("M1.answer",),
    ),
    Defect(
        profile=HostProfile(
            name="keeps_card_of_reversed",
            summary="orders the card kept where a request comes after its reversal",
            machine=rewired_host({(HostState.TOMBSTONE, HostInput.REQUEST_AGAIN): _keep_card}),
        ),
        cost="The next customer's card is kept for a request of the one before.",
        must=("H20",),
    ),
    Defect(
        profile=HostProfile(
            name="takes_expired_cards",
            summary="does not look at the card's expiry date",
            machine=_TakesExpired,
        ),
        cost="A card that was replaced long ago still pays, to whoever has found it.",
        must=("H21",),
        may=("H16",),
    ),
    Defect(
        profile=HostProfile(
            name="declines_in_its_own_words",
            summary="declines with a response code that is on no list",
            machine=_DeclinesInItsOwnWords,
        ),
        cost="No terminal knows what it means, and each one reverses what was never booked.",
        must=("M1.answer",),
    ),
    Defect(
        profile=HostProfile(
            name="hangs_up_on_inquiries",
            summary="ends the connection where it is asked for a balance",
            machine=_HangsUpOnInquiries,
        ),
        cost="Whoever asks for a balance takes the machine out of service for everybody.",
        must=("H9",),
    ),
    Defect(
        profile=HostProfile(
            name="refuses_echo",
            summary="takes a sign-on and refuses every echo",
            machine=_RefusesEcho,
        ),
        cost="Terminals that have nothing to ask hang up on it again and again.",
        must=("H13",),
    ),
)
