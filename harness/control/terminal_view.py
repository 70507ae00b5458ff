"""One terminal as the monitor knows it: what it has said, in the order in which it was said.

A message of an earlier process, one that came twice, and one that was overtaken by a later one
change nothing. A last will says that the connection of that process has ended, and nothing else: it
was written before all the rest.

The terminal's clock may be wrong. So a duration is taken from two readings of that same clock: when
it wrote the message, and since when, as the message says.
"""

from __future__ import annotations

from collections import deque

from harness.control import payloads as p
from harness.control.gateways import Standing
from harness.machines.timers import NEVER
from harness.wire.calendar import moment_of

LONGEST_NAME = 32
"""Characters of a name that count: DE 41 has 8, and some versions 16."""
_LONGEST_ID = 64  # characters of the number of a process
_STATE_LATE = 15.0  # seconds
_LONGEST_AGE = 10 * 86_400.0  # seconds; what is older by a clock that may be wrong is so old


def clock(text: str) -> float | None:
    """An ISO 8601 time as seconds; None if it is none."""
    moment = moment_of(text)
    return None if moment is None else moment.timestamp()


class TerminalView:
    """Moments are run seconds of the monitor, None for none. `heard` is when something of the
    running process came last, `lost_since` since when the terminal is known to be away without
    having said so, `planned` whether it has said so. `cut_off`: it is lost with its gateway, until
    `cut_until`, when the gateway has been back for so long that it is lost by itself.
    """

    __slots__ = (
        *("name", "region", "boot_id", "_before", "_seq", "_at", "_seqs"),
        *("heard", "online", "planned", "willed", "lost_since", "cut_off", "cut_until"),
        *("stopped", "out", "hardware_since", "broken", "devices_failed", "stuck"),
        *(
            "card_since",
            "waiting_since",
            "bad_since",
            "doubtful",
            "bad",
            "_waits_surely",
            "_host_seq",
        ),
        *("pending", "parked", "backlog_since", "short", "short_cash", "short_bin", "short_since"),
        *("_captured", "_credit", "captures", "told", "checked_at"),
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.region = ""
        self.boot_id = self._before = ""
        self._seq, self._at, self._host_seq = -1, 0.0, -1
        self._seqs: dict[str, int] = {}
        self.heard = 0.0
        self.online = self.planned = self.willed = self.doubtful = self.bad = False
        self.stopped = self.out = self._waits_surely = False
        self.lost_since: float | None = None
        self.cut_off, self.cut_until = False, NEVER
        self.broken = self.devices_failed = self.stuck = ""
        self.short = self.short_cash = self.short_bin = ""
        self.card_since: float | None = None
        self.waiting_since: float | None = None
        self.bad_since: float | None = None
        self.hardware_since: float | None = None
        self.backlog_since: float | None = None
        self.short_since: float | None = None
        self.pending = self.parked = 0
        self._captured: int | None = None
        self._credit = 0  # captures that the link told of, and the devices have not yet
        self.captures: deque[float] = deque(maxlen=16)
        self.told: dict[str, None] = {}  # kinds of incidents of this terminal that are open
        self.checked_at = NEVER  # when it is looked at next

    # --- its state -------------------------------------------------------------------------------

    def take_state(self, state: p.TerminalState, now: float, old: float) -> bool:
        """Take a state in, which may have lain at the broker for `old` seconds. Is it news?"""
        if state.status == "offline" and not state.planned:
            return self._take_will(state, now)
        at = clock(state.at)
        if not self._is_next(state, at):
            return False
        self._seq = state.seq
        self._at = at if at is not None else self._at
        self.online, self.planned = state.status == "online", state.planned
        self.willed = False
        if self.lost_since is not None:
            self.lost_since = None
            self.forget_captures()
        self.heard = now
        self.stopped = "operator" in state.reasons
        self.out = state.service == "out_of_service"
        self._take_durations(state, at, now - old)
        self._waits_surely = old > 0.0
        return True

    def _take_will(self, state: p.TerminalState, now: float) -> bool:
        """The will was written when the connection was made: nobody knows when it ended."""
        boot_id = state.boot_id[:_LONGEST_ID]
        if self.boot_id not in ("", boot_id) or self.planned or self.willed:
            return False
        self.boot_id = boot_id
        self.online, self.willed = False, True
        if self.lost_since is None:
            self.lost_since = now
        return True

    def with_gateway(self, standing: Standing, now: float, returns: float) -> None:
        """Where it stands by what its gateway says. One that is back has `returns` seconds until
        it carries its terminals again.
        """
        if standing == "carried" or self.planned:
            if self.cut_off and not self.willed:
                self.lost_since = None
            self.cut_off, self.cut_until = False, NEVER
        elif standing == "lost" or self.cut_off or self.lost_since is None:
            if self.lost_since is None:
                self.lost_since = now
            self.cut_until = NEVER if standing == "lost" else min(self.cut_until, now + returns)
            self.cut_off = True

    def cut_ends(self, now: float) -> None:
        """Is its gateway back for so long that it is lost by itself?"""
        if self.cut_off and now >= self.cut_until:
            self.cut_off, self.lost_since = False, self.cut_until

    def _is_next(self, state: p.TerminalState, at: float | None) -> bool:
        """Is it later than what is known? A process with another number is, unless it is the one
        before.
        """
        boot_id = state.boot_id[:_LONGEST_ID]
        if boot_id != self.boot_id:
            if boot_id == self._before and self.boot_id:
                return False
            self._before, self.boot_id = self.boot_id, boot_id
            self._seqs.clear()
            self._host_seq = -1
            return True
        return state.seq > self._seq or (at is not None and at > self._at)

    def _take_durations(self, state: p.TerminalState, at: float | None, said: float) -> None:
        def since(text: str) -> float:
            began = clock(text)
            age = 0.0 if at is None or began is None else at - began
            return said - min(max(age, 0.0), _LONGEST_AGE)

        here = state.status == "online"
        inside = here and state.card_at in ("inside", "slot")
        self.card_since = since(state.card_since) if inside else None
        if state.seq > self._host_seq:
            self._host_seq = state.seq
            waits = here and state.waiting_since
            self.waiting_since = since(state.waiting_since) if waits else None
            self._judged(state.host if here else "up", since(state.host_since))
        stuck = [x for x, where in (("card", state.card_at), ("cash", state.cash_at))
                 if where == "stuck"]  # fmt: skip
        self.stuck = " and ".join(stuck) + " stuck" if stuck else ""
        self.broken = "out of service by hardware" if "hardware" in state.reasons else ""
        self.hardware_since = _since(self.hardware_since, self.hardware, now=said)
        self.pending, self.parked = state.pending, state.parked

    def note_backlog(self, now: float, most: int) -> None:
        """Reversals wait although the host answers, or the host refuses some."""
        waits = self.pending > most and self.bad_since is None and self.waiting_since is None
        waits = waits and self.present
        self.backlog_since = _since(
            self.backlog_since, "yes" if waits or self.parked else "", now=now
        )

    # --- its telemetry ---------------------------------------------------------------------------

    def is_news(self, what: str, message: p.Payload) -> bool:
        """Is a telemetry of the running process, and later than those that came before? That
        process is alive then.
        """
        if message.boot_id[:_LONGEST_ID] != self.boot_id or self.willed or self.planned:
            return False
        if message.seq <= self._seqs.get(what, -1):
            return False
        self._seqs[what] = message.seq
        return True

    def take_link(self, link: p.LinkTelemetry, now: float) -> None:
        """What the link says of the host now."""
        if link.seq > self._host_seq:
            self._host_seq = link.seq
            waits = seconds(link.waiting)
            self.waiting_since = now - waits if waits else None
            self._waits_surely = True
            self._judged(link.host, now)

    def _judged(self, host: p.Host, since: float) -> None:
        self.doubtful = host == "doubtful"
        if host == "up":
            self.bad_since = None
        elif self.bad_since is None or since < self.bad_since:
            self.bad_since = since

    def bad_from(self, waiting: float, down: float) -> float:
        """From when on it is evidence against its host, if nothing else is heard; infinity for
        never. `waiting`: for so long a request has to wait, if the link has told of it; a
        state that came late may tell of a request that has been answered.
        """
        if not self.present:
            return NEVER
        moments = [NEVER]
        if self.bad_since is not None:
            moments.append(self.bad_since + (0.0 if self.doubtful else down))
        if self.waiting_since is not None:
            late = 0.0 if self._waits_surely else _STATE_LATE
            moments.append(self.waiting_since + waiting + late)
        return min(moments)

    def take_devices(self, devices: p.DevicesTelemetry, now: float, bin_full: int) -> int:
        """The devices; how many cards were captured by code of which nobody has told yet."""
        failed = [x for x in ("reader", "dispenser") if getattr(devices, x) == "failed"]
        self.devices_failed = " and ".join(failed) + " failed" if failed else ""
        self.hardware_since = _since(self.hardware_since, self.hardware, now=now)
        cards = devices.captured
        self.short_bin = f"{cards} cards in the retain bin" if cards >= bin_full else ""
        self._is_short(now)
        before, self._captured = self._captured, devices.captured_by_code
        credit, self._credit = self._credit, 0
        return max(0, self._captured - before - credit) if before is not None else 0

    def captured_by_link(self, cards: int) -> None:
        """The link has told of so many cards captured by code, which the devices will tell too."""
        self._credit += cards

    def forget_captures(self) -> None:
        """Nobody knows when what is told next was captured."""
        self._captured = None
        self._credit = 0

    def take_cash(self, cash: p.CashTelemetry, now: float, low: int, aside: int) -> None:
        least = min(cash.cassettes.values(), default=low)
        if least < low:
            self.short_cash = f"{least} notes left in a cassette"
        elif cash.rejected + cash.retracted >= aside:
            self.short_cash = f"{cash.rejected + cash.retracted} notes rejected or retracted"
        else:
            self.short_cash = ""
        self._is_short(now)

    def _is_short(self, now: float) -> None:
        self.short = ", ".join(x for x in (self.short_cash, self.short_bin) if x)
        self.short_since = _since(self.short_since, self.short, now=now)

    @property
    def hardware(self) -> str:
        """What is broken, in words; '' for nothing."""
        return self.devices_failed or self.stuck or self.broken

    @property
    def present(self) -> bool:
        """Is it at the broker, as far as anybody can know?"""
        return self.online and self.lost_since is None


def _since(before: float | None, holds: str, *, now: float) -> float | None:
    if not holds:
        return None
    return now if before is None else before


def seconds(value: float) -> float:
    """A duration that somebody has sent."""
    return min(max(value, 0.0), _LONGEST_AGE)
