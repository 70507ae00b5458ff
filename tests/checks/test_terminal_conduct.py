"""T14 T15 T16 from hand-made evidence: what a terminal says must fit what it said before."""

from __future__ import annotations

from typing import Any

import pytest
from script import ATM, DIALECT, SEES, SENT, STATION, Script, failing, row, status

from harness import events as e
from harness.contract import Contract
from harness.wire.calendar import Stamp

HOST_ALONE = ("wire.terminal", "wire.host", "wire.mac", "ledger")
BOTH = pytest.mark.parametrize("sees", [SEES, HOST_ALONE], ids=["device", "no device"])
LATER = "1121201130"


def told(script: Script, name: str) -> list[str]:
    return [x.what for x in script.verdict().failures if x.invariant == name]


def unanswered(**changes: Any) -> Script:
    """A withdrawal of 50.00 that had no answer; its reversal is due at 66."""
    script = Script(**changes)
    script.unanswered(10)
    script.eject(65)
    script.network(65, "echo")
    return script


def reverses(
    script: Script, at: float = 66.0, mti: str = "0420", answered: str = "00", **changes: Any
) -> None:
    """Its reversal with other elements ('de4'; None leaves one out), answered with that code."""
    fields = DIALECT.reversal(
        STATION, pan="9999990000000014", amount=5000, taken=None, stan="000101",
        stamp=Stamp(SENT, "211000", "1121"), rrn="000000000001", code="", reason="4021",
        original_stan="000001", original_sent=SENT,
    ) | {"t": mti}  # fmt: skip
    for name, value in changes.items():
        if value is None:
            del fields[name[2:]]
        else:
            fields[name[2:]] = value
    script.frame(at, "terminal", "host", fields)
    script.frame(at + 0.1, "terminal", "terminal", DIALECT.answer(fields, answered))


def original(stan: str = "000001", sent: str = SENT, mti: str = "0200", by: str = "99999") -> str:
    """DE 90."""
    return f"{mti}{stan}{sent}{by:0>11}{0:011d}"


# --- T14 -----------------------------------------------------------------------------------


@BOTH
def test_a_reversal_that_agrees_with_its_request_passes_t14(sees: tuple[str, ...]) -> None:
    """Also one that leaves out what not every terminal sends."""
    for left_out in ("de60", "de37", "de49", "de2", "de3"):
        script = unanswered(sees=sees)
        changes: dict[str, Any] = {left_out: None}
        reverses(script, **changes)
        script.end(200)
        assert status(script.verdict(), "T14") == "pass", left_out


@BOTH
@pytest.mark.parametrize(
    ("changes", "element"),
    [
        ({"de4": "000000002000"}, "DE 4"),
        ({"de2": "9999990000000022"}, "DE 2"),
        ({"de49": "840"}, "DE 49"),
        ({"de37": "000000000009"}, "DE 37"),
        ({"de3": "310000"}, "DE 3"),
    ],
)
def test_a_reversal_that_does_not_agree_breaks_t14(
    sees: tuple[str, ...], changes: dict[str, Any], element: str
) -> None:
    """It says which element."""
    script = unanswered(sees=sees)
    reverses(script, **changes)
    script.end(200)
    (what,) = told(script, "T14")
    assert f"STAN 000001: {element} not as in the request" in what


@BOTH
@pytest.mark.parametrize(
    ("named", "differs"),
    [
        (original(by="1"), "acquirer (99999, and the reversal names 1)"),
        (original(mti="0100"), "MTI class (2, and the reversal names 1)"),
        (original(sent=LATER), f"time ({SENT}, and the reversal names {LATER})"),
        (original(stan="000055"), "the request with its reference number is STAN 000001"),
    ],
)
def test_a_reversal_that_names_its_request_wrongly_breaks_t14(
    sees: tuple[str, ...], named: str, differs: str
) -> None:
    """It says what is other in the name."""
    script = unanswered(sees=sees)
    reverses(script, de90=named)
    script.end(200)
    (what,) = told(script, "T14")
    assert differs in what


def test_no_acquirer_in_the_name_is_the_reversals_own() -> None:
    """Zeros in DE 90 mean that none is given."""
    script = unanswered(sees=HOST_ALONE)
    reverses(script, de90=original(by="0"))
    script.end(200)
    assert failing(script.verdict()) == []


@pytest.mark.parametrize(
    ("taken", "broken"),
    [("000000000000", False), ("000000001000", True), ("000000006000", True)],
)
def test_cash_of_an_unanswered_withdrawal_breaks_t14(taken: str, broken: bool) -> None:
    """DE 95 says that some was paid, and nothing was approved."""
    script = unanswered(sees=HOST_ALONE)
    reverses(script, de95=taken)
    script.end(200)
    assert ("T14" in failing(script.verdict())) is broken


def test_cash_of_what_was_approved_is_in_order() -> None:
    """Fewer notes than approved: DE 95 says how much was taken."""
    script = Script(sees=HOST_ALONE)
    script.request(20)
    script.debit(20.5)
    script.answer(21)
    reverses(script, de95="000000003000")
    script.end(200)
    assert status(script.verdict(), "T14") == "pass"


@BOTH
def test_an_original_that_was_not_seen_may_have_been_lost(sees: tuple[str, ...]) -> None:
    """The intent was written, and the request never came."""
    script = unanswered(sees=sees)
    reverses(script)
    reverses(script, 70, de11="000102", de37=None, de4="000000002000", de90=original("000077"))
    script.end(200)
    assert told(script, "T14") == []
    assert not any("not seen" in reason for reason in script.verdict().reasons)


@pytest.mark.parametrize(
    ("amount", "broke", "asks"),
    [
        ("000000005000", False, "which was not seen: was STAN 000001 of the same card"),
        ("000000005000", True, "which was not seen: was STAN 000001 of the same card"),
        ("000000002000", False, ""),
        ("000000002000", True, ""),
    ],
)
def test_nobody_can_tell_what_an_unseen_original_was(amount: str, broke: bool, asks: str) -> None:
    """Where the same card was approved the same amount, which is not reversed; and where the
    original can have been lost with no connection.
    """
    script = Script(sees=HOST_ALONE)
    script.request(20)
    script.debit(20.5)
    script.answer(21)
    if broke:
        script.add(30, e.LinkClosed("fin"))
        script.link_up(40)
    reverses(script, 70, de11="000102", de37=None, de4=amount, de90=original("000077"))
    script.end(200)
    verdict = script.verdict()
    assert verdict.outcome == ("invalid" if asks else "pass")
    assert any(asks in reason for reason in verdict.reasons) is bool(asks)


# --- T13: the repeats ----------------------------------------------------------------------


@BOTH
def test_a_repeat_that_names_another_original_breaks_t13(sees: tuple[str, ...]) -> None:
    """It is known by the reversal's own STAN and time, and reverses no other transaction."""
    script = unanswered(sees=sees)
    reverses(script)
    reverses(script, 130, "0421", de90=original("000077"))
    script.end(200)
    assert told(script, "T13") == ["the repeat of reversal 000101 differs from the first: DE 90"]
    assert told(script, "T14") == []


# --- T13.repeat ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "repeated", "said"),
    [(100.0, False, "not tried"), (200.0, False, "fail"), (180.0, True, "pass")],
)
def test_a_reversal_without_an_answer_is_repeated(ends: float, repeated: bool, said: str) -> None:
    """Within 62 s; before that it is open."""
    script = unanswered(sees=HOST_ALONE)
    script.reversal(66)
    if repeated:
        script.reversal(126, repeat=True)
    script.end(ends, "open")
    verdict = script.verdict()
    assert status(verdict, "T13.repeat") == said
    if said == "fail":
        (failure,) = [x for x in verdict.failures if x.invariant == "T13.repeat"]
        assert (failure.actor, failure.what) == (
            ATM,
            "reversal 000101 of STAN 000001 has no final answer, and was not sent again within "
            "62 s",
        )
    elif said == "not tried":
        assert verdict.outcome == "invalid"
        assert "reversal 000101 of STAN 000001 has no final answer" in "; ".join(verdict.reasons)


def test_a_terminal_whose_echo_is_not_answered_sends_no_reversal() -> None:
    """Its link is in doubt."""
    script = unanswered(sees=HOST_ALONE)
    script.reversal(66)
    script.network(110, "echo", answered=False)
    script.end(200, "open")
    assert "T13.repeat" not in failing(script.verdict())


def test_a_terminal_that_hung_up_has_time_to_come_back() -> None:
    """A minute, and then as long as any other."""
    for ends, broken in ((180.0, False), (230.0, True)):
        script = unanswered(sees=HOST_ALONE)
        script.reversal(66)
        script.add(100, e.LinkClosed("fin"))
        script.end(ends, "open")
        assert ("T13.repeat" in failing(script.verdict())) is broken


# --- T15 -----------------------------------------------------------------------------------


def asks_again(script: Script, at: float, mti: str = "0200", **changes: str) -> None:
    """The request 000001 again, with other elements ('de4')."""
    fields = script.requests["000001"] | {"t": mti}
    fields |= {name[2:]: value for name, value in changes.items()}
    script.frame(at, "terminal", "host", fields)


@BOTH
@pytest.mark.parametrize("mti", ["0200", "0201"])
@pytest.mark.parametrize(
    ("changes", "element"),
    [
        ({}, ""),
        ({"de4": "000000020000"}, "DE 4"),
        ({"de2": "9999990000000022"}, "DE 2"),
        ({"de3": "310000"}, "DE 3"),
        ({"de37": "000000000009"}, "DE 37"),
    ],
)
def test_a_repeat_is_the_same_transaction(
    sees: tuple[str, ...], mti: str, changes: dict[str, str], element: str
) -> None:
    """T15 says in which element it is another one."""
    script = Script(sees=sees)
    script.request(20)
    asks_again(script, 22, mti, **changes)
    script.answer(23)
    script.add(30, e.RunEnded("interrupted"), actor="RUN")
    verdict = script.verdict(interrupted=True)
    assert ("T15" in failing(verdict)) is bool(element)
    if element:
        assert f"for another transaction ({element})" in told(script, "T15")[0]


@BOTH
@pytest.mark.parametrize(("answered", "broken"), [(False, True), (True, False)])
def test_a_stan_is_not_used_again_while_it_is_open(
    sees: tuple[str, ...], answered: bool, broken: bool
) -> None:
    """For another time; what is over may have its number used again."""
    script = Script(sees=sees)
    script.request(20)
    if answered:
        script.answer(21, code="51")
    asks_again(script, 30, de7=LATER)
    script.add(31, e.RunEnded("interrupted"), actor="RUN")
    verdict = script.verdict(interrupted=True)
    assert ("T15" in failing(verdict)) is broken


def test_a_stan_whose_reversal_is_open_is_not_free() -> None:
    """An answer to the one would settle the other."""
    for settled in (False, True):
        script = Script(sees=HOST_ALONE)
        script.request(20)
        script.reversal(66)
        if settled:
            script.answer(67, "000101")
        asks_again(script, 90, de7=LATER)
        script.add(91, e.RunEnded("interrupted"), actor="RUN")
        assert ("T15" in failing(script.verdict(interrupted=True))) is not settled


# --- T16 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("element", ["3", "4", "7", "11", "41"])
def test_a_request_that_lacks_what_it_must_carry_breaks_t16(element: str) -> None:
    """And nothing says besides that it had no answer."""
    script = Script(sees=HOST_ALONE)
    script.request(20)
    fields = {k: v for k, v in script.requests["000001"].items() if k != element}
    script.entries.pop()
    script.entries.pop()
    script.frame(20, "terminal", "host", fields)
    script.frame(21, "terminal", "terminal", DIALECT.answer(fields, "30"))
    script.end(100)
    verdict = script.verdict()
    assert failing(verdict) == ["T16"]
    assert f"lacks DE {element}" in told(script, "T16")[0]


def test_a_request_of_nobody_is_told() -> None:
    """Without DE 41, on a connection on which no terminal was ever named."""
    script = Script(sees=HOST_ALONE)
    script.request(20)
    fields = {k: v for k, v in script.requests["000001"].items() if k != "41"}
    script = Script(sees=HOST_ALONE)
    script.add(20, e.FrameSeen("terminal", "host", fields, "good", "", 99), actor="HOST")
    script.end(100)
    (failure,) = [x for x in script.verdict().failures if x.invariant == "T16"]
    assert (failure.actor, failure.what) == ("(no name)", "0200 of STAN 000001 lacks DE 41")


@BOTH
def test_nothing_leaves_after_a_sign_off(sees: tuple[str, ...]) -> None:
    """Until the terminal has signed on again."""
    script = Script(sees=sees)
    script.network(10, "sign_off")
    script.request(20)
    script.answer(21, code="58")
    script.network(30, "sign_on")
    script.request(40, "000002")
    script.answer(41, "000002", "51")
    script.end(100)
    assert told(script, "T16") == ["0200 of STAN 000001 left while the terminal was not signed on"]


@pytest.mark.parametrize("by", ["itself", "its switch", "another elsewhere", "nobody"])
def test_a_connection_is_signed_on_for_all_that_speak_on_it(by: str) -> None:
    """By whomever. Where nobody ever signs on, the peers may know no sign-on."""
    script = Script(sees=HOST_ALONE)
    script.entries.clear()
    script.add(0.1, e.LinkOpened())
    if by in ("its switch", "another elsewhere"):
        number = 1 + (by == "another elsewhere")
        script.add(1, e.ConnectionUsed(number), actor="SWITCH01")
        for to, mti, more in (("host", "0800", {}), ("terminal", "0810", {"39": "00"})):
            fields = {"t": mti, "7": "1121200000", "11": "000001", "70": "001", **more}
            seen = e.FrameSeen("terminal", to, fields, "good", "", 99)  # type: ignore[arg-type]
            script.add(2, seen, actor="SWITCH01")
    script.add(10, e.ConnectionUsed(1))
    script.request(20)
    script.answer(21, code="51")
    if by != "nobody":
        script.network(30, "sign_on")
    script.end(100)
    early = ["0200 of STAN 000001 left on a connection that was not signed on"]
    assert told(script, "T16") == early * (by in ("itself", "another elsewhere"))


def test_a_journal_without_connections_blames_nobody_behind_a_switch() -> None:
    """As an earlier version wrote it: a terminal that has not signed on may have a switch."""
    script = Script(sees=HOST_ALONE)
    script.entries.clear()
    script.add(0.1, e.LinkOpened())
    script.request(20)
    script.answer(21, code="51")
    script.network(30, "sign_on")
    script.end(100)
    assert "T16" not in failing(script.verdict())


def test_without_sign_on_none_is_needed() -> None:
    """Where the link does not use it."""
    script = Script(sees=HOST_ALONE, contract=Contract(sign_on=False))
    script.network(10, "sign_off")
    script.request(20)
    script.answer(21, code="51")
    script.end(100)
    assert row(script.verdict(), "T16").status == "pass"


@pytest.mark.parametrize("paid", [True, False])
def test_a_partial_approval_may_be_paid_or_reversed(paid: bool) -> None:
    """Where the device is not seen nobody knows whether the terminal pays in part."""
    script = Script(sees=HOST_ALONE)
    script.request(20)
    script.debit(20.5, amount=2000)
    script.answer(21, code="10", de4="000000002000")
    if not paid:
        reverses(script)
    script.end(200)
    assert failing(script.verdict()) == []
