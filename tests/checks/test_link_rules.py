"""T25 from hand-made evidence: how a terminal keeps its link, and what it sends in doubt."""

from __future__ import annotations

import pytest
from script import DIALECT, SEES, SENT, STATION, failing, row
from script import Script as BareScript

from harness import events as e

MINE = {"T25", "T25.advice", "T25.sign_on", "T25.echo", "T25.close", "T25.asked"}
LINK_TOO = (*SEES, "wire.link")
HOST_ALONE = ("wire.terminal", "wire.host", "wire.mac", "ledger")


class Script(BareScript):
    """One whose network management is all there."""

    def __init__(self, sees: tuple[str, ...] = LINK_TOO) -> None:
        super().__init__(sees=sees)


def blamed(script: Script, ends: float) -> set[str]:
    script.end(ends, "open")
    return MINE & set(failing(script.verdict()))


def echo(script: Script, at: float, *, answered: bool = False) -> None:
    script.network(at, "echo", answered=answered)


def host_asks(script: Script, at: float) -> dict[str, str]:
    """An echo of the host's own."""
    fields: dict[str, str] = DIALECT.network(STATION, "echo", stan="700001", sent=SENT)
    script.frame(at, "terminal", "terminal", fields)
    return fields


def expired() -> Script:
    """A request that had no answer until 65, and an echo a minute after the sign-on."""
    script = Script()
    script.insert(10)
    script.request(20)
    echo(script, 60.2, answered=True)
    script.eject(65)
    return script


# Signed on, and last heard of the host, at 0.2.


@pytest.mark.parametrize(
    ("sent", "broken"), [(60.2, set()), (61.9, set()), (64.0, {"T25.echo"}), (50.0, {"T25.echo"})]
)
def test_an_echo_a_minute_after_the_host_was_heard(sent: float, broken: set[str]) -> None:
    """Neither later nor earlier."""
    script = Script()
    echo(script, sent, answered=True)
    assert blamed(script, sent + 1) == broken


@pytest.mark.parametrize(("heard", "broken"), [(60.21, set()), (58.0, {"T25.echo"})])
def test_an_echo_and_a_message_that_cross(heard: float, broken: set[str]) -> None:
    """The time of the echo had run out as the message came. Before that it begins anew."""
    script = Script()
    host_asks(script, heard)
    echo(script, heard + 0.01, answered=True)
    assert blamed(script, heard + 0.5) == broken


def test_an_echo_that_never_comes() -> None:
    """Nothing follows; the run goes on."""
    assert blamed(Script(), 62.0) == set()
    assert blamed(Script(), 63.0) == {"T25.echo"}


@pytest.mark.parametrize(("sent", "broken"), [(70.2, set()), (65.0, {"T25.echo"})])
def test_the_next_echo_ten_seconds_later(sent: float, broken: set[str]) -> None:
    """While the first is unanswered."""
    script = Script()
    echo(script, 60.2)
    echo(script, sent)
    assert blamed(script, sent + 1) == broken


def test_the_next_echo_that_does_not_come() -> None:
    """One unanswered echo is not enough to know."""
    script = Script()
    echo(script, 60.2)
    assert blamed(script, 75) == {"T25.echo"}


def thrice() -> Script:
    """Three echoes without an answer, the last at 80.2."""
    script = Script()
    for at in (60.2, 70.2, 80.2):
        echo(script, at)
    return script


def test_three_unanswered_echoes_close_the_connection() -> None:
    """Ten seconds after the third."""
    script = thrice()
    script.add(90.2, e.LinkClosed("local"))
    script.end(95, "open")
    verdict = script.verdict()
    assert MINE & set(failing(verdict)) == set()
    assert row(verdict, "T25.close").tried == 1


@pytest.mark.parametrize("closes", [85.0, None])
def test_a_close_that_is_too_early_or_never_comes(closes: float | None) -> None:
    """A connection that stands is judged too."""
    script = thrice()
    if closes is not None:
        script.add(closes, e.LinkClosed("local"))
    assert blamed(script, 95) == {"T25.close"}


def test_a_fourth_echo_instead_of_the_close() -> None:
    """It goes on asking on a connection that is dead."""
    script = thrice()
    echo(script, 90.2)
    assert blamed(script, 95) == {"T25.close"}


@pytest.mark.parametrize(("how", "broken"), [("local", {"T25.close"}), ("fin", set())])
def test_a_close_without_a_reason(how: str, broken: set[str]) -> None:
    """The terminal's, and not the host's."""
    script = Script()
    script.add(30, e.LinkClosed(how))
    assert blamed(script, 40) == broken


def test_the_end_of_the_run_is_no_hanging_up() -> None:
    """The harness ends the connection."""
    script = Script()
    script.add(30, e.LinkClosed("ended"))
    assert blamed(script, 30) == set()


@pytest.mark.parametrize(("ends", "broken"), [(21.0, set()), (23.0, {"T25.sign_on"})])
def test_a_connection_without_a_sign_on(ends: float, broken: set[str]) -> None:
    """It is the first thing."""
    script = Script()
    script.add(10, e.LinkClosed("fin"))
    script.add(20, e.LinkOpened())
    assert blamed(script, ends) == broken


@pytest.mark.parametrize(("at", "broken"), [(71.0, set()), (73.0, {"T25"})])
def test_a_request_while_an_echo_is_unanswered(at: float, broken: set[str]) -> None:
    """For more than ten seconds, and the slack."""
    script = Script()
    echo(script, 60.2)
    echo(script, 70.2)
    script.insert(at - 10)
    script.request(at)
    assert blamed(script, at + 1) == broken


@pytest.mark.parametrize(("heard", "broken"), [(True, set()), (False, {"T25.advice"})])
def test_a_reversal_before_the_host_is_heard_again(heard: bool, broken: set[str]) -> None:
    """After a request that expired at 65 an echo is answered first."""
    script = expired()
    echo(script, 65, answered=heard)
    script.reversal(65.5)
    assert blamed(script, 66) == broken


def test_an_echo_at_once_after_a_request_that_expired() -> None:
    """The host was heard five seconds before."""
    assert blamed(expired(), 68) == {"T25.echo"}
    script = expired()
    echo(script, 65, answered=True)
    assert blamed(script, 68) == set()


@pytest.mark.parametrize(
    ("closes", "again", "broken"),
    [(20.4, 0.0, False), (22.9, 0.0, True), (0.0, 20.5, True), (0.0, 0.0, True)],
)
def test_a_refused_sign_on_closes_the_connection(closes: float, again: float, broken: bool) -> None:
    """It is refused at 20.3. The next one belongs to the next connection."""
    script = Script()
    script.add(10, e.LinkClosed("fin"))
    script.add(20, e.LinkOpened())
    fields = DIALECT.network(STATION, "sign_on", stan="800001", sent=SENT)
    script.frame(20.1, "terminal", "host", fields)
    script.frame(20.3, "terminal", "terminal", DIALECT.answer(fields, "58"))
    if again:
        script.network(again, "sign_on")
    if closes:
        script.add(closes, e.LinkClosed("local"))
        script.link_up(closes + 1)
    assert blamed(script, 25) == ({"T25.sign_on"} if broken else set())


@pytest.mark.parametrize("answers", [True, False])
def test_what_the_host_asks_is_answered(answers: bool) -> None:
    """Accepted or refused."""
    script = Script()
    asked = host_asks(script, 20)
    if answers:
        script.frame(20.1, "terminal", "host", DIALECT.answer(asked, "40"))
    assert blamed(script, 30) == (set() if answers else {"T25.asked"})


@pytest.mark.parametrize(
    ("function", "code", "more", "wrong"),
    [
        ("301", "00", {}, ""),
        ("301", "40", {}, ""),
        ("301", "96", {}, "with DE 39 96: it is signed on, and says that it is not at work"),
        ("301", "00", {"70": "001"}, "with DE 70 001 instead of 301"),
        ("301", "00", {"7": "1121201099"}, "with DE 7 1121201099 instead of"),
        ("301", "00", {"41": "ATM00099"}, "with DE 41 ATM00099 instead of ATM00001"),
        ("161", "40", {}, ""),
        ("161", "96", {}, ""),
        ("161", "00", {}, "with DE 39 00, and its keys have not changed"),
        ("201", "00", {}, ""),
        ("201", "40", {}, ""),
    ],
)
def test_what_is_answered_to_the_host_is_true(
    function: str, code: str, more: dict[str, str], wrong: str
) -> None:
    """It is the answer to what was asked, and claims nothing that was not done."""
    script = Script()
    asked = host_asks(script, 20) | {"70": function}
    script.frame(20.05, "terminal", "terminal", asked | {"11": "700002"})
    answer = DIALECT.answer({**asked, "11": "700002"}, code)
    script.frame(20.1, "terminal", "host", answer | more)
    script.frame(20.2, "terminal", "host", DIALECT.answer(asked | {"70": "301"}, "00"))
    script.end(30, "open")
    told = [x.what for x in script.verdict().failures if x.invariant == "T25.asked"]
    assert [wrong in what for what in told] == ([True] if wrong else [])


@pytest.mark.parametrize("asked", ["0820", "0302", "0800"])
def test_what_the_host_asks_may_be_answered_before_the_sign_on(asked: str) -> None:
    """An answer is no transaction (T16)."""
    script = Script()
    script.add(10, e.LinkClosed("fin"))
    script.add(20, e.LinkOpened())
    fields = {"t": asked, "7": SENT, "11": "700001", "41": STATION.terminal, "70": "301"}
    script.frame(20.2, "terminal", "terminal", fields)
    script.frame(20.3, "terminal", "host", DIALECT.answer(fields, "40"))
    script.network(20.4, "sign_on")
    script.end(30, "open")
    assert failing(script.verdict()) == []


def test_a_process_that_stood_still_is_not_judged() -> None:
    """What came meanwhile it reads as if it came now."""
    script = Script()
    script.add(5, e.ProcessPaused("frame:0800"))
    script.add(65, e.ProcessResumed())
    echo(script, 70, answered=True)
    assert blamed(script, 200) == set()


def test_other_peoples_terminals_keep_their_link_as_they_like() -> None:
    """Nobody sees their device, nor why they send no echo."""
    script = Script(sees=HOST_ALONE)
    script.add(30, e.LinkClosed("local"))
    assert blamed(script, 200) == set()
