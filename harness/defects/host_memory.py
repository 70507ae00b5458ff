"""Hosts that come back from a crash without a part of what they had: balances, numbers, advices."""

from __future__ import annotations

from harness.defects.defect import Defect
from harness.machines.host import Host
from harness.machines.profile import HostProfile
from harness.machines.transaction_log import TOMBSTONE, TransactionRecord


class _Forgetful(Host):
    """Forgets something in a crash."""

    def restart(
        self, now: float, seconds: float, phase: str, over: TransactionRecord | None = None
    ) -> None:
        super().restart(now, seconds, phase, over)
        self.forget()

    def forget(self) -> None:
        """What the host has kept in memory alone is gone."""
        raise NotImplementedError


class _OpensAccountsAnew(_Forgetful):
    def forget(self) -> None:
        self.ledger = self.postings._ledger = type(self.ledger)(self.settings.opening)
        self.authorizer._ledger = self.ledger


class _CountsApprovalsAnew(_Forgetful):
    def forget(self) -> None:
        self.log._approvals = 0


class _ForgetsAdvices(_Forgetful):
    def forget(self) -> None:
        if self.settings.stand_in:
            self.stand_in = self._standing_in()


class _ForgetsTombstones(_Forgetful):
    def forget(self) -> None:
        for record in self.log.transactions():
            if record.state == TOMBSTONE:
                self.log.remove(record)
        self.log.forget_reversals()


HOST_MEMORY_DEFECTS = (
    Defect(
        profile=HostProfile(
            name="opens_accounts_anew",
            summary="after a crash each account has what was on it at first",
            machine=_OpensAccountsAnew,
        ),
        cost="What a customer has taken is there again, to be taken once more.",
        must=("H19",),
        may=("H8",),
    ),
    Defect(
        profile=HostProfile(
            name="counts_approvals_anew",
            summary="begins its approval codes (DE 38) anew after a crash",
            machine=_CountsApprovalsAnew,
        ),
        cost="Two withdrawals of one day have the same code, and neither can be proved.",
        must=("M2.approval",),
    ),
    Defect(
        profile=HostProfile(
            name="forgets_advices",
            summary="forgets in a crash what it has approved in its issuer's stead",
            machine=_ForgetsAdvices,
        ),
        cost="The cash is gone, and the issuer never hears of it.",
        must=("H5",),
        may=("H3",),
    ),
    Defect(
        profile=HostProfile(
            name="forgets_tombstones",
            summary="forgets in a crash the reversals that it has taken",
            machine=_ForgetsTombstones,
        ),
        cost="What was reversed before it came is debited when it comes, and nobody reverses that.",
        must=("H6", "H6.wire"),
        may=("H1", "H3", "H11", "H14", "H20", "T8", "T10"),
    ),
)
