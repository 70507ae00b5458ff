"""What a peer gets that has ended its way of the connection, and when that counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from harness.live.clock import LiveClock
from harness.live.connection import Connection
from harness.live.last_answers import CONFIRMED, PATIENCE, LastAnswers
from harness.wire.dialects import load_dialect

READ = load_dialect("1987").read
REQUEST = READ({"t": "0200", "11": "000001", "41": "ATM00001"})
ANSWER = READ({"t": "0210", "11": "000001", "41": "ATM00001"})


class Line:
    """An event loop and a connection: time goes by only here. `arrived` is what the connection says
    of its bytes.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.arrived: bool | None = None
        self.sent: list[bytes] = []
        self.confirmations: list[bytes] = []
        self.closed_at = -1.0
        self._timers: dict[int, tuple[float, Callable[[], None]]] = {}
        parts = cast(Any, self)
        self.answers = LastAnswers(
            parts, cast(LiveClock, self), cast(Connection, self), self.confirmations.append
        )

    def time(self) -> float:
        return self.now

    def wall(self, seconds: float) -> float:
        return seconds

    def call_later(self, seconds: float, then: Callable[[], None]) -> Any:
        number = len(self._timers) + 1
        while number in self._timers:
            number += 1
        self._timers[number] = (self.now + seconds, then)
        line = self

        class Handle:
            def cancel(self) -> None:
                line._timers.pop(number, None)

        return Handle()

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def confirmed(self) -> bool | None:
        return self.arrived

    def close(self) -> None:
        self.closed_at = self.now

    def passes(self, seconds: float) -> None:
        """So much time."""
        end = self.now + seconds
        while self._timers:
            number = min(self._timers, key=lambda n: self._timers[n][0])
            due, then = self._timers[number]
            if due > end:
                break
            del self._timers[number]
            self.now = max(self.now, due)
            then()
        self.now = end


def test_who_waits_for_nothing_is_not_kept() -> None:
    """Because it has asked for nothing, or has its answer; or because nobody answers that."""
    line = Line()
    assert not line.answers.begin()
    line.answers.asked(REQUEST)
    line.answers.answered(ANSWER)
    line.answers.asked(READ({"t": "0810", "11": "000002"}))
    assert not line.answers.begin()


def test_the_answer_counts_when_it_has_arrived() -> None:
    """Then the connection is closed, as nothing more is owed."""
    line = Line()
    line.answers.asked(REQUEST)
    assert line.answers.begin()
    line.answers.send(b"answer")
    line.passes(1.0)
    assert line.sent == [b"answer"]
    assert line.confirmations == []
    line.arrived = True
    line.answers.answered(ANSWER)
    line.passes(0.1)
    assert line.confirmations == [b"answer"]
    assert 1.0 < line.closed_at < 1.1


@pytest.mark.parametrize("arrived", [False, None])
def test_the_answer_to_a_peer_that_is_gone_does_not_count(arrived: bool | None) -> None:
    """It was reset, or nothing is heard of it."""
    line = Line()
    line.answers.asked(REQUEST)
    line.answers.begin()
    line.answers.send(b"answer")
    line.arrived = arrived
    line.passes(2 * CONFIRMED)
    assert line.confirmations == []
    assert line.closed_at == pytest.approx(CONFIRMED if arrived is None else 0.02, abs=0.03)


def test_nobody_waits_for_ever() -> None:
    """Two are owed, and one of them never leaves."""
    line = Line()
    line.answers.asked(REQUEST)
    line.answers.asked(READ({"t": "0200", "11": "000002"}))
    line.answers.begin()
    line.arrived = True
    line.answers.send(b"answer")
    line.answers.answered(ANSWER)
    line.passes(PATIENCE / 2)
    assert line.closed_at < 0
    line.passes(PATIENCE)
    assert line.closed_at == pytest.approx(PATIENCE, abs=0.1)


def test_a_connection_that_is_gone_is_not_looked_at() -> None:
    """Whatever ended it."""
    line = Line()
    line.answers.asked(REQUEST)
    line.answers.begin()
    line.answers.stop()
    line.passes(2 * PATIENCE)
    assert line.closed_at < 0
