"""H15 to H17, and H6.wire after a reversal: what holds, what breaks, and what cannot be seen."""

from __future__ import annotations

import pytest
from script import SEES, Script, failing, row, status

from harness import events as e
from harness.contract import Contract

UNSIGNED = (*SEES, "wire.sign_on")


def at_host(script: Script, at: float, function: str, *, code: str = "00") -> None:
    """A message of network management, and its answer, as they pass the host's end."""
    before = len(script.entries)
    script.network(at, function)
    frames = [x for _, _, x in script.entries[before:] if isinstance(x, e.FrameSeen)]
    asked, answer = frames[0].fields, {**frames[1].fields, "39": code}
    script.frame(at + 0.02, "host", "host", asked)
    script.frame(at + 0.04, "host", "terminal", answer)


def reconnected(*, accepted: str = "", **changes: object) -> Script:
    """A withdrawal, then a new connection, with the sign-on answered by `accepted` if at all."""
    script = Script(sees=UNSIGNED, **changes)
    at_host(script, 0.5, "sign_on")
    script.visit(10)
    script.add(50, e.LinkClosed("fin"))
    script.add(51, e.LinkOpened())
    if accepted:
        at_host(script, 51.1, "sign_on", code=accepted)
    return script


def comes_again(script: Script, code: str, stan: str = "000001") -> None:
    """The request comes to the host once more, and is answered with that code."""
    script.frame(52, "host", "host", script.requests[stan])
    script.lost_answer(52.5, stan, code)


@pytest.mark.parametrize(
    ("accepted", "code", "said"),
    [
        *(("", "00", "fail"), ("", "58", "pass"), ("91", "00", "fail")),
        *(("00", "00", "not tried"), ("00", "58", "not tried")),
    ],
)
def test_what_comes_before_a_sign_on(accepted: str, code: str, said: str) -> None:
    """Nothing is approved on a connection that has not signed on, or whose sign-on was refused."""
    script = reconnected(accepted=accepted)
    comes_again(script, code)
    script.end(100, "open")
    assert status(script.verdict(), "H15") == said


@pytest.mark.parametrize("first", ["00", "22"])
def test_a_sign_on_that_comes_twice_is_accepted_once(first: str) -> None:
    """One of two answers accepts: the connection has signed on, whichever of them came first."""
    script = reconnected()
    at_host(script, 51.1, "sign_on", code=first)
    asked, answered = (entry[2] for entry in script.entries[-2:])
    assert isinstance(asked, e.FrameSeen)
    assert isinstance(answered, e.FrameSeen)
    second = {**answered.fields, "39": "22" if first == "00" else "00"}
    script.frame(51.15, "host", "host", asked.fields)
    script.frame(51.2, "host", "terminal", second)
    comes_again(script, "00")
    script.end(100, "open")
    assert status(script.verdict(), "H15") == "not tried"


def test_a_refusal_before_a_sign_on_is_no_other_answer_to_a_repeat() -> None:
    """H11 is about what is served."""
    script = reconnected()
    comes_again(script, "58")
    script.end(100, "open")
    assert "H11" not in failing(script.verdict())


@pytest.mark.parametrize(("code", "said"), [("00", "fail"), ("25", "fail"), ("91", "pass")])
def test_a_reversal_that_comes_before_a_sign_on(code: str, said: str) -> None:
    """It is not taken, and not refused for good."""
    script = reconnected()
    script.reversal(40)
    script.answer(40.2, "000101")
    script.frame(52, "host", "host", script.requests["000101"])
    script.lost_answer(52.5, "000101", code)
    script.end(100, "open")
    assert status(script.verdict(), "H15") == said
    assert "H12" not in failing(script.verdict())


def test_after_a_sign_off_nothing_is_served() -> None:
    """Until the next sign-on."""
    script = reconnected(accepted="00")
    at_host(script, 51.5, "sign_off")
    comes_again(script, "00")
    script.end(100, "open")
    assert status(script.verdict(), "H15") == "fail"


@pytest.mark.parametrize(
    ("sees", "contract"), [(SEES, Contract()), (UNSIGNED, Contract(sign_on=False))]
)
def test_without_sign_ons_at_the_host_nothing_can_be_seen(
    sees: tuple[str, ...], contract: Contract
) -> None:
    """Or where none is asked for."""
    script = Script(sees=sees, contract=contract)
    script.visit(10)
    script.end(100)
    assert status(script.verdict(), "H15") == "not observable"


# --- the PIN --------------------------------------------------------------------------------------


def asked(pin: str, code: str, **changes: object) -> Script:
    """A visit with a 'right' or a 'wrong' PIN, and the host's answer."""
    script = Script(**changes)
    script.insert(10)
    script.request(20, pin=pin)
    script.answer(21, code=code)
    script.eject(21)
    script.end(100, "open")
    return script


@pytest.mark.parametrize(
    ("pin", "code", "said"),
    [
        *(("right", "00", "pass"), ("wrong", "55", "pass"), ("wrong", "05", "pass")),
        *(("right", "51", "pass"), ("wrong", "00", "fail"), ("right", "55", "fail")),
    ],
)
def test_what_a_host_says_to_a_pin(pin: str, code: str, said: str) -> None:
    """A wrong one is not approved, and a right one not called wrong. Any other no may be said."""
    assert status(asked(pin, code).verdict(), "H16") == said


@pytest.mark.parametrize(("sent", "code"), [("wrong", "55"), ("right", "00")])
def test_what_was_typed_is_not_the_hosts_business(sent: str, code: str) -> None:
    """A terminal that sends another PIN than the one that was typed has a right host before it."""
    script = asked(sent, code)
    script.add(15, e.PinTyped(1, sent != "right"))
    assert status(script.verdict(), "H16") == "pass"


@pytest.mark.parametrize(
    ("population", "said"), [({}, "not tried"), ({"cards": "theirs.csv"}, "fail")]
)
def test_somebody_elses_host_is_judged_by_the_pins_that_it_was_given(
    population: dict[str, object], said: str
) -> None:
    """Without a file of cards nobody knows whether it knows any."""
    sees = tuple(eye for eye in SEES if eye != "ledger")
    script = asked("wrong", "00", mode="terminals", sees=sees, population=population)
    assert status(script.verdict(), "H16") == said


def test_a_pin_that_nobody_knows_judges_nobody() -> None:
    """The card is somebody's of whom there is no file."""
    script = Script()
    script.visit(10)
    script.end(100)
    assert status(script.verdict(), "H16") == "not tried"


def test_a_code_that_a_fault_orders_is_no_judgement_of_the_pin() -> None:
    """It acted while the request waited."""
    script = Script()
    script.insert(10)
    script.request(20, pin="right")
    acted = e.FaultActed("host_answers:code=55", "ATM00001: 0200 answered 55 instead of 00")
    script.add(20.5, acted, actor="RUN")
    script.answer(21, code="55")
    script.end(100, "open")
    assert status(script.verdict(), "H16") == "not tried"


# --- the account ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("over", "said"), [(0, "pass"), (1, "fail")])
def test_what_is_not_on_the_account_is_not_approved(over: int, said: str) -> None:
    """By a cent."""
    script = Script()
    script.insert(10)
    script.request(20)
    cause = f"2:000001:{script.requests['000001']['7']}"
    whose = "ATM00001", "000001", script.requests["000001"]["7"], "999999"
    script.add(20.5, e.Posted("debit", *whose, 5000, cause, overdrawn=over), actor="HOST")
    script.answer(21)
    script.end(100, "open")
    assert status(script.verdict(), "H17") == said
    assert row(script.verdict(), "H17").worst == over


def test_what_the_stand_in_approved_may_overdraw() -> None:
    """The issuer must post it."""
    script = Script(contract=Contract(stand_in=50000))
    script.insert(10)
    script.request(20)
    whose = "ATM00001", "000001", script.requests["000001"]["7"]
    script.add(20.5, e.StoodIn(*whose, 5000), actor="HOST")
    cause = f"2:000001:{whose[2]}"
    posted = e.Posted("debit", *whose, "999999", 5000, cause, overdrawn=5000)
    script.add(30, posted, actor="HOST")
    script.end(100, "open")
    assert status(script.verdict(), "H17") == "not tried"


# --- after a reversal -----------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "broken"), [("00", ["H6.wire"]), ("94", [])])
def test_a_duplicate_after_the_reversal(code: str, broken: list[str]) -> None:
    """What was approved, reversed and acknowledged is not approved once more."""
    script = Script()
    script.aborted(10)
    script.frame(80, "host", "host", script.requests["000001"])
    script.lost_answer(80.5, code=code)
    script.end(200, "open")
    verdict = script.verdict()
    assert [name for name in failing(verdict) if name.startswith("H6")] == broken
    assert row(verdict, "H6.wire").tried
