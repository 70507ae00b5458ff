"""The path of one connection, in both directions: what faults make of its frames, and when it ends.

    one end | frames -> faults -> deliveries | the other end

A state machine without sockets and without a clock. Its input is frames and connection events, each
with the time (run seconds). Its output is deliveries and ends of the connection, each at its time.
There are two ways to drive it. A driver with an event heap schedules each `Wake` that a call
returns, in that order, and then takes what is due for that `Wake` only (`take`, `cut`). A driver
with a single timer sets it to `next_deadline` and then takes whatever is due (`due`).

Frames of one direction keep their order unless a fault holds one back (order.py). When a connection
is cut, the frames under way on it are lost. When the terminal has left the connection, frames sent
before still reach the host, until the host sees that the connection has ended.
"""

from __future__ import annotations

from typing import NamedTuple

from harness.events import End
from harness.faults.fate import Act, Close, Deliver, Passing, together
from harness.faults.fault_set import FaultSet
from harness.faults.order import InOrder
from harness.wire.frame_builder import FrameBuilder
from harness.wire.message import Message

NEVER = float("inf")


class Wake(NamedTuple):
    """Something is due at `when`: an act in the direction `to`, or, if `to` is None, a cut of the
    connection. `first`: it comes before all other events of that instant (in virtual time).
    """

    when: float
    to: End | None
    first: bool = False


class Due(NamedTuple):
    """What has become due: bytes that arrive at the end `to`, or the end of the connection."""

    to: End
    act: Act


class Path:
    """One life of a connection, from the dial to its end.

    `terminal` is the terminal by which the connection is known, '' while none is; until then no
    fault of the connection acts. It may be shared: `names` are all terminals that have spoken on
    it, if there are several. `used`: true once a frame has passed through the path; from then
    on all frames must, or they would lose their order.
    """

    __slots__ = (
        "_builder", "_cut_at", "_faults", "_host_left", "_lanes", "_leaving", "_stands", "_transit",
        "names", "terminal", "used",
    )  # fmt: skip

    def __init__(
        self, faults: FaultSet, builder: FrameBuilder, terminal: str = "", *, transit: float = 0.0
    ) -> None:
        """`transit` is how many seconds a frame takes by itself."""
        self._faults = faults
        self._builder = builder
        self._transit = transit
        self._lanes: dict[End, InOrder[Act]] = {}  # made when there is something to hold
        self._cut_at = NEVER
        self._stands = False
        self._leaving = False
        self._host_left = False
        self.terminal = terminal
        self.names: dict[str, None] = {}
        self.used = False

    # --- the connection ---------------------------------------------------------------------

    def dial(self, now: float) -> tuple[str, float]:
        """The terminal dials. How the dial fails ('refused' or 'unanswered', or '' if it does
        not), and for how many seconds its answer is delayed.
        """
        return self._faults.dial(now, self.terminal)

    def severed(self, now: float) -> bool:
        """True if the dial gets no answer because of a fault that has begun since."""
        return self._faults.severed(now, self.terminal)

    def answered(self, now: float) -> None:
        """The dial was answered."""
        self._faults.answered(now, self.terminal)

    def opened(self, now: float) -> list[Wake]:
        """The connection has been established."""
        self._stands = True
        return self.belongs_to(self.terminal, now)

    def belongs_to(self, terminal: str, now: float) -> list[Wake]:
        """A terminal uses the established connection, which is known by the first that does; ''
        if only its frames will show it.
        """
        if self.terminal and terminal != self.terminal:
            return self._shared_by(terminal, now)
        self.terminal = terminal
        if not terminal:
            return []
        self._faults.opened(now, terminal)
        return self.plan_cut(now)

    def _shared_by(self, terminal: str, now: float) -> list[Wake]:
        if not terminal or terminal in self.names:
            return []
        self.names[self.terminal] = self.names[terminal] = None
        self._faults.joined(now, terminal)
        return self.plan_cut(now)

    def closed(self, now: float, *, leaving: bool = False) -> None:
        """The connection has ended, or the dial has failed. `leaving`: only the terminal has left
        the connection, and the host goes on reading until `gone`.
        """
        self._stands = False
        self._leaving = leaving
        if self.terminal:
            self._faults.closed(now, self.terminal, self.names)

    def gone(self) -> None:
        """The host has seen that the terminal has left."""
        self._leaving = False

    def carries(self, to: End) -> bool:
        """True if bytes under way `to` that end still arrive."""
        return self._stands if to == "terminal" else self._host_hears

    @property
    def _host_hears(self) -> bool:
        return (self._stands and not self._host_left) or self._leaving

    # --- when a fault cuts it -----------------------------------------------------------------

    def plan_cut(self, now: float) -> list[Wake]:
        """Plan the next cut of the connection. Frames that pass until then may postpone it."""
        if not self._faults.connection or not self.terminal or not self._stands:
            return []
        cut = self._faults.next_cut(now, self.terminal, self.names)
        if cut is None or cut[0] >= self._cut_at:
            return []
        self._cut_at = cut[0]
        return [Wake(cut[0], None)]

    def cut(self, now: float) -> tuple[str, list[Wake]]:
        """A planned cut is due. How the connection ends, 'rst' or 'fin'; '' if the cut was
        postponed, and then the returned wakes may plan it again.
        """
        if not self._stands:
            return "", []
        self._cut_at = NEVER
        cut = self._faults.next_cut(now, self.terminal, self.names)
        if cut is None or cut[0] > now:
            return "", self.plan_cut(now)
        self._faults.cut_done(now, self.terminal, cut[1], self.names)
        return cut[1], []

    # --- frames -------------------------------------------------------------------------------

    def send(
        self,
        now: float,
        to: End,
        raw: bytes,
        message: Message | None,
        *,
        of: str = "",
        deadline: float | None = None,
    ) -> list[Wake]:
        """Send a whole frame to an end. `message` is the decoded message, None if decoding failed.
        `of` is the frame's terminal, where several terminals share the connection; `deadline` as
        in `Passing`. On a connection that has ended nothing is sent.
        """
        if not self._stands:
            return []
        self.used = True
        wakes: list[Wake] = []
        if self._faults.connection and self.terminal:
            self._faults.passed(now, self.terminal, self.names)
            wakes = self.plan_cut(now)
        acts: list[Act] | None = None
        if self._faults.wire:
            passing = Passing(
                of or self.terminal, to, raw, message, self._builder, deadline, self.terminal
            )
            acts = self._faults.fate(now, passing)
        for group in together([Deliver(0.0, raw)] if acts is None else acts):
            wakes += self._put(now, to, group)
        return wakes

    def spill(self, now: float, to: End, data: bytes) -> list[Wake]:
        """Send bytes that are not a frame; no fault touches them."""
        self.used = True
        return self._put(now, to, [Deliver(0.0, data)])

    def _put(self, now: float, to: End, acts: list[Act]) -> list[Wake]:
        """Add acts that nothing may interrupt."""
        timed = [(now + self._transit + act.delay, act) for act in acts]
        self._lane(to).put(timed)
        return [Wake(when, to, isinstance(act, Deliver) and act.first) for when, act in timed]

    def _lane(self, to: End) -> InOrder[Act]:
        lane = self._lanes.get(to)
        if lane is None:
            lane = self._lanes[to] = InOrder()
        return lane

    def host_left(self, now: float) -> list[Wake]:
        """The host has ended the connection: it hears nothing more, and the terminal sees the end
        behind all that is under way to it.
        """
        self._host_left = True
        lane = self._lane("terminal")
        when = max(now + self._transit, lane.last_due())
        lane.put([(when, Close(0.0, "fin"))])
        return [Wake(when, "terminal")]

    # --- what is due --------------------------------------------------------------------------

    def take(self, now: float, to: End) -> Act | None:
        """The next act that is due in the direction of that end; None if there is none. The owner
        carries it out before it takes another.
        """
        lane = self._lanes.get(to)
        while lane is not None and (act := lane.take(now)) is not None:
            if isinstance(act, Close):
                if self._stands:
                    return act
            elif self.carries(to):
                if act.effects:
                    self._faults.came_about(act.effects)
                return act
        return None

    def due(self, now: float) -> Due | None:
        """The next thing due in either direction. After an end by 'fin' or 'rst' nothing is due."""
        act: Act | None = None
        if self._cut_at <= now:
            how, _ = self.cut(now)
            act = Close(0.0, how) if how else None
        to: End = "terminal"
        if act is None:
            for to in ("host", "terminal"):
                act = self.take(now, to)
                if act is not None:
                    break
        if isinstance(act, Close) and act.how != "half":
            self._stands = False
        return None if act is None else Due(to, act)

    def next_deadline(self) -> float:
        """When something is due next, infinite if nothing is."""
        if not self._stands:
            return NEVER
        return min([self._cut_at, *(lane.next_due() for lane in self._lanes.values())])
