"""Why a run proves nothing: the most probable reason, step by step of the conversation."""

from __future__ import annotations

import pytest

from harness import events as e
from harness.checks.conversation import Conversation
from harness.wire.dialects import load_dialect

Entries = list[tuple[str, e.Event]]

SIGN_ON = {"t": "0800", "7": "1121201000", "11": "000001", "70": "001"}
SIGNED_ON = {"t": "0810", "7": "1121201000", "11": "000001", "39": "00", "70": "001"}
REQUEST = {"t": "0200", "3": "010000", "4": "000000005000", "11": "000012", "41": "ATM1"}
ANSWER = {"t": "0210", "11": "000012", "39": "00", "41": "ATM1"}
BROKEN = "DE 70 is one byte short"


def to_host(fields: dict[str, str], *, mac: str = "none", problem: str = "") -> tuple[str, e.Event]:
    return "ATM1", e.FrameSeen("terminal", "host", fields, mac, "", 9, problem)  # type: ignore[arg-type]


def to_terminal(
    fields: dict[str, str], *, mac: str = "none", problem: str = ""
) -> tuple[str, e.Event]:
    return "ATM1", e.FrameSeen("terminal", "terminal", fields, mac, "", 9, problem)  # type: ignore[arg-type]


OPENED = ("ATM1", e.LinkOpened())
ACCEPTED = ("HOST", e.LinkOpened())
HALF_A_FRAME = ("HOST", e.IncompleteFrame("host", 57, 2, 5.0, False, "", "", "--framing x"))
HUNG_UP = ("ATM1", e.LinkClosed("fin"))
ON: Entries = [OPENED, to_host(SIGN_ON), to_terminal(SIGNED_ON)]
AT_HOST: Entries = [ACCEPTED, OPENED, to_host(SIGN_ON), to_terminal(SIGNED_ON)]


def answered(code: str) -> tuple[str, e.Event]:
    return to_terminal({**ANSWER, "39": code})


def decided(code: str, why: str) -> tuple[str, e.Event]:
    return "HOST", e.RequestDecided("ATM1", "000012", code, why)


def said(mode: str, entries: Entries) -> str:
    conversation = Conversation(mode, load_dialect())
    for actor, event in entries:
        conversation.see(1.0, actor, event)
    trouble = conversation.trouble()
    return trouble.words if trouble else ""


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "no terminal was connected to the host"),
        ([("ATM1", e.ConnectFailed("refused"))] * 4, "no connection could be made, 4 times tried"),
        (
            [OPENED, to_host(SIGN_ON)],
            "1 sign-on was sent, and the host answered none (0800, DE 70 001): ",
        ),
        ([OPENED, to_host(SIGN_ON), HUNG_UP], "the host hung up on what the terminals sent, once"),
        (
            [OPENED, *[to_host(SIGN_ON), to_terminal({}, problem=BROKEN)] * 15],
            f"15 sign-ons were answered, and none of the answers could be read: {BROKEN}",
        ),
        (
            [OPENED, to_host(SIGN_ON), to_terminal({**SIGNED_ON, "39": "05"})],
            "the host refused 1 sign-on, and accepted none: DE 39 = 05 (do not honour)",
        ),
        (
            [OPENED, to_host(SIGN_ON), to_terminal({**SIGNED_ON, "64": "00"}, mac="bad")],
            "1 message came from the host, and none has a right MAC: another key (--keys FILE)",
        ),
        (
            [OPENED, to_host(SIGN_ON), to_terminal(SIGNED_ON, mac="bad")],
            "1 message came from the host, and none has a MAC (DE 64 or 128): --mac none",
        ),
        (ON, "nobody came, and no request was sent"),
        ([*ON, ("ATM1", e.CustomerArrived(1, "withdrawal", 1))], "1 customer came, and no request"),
        ([*ON, *[to_host(REQUEST)] * 5], "5 requests were sent, and none was answered"),
        (
            [*ON, to_host(REQUEST), ("ATM1", e.DamagedMessage("DE 4 differs"))],
            "1 answer came, and none fits its request: DE 4 differs",
        ),
        (
            [*ON, *[to_host(REQUEST), answered("00"), ("ATM1", e.DamagedMessage("DE 4"))] * 3],
            "3 answers came, and none fits its request: DE 4",
        ),
        (
            [*ON, *[to_host(REQUEST), answered("55")] * 3, to_host(REQUEST), answered("51")],
            "4 requests were answered, and none was approved: most often 3 times DE 39 = 55 "
            "(pin again); another PIN key (--keys FILE)",
        ),
        (
            [*ON, *[to_host(REQUEST), answered("14")] * 2],
            "2 requests were answered, and none was approved: DE 39 = 14 (unknown card); --cards",
        ),
        (
            [*ON, to_host(REQUEST), answered("")],
            "1 request was answered, and none was approved: no",
        ),
        (
            [*ON, to_host(REQUEST), answered("00"), ("ATM1", e.LateApproval("000012"))],
            "1 answer came too late, and no cash was dispensed",
        ),
        ([*ON, to_host(REQUEST), answered("00")], "requests were approved, and no cash was"),
    ],
)
def test_at_the_terminals(entries: Entries, words: str) -> None:
    """The peer is somebody else's host."""
    assert said("terminals", entries).startswith(words)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "nobody connected"),
        ([ACCEPTED, ACCEPTED], "2 connections were opened, and nothing was sent"),
        (
            [ACCEPTED, *[("HOST", to_host({}, problem=BROKEN)[1])] * 3],
            f"3 messages came, and none could be read: {BROKEN}",
        ),
        (
            [ACCEPTED, OPENED, to_host({**SIGN_ON, "64": "00"}, mac="bad")],
            "1 message came from the terminals, and none has a right MAC",
        ),
        (
            [
                ACCEPTED,
                ("HOST", e.IncompleteFrame("host", 57, 2, 5.0, False, "", "", "--framing x")),
            ],
            "1 message came, and none could be read: 57 bytes are no whole frame; --framing x",
        ),
        (AT_HOST, "1 message came, and no request for money among them"),
        (
            [ACCEPTED, OPENED, to_host(REQUEST), decided("58", "not signed on"), answered("58")],
            "1 request came without a sign-on before it (0800, DE 70 001): --no-sign-on",
        ),
        (
            [*AT_HOST, to_host(REQUEST), decided("55", "wrong PIN"), answered("55")],
            "1 request was answered, and none was approved: DE 39 = 55 (pin again); another PIN",
        ),
        ([*AT_HOST, *[to_host(REQUEST)] * 2], "2 requests were sent, and none was answered"),
    ],
)
def test_at_the_host(entries: Entries, words: str) -> None:
    """The peers are somebody else's terminals."""
    assert said("host", entries).startswith(words)


def test_once_it_works_there_is_nothing_to_say() -> None:
    """Cash at the slot proves the whole conversation; where no device is seen, an approval does."""
    worked: Entries = [*ON, to_host(REQUEST), answered("00")]
    assert said("terminals", [*worked, ("ATM1", e.NotesPresented({5000: 1}))]) == ""
    assert said("sim", [*worked, ("ATM1", e.NotesPresented({5000: 1}))]) == ""
    assert said("host", [*AT_HOST, to_host(REQUEST), decided("00", "approved")]) == ""


def test_what_the_hosts_end_saw_is_not_counted_again() -> None:
    """Where both ends are ours, a frame is seen twice."""
    again = ("ATM1", e.FrameSeen("host", "host", REQUEST, "none", "", 9))
    assert said("sim", [*ON, to_host(REQUEST), again]).startswith("1 request was sent")


def test_a_hostile_peer_fills_no_memory() -> None:
    """Ten thousand different problems are counted, and not kept."""
    conversation = Conversation("host", load_dialect())
    for number in range(10_000):
        actor, event = to_host({}, problem=f"problem {number}")
        conversation.see(1.0, actor, event)
    trouble = conversation.trouble()
    assert trouble is not None
    assert trouble.words == "10,000 messages came, and none could be read: problem 0"
    assert len(conversation._unread) <= 51
