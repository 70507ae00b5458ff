"""The issuer's answers to the advices of what was approved in its stead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.machines.standin import Advice
from harness.machines.transaction_log import DONE

if TYPE_CHECKING:
    from harness.machines.host import Host


def accepted(_host: Host, advice: Advice, _now: float) -> None:
    """The issuer has posted what it was told of, whatever is on the account."""
    advice.record.state = DONE
    advice.record.amount = advice.amount


def declined(_host: Host, advice: Advice, _now: float) -> None:
    """The issuer has not posted it, and is not asked again."""
    advice.record.state = DONE
