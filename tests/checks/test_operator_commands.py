"""T12.answer, T12.command, T12.refused, T12.once, T12.done and F5 by hand-made journals: what the
broker has handed over and taken, and what the devices did.
"""

from __future__ import annotations

import pytest
from script import CARD, SEES, Script, failing

from harness import events as e

CLOCK = "2026-11-21T20:10:30.000Z"
LATER = "2026-11-21T20:12:00.000Z"
OF_COMMANDS = ("T12.answer", "T12.command", "T12.refused", "T12.once", "T12.done", "F5")


def script(*, card_inside: bool = True) -> Script:
    """A run that sees its control plane; a card went in at 10, and the host is asked at 20."""
    made = Script(sees=(*SEES, "control"))
    made.network(9, "echo")
    if card_inside:
        made.add(10, e.CustomerArrived(1, "withdrawal", 5000), e.CardInserted(CARD, 1))
        made.add(20, e.ScreenShown("please_wait"))
    return made


def handed(
    verb: str = "return_card_and_stop", *, target: str = "all", clock: str = CLOCK
) -> e.CommandHandedOver:
    return e.CommandHandedOver("c1", verb, "all", target, LATER, clock)


def broken(made: Script) -> list[str]:
    made.end(100)
    return [name for name in OF_COMMANDS if name in failing(made.verdict())]


def tried(made: Script, invariant: str) -> int:
    return next(row.tried for row in made.verdict().rows if row.id == invariant)


def obeyed(made: Script, *, answered: float = 30.1, out: float = 31.0) -> None:
    """A stop at 30: the answer, and the card on its way out."""
    made.add(30, handed())
    made.add(answered, e.ResponseTaken("c1", "accepted"))
    made.add(30.05, e.OrderGiven("stop"))
    made.add(30.06, e.OrderAcknowledged("stop"))
    made.eject(out)


def test_a_run_without_a_control_plane_has_none_of_these_checks() -> None:
    """Its table is as long as it was."""
    made = Script()
    made.end(100)
    assert not {row.id for row in made.verdict().rows} & set(OF_COMMANDS)


def test_a_command_that_is_obeyed_at_once() -> None:
    """Nothing is broken, and both checks have judged it; the host was not silent."""
    made = script()
    obeyed(made)
    assert broken(made) == []
    assert [tried(made, name) for name in OF_COMMANDS] == [1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(("answered", "late"), [(36.9, False), (37.2, True)])
def test_an_answer_has_its_time(answered: float, late: bool) -> None:
    """5 s, and 2 s of slack."""
    made = script()
    obeyed(made, answered=answered)
    assert ("T12.answer" in broken(made)) is late


def test_no_answer_at_all() -> None:
    """It is found when nothing more comes."""
    made = script()
    obeyed(made)
    made.entries = [x for x in made.entries if not isinstance(x[2], e.ResponseTaken)]
    assert broken(made) == ["T12.answer"]


@pytest.mark.parametrize(
    "event",
    [e.BrokerLost("no word"), e.BrokerCutOff(), e.PowerLost("test")],
    ids=["broker", "way", "power"],
)
def test_an_answer_that_could_not_be_heard_blames_nobody(event: e.Event) -> None:
    """The broker or the power failed behind the command."""
    made = script(card_inside=False)
    made.add(30, handed())
    made.add(31, event)
    assert broken(made) == []


def test_a_command_that_counts_must_not_be_refused() -> None:
    """Neither of the two refusals is an answer to it."""
    made = script(card_inside=False)
    made.add(30, handed("in_service"))
    made.add(30.1, e.ResponseTaken("c1", "expired"))
    assert broken(made) == ["T12.answer"]


def test_a_card_that_stays_inside_after_a_command() -> None:
    """No order reached the logic, so that T12 has nothing to judge."""
    made = script()
    made.add(30, handed())
    made.add(30.1, e.ResponseTaken("c1", "accepted"))
    made.eject(60.0)
    assert broken(made) == ["T12.command"]


def test_a_customer_who_is_served_after_a_command() -> None:
    """A card that goes in a minute later is a new step."""
    made = script(card_inside=False)
    made.add(30, handed())
    made.add(30.1, e.ResponseTaken("c1", "accepted"))
    made.add(60, e.CustomerArrived(1, "withdrawal", 5000), e.CardInserted(CARD, 1))
    made.eject(65.0)
    assert "T12.command" in broken(made)


def test_who_was_put_in_service_again_may_serve() -> None:
    """By a command that came behind the stop."""
    made = script(card_inside=False)
    made.add(30, handed())
    made.add(30.1, e.ResponseTaken("c1", "succeeded"))
    made.add(40, e.CommandHandedOver("c2", "in_service", "all", "all", LATER, CLOCK))
    made.add(40.1, e.ResponseTaken("c2", "accepted"))
    made.add(60, e.CustomerArrived(1, "withdrawal", 5000), e.CardInserted(CARD, 1))
    made.eject(65.0)
    assert broken(made) == []


@pytest.mark.parametrize(
    ("fault", "dead"),
    [
        ("silent@25s..90s", True),
        ("silent:terminal=ATM00001@25s..90s", True),
        ("silent:terminal=ATM00002@25s..90s", False),
        ("refuse:p=30%@25s..90s", False),
        ("slow@25s..90s", False),
    ],
)
def test_f5_is_about_a_host_that_is_silent(fault: str, *, dead: bool) -> None:
    """Not about one that is slow, silent for others, or for some attempts."""
    made = script()
    made.add(25, e.FaultBegan(fault), actor=e.RUN)
    made.add(30, handed())
    made.add(30.1, e.ResponseTaken("c1", "accepted"))
    made.eject(60.0)
    assert broken(made) == (["T12.command", "F5"] if dead else ["T12.command"])


@pytest.mark.parametrize(
    "command", [handed(clock=LATER), handed(target="ATM00002")], ids=["expired", "of another"]
)
@pytest.mark.parametrize("status", ["accepted", "rejected"])
def test_what_must_be_refused(command: e.CommandHandedOver, status: str) -> None:
    """An answer as if it counted is a break; a refusal is none."""
    made = script(card_inside=False)
    made.add(30, command)
    made.add(30.1, e.ResponseTaken("c1", status))
    assert broken(made) == (["T12.refused"] if status == "accepted" else [])
    assert tried(made, "T12.refused") == 1


def test_what_was_refused_in_words_and_obeyed_all_the_same() -> None:
    """The order comes in the instant of the command."""
    made = script(card_inside=False)
    made.add(30, handed(clock=LATER), e.OrderGiven("stop"))
    made.add(30.1, e.ResponseTaken("c1", "expired"))
    assert broken(made) == ["T12.refused"]


def test_an_order_of_somebody_else_is_no_obedience() -> None:
    """It comes at another moment."""
    made = script(card_inside=False)
    made.add(30, handed(clock=LATER))
    made.add(30.1, e.ResponseTaken("c1", "expired"), e.OrderGiven("stop"))
    made.add(30.2, e.OrderAcknowledged("stop"))
    assert broken(made) == []


@pytest.mark.parametrize("again", [True, False])
def test_a_command_that_comes_again(again: bool) -> None:
    """A restart of its own is a break; the same answer once more is none."""
    made = script(card_inside=False)
    made.add(30, handed("restart"))
    made.add(30.1, e.ResponseTaken("c1", "succeeded"))
    made.add(40, handed("restart"))
    if again:
        made.add(40, e.PowerLost("restart"))
        made.add(70, e.PowerRestored())
    else:
        made.add(40.1, e.ResponseTaken("c1", "succeeded"))
    assert broken(made) == (["T12.once"] if again else [])
    assert tried(made, "T12.once") == 1


def test_a_command_that_came_in_two_ways_says_nothing() -> None:
    """First with another's name, then as it should be: an answer may be about either."""
    made = script(card_inside=False)
    made.add(30, handed(target="ATM00002"))
    made.add(30.1, handed())
    made.add(30.2, e.ResponseTaken("c1", "rejected"), e.ResponseTaken("c1", "accepted"))
    assert broken(made) == []


@pytest.mark.parametrize(("done", "too_soon"), [(31.5, True), (45.0, False)])
def test_a_stop_is_done_when_the_card_is_out(done: float, too_soon: bool) -> None:
    """The customer takes the card some seconds after it came to the slot."""
    made = script()
    obeyed(made)
    taken = [at for at, _, event in made.entries if isinstance(event, e.CardTaken)]
    assert taken
    assert 31.5 < taken[0] < 45.0
    made.add(done, e.ResponseTaken("c1", "succeeded"))
    assert broken(made) == (["T12.done"] if too_soon else [])
