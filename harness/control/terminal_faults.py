"""What is wrong with one terminal by itself, by what it says or does not say."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from harness.control.findings import Finding
from harness.control.monitor_settings import MonitorSettings
from harness.control.payloads import Kind, Severity
from harness.control.terminal_view import TerminalView
from harness.machines.timers import NEVER


class _Fault(NamedTuple):
    """A kind of fault; from when on it is one (run seconds, `NEVER` if nothing is wrong), and what
    is said of it.
    """

    kind: Kind
    severity: Severity
    begins: Callable[[TerminalView, MonitorSettings], float]
    words: Callable[[TerminalView], str]


def faults_of(
    terminal: TerminalView, settings: MonitorSettings, now: float
) -> tuple[list[Finding], float]:
    """What is wrong with it now, and when to look again if nothing more is heard."""
    found, again = [], NEVER
    while terminal.captures and terminal.captures[0] <= now - settings.storm_at_one_window:
        terminal.captures.popleft()
    for fault in FAULTS:
        begins = fault.begins(terminal, settings)
        if begins <= now:
            words = fault.words(terminal)
            name, severity = terminal.name, fault.severity
            found.append(Finding(fault.kind, "terminal", name, "atm", severity, (name,), words))
        elif begins < again:
            again = begins
    if terminal.captures:  # the first one leaves the hour
        again = min(again, terminal.captures[0] + settings.storm_at_one_window)
    return found, again


def _after(since: float | None, seconds: float) -> float:
    return NEVER if since is None else since + seconds


def _lost(t: TerminalView, settings: MonitorSettings) -> float:
    if t.cut_off:
        return t.cut_until + settings.lost_after
    return _after(t.lost_since, settings.lost_after)


def _without_host(t: TerminalView, settings: MonitorSettings) -> float:
    return t.bad_from(settings.waiting, settings.down) + settings.alone_after


def _holds_card(t: TerminalView, settings: MonitorSettings) -> float:
    """A card is in the machine for longer than any visit takes, or while a request has waited for
    longer than a terminal may wait. What a terminal that is lost does with it, nobody knows.
    """
    if not t.present or t.card_since is None:
        return NEVER
    return min(t.card_since + settings.card_in, _after(t.waiting_since, settings.host_wait))


def _hardware(t: TerminalView, settings: MonitorSettings) -> float:
    return _after(t.hardware_since, settings.hardware_after)


def _supplies(t: TerminalView, settings: MonitorSettings) -> float:
    return _after(t.short_since, settings.supplies_after)


def _backlog(t: TerminalView, settings: MonitorSettings) -> float:
    return _after(t.backlog_since, settings.backlog_after)


def _captures(t: TerminalView, settings: MonitorSettings) -> float:
    return t.captures[-1] if len(t.captures) >= settings.storm_at_one else NEVER


def _constant(words: str) -> Callable[[TerminalView], str]:
    return lambda _terminal: words


def _backlog_in_words(t: TerminalView) -> str:
    parked = f", and {t.parked} that the host refuses" if t.parked else ""
    return f"{t.pending} reversals have no answer{parked}"


FAULTS = (
    _Fault("terminals_lost", "critical", _lost, _constant("the terminal is lost")),
    _Fault(
        "host_silent", "critical", _without_host,
        _constant("this terminal alone has no answers from the host: itself, or its line"),
    ),
    _Fault("card_held", "critical", _holds_card, _constant("a card is held for too long")),
    _Fault("hardware", "critical", _hardware, lambda t: t.hardware),
    _Fault("supplies", "warning", _supplies, lambda t: t.short),
    _Fault("reversal_backlog", "warning", _backlog, _backlog_in_words),
    _Fault(
        "capture_storm", "critical", _captures,
        lambda t: f"{len(t.captures)} cards captured by code within an hour",
    ),
)  # fmt: skip
