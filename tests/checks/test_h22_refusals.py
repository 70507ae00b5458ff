"""H22: what a host must not serve, from hand-made evidence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from script import DIALECT, SEES, Script, row, status

from harness import events as e
from harness.wire.message import Fields

Change = Callable[[Fields], Fields]


def said(**changes: str) -> Change:
    """Those elements, by 'de4' and so on; '' leaves one out."""

    def change(fields: Fields) -> Fields:
        found = {**fields, **{name[2:]: text for name, text in changes.items()}}
        return {name: text for name, text in found.items() if text}

    return change


def withdrawn(amount: int = 5000, code: str = "00") -> Script:
    """A withdrawal that came to the host and was answered."""
    script = Script()
    script.insert(10)
    script.request(20, amount=amount)
    if code == "00":
        script.debit(20.5, amount=amount)
    script.answer(21, code=code)
    return script


def comes(script: Script, at: float, fields: Fields, code: str, mac: str = "good") -> None:
    """A message that no terminal has sent comes to the host, and is answered with that code."""
    script.frame(at, "host", "host", fields, mac)
    answer = {**DIALECT.answer(fields, code)}
    script.frame(at + 0.1, "host", "terminal", answer)


def h22(script: Script) -> str:
    script.end(200, "open")
    return status(script.verdict(), "H22")


STRANGE = {
    "no type": said(de11="300001", de3=""),
    "no amount": said(de11="300001", de4=""),
    "dollars": said(de11="300001", de49="840"),
    "the STAN of another": said(de4="000000006000"),
}


@pytest.mark.parametrize("what", STRANGE)
@pytest.mark.parametrize(("code", "verdict"), [("00", "fail"), ("12", "pass"), ("94", "pass")])
def test_a_request_that_is_not_served(what: str, code: str, verdict: str) -> None:
    """It is not approved, whatever it is refused with."""
    script = withdrawn()
    comes(script, 30, STRANGE[what](script.requests["000001"]), code)
    assert h22(script) == verdict


@pytest.mark.parametrize("code", ["00", "94"])
def test_what_is_right_may_be_answered_as_the_host_likes(code: str) -> None:
    """The same request again, and one that another was declined before."""
    script = withdrawn()
    comes(script, 30, script.requests["000001"], code)
    declined = withdrawn(code="51")
    comes(declined, 30, said(de4="000000006000")(declined.requests["000001"]), code)
    assert [h22(script), h22(declined)] == ["not tried"] * 2


def test_the_answer_to_the_first_is_none_to_the_second() -> None:
    """A repeat of the first gets its answer when the second has come."""
    script = withdrawn()
    script.frame(29, "host", "host", script.requests["000001"])
    comes(script, 30, said(de4="000000006000")(script.requests["000001"]), "94")
    script.lost_answer(31)
    assert h22(script) == "pass"


def test_a_message_without_a_right_mac_is_nobodys() -> None:
    """It is not for the host to answer."""
    script = withdrawn()
    comes(script, 30, STRANGE["dollars"](script.requests["000001"]), "00", mac="bad")
    assert h22(script) == "not tried"


# --- reversals ------------------------------------------------------------------------------------


def reversed_as(change: Change, code: str, *, first: bool = False, amount: int = 5000) -> Script:
    """A reversal that was changed comes, behind the right one if that is the `first`."""
    script = withdrawn(amount)
    script.reversal(70, amount=amount)
    fields = script.requests["000101"]
    script.entries = [x for x in script.entries if x[0] < 70 or first]
    if first:
        script.give_back(70.1, amount=amount)
        script.answer(70.2, "000101")
    comes(script, 72, change(fields), code)
    return script


UNLIKE = {
    "another amount": said(de11="300101", de4="000000006000"),
    "another card": said(de11="300101", de2="9999990000000022"),
    "no original": said(de11="300101", de90=""),
    "more taken": said(de11="300101", de95=f"{6000:012d}{0:012d}C00000000C00000000"),
}


@pytest.mark.parametrize("what", UNLIKE)
@pytest.mark.parametrize(("code", "verdict"), [("00", "fail"), ("30", "pass"), ("91", "pass")])
def test_a_reversal_that_is_not_served(what: str, code: str, verdict: str) -> None:
    """It is not accepted."""
    assert h22(reversed_as(UNLIKE[what], code)) == verdict


@pytest.mark.parametrize(("code", "verdict"), [("00", "fail"), ("94", "pass")])
def test_a_second_reversal_under_another_stan(code: str, verdict: str) -> None:
    """It is a duplicate. The first one may come again."""
    assert h22(reversed_as(said(de11="300101"), code, first=True)) == verdict
    assert h22(reversed_as(said(), code, first=True)) == "not tried"


def test_a_reversal_of_what_the_host_never_approved() -> None:
    """It may be of whatever amount: nothing was booked."""
    script = Script()
    script.insert(10)
    script.request(20, arrives=False)
    script.reversal(70, amount=6000)
    script.answer(70.2, "000101")
    assert h22(script) == "not tried"


# --- network management, and what is served by nobody ---------------------------------------------


@pytest.mark.parametrize(("code", "verdict"), [("00", "fail"), ("40", "pass")])
@pytest.mark.parametrize("mti", ["0800", "0302"])
def test_what_a_host_cannot_do(mti: str, code: str, verdict: str) -> None:
    """Nobody says that it was done."""
    script = withdrawn()
    whole = script.requests["000001"]
    fields = {"t": mti, "7": whole["7"], "11": "700001", "41": whole["41"], "70": "161"}
    script.frame(30, "host", "host", fields)
    answer = {**fields, "t": f"{mti[:2]}1{mti[3]}", "39": code}
    script.frame(30.1, "host", "terminal", answer)
    assert h22(script) == verdict


def test_without_a_ledger_nobody_knows_what_a_host_serves() -> None:
    """Another bank may take dollars."""
    script = Script(sees=tuple(eye for eye in SEES if eye != "ledger"))
    script.visit(10)
    script.end(100)
    assert row(script.verdict(), "H22").status == "not observable"
    assert isinstance(script.entries[0][2], e.Event)
