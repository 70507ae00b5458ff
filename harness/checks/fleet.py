"""Checks of a fleet's recovery: it serves again, and not all terminals at once (F3, F4)."""

from __future__ import annotations

from math import sqrt

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence

CLOSED = ("out_of_service", "supervisor", "blank", "")
SHARE = 0.99
LONG_DOWN = 120.0  # seconds after which a terminal's back-off has come to its cap
FLEET = 30  # with fewer terminals F4 is not judged
BLOCK = 5.0  # seconds over which connects are counted
FOREVER = float("inf")
KILLED = "killed"  # the phase in which power is lost with a process that another one follows
SPREAD = 4.0  # allowed standard deviations above the average


class BackInService(Check):
    """F3, by the screens. Recovery is the moment when the last fault and all outages that faults
    began have ended. A terminal whose hardware failed needs a person and is not judged. A terminal
    whose connection seemed open at the recovery and was lost only afterwards could not know at
    first that the connection was broken, and is judged later than the others.
    """

    id = "F3"
    needs = ("device", "ledger")  # a test of terminals alone has no host that recovers
    stood_by = (e.RUN, e.HOST)
    timers = 10  # host_response, three echoes, and to connect and to sign on once or twice more

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._serving: dict[str, bool] = {}
        self._broken: dict[str, None] = {}
        self._faults = 0
        self._host_away: dict[float, float] = {}  # since and until when, as faults say
        self._recovered: float | None = None
        self._opened: dict[str, float] = {}
        self._in_doubt: dict[str, None] = {}  # connection lost after the recovery
        self._early = True  # no terminal has been judged since the recovery
        self._down: dict[str, float] = {}  # until when a fault keeps one machine down
        self._stopped: dict[str, None] = {}  # by the operator
        self._resuming: dict[str, None] = {}  # told to serve, and not acknowledged yet
        self._later: dict[str, float] = {}  # terminals that are judged separately, and when
        self._late: dict[str, float] = {}  # terminals that are late, and when they were due

    # --- faults ---------------------------------------------------------------------------------

    def run_event(self, at: float, event: e.Event) -> None:
        self._look(at)
        if isinstance(event, e.FaultBegan):
            self._faults += 1
            self._recovered = None  # before it could be judged
            self._later.clear()
        elif isinstance(event, e.FaultEnded):
            self._faults -= 1
            if not self._faults:
                self._recovers(at)
        elif isinstance(event, e.FaultActed):
            whose, end = event.whom, at + event.lasts
            if whose != e.HOST:  # one terminal's outage does not excuse the others
                self._down[whose] = max(self._down.get(whose, 0.0), end)
                return
            self._host_away[at] = max(self._host_away.get(at, 0.0), end)
            if self._recovered is not None and self._recovered < end:
                self._recovers(at)
        elif isinstance(event, e.HostStarted | e.HostThawed | e.FailedOver):
            self._host_is_back(at, event)
        elif isinstance(event, e.CustomersStopped) and (self._faults or self._recovered is None):
            self._recovers(at)

    def _host_is_back(self, at: float, event: e.Event) -> None:
        """The host is back, perhaps earlier than the fault that took it down had said, because its
        standby has taken over. After a failover the new host still has to start.
        """
        if isinstance(event, e.FailedOver) and event.how == "failover":
            return
        self._host_away = {since: end for since, end in self._host_away.items() if since >= at}
        if self._recovered is not None and self._recovered > at:
            self._recovers(at)

    def _recovers(self, at: float) -> None:
        self._recovered = max([at, *self._host_away.values()])
        self._early = True
        self._in_doubt.clear()
        self._later.clear()

    def _look(self, now: float) -> None:
        """Judge the terminals that are due: first those whose connection was sound, then those with
        a broken connection, then those that were down themselves.
        """
        if self._recovered is not None:
            self._look_at_all(self._recovered + self.contract.in_service, now)
        for name in [name for name, due in self._later.items() if now >= due]:
            self._judge_alone(name, self._later.pop(name))

    def _look_at_all(self, due: float, now: float) -> None:
        if self._early and now >= due:
            self._early = False
            self._judge(due, [name for name in self._serving if name not in self._in_doubt])
        if now >= due + self.contract.doubt:
            self._recovered = None
            self._judge(due + self.contract.doubt, list(self._in_doubt))

    def _judge(self, at: float, whom: list[str]) -> None:
        """Judge which of the terminals serve at `at`. A terminal that was itself down until
        recently is judged later.
        """
        bound = self.contract.in_service
        lately = {x: due for x in whom if (due := self._down.get(x, -bound) + bound) > at}
        self._later |= lately
        sound = [name for name in whom if self._is_judged(name) and name not in lately]
        away = [name for name in sound if not self._serving[name]]
        self.tried += len(sound)
        if len(away) > (1.0 - SHARE) * len(sound):
            self._late |= dict.fromkeys(away, at)

    def _judge_alone(self, name: str, at: float) -> None:
        if self._is_judged(name):
            self.tried += 1
            if not self._serving[name]:
                self._late[name] = at

    def _is_judged(self, name: str) -> bool:
        return name not in self._broken and name not in self._stopped

    def _was_late(self, terminal: TerminalEvidence, at: float, *, for_good: bool = False) -> None:
        """Note by how much a terminal was late, which is known only once it serves again."""
        due = self._late.pop(terminal.name, None)
        if due is not None:
            bound = self.contract.in_service
            if terminal.name in self._in_doubt:
                bound += self.contract.doubt
            what = f"out of service {bound:.0f} s after the last fault ended"
            if for_good and due >= at:
                what = "out of service as the run ended"
            late = None if for_good else late_by(at - due, due - bound, at)
            self.fail(terminal, at, what, late=late)

    # --- terminals ------------------------------------------------------------------------------

    def on_PowerRestored(
        self, terminal: TerminalEvidence, at: float, _event: e.PowerRestored
    ) -> None:
        """A process that was killed is followed by another: how long after it is nobody's fault."""
        if self._down.get(terminal.name) == FOREVER:
            self._down[terminal.name] = at
            if terminal.name in self._later:
                self._later[terminal.name] = at + self.contract.in_service

    def on_OrderGiven(self, terminal: TerminalEvidence, at: float, event: e.OrderGiven) -> None:
        """The operator took it out of service: it has to serve once it was told to (T21)."""
        self._look(at)
        if event.order == "stop":
            self._stopped[terminal.name] = None
        elif event.order in ("resume", "leave"):
            self._down[terminal.name] = at
            if event.order == "resume" and self._stopped.pop(terminal.name, "") is None:
                self._resuming[terminal.name] = None

    def on_OrderAcknowledged(
        self, terminal: TerminalEvidence, _at: float, event: e.OrderAcknowledged
    ) -> None:
        """What is acknowledged outlives a power cut."""
        if event.order == "resume":
            self._resuming.pop(terminal.name, None)

    def _now(self, terminal: TerminalEvidence, at: float, *, serving: bool) -> None:
        self._look(at)
        if serving:
            self._was_late(terminal, at)
        self._serving[terminal.name] = serving

    def on_ScreenShown(self, terminal: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        self._now(terminal, at, serving=event.screen not in CLOSED)

    def on_CassettesCounted(
        self, terminal: TerminalEvidence, at: float, event: e.CassettesCounted
    ) -> None:
        """Each terminal's cassettes are counted before it is switched on: from then on it is
        expected to come up.
        """
        if event.when == "opening":
            self._now(terminal, at, serving=False)

    def on_PowerLost(self, terminal: TerminalEvidence, at: float, event: e.PowerLost) -> None:
        self._now(terminal, at, serving=False)
        if self._resuming.pop(terminal.name, "") is None:
            self._stopped[terminal.name] = None  # the order was lost, and nobody gives it again
        if event.phase == KILLED:
            self._down[terminal.name] = FOREVER

    def on_LinkOpened(self, terminal: TerminalEvidence, at: float, _event: e.LinkOpened) -> None:
        self._opened[terminal.name] = at

    def on_LinkClosed(self, terminal: TerminalEvidence, at: float, _event: e.LinkClosed) -> None:
        self._look(at)
        recovered = self._recovered
        if recovered is not None and self._opened.get(terminal.name, at) < recovered < at:
            self._in_doubt[terminal.name] = None

    def _breaks(self, terminal: TerminalEvidence, _at: float, _event: e.Event) -> None:
        self._broken[terminal.name] = None

    on_EjectFailed = on_CaptureFailed = on_RetractFailed = _breaks  # noqa: N815
    on_MotorSlowed = on_MotorStopped = _breaks  # noqa: N815

    def _stands_still(self, terminal: TerminalEvidence, at: float, event: e.Event) -> None:
        """A terminal whose process was paused while a motor reported must conclude that the motor
        is broken.
        """
        if terminal.device.inserted is not None or terminal.device.cash_out:
            self._breaks(terminal, at, event)

    on_ProcessPaused = on_ProcessResumed = _stands_still  # noqa: N815

    def on_StackBegun(self, terminal: TerminalEvidence, at: float, event: e.StackBegun) -> None:
        if terminal.time.stands_still:
            self._breaks(terminal, at, event)

    def on_NotesStacked(self, terminal: TerminalEvidence, at: float, event: e.NotesStacked) -> None:
        if not event.counted:
            self._breaks(terminal, at, event)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        self._look(now)
        self._was_late(terminal, now)

    def rest(self, terminal: TerminalEvidence, now: float) -> None:
        """At the end of the run, judge the terminals that are not judged yet. If the contract does
        not await service, only the terminals that are back in service are judged.
        """
        awaits = self.contract.awaits_service
        if self._recovered is not None:
            self._recovered = None
            whom = self._serving if self._early else self._in_doubt
            self._judge(now, [name for name in whom if awaits or self._serving[name]])
        for name in list(self._later):
            due = self._later.pop(name)
            if awaits or self._serving[name]:
                self._judge_alone(name, due)
        self._was_late(terminal, now, for_good=True)


class NoStampede(Check):
    """F4. Connects of terminals that were cut off so long that each has reached its back-off's cap.
    The allowed rate per second is an average; up to `SPREAD` deviations above it count as chance.
    Too many connects are late by the time that so many may take: where the harness stood still so
    long, what was due meanwhile came at once.
    """

    id = "F4"
    needs = ("wire.terminal",)
    unit = "per second"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._down: dict[str, float] = {}
        self._block = -1.0
        self._count = 0
        self._fleet: dict[str, None] = {}

    @property
    def bound(self) -> float | None:
        """Connects a second, averaged over a block."""
        mean = 2.0 * len(self._fleet) / 60.0 * BLOCK
        return (mean + SPREAD * sqrt(mean)) / BLOCK

    def on_LinkClosed(self, terminal: TerminalEvidence, at: float, _event: e.LinkClosed) -> None:
        self._down.setdefault(terminal.name, at)

    def on_LinkOpened(self, terminal: TerminalEvidence, at: float, _event: e.LinkOpened) -> None:
        self._fleet[terminal.name] = None
        since = self._down.pop(terminal.name, at)
        if at - since < LONG_DOWN or len(self._fleet) < FLEET:
            return
        self.tried += 1
        block = at // BLOCK
        if block != self._block:
            self._block, self._count = block, 0
        self._count += 1
        self.measured(self._count / BLOCK)
        bound = self.bound or 0.0
        if self._count > bound * BLOCK:
            what = f"{self._count} connects in {BLOCK:.0f} s, at most {bound:.1f}/s"
            late = late_by(self._count / bound - BLOCK, block * BLOCK, at)
            self.fail(terminal, at, what, late=late)
