"""Rows of a stranger's terminal whose elements do not hold what their class says."""

from __future__ import annotations

from atm import Atm
from terminal_mistakes import ANSWER_LOST, mistake


def in_a_request(text: str, name: str, says: str, **elements: str) -> None:
    """A row for a request that does not read: it is refused, and nothing is posted for it."""

    async def play(atm: Atm) -> None:
        await atm.pays()
        answer = await atm.ask(atm.wrong(atm.withdrawal(), **elements))
        assert answer is not None
        assert answer["39"] == ("30" if atm.errs else "00"), answer
        await atm.pays()

    play.__name__ = name
    mistake(text, caught="T16", says=says)(play)


in_a_request("its STAN has a colon in it (DE 11 00000:)", "stan_with_a_colon",
             "DE 11 must hold digits", de11="00000:")  # fmt: skip
in_a_request("its STAN has a blank in it (DE 11)", "stan_with_a_blank",
             "DE 11 must hold digits", de11=" 00077")  # fmt: skip
in_a_request("its time is not digits (DE 7)", "time_of_letters",
             "DE 7 must hold digits", de7="11212O1000")  # fmt: skip
in_a_request("its time is in month 13 (DE 7)", "time_of_month_13",
             "DE 7 must hold a date and time that exist", de7="1301201000")  # fmt: skip
in_a_request("its time is the 30th of February (DE 7)", "time_of_30_february",
             "DE 7 must hold a date and time that exist", de7="0230201000")  # fmt: skip
in_a_request("its amount has a decimal point (DE 4)", "amount_with_a_point",
             "DE 4 must hold digits", de4="00000050.000")  # fmt: skip
in_a_request("its card number has letters in it (DE 2)", "card_of_letters",
             "DE 2 must hold digits", de2="99999900000000AB")  # fmt: skip
in_a_request("its currency has a control character in it (DE 49)", "currency_with_control",
             "DE 49 must hold letters and digits", de49="97\x07")  # fmt: skip
in_a_request("its entry mode has a letter in it (DE 22)", "entry_mode_with_a_letter",
             "DE 22 must hold digits", de22="9A1")  # fmt: skip


@mistake("the reversal's STAN has a colon in it (DE 11)", caught="T16",
         says="DE 11 must hold digits", faults=ANSWER_LOST)  # fmt: skip
async def reversal_with_a_colon(atm: Atm) -> None:
    request = await atm.unanswered()
    reversal = atm.reversal(request)
    answer = await atm.ask(atm.wrong(reversal, de11="1:2:3:"))
    assert answer is not None
    assert answer["39"] == ("30" if atm.errs else "00"), answer
    if atm.errs:
        await atm.reverses(atm.reversal(request))


@mistake("an echo whose STAN is no number (DE 11)", says="an element must hold digits",
         outcome="pass")  # fmt: skip
async def echo_with_letters(atm: Atm) -> None:
    await atm.pays()
    answer = await atm.ask(atm.wrong(atm.management("301"), de11="ECHO01"))
    assert answer is not None
    assert answer["39"] == ("30" if atm.errs else "00"), answer


@mistake("a request is sent a second time without DE 3, before the first was answered",
         caught="T16", says="DE 3")  # fmt: skip
async def sent_again_without_its_kind(atm: Atm) -> None:
    await atm.pays()
    request = atm.withdrawal()
    atm.line.send(request)
    if atm.errs:
        atm.line.send({name: value for name, value in request.items() if name != "3"})
        codes = [await atm.line.receive(45), await atm.line.receive(45)]
        assert [answer and answer["39"] for answer in codes] == ["30", "00"], codes
    else:
        assert await atm.line.receive(45)
