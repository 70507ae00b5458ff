"""The issuer's answers to the advices of what was approved in its stead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.machines.standin import Advice
from harness.machines.transaction_log import DONE, STOOD_IN

if TYPE_CHECKING:
    from harness.machines.host import Host


def accepted(_host: Host, advice: Advice, _now: float) -> None:
    """The issuer has posted what it was told of, whatever is on the account."""
    _is_done(advice)
    advice.record.amount = advice.amount


def declined(_host: Host, advice: Advice, _now: float) -> None:
    """The issuer has not posted it, and is not asked again."""
    _is_done(advice)


def _is_done(advice: Advice) -> None:
    """What was reversed meanwhile stays so: no other reversal of it may give anything back."""
    if advice.record.state == STOOD_IN:
        advice.record.state = DONE
