"""The simulated broker: sessions, retained messages, last wills and expiry."""

from __future__ import annotations

from harness.sim.broker import MOST_QUEUED, SESSION, Broker, Message

COMMAND = "atm/v1/bank/ATM00001/cmd/restart"
FILTERS = ("atm/v1/bank/ATM00001/cmd/+", "atm/v1/bank/all/cmd/+", "atm/v1/bank/ATM00001/state")


class Ends:
    """A client that notes what it gets."""

    def __init__(self, broker: Broker, name: str = "ATM00001") -> None:
        self.broker = broker
        self.name = name
        self.got: list[tuple[int, Message]] = []

    def connect(self, now: float, *filters: str, will: Message | None = None) -> None:
        deliver = lambda number, message: self.got.append((number, message))  # noqa: E731
        self.broker.connect(self.name, filters or FILTERS, deliver, will, now)

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for _, message in self.got]


def test_a_message_reaches_who_wants_it_and_nobody_else() -> None:
    """By its own topic, by that of everybody, and by a filter for all terminals."""
    broker = Broker()
    terminal, other, desk = Ends(broker), Ends(broker, "ATM00002"), Ends(broker, "desk")
    terminal.connect(0.0)
    other.connect(0.0, "atm/v1/bank/ATM00002/cmd/+", "atm/v1/bank/all/cmd/+")
    desk.connect(0.0, "atm/v1/bank/+/rsp/+", "atm/v1/bank/+/state")
    broker.publish(Message(COMMAND, b"one"), 1.0)
    broker.publish(Message("atm/v1/bank/all/cmd/restart", b"all"), 1.0)
    broker.publish(Message("atm/v1/bank/ATM00002/rsp/restart", b"answer"), 1.0)
    broker.publish(Message("atm/v1/bank/ATM00002/state", b"state"), 1.0)
    assert terminal.payloads == [b"one", b"all"]
    assert other.payloads == [b"all"]
    assert desk.payloads == [b"answer", b"state"]


def test_what_was_not_acknowledged_comes_again() -> None:
    """On the next connection, and not once it was."""
    broker = Broker()
    terminal = Ends(broker)
    terminal.connect(0.0)
    broker.publish(Message(COMMAND, b"kept"), 1.0)
    broker.publish(Message(COMMAND, b"done"), 1.0)
    broker.acknowledged("ATM00001", terminal.got[1][0])
    broker.lost("ATM00001", 2.0)
    terminal.connect(3.0)
    assert terminal.payloads == [b"kept", b"done", b"kept"]


def test_what_has_expired_does_not_come_again() -> None:
    """Nor does what waited for a client whose session is over."""
    broker = Broker()
    terminal = Ends(broker)
    terminal.connect(0.0)
    broker.lost("ATM00001", 1.0)
    broker.publish(Message(COMMAND, b"short", expires=10.0), 2.0)
    broker.publish(Message(COMMAND, b"long", expires=1e6), 2.0)
    terminal.connect(20.0)
    assert terminal.payloads == [b"long"]
    broker.lost("ATM00001", 21.0)
    terminal.connect(22.0 + SESSION)
    assert terminal.payloads == [b"long"]


def test_a_last_will_is_said_of_who_is_lost_and_not_of_who_says_goodbye() -> None:
    """It is retained in the place of the birth."""
    broker = Broker()
    terminal = Ends(broker)
    state = FILTERS[2]
    terminal.connect(0.0, will=Message(state, b"offline", retain=True))
    broker.publish(Message(state, b"online", retain=True), 0.0)
    broker.goodbye("ATM00001", 1.0)
    assert broker.retained(state) == b"online"
    terminal.connect(2.0, will=Message(state, b"offline", retain=True))
    broker.lost("ATM00001", 3.0)
    assert broker.retained(state) == b"offline"


def test_a_queue_is_bounded() -> None:
    """The oldest go first, and are counted."""
    broker = Broker()
    terminal = Ends(broker)
    terminal.connect(0.0)
    broker.lost("ATM00001", 1.0)
    for number in range(MOST_QUEUED + 3):
        broker.publish(Message(COMMAND, b"%d" % number), 2.0)
    terminal.connect(3.0)
    assert broker.left_out == 3
    assert terminal.payloads[0] == b"3"
