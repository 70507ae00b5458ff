"""The strip of time: what it collects from a journal, and what it draws."""

from __future__ import annotations

from pathlib import Path

import pytest
from evening import ENTRIES, HEADER, TERMINAL, frame, write_evening

from harness import events as e
from harness.report.strip_text import strip_lines
from harness.report.time_strip import INTERVALS, TimeStrip, strip_for, strip_of

BALANCE = {"t": "0200", "3": "310000", "7": "1121201031", "11": "000012", "41": TERMINAL}
ANSWER = {"t": "0210", "7": "1121201031", "11": "000012", "39": "00", "41": TERMINAL}


def drawn(strip: TimeStrip, *, width: int = 80, ascii_only: bool = False) -> dict[str, str]:
    """The rows by name, each with its columns and its figures."""
    lines = [text.plain for text in strip_lines(strip, width=width, ascii_only=ascii_only)]
    assert all(len(line) <= width for line in lines)
    return {line[:12].strip(): line[13:] for line in lines}


def seen(*entries: tuple[float, str, e.Event], until: float) -> TimeStrip:
    strip = strip_for(HEADER)
    for entry in entries:
        strip.see(*entry)
    strip.see(until, "RUN", e.RunEnded("quiet"))
    return strip


def test_service_and_cards() -> None:
    """Half of the time one of two terminals serves, and a card is inside in the second half."""
    strip = seen(
        (0.0, "A", e.ScreenShown("welcome")),
        (0.0, "B", e.ScreenShown("welcome")),
        (10.0, "A", e.ScreenShown("out_of_service")),
        (10.0, "B", e.CardInserted("x", 1)),
        (20.0, "B", e.CardTaken("x")),
        until=20.0,
    )
    rows = drawn(strip, width=13 + 20 + 18)
    assert rows["in service"] == "██████████▅▅▅▅▅▅▅▅▅▅  75% of the time"
    assert rows["cards held"] == "          ██████████  at most 1"
    assert rows[""].split() == ["00:00:00", "00:00:20"]
    assert "fault" not in rows


def test_power_ends_the_service() -> None:
    """Without mains nothing serves, whatever was on the screen last."""
    strip = seen((0.0, "A", e.ScreenShown("welcome")), (5.0, "A", e.PowerLost("idle")), until=10.0)
    assert drawn(strip)["in service"].endswith("50% of the time")


def test_a_request_without_an_answer_in_time_is_counted_when_it_was_sent() -> None:
    """One is answered, one too late, one never; what the host's end saw is not counted again."""
    one, other, third = (dict(BALANCE, **{"11": stan}) for stan in ("000001", "000002", "000003"))
    strip = seen(
        (1.0, "A", frame("terminal", "host", one)),
        (1.0, "A", frame("host", "host", one)),
        (2.0, "A", frame("terminal", "terminal", dict(ANSWER, **{"11": "000001"}))),
        (10.0, "A", frame("terminal", "host", other)),
        (60.0, "A", frame("terminal", "terminal", dict(ANSWER, **{"11": "000002"}))),
        (70.0, "A", frame("terminal", "host", third)),
        until=80.0,
    )
    assert sum(strip.sent) == 3
    when = [number * strip.length for number, count in enumerate(strip.unanswered) if count]
    assert when == [10.0, 70.0]
    assert drawn(strip)["unanswered"].endswith("  2")


@pytest.mark.parametrize(
    ("fault", "began", "acts", "ended", "shaded"),
    [
        ("silent@4s..8s", 4.0, 5.0, 8.0, (4.0, 8.0)),
        ("drop_response:p=30%", 4.0, 5.0, 16.0, (5.0, 5.0)),
        ("power_cut:p=1%", 4.0, 6.0, 16.0, (6.0, 9.0)),
    ],
)
def test_a_fault_is_shaded_while_it_is_active(
    fault: str, began: float, acts: float, ended: float, shaded: tuple[float, float]
) -> None:
    """As long as its window is open; without one, when it acts and as long as that lasts."""
    lasts = 3.0 if fault.startswith("power_cut") else 0.0
    strip = seen(
        (0.0, "A", e.ScreenShown("welcome")),
        (began, "RUN", e.FaultBegan(fault)),
        (acts, "RUN", e.FaultActed(fault, "A: x", lasts)),
        (ended, "RUN", e.FaultEnded(fault)),
        until=16.0,
    )
    active = [number * strip.length for number, on in enumerate(strip.faulty) if on]
    assert (active[0], active[-1]) == pytest.approx(shaded, abs=strip.length)
    assert "░" in drawn(strip)["fault"]


def test_memory_is_bounded_however_long_the_run() -> None:
    """The intervals are merged in pairs, and nothing is lost by it."""
    strip = strip_for(HEADER)
    strip.see(0.0, "A", e.ScreenShown("welcome"))
    for number in range(2000):
        request = dict(BALANCE, **{"11": f"{number:06}"})
        strip.see(number * 50.0, "A", frame("terminal", "host", request))
    strip.finish(100_000.0)
    assert len(strip.sent) == len(strip.served) == len(strip.faulty) == INTERVALS
    assert sum(strip.sent) == sum(strip.unanswered) == 2000
    assert sum(strip.served) == pytest.approx(100_000.0)
    assert INTERVALS // 2 <= strip.used <= INTERVALS


def test_seen_from_the_host_there_are_requests() -> None:
    """Where no device is seen, neither service nor cards are known."""
    strip = seen(
        (1.0, "A", frame("terminal", "host", BALANCE)),
        (2.0, "A", frame("terminal", "terminal", ANSWER)),
        until=10.0,
    )
    rows = drawn(strip)
    assert list(rows) == ["requests", "unanswered", ""]
    assert rows["unanswered"].split() == ["0"]


def test_where_nothing_happened_nothing_is_drawn() -> None:
    """An empty strip says nothing."""
    assert drawn(seen(until=10.0)) == {}


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_it_fits_the_screen_in_ascii_too(width: int) -> None:
    """And a wider screen gives it more columns."""
    strip = seen(*((at, actor, event) for at, actor, event in ENTRIES[:-1]), until=600.0)
    assert len(drawn(strip, width=width)[""]) == min(width - 31, 100)
    plain = drawn(strip, width=width, ascii_only=True)
    assert all(text.isascii() for text in plain.values())
    assert "#" in plain["cards held"]


def test_a_recorded_run_has_the_same_strip(tmp_path: Path) -> None:
    """Read from its journal."""
    journal = write_evening(tmp_path / "j.jsonl")
    read = strip_of(journal)
    live = seen(*ENTRIES[:-1], until=600.0)
    assert (read.sent, read.inside, read.unanswered) == (live.sent, live.inside, live.unanswered)
