"""The customers after its process was killed: nobody's card is used twice, and who stood before the
machine stands there yet.
"""

from __future__ import annotations

import pytest

from harness import events as e
from harness.cardholders import CUSTOMERS, Card, Population
from harness.crypto.keys import load_keys
from harness.machines.behaviour import CustomerBehaviour
from harness.machines.customer import Customers
from harness.machines.device import Device
from harness.machines.device_image import DeviceImage
from harness.machines.motors import Motors

KEY = 5
POPULATION = Population(1, token_key=load_keys("test").token)
SAFE_HANDS = CustomerBehaviour(forget_card=0.0, forget_cash=0.0, cancel=0.0, mean_gap=60.0)


def card_of(customer: int) -> Card:
    return POPULATION.card(0, customer)


class Corner:
    """A machine that is open for cards and does nothing by itself, and the people before it."""

    def __init__(self, evening: CustomerBehaviour = SAFE_HANDS) -> None:
        self.device = Device(Motors())
        self.customers = Customers(evening, self.device, card_of, KEY)
        self.now = 0.0
        self.seen: list[e.Event] = []

    def welcome(self) -> None:
        self.device.show("welcome")
        self.device.accept_cards(True)
        self._told()

    def go(self, until: float) -> None:
        """Let time pass, deadline by deadline; cards that go in come out again at once."""
        while (due := min(self.customers.next_deadline(), self.device.next_deadline())) <= until:
            self.now = max(self.now, due)
            self.customers.tick(self.now)
            self.device.tick(self.now)
            self._told()
        self.now = until

    def serve(self, until: float) -> None:
        """As `go`, and whose card was read gets it back."""
        while self.now < until:
            self.go(min(until, self.now + 1.0))
            if self.device.card_at == "transport" and self.device.next_deadline() > until:
                self.device.eject(self.now)

    def _told(self) -> None:
        self.device.reports.clear()
        while self.device.events or self.customers.events:
            moved = bool(self.device.events)
            self.seen += self.device.events + self.customers.events
            self.device.events, self.customers.events = [], []
            if moved:
                self.customers.look(self.now)

    def came(self) -> list[int]:
        return [event.customer for event in self.seen if isinstance(event, e.CustomerArrived)]

    def left(self) -> list[str]:
        return [event.how for event in self.seen if isinstance(event, e.CustomerLeft)]


def next_life(image: DeviceImage, customer: int, evening: CustomerBehaviour = SAFE_HANDS) -> Corner:
    """Another process, at run second 500."""
    corner = Corner(evening)
    corner.now = 500.0
    corner.device.restore(image)
    corner.customers.resume(customer, corner.now)
    return corner


def test_a_fresh_street_and_a_resumed_one_draw_the_same_people() -> None:
    """Customer 4 wants the same in whatever process they come, with a card of their own."""
    first, tokens = Corner(), []
    first.welcome()
    first.serve(2000.0)
    assert first.came()[:6] == [1, 2, 3, 4, 5, 6]
    second = next_life(Device(Motors()).image(), 3)
    second.welcome()
    second.serve(2500.0)
    assert second.came()[:3] == [4, 5, 6]

    def wishes(corner: Corner) -> dict[int, tuple[str, int]]:
        return {x.customer: (x.wants, x.amount) for x in corner.seen
                if isinstance(x, e.CustomerArrived)}  # fmt: skip

    both = wishes(first).keys() & wishes(second).keys()
    assert all(wishes(first)[number] == wishes(second)[number] for number in both)
    for corner, upto in ((first, 3), (second, 99)):
        tokens += [
            x.card for x in corner.seen if isinstance(x, e.CardInserted) and x.customer <= upto
        ]
    assert len(tokens) == len(set(tokens)) > 5


def test_nobody_comes_in_the_very_moment_of_the_start() -> None:
    """A fleet that is started again is not stormed."""
    corner = next_life(Device(Motors()).image(), 3)
    assert corner.customers.next_deadline() > 500.0
    assert not corner.customers.present


@pytest.mark.parametrize("at", ["transport", "slot"])
def test_whose_card_is_inside_waits_for_it(at: str) -> None:
    """They take it at a human pace and leave, and only then comes the next."""
    corner = Corner()
    corner.welcome()
    corner.go(corner.customers.next_deadline())
    corner.go(corner.now + 2.0)
    assert corner.device.card_at == "transport"
    if at == "slot":
        corner.device.eject(corner.now)
        corner.device.tick(corner.now + 2.0)
    after = next_life(corner.device.image(), corner.customers.customer)
    assert after.customers.present
    after.device.show("take_card")
    after._told()
    if at == "transport":
        after.device.eject(after.now)
    after.go(510.0)
    assert sum(isinstance(event, e.CardTaken) for event in after.seen) == 1
    taken_at = 500.0 + (1.2 if at == "transport" else 0.0)
    assert after.device.card is None
    assert after.came() == []
    after.device.show("out_of_service")
    after._told()
    assert len(after.left()) == 1
    assert after.customers.next_deadline() >= taken_at


def test_whose_cash_is_at_the_slot_takes_it() -> None:
    """The card was taken in the earlier life."""
    device = Device(Motors())
    device.stack(1, 5000, 0.0)
    device.present(0.0)
    device.tick(1.0)
    assert device.cash_at == "slot"
    after = next_life(device.image(), 7)
    after.device.show("take_cash")
    after._told()
    after.go(506.0)
    assert [x.notes for x in after.seen if isinstance(x, e.NotesTaken)] == [{5000: 1}]
    after.device.show("welcome")
    after._told()
    assert after.left() == ["served"]


def test_who_forgets_the_card_forgets_it_in_the_next_life_too() -> None:
    """What a customer does is drawn from their number, whatever becomes of the process."""
    forgetful = CustomerBehaviour(forget_card=1.0, mean_gap=60.0)
    corner = Corner(forgetful)
    corner.welcome()
    corner.go(corner.customers.next_deadline())
    corner.go(corner.now + 2.0)
    after = next_life(corner.device.image(), corner.customers.customer, forgetful)
    after.device.eject(after.now)
    after.go(520.0)
    assert after.left() == ["without_card"]
    assert after.device.card_at == "slot"


def test_a_dense_evening_ends_with_its_last_card() -> None:
    """Without gaps there are customers until there are no more cards, in whatever life."""
    dense = CustomerBehaviour(mean_gap=0.0, forget_card=0.0, forget_cash=0.0)
    corner = next_life(Device(Motors()).image(), CUSTOMERS - 1, dense)
    corner.welcome()
    corner.serve(600.0)
    assert corner.came() == []
