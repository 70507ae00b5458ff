"""The first mistakes of whoever connects a machine of their own, each told once."""

from __future__ import annotations

from typing import Literal

import pytest

from harness import events as e
from harness.report.setup_hints import SetupHints
from harness.wire.dialects import load_dialect

Mac = Literal["good", "bad", "none"]
SIGN_ON = {"t": "0800", "7": "1121201000", "11": "000001", "70": "001"}
REQUEST = {
    "t": "0200", "2": "999999******0014", "3": "010000", "4": "000000005000", "7": "1121201031",
    "11": "000012", "41": "ATM1",
}  # fmt: skip
REVERSAL = {"t": "0420", "4": "000000005000", "7": "1121201117", "11": "000013", "41": "ATM1",
            "90": "020000001211212010310000009999900000000000"}  # fmt: skip
ANSWER = {"t": "0210", "7": "1121201031", "11": "000012", "39": "00", "41": "ATM1"}


def said(
    *messages: dict[str, str], mode: str = "host", to: e.End = "host", mac: Mac = "none"
) -> list[str]:
    """What is said of messages that pass at ATM1's end."""
    lines: list[str] = []
    hints = SetupHints(mode, load_dialect(), lines.append)
    for message in messages:
        hints.see(0.0, "ATM1", e.FrameSeen("terminal", to, message, mac, "", 100))
    return lines


def without(message: dict[str, str], *elements: str) -> dict[str, str]:
    return {name: text for name, text in message.items() if name not in elements}


@pytest.mark.parametrize(
    ("message", "elements", "line"),
    [
        (REQUEST, ("7", "11"), "the first 0200 of ATM1 lacks DE 7 and DE 11"),
        (REQUEST, ("4",), "the first 0200 of ATM1 lacks DE 4"),
        (REVERSAL, ("11", "41", "90"), "the first 0420 of ATM1 lacks DE 11, DE 41 and DE 90"),
        (SIGN_ON, ("70",), "the first 0800 of ATM1 lacks DE 70"),
    ],
)
def test_a_message_that_lacks_mandatory_elements(
    message: dict[str, str], elements: tuple[str, ...], line: str
) -> None:
    """The elements are named, in the order in which the dialect asks for them."""
    assert said(without(message, *elements)) == [line]


def test_only_the_first_message_of_a_type_is_looked_at() -> None:
    """A stranger whose first request is whole is not told of a later one that a fault has cut."""
    assert said(SIGN_ON, REQUEST, without(REQUEST, "7"), REVERSAL) == []
    assert len(said(without(REQUEST, "7"), without(REQUEST, "11"))) == 1


def test_who_is_told_is_the_peer() -> None:
    """The host's half looks at what terminals send, the terminals' half at what the host sends."""
    cut = without(ANSWER, "39")
    assert said(cut, mode="host", to="terminal") == []
    assert said(cut, mode="terminals", to="terminal") == ["the first 0210 of the host lacks DE 39"]
    assert said(without(REQUEST, "7"), mode="terminals") == []


def test_a_message_that_nobody_believes_is_not_counted_for_its_elements() -> None:
    """Its MAC is wrong or missing, and that is what is said."""
    (line,) = said(without(REQUEST, "7"), mac="bad")
    assert line == "ATM1's 0200 has no MAC (DE 64 or 128): --mac none if none is meant"


def test_a_refused_sign_on_names_the_code() -> None:
    """Of the terminals' half: what the host answered."""
    lines: list[str] = []
    hints = SetupHints("terminals", load_dialect(), lines.append)
    hints.see(0.0, "ATM1", e.FrameSeen("terminal", "host", SIGN_ON, "none", "", 100))
    refusal = {"t": "0810", "11": "000001", "39": "05"}
    hints.see(0.1, "ATM1", e.FrameSeen("terminal", "terminal", refusal, "none", "", 100))
    assert lines == ["the host refused ATM1's sign-on with DE 39 = 05"]


def test_a_sign_on_that_is_never_answered_names_the_message() -> None:
    """By its MTI and its function code, as the peer's own documentation does."""
    lines: list[str] = []
    hints = SetupHints("terminals", load_dialect(), lines.append)
    hints.see(0.0, "ATM1", e.FrameSeen("terminal", "host", SIGN_ON, "none", "", 100))
    hints.see(15.0, "ATM1", e.LinkClosed("local"))
    assert len(lines) == 1
    assert lines[0].startswith("the host does not answer ATM1's sign-on (0800, DE 70 001): ")


@pytest.mark.parametrize("answered", [False, True])
def test_echoes_that_are_never_answered_name_the_option(answered: bool) -> None:
    """A host that has answered one knows echoes, and is silent for another reason."""
    lines: list[str] = []
    hints = SetupHints("terminals", load_dialect(), lines.append)
    asked = {"t": "0800", "7": "1121190000", "11": "000002", "70": "301"}
    reply = {"t": "0810", "11": "000002", "39": "00", "70": "301"}
    hints.see(60.0, "ATM1", e.FrameSeen("terminal", "host", asked, "none", "", 100))
    if answered:
        hints.see(61.0, "ATM1", e.FrameSeen("terminal", "terminal", reply, "none", "", 100))
        hints.see(121.0, "ATM1", e.FrameSeen("terminal", "host", asked, "none", "", 100))
    hints.see(151.0, "ATM1", e.LinkClosed("local"))
    hint = (
        "the host does not answer ATM1's echoes (0800, DE 70 301): a host that knows none wants "
        "--no-echo"
    )
    assert lines == ([] if answered else [hint])


def test_that_nobody_comes_is_told_after_ten_seconds() -> None:
    """Once, and not before; and not where somebody has connected."""
    for entries, told in (([], ["after 12 s: nobody connected"]), ([e.LinkOpened()], [])):
        lines: list[str] = []
        hints = SetupHints("host", load_dialect(), lines.append)
        for event in entries:
            hints.see(0.0, "HOST", event)
        for seconds in (3.0, 9.9, 12.0, 20.0):
            hints.waited(seconds)
        assert lines == told


def test_a_run_in_which_something_is_said_is_not_called_silent() -> None:
    """However long it lasts."""
    lines: list[str] = []
    hints = SetupHints("host", load_dialect(), lines.append)
    hints.see(0.0, "HOST", e.LinkOpened())
    hints.see(0.0, "ATM1", e.FrameSeen("terminal", "host", SIGN_ON, "none", "", 100))
    hints.waited(60.0)
    assert lines == []


def exchanged(times: int, code: str, *, before: e.Event) -> list[str]:
    """What the terminals' half says of so many requests that are answered with that code."""
    lines: list[str] = []
    hints = SetupHints("terminals", load_dialect(), lines.append)
    hints.see(0.0, "ATM1", before)
    for _ in range(times):
        hints.see(1.0, "ATM1", e.FrameSeen("terminal", "host", REQUEST, "none", "", 100))
        answer = {**ANSWER, "39": code}
        hints.see(1.0, "ATM1", e.FrameSeen("terminal", "terminal", answer, "none", "", 100))
    return lines


def test_declines_are_told_when_it_is_plain() -> None:
    """Three, and none before that was approved; once, with the code and a remedy."""
    assert exchanged(2, "55", before=e.LinkOpened()) == []
    assert exchanged(5, "55", before=e.LinkOpened()) == [
        "3 requests were answered, and none was approved: DE 39 = 55 (pin again); "
        "another PIN key (--keys FILE), or other cards (--cards FILE)?"
    ]


def test_once_cash_was_presented_declines_are_nothing_to_tell() -> None:
    """A host may decline."""
    assert exchanged(5, "51", before=e.NotesPresented({5000: 1})) == []
