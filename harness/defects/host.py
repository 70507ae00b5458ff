"""Hosts that post what they should not, or forget what they should know."""

from __future__ import annotations

from typing import Any

from harness.defects.defect import Defect
from harness.machines.authorization import Authorizer
from harness.machines.host import Host
from harness.machines.host_cells import requests, reversals
from harness.machines.host_inputs import HostInput, HostState, Received
from harness.machines.host_table import SAFE_HOST_TABLE, HostCell
from harness.machines.profile import HostProfile, rewired_host
from harness.machines.standin import Issuer
from harness.machines.transaction_log import DONE, PENDING, REVERSED, TransactionRecord
from harness.wire.identity import TransactionId
from harness.wire.message import Kind, Message

SMALL = 50_00  # minor units: what a declining issuer does take
TOMBSTONE_LASTS = 10.0  # seconds, with the host that lets them expire


def _reverse_twice(host: Host, x: Received, now: float) -> None:
    """What was reversed is reversed once more."""
    assert x.record is not None, "what was reversed has a record"
    if x.record.amount:
        reversals.give_back(host, x, now)
    else:
        reversals.correct_advice(host, x, now)


def _taking_repeats(usual: HostCell) -> HostCell:
    """A message with the MTI of a repeat is taken for a new one; any other duplicate is not."""

    def cell(host: Host, x: Received, now: float) -> None:
        if x.message.kind is Kind.REQUEST_REPEAT:
            requests.take(host, x, now)
        elif x.message.kind is Kind.REVERSAL_REPEAT:
            host.step(reversals.classify_new(host, x, now), x, now)
        else:
            usual(host, x, now)

    return cell


_DoublePostsRepeats = rewired_host(
    {
        **{
            (state, what): _taking_repeats(usual)
            for (state, what), usual in SAFE_HOST_TABLE.items()
            if what in (HostInput.REQUEST_AGAIN, HostInput.REVERSAL_AGAIN)
        },
        (HostState.REVERSED, HostInput.REVERSAL): _reverse_twice,
        (HostState.TOMBSTONE, HostInput.REVERSAL): reversals.nothing_to_give_back,
    }
)


class _ReversesTwiceAfterCrash(Host):
    """The ledger survives a crash, and what has been reversed does not."""

    def restart(
        self, now: float, seconds: float, phase: str, over: TransactionRecord | None = None
    ) -> None:
        super().restart(now, seconds, phase, over)
        self.log.forget_reversals()
        for record in self.log.transactions():
            record.reversed = 0
            if record.state == REVERSED:
                record.state = DONE


def _give_nothing_back(host: Host, x: Received, now: float) -> None:
    """Says that it was approved, and leaves the ledger as it was."""
    assert x.record is not None, "what was approved has a record"
    x.record.reversed += reversals.to_give_back(x)
    host.durability.note(x.record)
    reversals.conclude(host, x, "approved", now)


def _give_all_back(host: Host, x: Received, now: float) -> None:
    """Does not look at what the reversal says was taken."""
    assert x.record is not None, "what was approved has a record"
    reversals.post_back(host, x, x.record.amount, host.postings.day(now))
    reversals.conclude(host, x, "approved", now)


def _give_back_on_old_day(host: Host, x: Received, now: float) -> None:
    """The reversal goes to the day of what it reverses, closed or not."""
    assert x.record is not None, "what was approved has a record"
    day = x.record.day or host.postings.day(now)
    reversals.post_back(host, x, reversals.to_give_back(x), day)
    reversals.conclude(host, x, "approved", now)


def _commit_all_the_same(host: Host, x: Received, now: float) -> None:
    """Decides about a request as if no reversal had come before."""
    assert x.record is not None, "what has a tombstone has a record"
    x.record.state = PENDING
    host.step(requests.classify_commit(host, x, now), x, now)


_ApprovesAfterTombstone = rewired_host(
    {
        (HostState.TOMBSTONE, HostInput.REQUEST_AGAIN): requests.take,
        (HostState.TOMBSTONE, HostInput.COMMIT): _commit_all_the_same,
    }
)


class _LaidTombstones(Host):
    """Knows since when there is each tombstone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.laid: dict[int, float] = {}


def _laying(usual: HostCell) -> HostCell:
    """Notes the time at which the tombstone was laid."""

    def cell(host: Host, x: Received, now: float) -> None:
        assert isinstance(host, _LaidTombstones)
        usual(host, x, now)
        host.laid[id(x.record)] = now

    return cell


def _until_expired(usual: HostCell, expired: HostCell) -> HostCell:
    """Does as usual until the tombstone has expired."""

    def cell(host: Host, x: Received, now: float) -> None:
        assert isinstance(host, _LaidTombstones)
        age = now - host.laid.get(id(x.record), now)
        (expired if age > TOMBSTONE_LASTS else usual)(host, x, now)

    return cell


_TombstonesExpire = rewired_host(
    {
        (HostState.UNKNOWN, HostInput.REVERSAL): _laying(reversals.lay_tombstone),
        (HostState.PENDING, HostInput.REVERSAL): _laying(reversals.tombstone_pending),
        (HostState.TOMBSTONE, HostInput.REQUEST_AGAIN): _until_expired(
            requests.decline_reversed, requests.take
        ),
        (HostState.TOMBSTONE, HostInput.COMMIT): _until_expired(
            requests.decline_tombstoned, _commit_all_the_same
        ),
    },
    _LaidTombstones,
)


class _ApprovesWhenAskedAgain(Authorizer):
    """By the second time there is money on the account."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._short: dict[TransactionId, None] = {}

    def decide(self, request: Message, now: float) -> tuple[str, str]:
        identity = request.identity
        if identity in self._short:
            return self._codes["approved"], "asked again"
        code, why = super().decide(request, now)
        if code == self._codes["insufficient_funds"]:
            self._short[identity] = None
        return code, why


class _AsksAgain(Host):
    authorizer_type = _ApprovesWhenAskedAgain


def _take_declined(host: Host, x: Received, now: float) -> None:
    """A duplicate of what was declined for want of funds is decided anew."""
    assert x.record is not None, "what was declined has a record"
    short = x.record.code == host.codes["insufficient_funds"]
    (requests.take if short else requests.answer_again)(host, x, now)


_ForgetsDecline = rewired_host(
    {(HostState.DECLINED, HostInput.REQUEST_AGAIN): _take_declined}, _AsksAgain
)


def _posting_first(usual: HostCell) -> HostCell:
    """Posts a withdrawal, and then finds reasons to decline it."""

    def cell(host: Host, x: Received, now: float) -> None:
        usual(host, x, now)
        message, record = x.message, x.record
        assert record is not None, "what was decided has a record"
        if record.state == DONE and not record.approval and message.is_withdrawal:
            record.amount = message.amount
            host.postings.debit(message, record.amount, record.day)

    return cell


_PostsDeclined = rewired_host(
    {
        (HostState.PENDING, what): _posting_first(SAFE_HOST_TABLE[HostState.PENDING, what])
        for what in (HostInput.COMMIT, HostInput.COMMIT_ISSUER_AWAY)
    }
)


class _DecliningIssuer(Issuer):
    """Looks at the account before it posts what is long paid."""

    def decide(self, advice: Message) -> str:
        small = advice.amount <= SMALL
        return self._dialect.codes["approved" if small else "insufficient_funds"]


class _DeclinesAdvices(Host):
    issuer_type = _DecliningIssuer


_GIVING_BACK = (HostState.APPROVED, HostInput.REVERSAL)

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
        may=("H3", "H6.wire", "H11"),
    ),
    Defect(
        profile=HostProfile(
            name="ignores_reversals",
            summary="answers 00 to a reversal and posts nothing",
            machine=rewired_host({_GIVING_BACK: _give_nothing_back}),
        ),
        cost="The customer pays for cash that never came, and every log says that all is well.",
        must=("H3", "H14"),
    ),
    Defect(
        profile=HostProfile(
            name="reverses_more",
            summary="gives the whole amount back on a partial reversal",
            machine=rewired_host({_GIVING_BACK: _give_all_back}),
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
        must=("H6", "H6.wire"),
        may=("H1", "H3", "H7", "H9", "H14", "T8", "T10", "H20", "F3"),
    ),
    Defect(
        profile=HostProfile(
            name="tombstone_expires",
            summary="forgets after some seconds that a reversal came first",
            machine=_TombstonesExpire,
        ),
        cost="What was reversed is debited if it comes late enough, and nobody reverses it again.",
        must=("H6", "H6.wire"),
        may=("H1", "H3", "H7", "H9", "H14", "T8", "T10", "H20", "F3"),
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
        may=("H1", "H11"),
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
    ),
    Defect(
        profile=HostProfile(
            name="books_into_old_day",
            summary="posts a reversal to the business day of its debit",
            machine=rewired_host({_GIVING_BACK: _give_back_on_old_day}),
        ),
        cost="A day that is closed changes, and what was settled for it is wrong.",
        must=("H8",),
    ),
    Defect(
        profile=HostProfile(
            name="acks_before_replication",
            summary="answers before its standby holds the commit",
            settings={"waits_for_standby": False, "replication": 5.0},
        ),
        cost="What it had just answered nobody knows after a failover: cash without a debit.",
        must=("H3",),
        may=("M2.approval", "H1", "H4", "H6", "T8", "T10"),
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
    ),
)
