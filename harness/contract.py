"""The contract: what a run holds its machines to.

Bounds come from here and never from the profile that is on trial. The defaults
are those of docs/domain.md, "Timers"; a scenario's file may say
otherwise, and the journal's header carries the contract that was in force.
"""

from __future__ import annotations

import msgspec

HOST_RESPONSE = 45.0
"""Seconds that a terminal waits for the host's answer where nobody says otherwise."""

MOST_NAMES = 100_000
"""Terminals that are told apart by their names: a fleet of ours may have so many, and a peer may
think up any number.
"""

MOST_JOURNAL = 4_000
"""MB (of 1,000,000 bytes) of the journal with which a standalone run ends by itself. Twenty busy
terminals write as much in days; a peer that sends money messages without a pause, in some hours.
"""


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds in seconds, unless a comment says otherwise.

    `mac`, `sign_on` and `echo` follow from the options of the run's link
    (`LinkOptions.judged_with`), and `host_outages` is an option of terminals that stand alone: they
    are no keys of a scenario file's `[contract]`.
    """

    host_response: float = HOST_RESPONSE
    eject: float = 10.0
    card_take: float = 30.0
    capture: float = 10.0
    dispense: float = 30.0
    cash_take: float = 30.0
    retract: float = 15.0
    recovery: float = 60.0
    session: float = 180.0
    card_read: float = 10.0
    key: float = 30.0  # per key press
    pin_tries: int = 3  # in one visit
    echo_idle: float = 60.0
    echo_interval: float = 10.0
    advice_response: float = 60.0  # until a reversal that has no answer is repeated
    sign_on_response: float = 15.0
    host_outages: tuple[tuple[float, float], ...] = ()  # run seconds; see `host_excused`
    slack: float = 2.0
    back: float = 300.0  # from when the last fault's end can be known to service (F3)
    quiescence: float = 1800.0  # after the customers stop, within which nothing may be open
    awaits_service: bool = True  # a run goes on till then for terminals out of service
    stop: float = 5.0  # until a remote stop is acknowledged, and a visit on its way out (T12)
    alarm: float = 5.0  # until what must be told is told (M3)
    backlog: int = 5  # pending reversals, the most with which a card is taken in (T20.backlog)
    expiries: int = 3  # of the host timer in a row, after which nobody is served for a while
    expiries_pause: float = 300.0  # how long that is (T20.pause)
    capture_burst: int = 3  # captures by code within `capture_window`, the most (T7.breaker)
    capture_window: float = 60.0
    cash_before_card: bool = False
    mac: bool = True  # frames must carry a MAC, so that 'authentic' can be seen
    sign_on: bool = True  # a connection counts only once it is signed on
    echo: bool = True  # a host that is silent is asked for an echo
    partial_approval: bool = False  # code 10 may be paid out
    stand_in: int = 0  # minor units: the most that may be approved in the issuer's stead
    standby: bool = False  # the host has one, and answers only what it holds too
    replication: float = 0.010  # until the standby holds a commit and has said so
    cutover: float = 0.0  # run second at which the first business day ends; 0: none does
    hotlist: tuple[str, ...] = ()  # tokens of cards the terminals hold as stopped

    def host_excused(self, since: float, until: float) -> bool:
        """Is it meant that the host did wrong at some moment of that time? An outage that ends at 0
        goes on to the end of the run.
        """
        return any(start <= until and (not end or since <= end) for start, end in self.host_outages)

    @property
    def out_after_abort(self) -> float:
        """T1: from an abort to the card out of the transport."""
        return 2 * self.eject + self.slack

    @property
    def hold(self) -> float:
        """T2: from the last wait's start to the card taken or captured."""
        bound = self.host_response + 2 * self.eject + self.card_take + self.capture + self.slack
        if self.cash_before_card:
            bound += self.dispense + self.cash_take + self.retract
        return bound

    @property
    def cash_out(self) -> float:
        """T2.cash: from the notes at the slot to a hand, or back in."""
        return self.cash_take + self.retract + self.slack

    @property
    def whole_way(self) -> float:
        """From a request until nothing of it is in the machine: card and cash one after the
        other, each for as long as it may take.
        """
        cash = 0.0 if self.cash_before_card else self.dispense + self.cash_take + self.retract
        return self.hold + cash

    @property
    def after_power_cut(self) -> float:
        """T1, T2, F1, F2: what each power cut adds. That is the time to recover; where it is
        shorter than the way of a card that has to come out once more, it is that way, as the card
        keeps its own timers.
        """
        return max(self.recovery, 2 * self.eject + self.card_take + self.capture)

    @property
    def advice_wait(self) -> float:
        """From a reversal to its answer, or to its repeat."""
        return self.advice_response + self.slack

    @property
    def wait(self) -> float:
        """F1: the longest wait for the host."""
        return self.host_response + self.slack

    @property
    def card_inside(self) -> float:
        """F2: from insertion (or the fault's start) to the card out or captured."""
        return self.session + self.hold

    @property
    def in_service(self) -> float:
        """F3: from the last fault's end to service. What was asked just before may still expire,
        and a third expiry in a row takes a terminal out of service for as long as `back`.
        """
        return self.host_response + self.back

    @property
    def doubt(self) -> float:
        """F3: so much longer for a terminal whose connection a fault had broken for good, and left
        standing: only its silence brings it in doubt, and until then something may be asked on it.
        Without echoes that takes a request, its reversal and the first repeat of it.
        """
        if not self.echo:
            return self.host_response + 2 * self.advice_response
        return self.echo_idle + self.echo_interval

    @property
    def silence(self) -> float:
        """Seconds after the last message by which a silent link is down: the idle time and
        three echoes unanswered (docs/domain.md, "Network management"). It counts only where echoes
        are sent.
        """
        return self.echo_idle + 3 * self.echo_interval
