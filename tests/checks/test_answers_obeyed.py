"""T23 from hand-made evidence: what a terminal makes of the host's answer."""

from __future__ import annotations

import pytest
from script import DIALECT, SENT, STATION, Script, failing, status

from harness import events as e
from harness.wire.calendar import Stamp

MINE = {"T23", "T23.pin", "T23.reason"}


def blamed(script: Script, ends: float = 200.0) -> set[str]:
    script.end(ends, "open")
    return MINE & set(failing(script.verdict()))


def answered(code: str, at: float = 20.0) -> Script:
    """A withdrawal of 50.00 that got this code at 20.6."""
    script = Script()
    script.network(at - 11, "echo")
    script.insert(at - 10)
    script.request(at)
    script.answer(at + 0.6, code=code)
    return script


# --- T23 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["04", "41", "43"])
def test_an_ordered_card_that_comes_out(code: str) -> None:
    """The host said that it is to be kept."""
    script = answered(code)
    script.eject(20.6)
    assert blamed(script) == {"T23"}


def test_an_ordered_card_that_is_kept() -> None:
    """As it should be, and that was tried."""
    script = answered("41")
    script.capture(20.6)
    script.end(200, "open")
    assert status(script.verdict(), "T23") == "pass"


@pytest.mark.parametrize("code", ["05", "01", "07"])
def test_a_code_that_need_not_capture(code: str) -> None:
    """A decline, a referral, and a capture code that a profile may leave out."""
    script = answered(code)
    script.eject(20.6)
    assert blamed(script) == set()


def test_a_card_that_comes_out_after_a_power_cut() -> None:
    """At boot a card inside is ejected, whatever was ordered before."""
    script = answered("41")
    script.add(20.7, e.PowerLost("write"))
    script.add(80, e.PowerRestored())
    script.eject(81)
    assert blamed(script) == set()


def test_the_breaker_gives_cards_back() -> None:
    """After three captures by code in a minute."""
    script = Script()
    for n in range(4):
        at = 20.0 + 15 * n
        stan = f"{n + 1:06d}"
        script.insert(at - 10, n + 1)
        script.request(at, stan)
        script.answer(at + 0.6, stan, "41")
        (script.capture if n < 3 else script.eject)(at + 0.6)
    assert blamed(script) == set()


# --- T23.pin -------------------------------------------------------------------------------


def test_a_wrong_pin_that_ends_the_visit() -> None:
    """There were two tries left."""
    script = answered("55")
    script.eject(20.6)
    assert blamed(script) == {"T23.pin"}


def test_a_wrong_pin_that_is_asked_for_again() -> None:
    """It may be cancelled then."""
    script = answered("55")
    script.add(20.6, e.ScreenShown("enter_pin"))
    script.eject(30)
    script.end(200, "open")
    assert status(script.verdict(), "T23.pin") == "pass"


def test_the_third_refusal_ends_the_visit() -> None:
    """After two that were asked for again."""
    script = answered("55")
    for n, at in ((2, 30.0), (3, 40.0)):
        script.add(at - 9.4, e.ScreenShown("enter_pin"))
        script.request(at, f"{n:06d}")
        script.answer(at + 0.6, f"{n:06d}", "55")
    script.eject(40.6)
    assert blamed(script) == set()


def test_a_link_that_is_gone_ends_the_visit_too() -> None:
    """There is nobody to ask."""
    script = answered("55")
    script.add(20.6, e.LinkClosed("fin"))
    script.eject(20.6)
    assert blamed(script) == set()


# --- T23.reason ----------------------------------------------------------------------------


def reversed_for(script: Script, at: float, reason: str) -> set[str]:
    """The reversal says so."""
    fields = DIALECT.reversal(
        STATION, pan="9999990000000014", amount=5000, taken=None, stan="000101",
        stamp=Stamp(SENT, "211000", "1121"), rrn="000000000001", code="", reason=reason,
        original_stan="000001", original_sent=SENT,
    )  # fmt: skip
    script.frame(at, "terminal", "host", fields)
    return blamed(script)


def unanswered() -> Script:
    """No answer within 45 s: the card comes out, and an echo is answered."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(65, "echo")
    return script


def damaged() -> Script:
    """An answer with a wrong MAC came."""
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    script.request(20)
    script.answer(20.6, mac="bad")
    script.eject(65)
    script.network(65, "echo")
    return script


def not_taken() -> Script:
    """Approved, and the card is left at the slot."""
    script = answered("00")
    script.eject(20.6, taken=None)
    script.capture(51.9)
    return script


def jammed() -> Script:
    """Approved, and the card does not move."""
    script = answered("00")
    script.add(20.7, e.EjectBegun(), e.EjectFailed())
    script.add(30.7, e.EjectBegun(), e.EjectFailed())
    script.capture(40.7)
    return script


def nothing_stacked() -> Script:
    """Approved, and the dispenser moves nothing."""
    script = answered("00")
    script.eject(20.6)
    script.add(24, e.StackBegun(1, 5000), e.NotesStacked({}, {}, True))
    return script


def stopped() -> Script:
    """Approved, the card taken, and the stacker never started."""
    script = answered("00")
    script.eject(20.6)
    return script


REASONS = {
    "4021": (unanswered, 66.0),
    "4020": (damaged, 66.0),
    "4019": (not_taken, 52.0),
    "4014": (jammed, 41.0),
    "4017": (nothing_stacked, 25.0),
    "4007": (stopped, 60.0),
}


@pytest.mark.parametrize("right", REASONS)
@pytest.mark.parametrize("said", REASONS)
def test_a_reversal_says_what_has_happened(said: str, right: str) -> None:
    """Each of these has one reason, and any other is wrong."""
    happened, at = REASONS[right]
    assert reversed_for(happened(), at, said) == (set() if said == right else {"T23.reason"})


@pytest.mark.parametrize(("taken", "blames"), [(31.2, set()), (10.0, {"T23.reason"})])
def test_a_card_taken_as_its_timer_runs_out_may_count_as_not_taken(
    taken: float, blames: set[str]
) -> None:
    """No capture begins then. A card that was taken well before its timer ran out was taken."""
    script = answered("00")
    script.eject(20.6, taken=taken)
    assert reversed_for(script, 60.0, "4019") == blames


@pytest.mark.parametrize("code", ["63", "ZZ", "10"])
def test_an_answer_that_is_none_is_the_reason(code: str) -> None:
    """A security error, an unlisted code, and an approval in part where none is paid."""
    script = answered(code)
    script.eject(20.6)
    assert reversed_for(script, 21.0, "4020") == set()
    script = answered(code)
    script.eject(20.6)
    assert reversed_for(script, 21.0, "4021") == {"T23.reason"}


def test_after_a_power_cut_the_store_may_know_less() -> None:
    """An approval that was not written yet is reversed as unanswered."""
    script = answered("00")
    script.add(20.7, e.PowerLost("write"))
    script.add(80, e.PowerRestored())
    script.link_up(81)
    assert reversed_for(script, 82.0, "4021") == set()
