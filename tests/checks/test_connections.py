"""Which connections are signed on, and what may have got lost with one."""

from __future__ import annotations

import pytest

from harness.checks.connection_gaps import KEEPS, ConnectionGaps
from harness.checks.connections import Connections
from harness.wire.dialects import load_dialect
from harness.wire.message import Message

READ = load_dialect("1987").read
FUNCTIONS = {"on": "001", "off": "002", "echo": "301"}


def ask(function: str, terminal: str = "ATM1", stan: str = "000001") -> Message:
    return READ({"t": "0800", "11": stan, "41": terminal, "70": FUNCTIONS[function]})


def does(connections: Connections, number: int, *functions: str, terminal: str = "ATM1") -> None:
    """Each of them is asked for on that connection, and accepted."""
    for function in functions:
        asked = ask(function, terminal)
        connections.passes(number, asked, to_host=True)
        answer = READ({**asked.fields, "t": "0810", "39": "00"})
        connections.passes(number, answer, to_host=False)


def test_a_connection_is_signed_on_until_it_is_signed_off() -> None:
    """Each by itself; and what one terminal of several ends, goes on for the others."""
    connections = Connections()
    does(connections, 1, "echo")
    assert not connections.anyone_signs_on
    does(connections, 1, "on")
    assert [connections.is_signed_on(n) for n in (1, 2)] == [True, False]
    does(connections, 1, "on", terminal="ATM2")
    does(connections, 1, "off")
    assert connections.is_signed_on(1)
    does(connections, 1, "off")  # a second time, in nobody's name that is signed on
    assert not connections.is_signed_on(1)
    does(connections, 2, "on", "off")
    assert not connections.is_signed_on(2)


def test_a_refused_sign_on_is_none() -> None:
    """Nor is one whose answer has another STAN, or came on another connection."""
    connections = Connections()
    connections.passes(1, ask("on"), to_host=True)
    for number, stan, code in ((1, "000001", "91"), (1, "000002", "00"), (2, "000001", "00")):
        answer = READ({"t": "0810", "11": stan, "39": code, "70": "001"})
        connections.passes(number, answer, to_host=False)
        assert not connections.is_signed_on(number)
    assert connections.anyone_signs_on


def test_an_end_ends_the_sign_on() -> None:
    """Of one connection, and with the host's process of all."""
    connections = Connections()
    for number in (1, 2):
        does(connections, number, "on")
    connections.closed(1)
    assert [connections.is_signed_on(n) for n in (1, 2)] == [False, True]
    connections.host_was_killed()
    assert not connections.is_signed_on(2)


def gaps(*steps: str | float) -> ConnectionGaps:
    """Messages by their time, and ends of the connection by run seconds."""
    found = ConnectionGaps()
    for step in steps:
        if isinstance(step, str):
            found.sends(step)
        else:
            found.closed(step)
    return found


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ("0308200000", None),
        ("0308200100", 70.0),
        ("0308200130", 70.0),
        ("0308200200", 70.0),
        ("0308200230", None),
    ],
)
def test_what_is_lost_lies_between_two_connections(sent: str, at: float | None) -> None:
    """Between the last message of the one and the first of the next."""
    found = gaps("0308200000", "0308200100", 70.0, 75.0, "0308200200", "0308200300")
    assert found.lost_at(sent) == at


def test_a_gap_may_hold_the_turn_of_the_year() -> None:
    """DE 7 has no year."""
    found = gaps("1231235950", 10.0, "0101000010")
    assert [found.lost_at(x) for x in ("1231235955", "0101000005")] == [10.0, 10.0]
    assert found.lost_at("0101000011") is None


def test_only_the_last_gaps_are_kept() -> None:
    """And of a terminal that had sent nothing before, there is none."""
    assert gaps(1.0, "0308200000").lost_at("0308200000") is None
    steps = [step for n in range(KEEPS + 2) for step in (f"03082000{n:02d}", float(n))]
    found = gaps(*steps)
    assert found.lost_at("0308200000") is None
    assert found.lost_at("0308200005") == 4.0
