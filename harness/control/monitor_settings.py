"""The thresholds of the monitor. docs/monitor.md says why each is what it is."""

from __future__ import annotations

import msgspec

from harness.contract import HOST_RESPONSE, MOST_NAMES
from harness.control.reporter import TELEMETRY_PERIOD
from harness.machines.notes import CASSETTES

_SLACK = 15.0


class MonitorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Durations in seconds, shares from 0 to 1.

    The host: a terminal is evidence against it when a request has waited `waiting`, when an echo
    is late (the terminal says 'doubtful'), or when the terminal has judged it down for `down`. An
    answer speaks for it for `answer_counts`. It is silent for the bank or a region when `bad_most`
    of those heard say so: `bank_share` of all terminals and `least_bank` of them, or
    `region_share` of a region and `least_region`; where fewer than `least_bank`
    are online, all of them for `few_after`. Every terminal asks its host at least once in
    `asks_within`, so that after that time no word is a good word. `region_after`: a region's
    evidence stands for so long before its network is named, as the host would be silent elsewhere
    too by then. `alone_after`: then a terminal whose neighbours have the host is named itself.

    Lost terminals: `silent_after` without a word counts as lost; a loss alone is told after
    `lost_after`, that of a region after `region_lost_after`, of a gateway after
    `gateway_lost_after`, and of the bank after `bank_lost_after`. When its own connection has come
    back, the monitor waits `reconnects` before it judges losses, and `settles` before it judges the
    host. The terminals of a gateway that has come back have `reconnects` as well. At most
    `most_gateways` are known.
    """

    waiting: float = 9.5
    down: float = 10.0
    answer_counts: float = 30.0
    bad_most: float = 0.5
    bank_share: float = 0.2
    least_bank: int = 3
    few_after: float = 60.0
    region_share: float = 0.5
    least_region: int = 2
    asks_within: float = 75.0
    region_after: float = 45.0
    alone_after: float = 300.0
    slow: float = 10.0
    slow_answers: int = 10
    slow_answers_of_region: int = 3

    silent_after: float = 3 * TELEMETRY_PERIOD + _SLACK
    lost_after: float = 60.0
    region_lost_after: float = 20.0
    bank_lost_after: float = 5.0
    gateway_lost_after: float = 5.0
    broker_lost_after: float = 5.0
    reconnects: float = 90.0
    settles: float = 15.0

    card_in: float = 300.0
    host_wait: float = HOST_RESPONSE + _SLACK
    hardware_after: float = 5.0
    supplies_after: float = 30.0
    notes_low: int = min(CASSETTES.values()) // 15
    notes_aside: int = 300
    cards_kept: int = 20
    backlog: int = 5
    backlog_after: float = 120.0

    issuer_window: float = 180.0
    issuer_unavailable: int = 4
    issuer_share: float = 0.6

    storm_window: float = 60.0
    storm: int = 5
    storm_spared: int = 3
    storm_at_one_window: float = 3600.0
    storm_at_one: int = 3
    storm_calm: float = 600.0

    calm: float = 60.0
    update_pause: float = 10.0
    takes_over: float = 150.0

    most_terminals: int = MOST_NAMES
    most_regions: int = 64
    most_gateways: int = 256
    most_issuers: int = 64
    most_incidents: int = 1000
