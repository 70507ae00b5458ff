"""How long it took until an outage was found, by the wire and not by the monitor."""

from __future__ import annotations

from harness import events as e
from harness.journal import Entry
from harness.report.detection import detection_lines, incidents_of

_SILENT = e.IncidentOpened("host_silent", "host", "bank", "")


def _frame(at: float, terminal: str, mti: str, to: e.End) -> Entry:
    frame = e.FrameSeen(end="terminal", to=to, fields={"t": mti}, mac="good", digest="", size=9)
    return Entry(at, 0, terminal, frame)


def _opened(at: float, event: e.IncidentOpened) -> Entry:
    return Entry(at, 0, e.RUN, event)


def test_it_counts_from_the_first_request_that_nobody_has_answered() -> None:
    """What had its answer before does not count, and a second try of the same terminal neither."""
    found = incidents_of(
        [
            _frame(10.0, "A", "0200", "host"),
            _frame(11.0, "A", "0210", "terminal"),
            _frame(60.0, "B", "0200", "host"),
            _frame(62.0, "A", "0200", "host"),
            _frame(70.0, "B", "0200", "host"),
            _frame(71.0, "A", "0800", "host"),
            _frame(72.0, "B", "0810", "terminal"),
            _opened(75.5, _SILENT),
        ],
        "1987",
    )
    assert [(x.at, x.since) for x in found] == [(75.5, 60.0)]
    [line] = detection_lines(found)
    assert line.startswith("  monitor: 00:01:15 host_silent, cause: host, bank; 15.5 s after the ")


def test_where_all_was_answered_it_says_so() -> None:
    found = incidents_of([_opened(5.0, _SILENT)], "1987")
    assert "no request was without an answer then" in detection_lines(found)[0]


def test_incidents_of_single_terminals_are_counted() -> None:
    lost = e.IncidentOpened("terminals_lost", "network", "region", "region-1")
    alone = e.IncidentOpened("card_held", "atm", "terminal", "ATM00001")
    lines = detection_lines(incidents_of([_opened(1.0, alone), _opened(2.0, lost)], "1987"))
    assert lines == [
        "  monitor: 00:00:02 terminals_lost, cause: network, region region-1",
        "  monitor: 1 incidents of single terminals",
    ]


def test_nothing_found_is_said() -> None:
    assert detection_lines([]) == ["  monitor: no incident was found"]
