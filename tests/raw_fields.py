"""The dialect over raw fields, for tests that write and read data elements by their numbers.

Tests of machines and checks say what stands on the wire without asking the code under test: a
test that needs a message with another DE 7 writes `{**fields, "7": ...}`.
"""

from __future__ import annotations

from typing import Any

from harness.wire.dialects.iso1987 import Dialect1987, Message1987
from harness.wire.message import Fields, Message, Station

__all__ = ["Fields", "RawDialect", "said"]


def said(fields: Fields) -> Message:
    """Raw fields as a message of 1987."""
    return Message1987(fields)


class RawDialect:
    """What a terminal or a host of ours would send, as fields."""

    def __init__(self) -> None:
        self._dialect = Dialect1987()
        self.codes = self._dialect.codes

    def request(self, station: Station, **given: Any) -> Fields:
        return self._dialect.request(station, **given).fields

    def reversal(self, station: Station, **given: Any) -> Fields:
        return self._dialect.reversal(station, **given).fields

    def network(self, station: Station, function: str, **given: Any) -> Fields:
        return self._dialect.network(station, function, **given).fields

    def repeat(self, advice: Fields) -> Fields:
        return self._dialect.repeat(said(advice)).fields

    def advice(self, request: Fields, amount: int) -> Fields:
        return self._dialect.advice(said(request), amount).fields

    def answer(self, request: Fields, code: str, **given: Any) -> Fields:
        return self._dialect.answer(said(request), code, **given).fields
