"""Hosts that post what they should not, or forget what they should know."""

from __future__ import annotations

from typing import Any

from harness.defects.defect import Defect
from harness.machines.host import Host, Line
from harness.machines.profile import HostProfile
from harness.machines.standin import Issuer
from harness.machines.transaction_log import DONE, TOMBSTONE, Entry
from harness.wire.message import Kind, Message, MessageClass, TransactionId

SMALL = 50_00  # minor units: what a declining issuer does take
TOMBSTONE_LASTS = 10.0  # seconds, with the host that lets them expire


class _DoublePostsRepeats(Host):
    """A repeat is taken for news: recalled by nobody, and posted again."""

    def recall(self, message_class: str, message: Message) -> Entry | None:
        if message.kind in (Kind.REVERSAL_REPEAT, Kind.REQUEST_REPEAT):
            return None
        return super().recall(message_class, message)

    def is_reversed(self, entry: Entry) -> bool:
        return False


class _ReversesTwiceAfterCrash(Host):
    """The books survive a crash, and what has been reversed does not."""

    def restart(self, now: float, seconds: float, phase: str) -> None:
        super().restart(now, seconds, phase)
        self.memory.forget(MessageClass.REVERSAL)
        for entry in self.memory.entries(MessageClass.FINANCIAL):
            entry.reversed = 0


class _IgnoresReversals(Host):
    """Says 00 to a reversal and leaves the books as they were."""

    def post_reversal(self, entry: Entry, reversal: Message, amount: int, day: str) -> None:
        entry.reversed += amount


class _ReversesMore(Host):
    """Does not look at DE 95."""

    def post_reversal(self, entry: Entry, reversal: Message, amount: int, day: str) -> None:
        super().post_reversal(entry, reversal, entry.amount, day)


class _ApprovesAfterTombstone(Host):
    """Forgets that the reversal came first."""

    def is_tombstoned(self, entry: Entry) -> bool:
        return False


class _TombstonesExpire(Host):
    """Knows for a while that the reversal came first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._laid: dict[int, float] = {}
        self._time = 0.0

    def _hear(self, line: Line, message: Message, now: float) -> None:
        self._time = now
        super()._hear(line, message, now)

    def _changes(self, entry: Entry) -> None:
        if entry.state == TOMBSTONE:
            self._laid[id(entry)] = self._time
        super()._changes(entry)

    def is_tombstoned(self, entry: Entry) -> bool:
        age = self._time - self._laid.get(id(entry), self._time)
        return super().is_tombstoned(entry) and age <= TOMBSTONE_LASTS


class _ForgetsDecline(Host):
    """A duplicate of what was declined is decided anew; by then there is money on the account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._short: dict[TransactionId, None] = {}

    def recall(self, message_class: str, message: Message) -> Entry | None:
        entry = super().recall(message_class, message)
        declined = entry is not None and entry.code == self.dialect.codes["insufficient_funds"]
        return None if declined else entry

    def decide(self, request: Message, now: float) -> tuple[str, str]:
        name = request.identity
        if name in self._short:
            return self.dialect.codes["approved"], "asked again"
        code, why = super().decide(request, now)
        if code == self.dialect.codes["insufficient_funds"]:
            self._short[name] = None
        return code, why


class _PostsDeclined(Host):
    """Posts first, and then finds reasons to decline."""

    def commit(self, entry: Entry, message: Message, now: float) -> None:
        super().commit(entry, message, now)
        declined = entry.state == DONE and not entry.approval
        if declined and message.is_withdrawal:
            self.post_debit(entry, message, message.amount)


class _DecliningIssuer(Issuer):
    """Looks at the account before it posts what is long paid."""

    def decide(self, advice: Message) -> str:
        small = advice.amount <= SMALL
        return self._dialect.codes["approved" if small else "insufficient_funds"]


class _DeclinesAdvices(Host):
    issuer = _DecliningIssuer


class _BooksIntoOldDay(Host):
    """A reversal goes to the day of what it reverses, closed or not."""

    def post_reversal(self, entry: Entry, reversal: Message, amount: int, day: str) -> None:
        super().post_reversal(entry, reversal, amount, entry.day or day)


HOST_DEFECTS = (
    Defect(
        profile=HostProfile(
            name="double_posts_repeats",
            summary="posts a repeated reversal once more",
            machine=_DoublePostsRepeats,
        ),
        cost="Where answers get lost, customers are given more than they paid.",
        must=("H1", "H2", "H4"),
        may=("H3",),
    ),
    Defect(
        profile=HostProfile(
            name="reverses_twice_after_crash",
            summary="forgets in a crash what it has reversed",
            machine=_ReversesTwiceAfterCrash,
        ),
        cost="Each crash gives the last withdrawals back a second time.",
        must=("H1", "H2", "H4"),
        may=("H3",),
        scenario="lost_answers",
    ),
    Defect(
        profile=HostProfile(
            name="ignores_reversals",
            summary="answers 00 to a reversal and posts nothing",
            machine=_IgnoresReversals,
        ),
        cost="The customer pays for cash that never came, and every log says that all is well.",
        must=("H3",),
    ),
    Defect(
        profile=HostProfile(
            name="reverses_more",
            summary="gives the whole amount back on a partial reversal",
            machine=_ReversesMore,
        ),
        cost="The notes that the customer did take are given back as well.",
        must=("H3",),
    ),
    Defect(
        profile=HostProfile(
            name="approves_after_tombstone",
            summary="approves an original whose reversal came first",
            machine=_ApprovesAfterTombstone,
        ),
        cost="What was reversed is debited all the same, and nobody reverses it again.",
        must=("H6",),
        may=("H1", "H3", "T8", "T10"),
        scenario="late_requests",
    ),
    Defect(
        profile=HostProfile(
            name="tombstone_expires",
            summary="forgets after some seconds that a reversal came first",
            machine=_TombstonesExpire,
        ),
        cost="What was reversed is debited if it comes late enough, and nobody reverses it again.",
        must=("H6",),
        may=("H1", "H3", "T8", "T10"),
        scenario="late_requests",
    ),
    Defect(
        profile=HostProfile(
            name="forgets_decline",
            summary="decides the duplicate of a declined request anew",
            machine=_ForgetsDecline,
            settings={"short_of_funds": 0.5},
        ),
        cost="Debits what the terminal was told is declined: the customer pays, and has no cash.",
        must=("H3",),
        may=("H1",),
    ),
    Defect(
        profile=HostProfile(
            name="posts_declined",
            summary="debits although it declines",
            machine=_PostsDeclined,
        ),
        cost="The customer pays for a 'no', and no terminal has a reason to reverse it.",
        must=("H3",),
    ),
    Defect(
        profile=HostProfile(
            name="declines_advices",
            summary="its issuer declines what was approved in its stead for want of funds",
            machine=_DeclinesAdvices,
        ),
        cost="The cash is gone, and nobody is debited for it.",
        must=("H5",),
        may=("H3",),
        scenario="issuer_away",
    ),
    Defect(
        profile=HostProfile(
            name="books_into_old_day",
            summary="posts a reversal to the business day of its debit",
            machine=_BooksIntoOldDay,
        ),
        cost="A day that is closed changes, and what was settled for it is wrong.",
        must=("H8",),
        scenario="issuer_away",
    ),
    Defect(
        profile=HostProfile(
            name="acks_before_replication",
            summary="answers before its standby holds the commit",
            settings={"waits_for_standby": False, "replication": 5.0},
        ),
        cost="What it had just answered nobody knows after a failover: cash without a debit.",
        must=("H3",),
        may=("H1", "H4", "H6", "T8", "T10"),
        scenario="host_pair",
    ),
    Defect(
        profile=HostProfile(
            name="mac_not_checked_by_host",
            summary="acts on a message whatever its MAC says",
            settings={"mac": False},
        ),
        cost="Whoever can write to the line can debit any account, or give money back.",
        must=("H1.authentic",),
        may=("H1", "H3", "H4", "H6", "T8", "T10"),
        scenario="noisy_line",
    ),
)
