"""The fleet as the monitor knows it: its terminals, their regions, and the issuers of the cards.

A message costs the same however large the fleet is: it changes one terminal, and the figures of its
region. Only the word of a gateway changes all that it carries. Nothing here is unbounded: terminals
beyond `most_terminals` are left out and counted, gateways beyond their number are left out, and
regions and issuers beyond theirs count as one without a name.
"""

from __future__ import annotations

from collections import deque

from harness.control import payloads as p
from harness.control.gateways import Gateways
from harness.control.monitor_settings import MonitorSettings
from harness.control.sliding import SlidingSum
from harness.control.terminal_view import LONGEST_NAME, TerminalView, seconds

_MOST_CAPTURED = 16  # in one report
_MOST_COUNTED = 1_000_000  # in one report; a terminal does far less in a minute


class Region:
    """Terminals by what is known of them, in the order in which it became known: `online`, `bad`
    (evidence against the host), `lost` (but not with their gateway). `answers` has the reports with
    answers in time, and `times` the answers and their response times.
    """

    __slots__ = ("answers", "bad", "lost", "name", "online", "times")

    def __init__(self, name: str, settings: MonitorSettings) -> None:
        self.name = name
        self.online: dict[str, None] = {}
        self.bad: dict[str, None] = {}
        self.lost: dict[str, None] = {}
        self.answers = SlidingSum(settings.answer_counts)
        self.times = SlidingSum(2 * settings.answer_counts)


class Issuer:
    """Answers about the cards of one issuer: `all` of them, those that said that it is
    `unavailable`, and cards `captured`; the `number` of answers since the monitor began; and when
    each terminal was last told that it is unavailable.
    """

    __slots__ = ("all", "captured", "name", "number", "terminals", "unavailable")

    def __init__(self, name: str, settings: MonitorSettings) -> None:
        self.name = name
        self.number = 0
        self.all = SlidingSum(settings.issuer_window)
        self.unavailable = SlidingSum(settings.issuer_window)
        self.captured = SlidingSum(settings.issuer_window)
        self.terminals: dict[str, float] = {}

    def heard(self, counts: p.IssuerCounts, terminal: str, now: float) -> None:
        answered, unavailable = count(counts.answered), count(counts.unavailable)
        self.number += answered
        self.all.add(now, answered)
        self.unavailable.add(now, min(unavailable, answered))
        self.captured.add(now, min(count(counts.captured), answered))
        if unavailable:
            self.terminals.pop(terminal, None)
            self.terminals[terminal] = now

    def forget(self, before: float) -> None:
        """Forget the terminals that were told so before that moment."""
        while self.terminals:
            name, at = next(iter(self.terminals.items()))
            if at >= before:
                return
            del self.terminals[name]


class FleetView:
    """`captures` are the cards captured by code lately: when, where, and how many answers about
    each issuer there had been. `cut_off` are the terminals that are lost with their gateway, by the
    gateway's name. `left_out` counts the messages about terminals that were too many.
    """

    def __init__(self, settings: MonitorSettings) -> None:
        self.settings = settings
        self.terminals: dict[str, TerminalView] = {}
        self.regions: dict[str, Region] = {}
        self.gateways = Gateways(settings.most_gateways)
        self.cut_off: dict[str, dict[str, None]] = {}
        self.issuers: dict[str, Issuer] = {}
        self.captures: deque[tuple[float, str, dict[str, int]]] = deque(maxlen=1000)
        self.left_out = 0

    # --- what comes in ---------------------------------------------------------------------------

    def state(
        self, name: str, state: p.TerminalState, now: float, old: float
    ) -> TerminalView | None:
        """A terminal's state, which may have lain at the broker for `old` seconds. The terminal, if
        it was news.
        """
        if state.terminal.strip() != name:
            return None
        terminal = self.terminals.get(name) or self._new(name)
        if terminal is None or not terminal.take_state(state, now, old):
            return None
        self._leave_gateway(terminal)
        self.gateways.names(name, state)
        self._ask_gateway(terminal, now)
        terminal.note_backlog(now, self.settings.backlog)
        self._put(terminal, state.region.strip()[:LONGEST_NAME])
        self.judge(terminal, now)
        return terminal

    def gateway(self, name: str, state: p.GatewayState, now: float) -> list[TerminalView]:
        """A gateway's state. The terminals that it says something of, if it was news."""
        gateway = self.gateways.heard(name, state)
        if gateway is None:
            return []
        carried = [self.terminals[x] for x in gateway.terminals if x in self.terminals]
        for terminal in carried:
            self._ask_gateway(terminal, now)
            self.judge(terminal, now)
        return carried

    def removed(self, name: str) -> TerminalView | None:
        """Its retained state was removed: it is a terminal no more."""
        terminal = self.terminals.pop(name, None)
        if terminal is not None:
            self._leave(terminal)
            self._leave_gateway(terminal)
            self.gateways.forget(name)
        return terminal

    def telemetry(
        self, name: str, what: str, message: p.Payload, now: float
    ) -> TerminalView | None:
        """Telemetry of a terminal whose state is known. The terminal, if it was news."""
        terminal = self.terminals.get(name)
        if terminal is None or not terminal.is_news(what, message):
            return None
        self.heard(terminal, now)
        settings = self.settings
        match message:
            case p.LinkTelemetry():
                terminal.take_link(message, now)
                self._count(terminal, message, now)
            case p.DevicesTelemetry():
                captured = terminal.take_devices(message, now, settings.cards_kept)
                self._captured(terminal, captured, now)
            case p.CashTelemetry():
                terminal.take_cash(message, now, settings.notes_low, settings.notes_aside)
        self.judge(terminal, now)
        return terminal

    def heard(self, terminal: TerminalView, now: float) -> None:
        """Something of its running process came: it is not silent."""
        terminal.heard = now
        if terminal.lost_since is not None and not (terminal.willed or terminal.cut_off):
            terminal.lost_since = None

    def judge(self, terminal: TerminalView, now: float) -> None:
        """Bring what its region counts of it up to date."""
        settings, name = self.settings, terminal.name
        region = self.regions[terminal.region]
        if terminal.cut_off and now >= terminal.cut_until:
            terminal.cut_ends(now)
            self._leave_gateway(terminal)
        bad = now >= terminal.bad_from(settings.waiting, settings.down)
        terminal.bad = bad
        _is(region.online, name, holds=terminal.present)
        lost = terminal.lost_since is not None and not terminal.cut_off
        _is(region.lost, name, holds=lost)
        _is(region.bad, name, holds=bad)

    def forget_captures(self) -> None:
        """The monitor was away: what was captured meanwhile has no time."""
        for terminal in self.terminals.values():
            terminal.forget_captures()

    # --- parts -----------------------------------------------------------------------------------

    def _new(self, name: str) -> TerminalView | None:
        if len(name) > LONGEST_NAME or len(self.terminals) >= self.settings.most_terminals:
            self.left_out += 1
            return None
        terminal = self.terminals[name] = TerminalView(name)
        self._region("")
        return terminal

    def _region(self, name: str) -> Region:
        region = self.regions.get(name)
        if region is None:
            if len(self.regions) > self.settings.most_regions:
                name = ""
            region = self.regions.setdefault(name, Region(name, self.settings))
        return region

    def _put(self, terminal: TerminalView, region: str) -> None:
        if terminal.region != region:
            self._leave(terminal)
            terminal.region = self._region(region).name

    def _leave(self, terminal: TerminalView) -> None:
        before = self.regions[terminal.region]
        for names in (before.online, before.bad, before.lost):
            names.pop(terminal.name, None)

    def _ask_gateway(self, terminal: TerminalView, now: float) -> None:
        """Is it lost with its gateway?"""
        name = terminal.name
        gateway = self.gateways.of(name)
        terminal.with_gateway(self.gateways.standing(name), now, self.settings.reconnects)
        if gateway is not None:
            _is(self.cut_off.setdefault(gateway.name, {}), name, holds=terminal.cut_off)

    def _leave_gateway(self, terminal: TerminalView) -> None:
        gateway = self.gateways.of(terminal.name)
        if gateway is not None:
            self.cut_off.get(gateway.name, {}).pop(terminal.name, None)

    def _count(self, terminal: TerminalView, link: p.LinkTelemetry, now: float) -> None:
        answered = count(link.answered)
        if answered:
            region = self.regions[terminal.region]
            region.answers.add(now, 1)
            region.times.add(now, answered, min(seconds(link.total), 100.0 * answered))
        captured = 0
        for name, counts in link.issuers.items():
            self._issuer(name[:LONGEST_NAME]).heard(counts, terminal.name, now)
            captured += count(counts.captured)
        if captured:
            terminal.captured_by_link(captured)
            self._captured(terminal, captured, now)

    def _captured(self, terminal: TerminalView, cards: int, now: float) -> None:
        numbers = {x.name: x.number for x in self.issuers.values()} if cards else {}
        for _ in range(min(cards, _MOST_CAPTURED)):
            terminal.captures.append(now)
            self.captures.append((now, terminal.name, numbers))

    def _issuer(self, name: str) -> Issuer:
        issuer = self.issuers.get(name)
        if issuer is None:
            if len(self.issuers) >= self.settings.most_issuers:
                name = ""
            issuer = self.issuers.setdefault(name, Issuer(name, self.settings))
        return issuer


def count(number: int) -> int:
    """A number that somebody has sent."""
    return min(max(number, 0), _MOST_COUNTED)


def _is(names: dict[str, None], name: str, *, holds: bool) -> None:
    if holds:
        names[name] = None
    else:
        names.pop(name, None)
