"""What a killed process leaves of an ATM: at whatever moment it is killed, the next one goes on
from the device's image and the store's records, the card comes out and the cash adds up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import NamedTuple

import msgspec
import pytest
from by_hand import Bench

from harness import events as e
from harness.machines.atm import AtmImage
from harness.machines.device import Device
from harness.machines.device_fault import DeviceFault
from harness.machines.device_image import MOVES, DeviceImage
from harness.machines.motors import Motors
from harness.machines.notes import CASSETTES
from harness.machines.store import StoreImage


class Moment(NamedTuple):
    """All that there is when the process is killed: what is kept, and what had happened, the last
    of which is `after`.
    """

    after: str
    kept: AtmImage
    store: StoreImage
    seen: list[e.Event]


class Watched(Bench):
    """A bench that is killed, in thought, whenever anything has happened. The image is kept as a
    live owner keeps it: when an event says that something moved.
    """

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        self.moments: list[Moment] = []
        self._kept = self.atm.image()
        self._told = 0

    def _drain(self) -> None:
        super()._drain()  # which comes here again, for what a sync led to
        happened = [type(event) for event in self.seen[self._told :]]
        self._told = len(self.seen)
        if any(kind in MOVES for kind in happened):
            self._kept = self.atm.image()
        if happened:
            after = happened[-1].__name__
            self.moments.append(Moment(after, self._kept, deepcopy(self.image), list(self.seen)))


def paid(bench: Bench) -> None:
    """A withdrawal as it should be."""
    bench.answer(bench.ask(), "00")
    bench.go(1.3)
    bench.take_card()
    bench.go(3.0)
    bench.take_cash()


def paid_short(bench: Bench) -> None:
    """The stacker picks a note too few."""
    bench.device_faults["stack"] = DeviceFault("short", 1)
    bench.answer(bench.ask(8000), "00")
    bench.go(1.3)
    bench.take_card()
    bench.go(3.0)
    if bench.device.cash_at == "slot":
        bench.take_cash()


def lost_count(bench: Bench) -> None:
    """The stacker cannot tell what it moved: its notes go to the reject bin."""
    bench.device_faults["stack"] = DeviceFault("unknown", 0)
    bench.answer(bench.ask(8000), "00")
    bench.go(1.3)
    bench.take_card()
    bench.go(60.0)


def cash_left_behind(bench: Bench) -> None:
    """The cash is retracted."""
    bench.answer(bench.ask(), "00")
    bench.go(1.3)
    bench.take_card()
    bench.go(60.0)


def card_left_behind(bench: Bench) -> None:
    """The card is captured, and nothing is paid."""
    bench.answer(bench.ask(), "00")
    bench.go(60.0)


def stuck_on_its_way_back(bench: Bench) -> None:
    """The cash is retracted, and jams."""
    bench.device_faults["retract"] = DeviceFault("jam")
    cash_left_behind(bench)


STORIES = (paid, paid_short, lost_count, cash_left_behind, card_left_behind)


def moments_of(story: Callable[[Bench], None]) -> list[Moment]:
    bench = Watched()
    bench.in_service()
    story(bench)
    assert any(isinstance(event, e.CardInserted) for event in bench.seen)
    return bench.moments


def next_life(moment: Moment) -> Bench:
    """Another process boots from what was kept, with a hand at the slot for the card only."""
    bench = Bench()
    bench.now = 1000.0
    bench.image = deepcopy(moment.store)
    packed = msgspec.msgpack.encode(moment.kept)
    bench.atm.restore(msgspec.msgpack.decode(packed, type=AtmImage), bench.now)
    bench.boot()
    for _ in range(20):
        bench.go(1.0)
        if bench.device.card_at == "slot":
            bench.take_card()
    if bench.connected:
        bench.answer(bench.last("0800"), "00")
    bench.go(5.0)
    return bench


def notes_in(events: list[e.Event], *kinds: type[e.Event]) -> Counter[int]:
    total: Counter[int] = Counter()
    for event in events:
        if isinstance(event, kinds):
            total.update(event.notes)  # type: ignore[attr-defined]
    return total


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_card_comes_out_whenever_the_process_is_killed(story: Callable[[Bench], None]) -> None:
    """To the customer, or it is in the bin already: never inside for good."""
    for moment in moments_of(story):
        bench = next_life(moment)
        events = moment.seen + bench.seen
        assert bench.device.card is None, moment.after
        put_in = sum(isinstance(event, e.CardInserted) for event in events)
        out = sum(isinstance(event, e.CardTaken | e.CardCaptured) for event in events)
        assert put_in == out, moment.after


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_cash_adds_up_whenever_the_process_is_killed(story: Callable[[Bench], None]) -> None:
    """Opening = cassettes + taken + retracted + unknown, over both lives, note by note."""
    for moment in moments_of(story):
        bench = next_life(moment)
        counted = bench.device.count("rest")
        total = notes_in(moment.seen + bench.seen, e.NotesTaken, e.NotesRetracted)
        total.update(counted.notes)
        total.update(counted.unknown)
        assert total == Counter(CASSETTES), moment.after
        assert bench.device.cash_at == "", moment.after


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_withdrawal_ends_once_whenever_the_process_is_killed(
    story: Callable[[Bench], None],
) -> None:
    """What was paid is not reversed, what was not is, once, and what nobody can count is in
    suspense: the dispenser's counters come out of the image.
    """
    for moment in moments_of(story):
        if not any(isinstance(event, e.TransactionBegun) for event in moment.seen):
            continue  # nothing had been asked for
        bench = next_life(moment)
        events = moment.seen + bench.seen
        taken = sum(n * kind for kind, n in notes_in(events, e.NotesTaken).items())
        queued = [event for event in events if isinstance(event, e.ReversalQueued)]
        suspense = {x.transaction for x in events if isinstance(x, e.SuspenseRecorded)}
        ended = (len(queued), len(suspense))
        if story is lost_count and any(isinstance(x, e.NotesStacked) for x in events):
            assert ended == (0, 1), moment.after
        elif story is paid and taken:
            assert ended == (0, 0), moment.after
        else:
            assert ended == (1, 0), moment.after
            reversals = bench.all("0420") + bench.all("0421")
            told = {int(fields.get("95", "0")[:12]) for fields in reversals}
            assert told <= {taken}, moment.after


def test_an_image_says_all_that_a_device_knows() -> None:
    """No slot of a device is forgotten, but for what power takes away by itself."""
    device = Device(Motors())
    gone = {"_accepting", "_card_due", "_card_does", "_cash_due", "_cash_does", "_stack_fault"}
    surroundings = {"_motors", "_faults", "events", "reports", "powered", "screen", "gripped"}
    kept = {slot.lstrip("_") for slot in set(Device.__slots__) - gone - surroundings}
    assert kept == set(DeviceImage.__struct_fields__)
    device.cassettes[5000] -= 1
    assert device.image().cassettes[5000] == CASSETTES[5000] - 1


def test_what_nobody_could_count_is_still_in_the_bin() -> None:
    """The reject bin outlives the process, and a person counts it at rest."""
    device = Device(Motors(), lambda *_: DeviceFault("unknown"))
    device.stack(1, 7000, 0.0)
    device.tick(device.next_deadline())
    after = Device(Motors())
    after.restore(device.image())
    assert after.count("rest").unknown == {5000: 1, 2000: 1}
    assert after.power_on().counters.known is False


def test_an_image_stays_as_it_was() -> None:
    """The device goes on, the image does not."""
    bench = Bench().in_service()
    bench.answer(bench.ask(), "00")
    bench.go(1.3)
    bench.take_card()
    bench.go(1.0)
    before = bench.device.image()
    packed = msgspec.msgpack.encode(before)
    bench.go(3.0)
    bench.take_cash()
    assert msgspec.msgpack.encode(before) == packed
    assert before.stacker == {5000: 1}


def test_the_motors_stand_still_after_a_kill() -> None:
    """A card half way in is in the transport, and nobody reads it: as after a power cut."""
    bench = Bench().in_service()
    bench.insert()
    bench.go(0.5)
    device = Device(Motors())
    device.restore(bench.device.image())
    assert device.next_deadline() == float("inf")
    sensors = device.power_on()
    assert (sensors.card_inside, sensors.card_at_slot, sensors.cash_out) == (True, False, False)
    assert not device.insert(bench.card(), 2, 0.0)


@pytest.mark.parametrize("quicker", [True, False])
def test_notes_get_stuck_only_where_there_are_any(quicker: bool) -> None:
    """A hand that is quicker than the retract leaves nothing for the fault to happen to."""
    asked: list[str] = []

    def stuck(_now: float, command: str) -> DeviceFault | None:
        asked.append(command)
        return DeviceFault("stuck") if command == "retract" else None

    device = Device(Motors(), stuck)
    device.stack(1, 5000, 0.0)
    device.tick(device.next_deadline())
    device.present(10.0)
    device.tick(device.next_deadline())
    device.retract(20.0)
    assert not quicker or device.take_cash()
    device.tick(device.next_deadline())
    failed = [event for event in device.events if isinstance(event, e.RetractFailed)]
    assert (len(failed), asked.count("retract")) == ((0, 0) if quicker else (1, 1))


def test_what_got_stuck_is_nobodys_to_take_in_the_next_life_either() -> None:
    """The image is kept when the retract fails: no cash at the slot, and the count is unknown."""
    stuck = [moment for moment in moments_of(stuck_on_its_way_back) if _failed(moment)]
    assert stuck
    for moment in stuck:
        bench = next_life(moment)
        assert bench.device.cash_at == "", moment.after
        assert not bench.device.take_cash(), moment.after
        assert sum(bench.device.count("rest").unknown.values()) > 0, moment.after
        events = moment.seen + bench.seen
        assert any(isinstance(event, e.SuspenseRecorded) for event in events), moment.after


def _failed(moment: Moment) -> bool:
    return any(isinstance(event, e.RetractFailed) for event in moment.seen)
