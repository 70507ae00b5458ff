"""Reading raw fields, for callers that do not speak of messages yet. It goes away."""

from __future__ import annotations

from collections.abc import Mapping

from harness.wire.dialects.iso1987 import Dialect1987, Message1987
from harness.wire.message import AdviceOutcome, Kind, Outcome, TransactionId

__all__ = ["AdviceOutcome", "Dialect", "Kind", "Outcome"]


class Dialect(Dialect1987):
    """The same dialect over raw fields."""

    def kind_of(self, fields: Mapping[str, str]) -> Kind:
        return Message1987(dict(fields)).kind

    def is_withdrawal(self, fields: Mapping[str, str]) -> bool:
        return Message1987(dict(fields)).is_withdrawal

    def outcome_of(self, fields: Mapping[str, str]) -> Outcome:
        return Message1987(dict(fields)).outcome

    def advice_outcome_of(self, fields: Mapping[str, str]) -> AdviceOutcome:
        return Message1987(dict(fields)).advice_outcome

    def function_of(self, fields: Mapping[str, str]) -> str:
        return Message1987(dict(fields)).function

    def amount_of(self, fields: Mapping[str, str]) -> int:
        return Message1987(dict(fields)).amount

    def identity(self, fields: Mapping[str, str]) -> str:
        return Message1987(dict(fields)).identity.cause

    def original_of(self, fields: Mapping[str, str]) -> TransactionId | None:
        return Message1987(dict(fields)).original

    def amount_taken_of(self, fields: Mapping[str, str]) -> int | None:
        return Message1987(dict(fields)).amount_taken

    def network_accepted(self, fields: Mapping[str, str]) -> bool:
        return Message1987(dict(fields)).network_accepted
