"""What a terminal tells of itself over the control plane: its state, telemetry and events.

It sees what the terminal's logic and its devices' sensors report, nothing else. What only the
harness knows (what a fault does, what a customer wants, notes that no sensor could count) is not
told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from harness import events as e
from harness.control import payloads as p
from harness.control.heads import Heads
from harness.control.link_report import LinkReport
from harness.control.publication import Publication
from harness.control.topics import Topics
from harness.machines.inputs import State
from harness.machines.timers import NEVER
from harness.wire.calendar import Calendar

TELEMETRY_PERIOD = 60.0
"""Seconds between two reports of the link, the cash and the devices where nothing has changed."""
WAITING_PERIOD = 10.0
"""Seconds between two reports of the link while a request has no answer."""
STATE_PAUSE = 1.0
"""Seconds between two states: a visit changes it several times in a second."""

NOTABLE: tuple[type[e.Event], ...] = (
    *(e.Booted, e.Aborted, e.AlarmRaised, e.BreakerTripped, e.OrderAcknowledged, e.LinkJudged),
    *(e.ServiceChanged, e.ReversalQueued, e.ReversalAnswered, e.ReversalParked),
    *(e.SuspenseRecorded, e.DamagedMessage, e.HostRequestRefused, e.LateApproval),
    *(e.CardCaptured, e.CaptureFailed, e.EjectFailed, e.RetractFailed, e.CardRemoved),
    *(e.SafeDoorOpened, e.SafeDoorClosed, e.CassettesFilled, e.MessageShown),
)
"""Events that every terminal reports."""
OF_VISITS: tuple[type[e.Event], ...] = (
    *(e.CardInserted, e.CardUnread, e.EjectBegun, e.CardAtSlot, e.CardTaken, e.CaptureBegun),
    *(e.StackBegun, e.NotesStacked, e.NotesPresented, e.NotesTaken, e.NotesPartlyTaken),
    *(e.RetractBegun, e.NotesRetracted, e.ScreenShown, e.TransactionBegun, e.TransactionEnded),
)
"""Events that a terminal reports where it is asked for all that its devices do."""
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def kind_of(event: type[e.Event]) -> str:
    """The kind under which an event is reported: 'card_at_slot'."""
    return _WORDS.sub("_", event.__name__).lower()


KINDS: dict[str, type[e.Event]] = {kind_of(event): event for event in (*NOTABLE, *OF_VISITS)}


class Identity(NamedTuple):
    """Whose control plane it is. `currency` is that of the notes, ISO 4217. `gateway` carries it,
    and `gateway_boot` names that one's process.
    """

    terminal: str
    region: str
    topics: Topics
    calendar: Calendar
    currency: str = "EUR"
    gateway: str = ""
    gateway_boot: str = ""


class StoreCounts(NamedTuple):
    """Reversals that have no answer, and those that the host refuses."""

    pending: int
    parked: int


class Reporter:
    """One terminal's reports. `out` is what is to be published; the owner takes and empties it.
    `due` is when `tick` must be called (run seconds).
    """

    def __init__(
        self, identity: Identity, counts: Callable[[], StoreCounts], *, visits: bool = False
    ) -> None:
        """`visits`: report all events of the devices, and not the notable ones alone."""
        self.identity = identity
        self._counts = counts
        self._reported = frozenset((*NOTABLE, *OF_VISITS) if visits else NOTABLE)
        self.out: list[Publication] = []
        self._captures = self._captures_by_code = 0
        self._rejected = self._retracted = 0
        self._cassettes: e.Notes = {}
        self.boot("", 0.0)

    @property
    def boot_id(self) -> str:
        """Names the process that runs."""
        return self._heads.boot_id

    def boot(self, boot_id: str, now: float) -> None:
        """A new process begins, which knows of the past only what the devices can say."""
        self._heads = Heads(self.identity.calendar, boot_id)
        self._state: dict[str, Any] = {
            "service": "out_of_service",
            "reasons": (),
            "screen": "",
            "message": "",
            "card_at": "none",
            "card_since": "",
            "cash_at": "none",
            "host": "down",
            "host_since": self.identity.calendar.iso(now),
            "waiting_since": "",
        }
        self._failed: dict[str, None] = {}
        self._safe = "closed"
        self._suspense = 0  # a terminal tells of each again when it boots
        self._link = LinkReport(now)
        self._dirty = True
        self._devices_dirty = True
        self._told_at = -NEVER
        self._telemetry_due = now
        self.out.clear()

    def will(self) -> Publication:
        """What the broker is to say when this terminal's connection ends without a word."""
        state = self.state(0.0, status="offline", seq=0)
        return Publication(self.identity.topics.state(self.identity.terminal), state, retain=True)

    def state(
        self, now: float, *, status: str = "online", planned: bool = False, seq: int | None = None
    ) -> p.TerminalState:
        """The terminal's state as a payload."""
        pending, parked = self._counts()
        head = self._heads.next(now) if seq is None else self._heads.numbered(seq, now)
        return p.TerminalState(
            **head,
            terminal=self.identity.terminal,
            region=self.identity.region,
            status=status,  # type: ignore[arg-type]
            planned=planned,
            pending=pending,
            parked=parked,
            suspense=self._suspense,
            gateway=self.identity.gateway,
            gateway_boot=self.identity.gateway_boot,
            **self._state,
        )

    def publish_state(self, now: float, *, status: str = "online", planned: bool = False) -> None:
        """Publish the state, whether it has changed or not."""
        self._dirty = False
        self._told_at = now
        topic = self.identity.topics.state(self.identity.terminal)
        state = self.state(now, status=status, planned=planned)
        self.out.append(Publication(topic, state, retain=True))

    def head(self, now: float) -> dict[str, Any]:
        """The members that every payload has, of the next message."""
        return self._heads.next(now)

    # --- time ------------------------------------------------------------------------------------

    @property
    def due(self) -> float:
        state = self._told_at + STATE_PAUSE if self._dirty else NEVER
        return min(state, self._telemetry_due)

    def tick(self, now: float) -> None:
        """Publish what is due."""
        if self._dirty and now >= self._told_at + STATE_PAUSE:
            self.publish_state(now)
        if now >= self._telemetry_due:
            self._tell_link(now)
            if self._devices_dirty:
                self._tell_devices(now)

    def _tell_link(self, now: float) -> None:
        waits = self._link.waiting
        self._telemetry_due = now + (WAITING_PERIOD if waits else TELEMETRY_PERIOD)
        self._publish("link", self._link.report(self.head(now), self._state["host"], now))

    def _tell_devices(self, now: float) -> None:
        self._devices_dirty = False
        cash = p.CashTelemetry(
            **self.head(now),
            currency=self.identity.currency,
            cassettes={str(note): count for note, count in sorted(self._cassettes.items())},
            rejected=self._rejected,
            retracted=self._retracted,
        )
        self._publish("cash", cash)
        devices = p.DevicesTelemetry(
            **self.head(now),
            reader="failed" if "reader" in self._failed else "ok",
            dispenser="failed" if "dispenser" in self._failed else "ok",
            safe=self._safe,  # type: ignore[arg-type]
            captured=self._captures,
            captured_by_code=self._captures_by_code,
        )
        self._publish("devices", devices)

    def _publish(self, what: str, payload: p.Payload) -> None:
        topic = self.identity.topics.telemetry(self.identity.terminal, what)
        self.out.append(Publication(topic, payload, qos=0))

    # --- what happens ----------------------------------------------------------------------------

    def saw(self, event: e.Event, now: float) -> None:
        """The terminal's logic or one of its devices reports something."""
        kind = type(event)
        follow = _FOLLOW.get(kind)
        if follow is not None:
            follow(self, event, now)
        if kind in self._reported:
            name = kind_of(kind)
            payload = p.TerminalEvent(**self.head(now), kind=name, data=_data(event))
            topic = self.identity.topics.event(self.identity.terminal, name)
            self.out.append(Publication(topic, payload))

    def _is(self, **values: Any) -> None:
        """The state has these values now."""
        if any(self._state[name] != value for name, value in values.items()):
            self._state.update(values)
            self._dirty = True

    def _service(self, event: e.ServiceChanged, _now: float) -> None:
        service = "out_of_service" if event.reasons else "in_service"
        self._is(service=service, reasons=tuple(event.reasons))

    def _judged(self, event: e.LinkJudged, now: float) -> None:
        self._is(host=event.judgement, host_since=self.identity.calendar.iso(now))
        self._telemetry_due = now

    def _screen(self, event: e.ScreenShown, _now: float) -> None:
        self._state["screen"] = event.screen  # it changes too often to be told by itself

    def _message(self, event: e.MessageShown, _now: float) -> None:
        self._is(message=event.text)

    def _card_in(self, _event: e.Event, now: float) -> None:
        self._is(card_at="inside", card_since=self.identity.calendar.iso(now))

    def _card_at_slot(self, _event: e.Event, _now: float) -> None:
        self._is(card_at="slot")

    def _card_gone(self, _event: e.Event, _now: float) -> None:
        self._is(card_at="none", card_since="")

    def _captured(self, event: e.Event, now: float) -> None:
        self._captures += 1
        self._devices_dirty = True
        self._card_gone(event, now)

    def _card_stuck(self, _event: e.Event, _now: float) -> None:
        self._failed["reader"] = None
        self._devices_dirty = True
        self._is(card_at="stuck")

    def _cash_in_stacker(self, event: e.NotesStacked, _now: float) -> None:
        self._cassettes = _less(self._cassettes, event.notes)
        self._rejected += sum(event.rejected.values())
        self._devices_dirty = True
        self._is(cash_at="stacker" if event.notes else "none")

    def _cash_at_slot(self, _event: e.Event, _now: float) -> None:
        self._is(cash_at="slot")

    def _cash_gone(self, _event: e.Event, _now: float) -> None:
        self._is(cash_at="none")

    def _cash_back(self, event: e.NotesRetracted, _now: float) -> None:
        if event.counted:
            self._retracted += sum(event.notes.values())
            self._devices_dirty = True
        self._is(cash_at="none")

    def _cash_stuck(self, _event: e.Event, _now: float) -> None:
        self._failed["dispenser"] = None
        self._devices_dirty = True
        self._is(cash_at="stuck")

    def _counted(self, event: e.CassettesCounted, _now: float) -> None:
        if event.when != "rest":
            self._cassettes = dict(event.notes)
            self._rejected = self._retracted = 0
            self._devices_dirty = True

    def _filled(self, event: e.CassettesFilled, _now: float) -> None:
        added = self._cassettes
        self._cassettes = {
            x: added.get(x, 0) + event.notes.get(x, 0) for x in {**added, **event.notes}
        }
        self._devices_dirty = True

    def _opened_safe(self, _event: e.Event, _now: float) -> None:
        self._safe = "open"
        self._failed.clear()
        self._captures = self._captures_by_code = 0
        self._devices_dirty = True

    def _closed_safe(self, _event: e.Event, _now: float) -> None:
        self._safe = "closed"
        self._devices_dirty = True

    # --- the link --------------------------------------------------------------------------------

    def _begun(self, _event: e.TransactionBegun, now: float) -> None:
        self._link.begun(now)
        self._is(waiting_since=self.identity.calendar.iso(now))
        self._telemetry_due = min(self._telemetry_due, now + WAITING_PERIOD)

    def _entered(self, event: e.StateEntered, now: float) -> None:
        """The wait for the host is over."""
        if event.state != State.WAITING_FOR_HOST and self._link.waiting:
            self._link.answered(now)
            self._is(waiting_since="")

    def _aborted(self, event: e.Aborted, now: float) -> None:
        if event.why == "timer":
            self._telemetry_due = now
        self._link.given_up(expired=event.why == "timer")
        self._is(waiting_since="")

    def _ended(self, event: e.TransactionEnded, now: float) -> None:
        captured = event.outcome == "captured"
        if event.issuer and event.code:
            self._link.issuer_heard(event.issuer, event.code, captured=captured)
        if captured:
            self._captures_by_code += 1
            self._devices_dirty = True
            self._telemetry_due = now  # a storm of captures is found within a minute, or too late

    def _opened(self, _event: e.LinkOpened, _now: float) -> None:
        self._link.opened()

    def _closed(self, _event: e.LinkClosed, _now: float) -> None:
        self._link.closed()

    def _refused(self, _event: e.ConnectFailed, _now: float) -> None:
        self._link.refused()

    def _counts_changed(self, _event: e.Event, _now: float) -> None:
        self._dirty = True

    def _suspended(self, _event: e.Event, _now: float) -> None:
        self._suspense += 1
        self._dirty = True


_Follow = Callable[[Reporter, Any, float], None]
_FOLLOW: dict[type[e.Event], _Follow] = {
    e.ServiceChanged: Reporter._service,
    e.LinkJudged: Reporter._judged,
    e.ScreenShown: Reporter._screen,
    e.MessageShown: Reporter._message,
    e.CardInserted: Reporter._card_in,
    e.CardAtSlot: Reporter._card_at_slot,
    e.CardTaken: Reporter._card_gone,
    e.CardRemoved: Reporter._card_gone,
    e.CardCaptured: Reporter._captured,
    e.EjectFailed: Reporter._card_stuck,
    e.CaptureFailed: Reporter._card_stuck,
    e.NotesStacked: Reporter._cash_in_stacker,
    e.NotesPresented: Reporter._cash_at_slot,
    e.NotesTaken: Reporter._cash_gone,
    e.NotesRetracted: Reporter._cash_back,
    e.RetractFailed: Reporter._cash_stuck,
    e.CassettesCounted: Reporter._counted,
    e.CassettesFilled: Reporter._filled,
    e.SafeDoorOpened: Reporter._opened_safe,
    e.SafeDoorClosed: Reporter._closed_safe,
    e.TransactionBegun: Reporter._begun,
    e.StateEntered: Reporter._entered,
    e.Aborted: Reporter._aborted,
    e.TransactionEnded: Reporter._ended,
    e.LinkOpened: Reporter._opened,
    e.LinkClosed: Reporter._closed,
    e.ConnectFailed: Reporter._refused,
    e.ReversalQueued: Reporter._counts_changed,
    e.ReversalAnswered: Reporter._counts_changed,
    e.ReversalParked: Reporter._counts_changed,
    e.SuspenseRecorded: Reporter._suspended,
}


def _data(event: e.Event) -> dict[str, Any]:
    """The members of an event. Notes that no sensor has counted are not told."""
    data: dict[str, Any] = msgspec.to_builtins(event, str_keys=True)
    del data["is"]
    if data.get("counted") is False:
        data["notes"] = {}
    return data


def _less(notes: e.Notes, taken: e.Notes) -> e.Notes:
    return {note: count - taken.get(note, 0) for note, count in notes.items()}
