"""What the device and the terminal make of unusual cards and customers."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from by_hand import Bench

from harness import events as e
from harness.machines import inputs as i
from harness.machines.behaviour import (
    USUAL,
    CustomerBehaviour,
    Manner,
    has_manners,
    manner_of,
)
from harness.machines.customer import Customers
from harness.machines.device import Device
from harness.machines.inputs import State
from harness.machines.motors import Motors
from harness.machines.terminal import TerminalContext


class Visited(Bench):
    """A machine in service, with one customer of that manner before it."""

    def __init__(self, manner: Manner, **behaviour: object) -> None:
        super().__init__()
        self.in_service()
        usual = CustomerBehaviour(wrong_pin=0.0, cancel=0.0, forget_card=0.0, forget_cash=0.0)
        shaped = msgspec.structs.replace(usual, customers=1, balance_share=0.0, **behaviour)
        self.acted: list[str] = []
        self.manner = manner
        customers = Customers(shaped, self.device, lambda _: self.card(), 7, self)
        self.atm.customers = customers
        builder = self.assembly._builder(0, customers.hotlist)
        assert self.atm.terminal is not None
        self.atm.terminal.hotlist = builder().hotlist
        customers._arrives = self.now

    # what a customer's faults answer
    def forgets(self, now: float, what: str, *, anyway: bool) -> bool:
        return anyway

    def visit(self, now: float, manner: Manner) -> Manner:
        return self.manner

    def did(self, aspect: str, what: str) -> None:
        self.acted.append(aspect)

    def moves(self, now: float, move: int, machine: object) -> float:
        return now

    def of(self, kind: type[e.Event]) -> Iterator[e.Event]:
        return (event for event in self.seen if isinstance(event, kind))

    def serve(self, seconds: float = 60.0, code: str = "00") -> None:
        """Time passes, and the host answers what it is asked."""
        answered = len(self.all("0200"))
        for _ in range(int(seconds)):
            self.go(1.0)
            if len(self.all("0200")) > answered:
                answered += 1
                self.answer(self.last("0200"), code)


def test_a_card_that_cannot_be_read_comes_back() -> None:
    """At once, and nothing is asked."""
    bench = Visited(Manner(unreadable=True))
    bench.serve(20)
    assert [type(x) for x in bench.seen if isinstance(x, e.CardUnread | e.CardTaken)] == [
        e.CardUnread,
        e.CardTaken,
    ]
    assert bench.all("0200") == []
    assert bench.acted == ["unreadable"]


@pytest.mark.parametrize(("longer", "read"), [(8.9, True), (9.1, False)])
def test_a_worn_card_is_read_within_the_timer_or_not_at_all(longer: float, *, read: bool) -> None:
    """The timer of the reader is 10 s, and a card takes 1 s as it is."""
    bench = Visited(Manner(read_longer=longer))
    bench.go(12.0)
    assert (e.ScreenShown("enter_pin") in bench.seen) is read
    assert any(bench.of(e.EjectBegun)) is not read


def test_somebody_tries_the_slot_whatever_the_screen_says() -> None:
    """A reader that is open takes the card in, and what the run had in store for a customer of a
    machine that serves is left for another one.
    """
    bench = Visited(Manner(unreadable=True))
    bench.device.show("out_of_service")
    bench.go(0.5)
    assert bench.count(e.CardInserted) == 1
    assert bench.acted == []


def test_a_hotlisted_card_is_kept() -> None:
    """And the host is not asked; the journal says that the bank had listed it."""
    bench = Visited(Manner(hotlisted=True))
    bench.serve(20)
    assert e.CardHotlisted(bench.card().token) in bench.seen
    assert bench.count(e.CardCaptured) == 1
    assert bench.all("0200") == []


def test_an_expired_card_says_so_on_the_wire() -> None:
    """DE 14 and DE 35, with the rest of the track as it was."""
    bench = Visited(Manner(expired=True))
    bench.serve(30)
    request = bench.last("0200")
    card = bench.card()
    assert request["14"] == "2001"
    assert request["35"] == f"{card.pan}=2001{card.track2.partition('=')[2][4:]}"


def test_the_first_pins_are_wrong() -> None:
    """So many; and each is sent."""
    bench = Visited(Manner(wrong_pins=3))
    bench.serve(90, code="55")
    assert len(bench.all("0200")) == 3
    assert bench.acted == ["wrong_pins"] * 3
    assert bench.count(e.CardTaken) == 1


def test_who_types_early_is_asked_for_all_of_it() -> None:
    """A PIN of three digits is none: it is not sent, raises nothing, and is asked for again."""
    bench = Visited(Manner(hurried=True))
    bench.serve(30)
    (request,) = bench.all("0200")
    card = bench.card()
    assert bench.assembly.pin.verify(request["52"], card.pan, card.pin)
    assert "hurried" in bench.acted


@pytest.mark.parametrize("digits", ["", "123", "1234567890123"])
def test_what_is_no_pin_is_asked_for_again(digits: str) -> None:
    """Fewer than 4 digits or more than 12: nothing is chosen, and nothing sent."""
    bench = Bench().in_service()
    bench.insert()
    bench.go(1.0)
    for key in (*digits, "enter"):
        bench.press(i.KeyPressed(key))
    assert bench.state == State.PIN_ENTRY
    bench.type_pin()
    assert bench.state == State.SELECTING


@pytest.mark.parametrize(("step", "asked"), [("pin", 0), ("select", 0), ("wait", 1)])
def test_cancel_ends_what_it_may_end(step: str, asked: int) -> None:
    """Before a request the card comes back; during the wait it does nothing."""
    bench = Visited(Manner(cancels=step))
    bench.go(45.0)
    assert len(bench.all("0200")) == asked
    assert bench.acted == ["cancels"]
    assert any(bench.of(e.CardTaken)) is not asked


def test_who_walks_off_leaves_the_card() -> None:
    """The keys run out, the card comes, and is captured; the journal says when nobody was there."""
    bench = Visited(Manner(walks_off="select"))
    bench.serve(100)
    assert any(bench.of(e.CustomerHesitated))
    assert list(bench.of(e.CustomerLeft)) == [e.CustomerLeft(1, "waiting")]
    assert bench.count(e.CardCaptured) == 1


def test_who_is_slow_hesitates_at_each_key() -> None:
    """Four digits, enter and the choice; and goes on each time."""
    bench = Visited(Manner(key_longer=5.0))
    bench.go(55.0)
    assert bench.count(e.CustomerHesitated) == bench.count(e.CustomerWentOn) == 6
    assert len(bench.all("0200")) == 1


@pytest.mark.parametrize(("held", "service"), [(3.0, State.IDLE), (14.0, State.OUT_OF_SERVICE)])
def test_a_hand_that_holds_the_card_keeps_it(held: float, service: str) -> None:
    """Past the timer of the capture the machine is out of service, with no card inside."""
    bench = Visited(Manner(holds_card=held))
    bench.serve(100, code="51")
    assert bench.count(e.CardCaptured) == 0
    assert bench.count(e.CaptureFailed) == bench.count(e.CardTaken) == 1
    assert bench.state == service
    bench.atm.order(i.SupervisorEntered(), bench.now)
    assert (bench.state == State.SUPERVISOR) is (service == State.OUT_OF_SERVICE)


def test_a_part_that_was_taken_is_paid_for() -> None:
    """The rest is drawn in and reversed: DE 95 says what was taken."""
    bench = Visited(Manner(takes_part=True), amounts=(10000,))
    bench.serve(100)
    assert e.NotesPartlyTaken({5000: 1}) in bench.seen
    assert e.NotesRetracted({5000: 1}, True) in bench.seen
    assert bench.last("0420")["95"].startswith("000000005000")
    assert bench.count(e.RetractBegun) == 1


def test_one_note_is_taken_whole() -> None:
    """Nobody takes a part of it."""
    bench = Visited(Manner(takes_part=True), amounts=(5000,))
    bench.serve(60)
    assert e.NotesTaken({5000: 1}) in bench.seen
    assert bench.acted == []


# --- populations ----------------------------------------------------------------------------------


def test_nobody_is_unusual_unless_a_share_says_so() -> None:
    """The default shares are none, and draw nothing."""
    assert not has_manners(CustomerBehaviour())
    assert {manner_of(CustomerBehaviour(), 7, customer) for customer in range(200)} == {USUAL}


@pytest.mark.parametrize(
    ("share", "field"),
    [
        ("unreadable", "unreadable"),
        ("worn", "read_longer"),
        ("expired", "expired"),
        ("hotlisted", "hotlisted"),
        ("forget_pin", "wrong_pins"),
        ("slow", "key_longer"),
        ("hurried", "hurried"),
        ("walk_off", "walks_off"),
        ("hold_card", "holds_card"),
        ("take_part", "takes_part"),
    ],
)
def test_a_share_of_the_customers_is_unusual(share: str, field: str) -> None:
    """About as many as it says, and in nothing else."""
    behaviour = msgspec.structs.replace(CustomerBehaviour(), **{share: 0.25})
    assert has_manners(behaviour)
    manners = [manner_of(behaviour, 7, customer) for customer in range(400)]
    unusual = [x for x in manners if x != USUAL]
    assert 60 < len(unusual) < 140
    for manner in unusual:
        assert getattr(manner, field)
        usual = getattr(USUAL, field)
        assert msgspec.structs.replace(manner, **{field: usual}) == USUAL


def test_a_reader_that_is_left_alone_reads() -> None:
    """Without a manner a device does what it did."""
    device = Device(Motors())
    device.accept_cards(True)
    assert device.insert(Bench().card(), 1, 0.0)
    device.tick(1.0)
    assert [type(x) for x in device.reports] == [i.CardIn, i.CardRead]


def test_a_hotlist_is_the_terminals_own() -> None:
    """Without one that the bank adds to, there is none."""
    assert "hotlist" in TerminalContext.__struct_fields__
    assert Bench().assembly._builder(0)().hotlist == frozenset()
