"""One real ATM by hand, brought into each of its states, and what it does there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from by_hand import Bench
from raw_fields import Fields

from harness.explore.coverage import Counts, watch
from harness.explore.tables import Cell
from harness.machines import inputs as i
from harness.machines.atm import Atm
from harness.machines.device_fault import DeviceFault
from harness.machines.inputs import State
from harness.machines.timers import NEVER


class Watched(Bench):
    """In service; its table's cells are counted. `say` takes the words of `WORDS`, and times such
    as '30s', which pass.
    """

    def __init__(self, counts: Counts) -> None:
        super().__init__()
        watch(self.assembly, counts)
        self.atm = Atm("ATM00001", self.assembly._builder(0), self.device, None)
        self.in_service()
        self.aborted: Fields = {}
        self.answered: Fields = {}

    def say(self, words: str) -> None:
        for word in words.split():
            if word in WORDS:
                WORDS[word](self)
            else:
                self.go(float(word.removesuffix("s")))

    def order(self, what: i.Input) -> None:
        self.atm.order(what, self.now)
        self._drain()

    def told(self, code: str) -> None:
        """The host answers the request in flight."""
        self.answer(self.last("0200"), code)


def _history(bench: Watched) -> None:
    """A request that was given up and one that was declined, so that answers can come again."""
    bench.aborted = bench.ask()
    bench.go(45.0)
    bench.say("alive 2s take_card")
    bench.answered = bench.ask()
    bench.told("51")
    bench.say("2s take_card")
    assert bench.state == State.IDLE


def _hang(bench: Watched) -> None:
    """Whatever motor runs never ends."""
    bench.device._card_due = bench.device._cash_due = NEVER


def _jam(bench: Watched) -> None:
    bench.device_faults["eject"] = DeviceFault("jam")


def _grip(bench: Watched) -> None:
    """A hand holds the card at the slot."""
    bench.device.gripped = True


def _stick(bench: Watched) -> None:
    bench.device_faults["motor:capture"] = DeviceFault("hangs")


def _remove(bench: Watched) -> None:
    """A person takes the card out that is stuck."""
    bench.device.remove_stuck_card()
    bench.atm._settle(bench.now)
    bench._drain()


def _lose_count(bench: Watched) -> None:
    bench.device_faults["stack"] = DeviceFault("unknown")


def _closing(bench: Watched) -> None:
    """Stopped in this very instant: the reader's shutter has not heard of it."""
    assert bench.atm.terminal is not None
    bench.atm.terminal.sense(i.StopOrdered(), bench.now, cause="operator")


def _supervised(bench: Watched) -> None:
    """And somebody opens it, in the same instant."""
    assert bench.atm.terminal is not None
    bench.atm.terminal.sense(i.SupervisorEntered(), bench.now, cause="operator")


def _short_session(bench: Watched) -> None:
    assert bench.atm.terminal is not None
    bench.atm.terminal.timers.seconds["session"] = 5.0


def _cut(bench: Watched) -> None:
    bench.atm.lose_power(bench.now, 1.0, "a test")
    bench._drain()


def _oversleep(bench: Watched) -> None:
    """Time passes and nobody looks: what happens next meets a timer that has run out."""
    bench.now += 31.0


def _dawdle(bench: Watched) -> None:
    """Key after key, never more than 20 s between them."""
    for _ in range(8):
        bench.say("20s alive")
        bench.press(i.KeyPressed("1"))


WORDS: dict[str, Callable[[Watched], None]] = {
    "insert": Bench.insert,
    "unreadable": lambda bench: bench.press(i.CardUnreadable()),
    "pin": Bench.type_pin,
    "key": lambda bench: bench.press(i.KeyPressed("1")),
    "cancel": lambda bench: bench.press(i.KeyPressed("cancel")),
    "choose": lambda bench: bench.press(i.Chosen("withdrawal", 5000)),
    "take_card": Bench.take_card,
    "take_cash": Bench.take_cash,
    "dawdle": _dawdle,
    "approve": lambda bench: bench.told("00"),
    "decline": lambda bench: bench.told("51"),
    "capture": lambda bench: bench.told("41"),
    "wrong_pin": lambda bench: bench.told("55"),
    "security": lambda bench: bench.told("63"),
    "unheard_of": lambda bench: bench.told("ZZ"),
    "damaged": lambda bench: bench.answer(bench.last("0200"), "00", mac=False),
    "late": lambda bench: bench.answer(bench.aborted, "00"),
    "twice": lambda bench: bench.answer(bench.answered, "51"),
    "stray": lambda bench: bench.answer(bench.answered, "00", de11="999999"),
    "alive": lambda bench: bench.answer(bench.last("0800"), "00"),
    "close": Bench.close,
    "stop": lambda bench: bench.order(i.StopOrdered()),
    "resume": lambda bench: bench.order(i.ResumeOrdered()),
    "enter": lambda bench: bench.order(i.SupervisorEntered()),
    "leave": lambda bench: bench.order(i.SupervisorLeft()),
    "cut": _cut,
    "boot": Bench.boot,
    "history": _history,
    "closing": _closing,
    "supervised": _supervised,
    "oversleep": _oversleep,
    "hang": _hang,
    "jam": _jam,
    "grip": _grip,
    "lose_count": _lose_count,
    "stick": _stick,
    "remove": _remove,
    "short_session": _short_session,
}

_ASK = "insert 1s pin choose"
REACH: dict[str, str] = {
    State.OUT_OF_SERVICE: "stop",
    State.IDLE: "",
    State.CARD_IN: "insert",
    State.PIN_ENTRY: "insert 1s",
    State.SELECTING: "insert 1s pin",
    State.WAITING_FOR_HOST: _ASK,
    State.EJECTING: f"{_ASK} approve",
    State.CARD_AT_SLOT: f"{_ASK} approve 1.3s",
    State.STACKING: f"{_ASK} approve 1.3s take_card",
    State.CASH_PRESENTED: f"{_ASK} approve 1.3s take_card 3s",
    State.RETRACTING: f"{_ASK} approve 1.3s take_card 3s 30s",
    State.CAPTURING: f"{_ASK} approve 1.3s 30s",
    State.RECOVERING: "insert 1s cut boot",
    State.SUPERVISOR: "stop enter",
}


class Drive(NamedTuple):
    """In `state`, reached as `REACH` says or by `first`, `last` is `event` and leads to `to`."""

    state: str
    event: str
    last: str
    to: str
    first: str = ""

    @property
    def cell(self) -> Cell:
        return Cell(self.state, self.event)

    def begin(self, counts: Counts) -> Watched:
        """An ATM on which `first` was done."""
        bench = Watched(counts)
        bench.say(self.first or REACH[self.state])
        return bench


_CUT_WITH_CASH = f"{REACH[State.CASH_PRESENTED]} cut boot"
_CUT_AT_SLOT = f"{REACH[State.CARD_AT_SLOT]} cut boot"

SINGLE = (
    Drive(State.OUT_OF_SERVICE, "SupervisorEntered", "enter", State.SUPERVISOR),
    Drive(State.OUT_OF_SERVICE, "ServiceMayChange", "resume", State.IDLE),
    Drive(State.OUT_OF_SERVICE, "CardIn", "insert", State.EJECTING, "closing"),
    Drive(State.OUT_OF_SERVICE, "CardGone", "take_card", State.OUT_OF_SERVICE,
          f"{REACH[State.CARD_AT_SLOT]} grip 30s 10s"),
    Drive(State.OUT_OF_SERVICE, "CardKept", "remove", State.OUT_OF_SERVICE,
          f"stick {_ASK} approve 1.3s 30s 10s"),
    Drive(State.IDLE, "ServiceMayChange", "close", State.OUT_OF_SERVICE),
    Drive(State.IDLE, "CardIn", "insert", State.CARD_IN),
    Drive(State.SUPERVISOR, "CardIn", "insert", State.EJECTING, "closing supervised"),
    Drive(State.SUPERVISOR, "SupervisorLeft", "leave", State.OUT_OF_SERVICE),
    # before a request
    Drive(State.CARD_IN, "CardRead", "1s", State.PIN_ENTRY),
    Drive(State.CARD_IN, "CardUnreadable", "unreadable", State.EJECTING),
    Drive(State.CARD_IN, "CardReadExpired", "hang 10s", State.EJECTING),
    Drive(State.CARD_IN, "SessionExpired", "hang 5s", State.EJECTING, "short_session insert"),
    Drive(State.CARD_IN, "LinkLost", "close", State.EJECTING),
    Drive(State.CARD_IN, "LinkDoubtful", "0.6s", State.EJECTING, "69.5s insert"),
    Drive(State.PIN_ENTRY, "KeyPressed", "key", State.PIN_ENTRY),
    Drive(State.PIN_ENTRY, "KeyExpired", "30s", State.EJECTING),
    Drive(State.PIN_ENTRY, "SessionExpired", "19.5s", State.EJECTING, "insert 1s dawdle"),
    Drive(State.PIN_ENTRY, "LinkLost", "close", State.EJECTING),
    Drive(State.PIN_ENTRY, "LinkDoubtful", "10s", State.EJECTING, "60s insert 1s"),
    Drive(State.SELECTING, "KeyPressed", "cancel", State.EJECTING),
    Drive(State.SELECTING, "Chosen", "choose", State.WAITING_FOR_HOST),
    Drive(State.SELECTING, "KeyExpired", "30s", State.EJECTING),
    Drive(State.SELECTING, "SessionExpired", "19.5s", State.EJECTING, "insert 1s dawdle pin"),
    Drive(State.SELECTING, "LinkLost", "close", State.EJECTING),
    Drive(State.SELECTING, "LinkDoubtful", "10s", State.EJECTING, "60s insert 1s pin"),
    # please wait
    Drive(State.WAITING_FOR_HOST, "Approved", "approve", State.EJECTING),
    Drive(State.WAITING_FOR_HOST, "Declined", "decline", State.EJECTING),
    Drive(State.WAITING_FOR_HOST, "CaptureOrdered", "capture", State.CAPTURING),
    Drive(State.WAITING_FOR_HOST, "PinWrong", "wrong_pin", State.PIN_ENTRY),
    Drive(State.WAITING_FOR_HOST, "SecurityError", "security", State.EJECTING),
    Drive(State.WAITING_FOR_HOST, "UnknownCode", "unheard_of", State.EJECTING),
    Drive(State.WAITING_FOR_HOST, "Damaged", "damaged", State.WAITING_FOR_HOST),
    Drive(State.WAITING_FOR_HOST, "HostTimerExpired", "45s", State.EJECTING),
    Drive(State.WAITING_FOR_HOST, "LinkLost", "close", State.EJECTING),
    # the card comes out
    Drive(State.EJECTING, "CardOut", "1.3s", State.CARD_AT_SLOT),
    Drive(State.EJECTING, "EjectExpired", "10s", State.EJECTING, f"jam {_ASK} approve"),
    Drive(State.CARD_AT_SLOT, "CardGone", "take_card", State.STACKING),
    Drive(State.CARD_AT_SLOT, "CardTakeExpired", "30s", State.CAPTURING),
    Drive(State.CAPTURING, "CardKept", "1.5s", State.IDLE),
    Drive(State.CAPTURING, "CaptureExpired", "hang 10s", State.OUT_OF_SERVICE),
    # the cash comes out
    Drive(State.STACKING, "Stacked", "2s", State.STACKING),
    Drive(State.STACKING, "Presented", "3s", State.CASH_PRESENTED),
    Drive(State.STACKING, "StackUncounted", "2s", State.IDLE,
          f"lose_count {REACH[State.STACKING]}"),
    Drive(State.STACKING, "DispenseExpired", "hang 30s", State.RETRACTING),
    Drive(State.CASH_PRESENTED, "CashGone", "take_cash", State.IDLE),
    Drive(State.CASH_PRESENTED, "CashTakeExpired", "30s", State.RETRACTING),
    Drive(State.RETRACTING, "Retracted", "1.5s", State.IDLE),
    Drive(State.RETRACTING, "RetractExpired", "hang 15s", State.OUT_OF_SERVICE),
    # power is back
    Drive(State.RECOVERING, "CardOut", "1.3s", State.RECOVERING),
    Drive(State.RECOVERING, "CardGone", "take_card", State.OUT_OF_SERVICE, _CUT_AT_SLOT),
    Drive(State.RECOVERING, "CardKept", "1.6s", State.OUT_OF_SERVICE, f"{_CUT_AT_SLOT} 30s"),
    Drive(State.RECOVERING, "EjectExpired", "10s", State.RECOVERING, "insert 1s jam cut boot"),
    Drive(State.RECOVERING, "CardTakeExpired", "30s", State.RECOVERING, _CUT_AT_SLOT),
    Drive(State.RECOVERING, "CaptureExpired", "hang 10s", State.OUT_OF_SERVICE,
          f"{_CUT_AT_SLOT} 30s"),
    Drive(State.RECOVERING, "Retracted", "1.5s", State.OUT_OF_SERVICE, _CUT_WITH_CASH),
    Drive(State.RECOVERING, "CashGone", "take_cash", State.OUT_OF_SERVICE, _CUT_WITH_CASH),
    Drive(State.RECOVERING, "RecoveryExpired", "hang 60s", State.OUT_OF_SERVICE, _CUT_WITH_CASH),
)  # fmt: skip
"""A sensor's, a customer's, a timer's or the host's doing, where it is at home."""

RACES = (
    Drive(State.RETRACTING, "CashGone", "take_cash", State.IDLE, REACH[State.CASH_PRESENTED]),
    Drive(State.CAPTURING, "CardGone", "take_card", State.IDLE, REACH[State.CARD_AT_SLOT]),
)
"""The timer has run out, and the hand was quicker all the same: `first` stops short of the state,
and at one and the same instant the timer leads there and the hand away.
"""

_STOPS = (State.CARD_IN, State.PIN_ENTRY, State.SELECTING, State.WAITING_FOR_HOST)
_AT_ONCE = {
    (State.IDLE, "StopOrdered"): State.OUT_OF_SERVICE,
    (State.OUT_OF_SERVICE, "ResumeOrdered"): State.IDLE,
    **{(state, "StopOrdered"): State.EJECTING for state in _STOPS},
}
ANYWHERE_WORDS = {
    "StopOrdered": "stop",
    "ResumeOrdered": "resume",
    "Late": "late",
    "Duplicate": "twice",
    "Stray": "stray",
}
ANYWHERE = tuple(
    Drive(state, event, word, _AT_ONCE.get((state, event), state), f"history {reach}")
    for state, reach in REACH.items()
    for event, word in ANYWHERE_WORDS.items()
    if state != State.RECOVERING or word not in ("late", "twice")
)
"""What has a cell in every state. After a cut no answer is late any more: nothing was asked."""
