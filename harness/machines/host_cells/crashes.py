"""Crashes: what was not committed is lost, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.machines.host_inputs import Received
from harness.machines.transaction_log import TransactionRecord

if TYPE_CHECKING:
    from harness.machines.host import Host


def at_reading(host: Host, x: Received, now: float) -> None:
    """The message is never read."""
    host.restart(now, x.down_for, "at_the_reading")


def before_commit(host: Host, x: Received, now: float) -> None:
    """The message is lost, and nobody is answered; what is known of its transaction stays."""
    host.restart(now, x.down_for, "before_commit", over=x.record)


def before_commit_of_pending(host: Host, x: Received, now: float) -> None:
    """The message is lost, and so is the request that was pending."""
    if x.record is not None:
        host.log.remove(x.record)
    before_commit(host, x, now)


def after_commit(host: Host, x: Received, now: float) -> None:
    """What was decided stands; the answer is lost."""
    host.restart(now, x.down_for, "after_commit", over=x.record)


def forget(host: Host, record: TransactionRecord, _now: float) -> None:
    """Forgotten: it was not committed."""
    host.log.remove(record)


def survive(_host: Host, _record: TransactionRecord, _now: float) -> None:
    """Still known after the crash: it was committed."""
