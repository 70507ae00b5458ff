"""Rates, latencies and errors from a journal."""

from __future__ import annotations

from pathlib import Path

import pytest
from loads import frame, metered, simulated
from rich.console import Console

from harness import events as e
from harness.cardholders import CUSTOMERS
from harness.events import Event
from harness.load.meter import Figures, Latencies, Meter
from harness.report.load import print_figures

STALL = ("slow:by=1500ms@8s..10s",)


def longest(meter: Meter, message: str) -> float:
    return meter.histograms[message].largest


def row(figures: Figures, message: str) -> Latencies:
    return next(found for found in figures.messages if found.message == message)


def shown(figures: Figures) -> str:
    console = Console(width=80, highlight=False)
    with console.capture() as capture:
        print_figures(console, figures)
    return capture.get()


# --- open and closed loop --------------------------------------------------------------


def test_an_open_loop_counts_everybody_who_waited(tmp_path: Path) -> None:
    """A host that answers 1.5 s late for 2 s delays a tenth of 20 s of customers: the visit's p99
    says so, and the queue has a row of its own.
    """
    _, figures = simulated(
        tmp_path / "run.jsonl", terminals=10, seconds=20.0, rate=40.0, faults=STALL
    )
    assert row(figures, "visit").p99 > 2.0
    assert row(figures, "visit").p95 > 1.0
    assert row(figures, "queue").p99 > 0.5
    assert 1.5 < row(figures, "0200").longest < 1.6
    assert figures.backlog == 0
    assert not figures.behind


def test_a_closed_loop_hardly_notices_the_same_stall(tmp_path: Path) -> None:
    """Flat out nobody comes while the host stalls: that is why there is an open loop."""
    _, figures = simulated(tmp_path / "run.jsonl", terminals=10, seconds=12.0, faults=STALL)
    assert row(figures, "0200").p95 < 0.1
    assert row(figures, "0200").longest > 1.5
    assert (figures.asked, figures.backlog) == (0.0, 0)


def test_a_fleet_that_cannot_keep_up_is_marked(tmp_path: Path) -> None:
    """Two terminals at 40 ms a customer, asked for 80 a second: behind, with the backlog."""
    _, figures = simulated(tmp_path / "run.jsonl", terminals=2, seconds=10.0, rate=80.0)
    assert figures.behind
    assert figures.came < 60
    assert 200 < figures.backlog < figures.intended
    assert "BEHIND" in shown(figures)
    assert f"{figures.backlog:,} of {figures.intended:,}" in shown(figures)


def test_a_queue_is_a_row_of_its_own_and_part_of_the_visit() -> None:
    """A customer who queued 2 s before a host that takes 1 s: 1 s for the message, 3.5 s for the
    visit.
    """
    meter = metered(
        (10.0, e.CustomerArrived(1, "withdrawal", 2000, 2.0)),
        (10.0, frame("0800", "000009")),
        (10.2, frame("0200")),
        (10.5, frame("0810", "000009", "00")),
        (11.2, frame("0210", code="00")),
        (11.5, e.CustomerLeft(1, "served")),
        flat_out=False,
    )
    assert longest(meter, "0200") == pytest.approx(1.0)
    assert longest(meter, "queue") == pytest.approx(2.0)
    assert longest(meter, "visit") == pytest.approx(3.5)
    assert longest(meter, "0800") == pytest.approx(0.5)


# --- the window ----------------------------------------------------------------------------


def test_what_was_sent_while_warming_up_or_after_the_end_is_left_out() -> None:
    """Of three requests the middle one counts, in latencies as in errors."""
    meter = metered(
        (1.0, frame("0200", "000001")),
        (1.5, e.TurnedAway(1, "blank")),
        (2.5, frame("0210", "000001", "51")),
        (3.0, frame("0200", "000002")),
        (5.0, frame("0210", "000002", "00")),
        (6.0, e.CustomersStopped()),
        (7.0, frame("0420", "000003")),
        (7.1, frame("0430", "000003", "00")),
        (8.0, e.RunEnded("quiet")),
        since=2.0,
    )
    figures = meter.figures(0.0, lambda until: 0)
    assert [(found.message, found.count) for found in figures.messages] == [("0200", 1)]
    assert figures.messages[0].rate == pytest.approx(1 / 4)
    assert (figures.since, figures.until, figures.errors) == (2.0, 6.0, {})


def test_the_measurement_ends_where_a_terminal_runs_dry() -> None:
    """Flat out the last card of a terminal is the end of what is measured, and named."""
    meter = metered(
        (3.0, e.CustomerArrived(CUSTOMERS - 1, "withdrawal", 2000)),
        (4.0, e.CustomerArrived(7, "withdrawal", 2000)),
        (5.0, e.CustomersStopped()),
    )
    figures = meter.figures(0.0, lambda until: 0)
    assert (figures.dry, figures.until) == ("ATM00001", 3.0)
    assert figures.came == pytest.approx(1 / 3)
    assert "DRY" in shown(figures)
    assert "ATM00001" in shown(figures)


# --- errors by kind ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happened", "errors"),
    [
        ([frame("0200")], {"0200 unanswered": 1}),
        ([frame("0200"), frame("0210", code="51")], {"declined 51": 1}),
        ([frame("0200"), frame("0210", "000002", "00")], {"0200 unanswered": 1}),
        (
            [frame("0200"), frame("0210", mac="bad"), e.DamagedMessage("mac")],
            {"0200 unanswered": 1, "damaged answer": 1},
        ),
        (
            [frame("0420"), frame("0421"), frame("0430", code="00")],
            {"0420 unanswered": 1},
        ),
        ([frame("0420"), frame("0430", code="25")], {"reversal answered 25": 1}),
        ([e.TurnedAway(1, "out_of_service")], {"turned away: out_of_service": 1}),
        ([e.ConnectFailed("refused")], {"connection refused": 1}),
        ([e.LinkClosed("rst"), e.LinkClosed("local")], {"link closed: rst": 1}),
        ([e.LateApproval("000001"), e.LateAnswer("000002", "51")], {"late answer": 2}),
        ([e.DuplicateAnswer("000001")], {"duplicate answer": 1}),
        ([e.StrayMessage("0210", "000001", "")], {"stray message": 1}),
        ([e.HostDamaged("mac")], {"damaged request": 1}),
        ([frame("0200"), frame("0210", code="00"), e.LinkOpened()], {}),
    ],
)
def test_each_kind_of_error_is_counted(happened: list[Event], errors: dict[str, int]) -> None:
    """What goes wrong has a name and a number, and what goes right has none."""
    meter = metered(*((float(at), event) for at, event in enumerate(happened, start=1)))
    assert meter.errors == errors


def test_the_figures_fit_eighty_columns(tmp_path: Path) -> None:
    """Table, marks and errors stay within a terminal window, and every message has its line."""
    _, figures = simulated(tmp_path / "run.jsonl", terminals=2, seconds=10.0, rate=80.0)
    text = shown(figures)
    assert max(len(line) for line in text.splitlines()) <= 80
    for word in ("0200", "visit", "p99.9", "a visit counts from when its customer meant to come"):
        assert word in text
