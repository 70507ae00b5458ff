"""T24 from hand-made evidence: when a reversal is tried again."""

from __future__ import annotations

import pytest
from script import Script, failing, row

from harness import events as e

MINE = {"T24", "T24.parked"}


def sent(code: str, answered: float | None = 66.5) -> Script:
    """A withdrawal without an answer, whose reversal left at 66 and was answered so."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(65, "echo")
    script.reversal(66)
    if answered is not None:
        script.answer(answered, "000101", code)
    return script


def blamed(script: Script, ends: float = 400.0, parked: int = 0) -> set[str]:
    script.end(ends, "open", parked=parked)
    return MINE & set(failing(script.verdict()))


def reconnected(script: Script, at: float) -> None:
    script.add(at, e.LinkClosed("fin"))
    script.link_up(at + 1)


@pytest.mark.parametrize(("again", "broken"), [(68.0, {"T24"}), (120.0, {"T24"}), (126.6, set())])
def test_after_a_code_that_asks_for_another_try(again: float, broken: set[str]) -> None:
    """60 s after its answer, and not before."""
    script = sent("91")
    script.reversal(again, repeat=True)
    script.answer(again + 0.5, "000101", "00")
    assert blamed(script) == broken


@pytest.mark.parametrize(("again", "broken"), [(70.0, {"T24"}), (126.1, set())])
def test_without_an_answer(again: float, broken: set[str]) -> None:
    """60 s after it had left."""
    script = sent("", answered=None)
    script.reversal(again, repeat=True)
    script.answer(again + 0.5, "000101", "00")
    assert blamed(script) == broken


def test_a_new_connection_ends_the_pause() -> None:
    """After the sign-on the head of the queue leaves."""
    script = sent("91")
    reconnected(script, 70)
    script.reversal(71.2, repeat=True)
    script.answer(71.7, "000101", "00")
    assert blamed(script) == set()


def test_a_parked_one_that_is_sent_before_the_next_sign_on() -> None:
    """It would be refused again."""
    script = sent("12")
    script.reversal(130, repeat=True)
    script.answer(130.5, "000101", "00")
    assert blamed(script) == {"T24.parked"}


def test_a_parked_one_that_is_sent_after_each_sign_on() -> None:
    """Once, and refused again, it waits for the next one."""
    script = sent("12")
    reconnected(script, 100)
    script.reversal(101.2, repeat=True)
    script.answer(101.7, "000101", "12")
    script.end(400, "open", parked=1)
    verdict = script.verdict()
    assert MINE & set(failing(verdict)) == set()
    assert row(verdict, "T24.parked").tried == 1


def test_a_parked_one_that_is_never_sent_again() -> None:
    """The terminal has signed on since, and had nothing else to send."""
    script = sent("12")
    reconnected(script, 100)
    assert blamed(script, 200, parked=1) == {"T24.parked"}


def test_a_parked_one_that_the_store_does_not_hold() -> None:
    """It was dropped."""
    assert blamed(sent("12"), 100, parked=0) == {"T24.parked"}
    assert blamed(sent("12"), 100, parked=1) == set()


def test_a_parked_one_waits_behind_one_that_is_tried_again() -> None:
    """First in, first out: the one before it has its pause."""
    script = sent("12")
    script.insert(80)
    script.request(85, "000002")
    script.lost_answer(85.5, "000002")
    script.lost["000002"] = None
    script.eject(130)
    script.network(130, "echo")
    script.reversal(131, "000002", "000102")
    script.answer(131.5, "000102", "12")
    reconnected(script, 140)
    script.reversal(141.2, repeat=True)
    script.answer(141.7, "000101", "91")
    script.add(180, e.LinkClosed("fin"))
    assert blamed(script, 185, parked=2) == set()
