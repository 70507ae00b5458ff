"""The mistakes of a stranger's terminal in front of our host."""

from __future__ import annotations

import asyncio

from atm import Atm
from line import changed
from mistakes import Table

TERMINAL_MISTAKES = Table()
mistake = TERMINAL_MISTAKES.row

ANSWER_LOST = ("drop_response:nth=1,mti=0210",)
"""The first withdrawal gets no answer, and must be reversed."""
REVERSAL_ANSWER_LOST = (*ANSWER_LOST, "drop_response:nth=1,mti=0430")
"""Its reversal gets no answer either, and must be repeated."""


# --- the reversal names its original ------------------------------------------------------------


@mistake(
    "the reversal names another acquirer (DE 90)",
    caught="T14",
    says="acquirer",
    faults=ANSWER_LOST,
)
async def reversal_names_another_acquirer(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    original = reversal["90"][:20] + "00000000001" + "0" * 11
    await atm.reverses(atm.wrong(reversal, de90=original))


@mistake("the reversal names a message of another class (0100 in DE 90)", caught="T14",
         faults=ANSWER_LOST)  # fmt: skip
async def reversal_names_another_class(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    await atm.reverses(atm.wrong(reversal, de90="0100" + reversal["90"][4:]))


@mistake("the reversal names the time of another message (DE 7 in DE 90)", caught="T14",
         faults=ANSWER_LOST)  # fmt: skip
async def reversal_names_another_time(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    original = reversal["90"][:10] + "0101000000" + reversal["90"][20:]
    await atm.reverses(atm.wrong(reversal, de90=original))


@mistake("the reversal names no original (no DE 90)", caught="T13", faults=ANSWER_LOST)
async def reversal_names_no_original(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    await atm.reverses(atm.wrong(reversal, de90=None))


@mistake("the reversal gives the amount of a smaller withdrawal (DE 4)", caught="T14",
         faults=ANSWER_LOST)  # fmt: skip
async def reversal_of_another_amount(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered(5000))
    await atm.reverses(atm.wrong(reversal, de4=f"{2000:012d}"))


@mistake("the reversal is of another card (DE 2)", caught="T14", faults=ANSWER_LOST)
async def reversal_of_another_card(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    await atm.reverses(atm.wrong(reversal, de2="9999990000000022"))


@mistake("the reversal of an unanswered withdrawal says that cash was paid (DE 95)",
         caught="T14", faults=ANSWER_LOST)  # fmt: skip
async def cash_without_an_approval(atm: Atm) -> None:
    request = await atm.unanswered(3000)
    await atm.reverses(atm.reversal(request, taken=1000 if atm.errs else None))


@mistake("the reversal says that more was paid than was asked for (DE 95)", caught="T14",
         faults=ANSWER_LOST)  # fmt: skip
async def more_paid_than_asked_for(atm: Atm) -> None:
    request = await atm.unanswered(3000)
    await atm.reverses(atm.reversal(request, taken=6000 if atm.errs else None))


@mistake("the reversal names a STAN that was never asked for", caught="T8.unanswered",
         says="000002", faults=ANSWER_LOST)  # fmt: skip
async def reversal_of_nothing(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    original = "0200" + "000077" + reversal["90"][10:]
    await atm.reverses(atm.wrong(reversal, de90=original, de37=None))


@mistake("the reversal of an approved withdrawal names an unknown STAN and another amount",
         says="names a request that is not decided here", outcome="pass")  # fmt: skip
async def reversal_of_nothing_at_all(atm: Atm) -> None:
    reversal = atm.reversal(await atm.pays(5000), code="00")
    if atm.errs:
        original = reversal["90"][:4] + "000077" + reversal["90"][10:]
        await atm.reverses(changed(reversal, de90=original, de4=f"{2000:012d}", de37=None))


@mistake("the reversal of an approved withdrawal names a STAN that was never asked for",
         says="was STAN 000002 of the same card and amount meant?", outcome="invalid")  # fmt: skip
async def approved_reversal_of_nothing(atm: Atm) -> None:
    reversal = atm.reversal(await atm.pays(), code="00")
    original = "0200" + "000077" + reversal["90"][10:]
    await atm.reverses(atm.wrong(reversal, de90=original, de37=None))


@mistake("a withdrawal that was approved is reversed in the name of another terminal (DE 41)",
         caught="T14", says="the terminal that asked for it is ATM00001")  # fmt: skip
async def reversal_by_another_terminal(atm: Atm) -> None:
    reversal = atm.reversal(await atm.pays(), code="00")
    await atm.reverses(atm.wrong(reversal, de41="ATM00002"))


@mistake("a withdrawal of an hour ago is reversed with another amount (DE 4)", caught="T14",
         says="STAN 000002: DE 4 not as in the request")  # fmt: skip
async def late_reversal_of_another_amount(atm: Atm) -> None:
    request = await atm.pays(5000)
    for _ in range(20):
        await asyncio.sleep(180)
        await atm.pays(1000)
    await atm.reverses(atm.wrong(atm.reversal(request, code="00"), de4=f"{2000:012d}"))


@mistake("the reversal says what was paid such that nobody can read it (DE 95)", caught="T16",
         says="DE 95 does not read")  # fmt: skip
async def unreadable_amount_paid(atm: Atm) -> None:
    reversal = atm.reversal(await atm.pays(5000), code="00", taken=2000)
    await atm.reverses(atm.wrong(reversal, de95="C00000002000" + reversal["95"][12:]))


@mistake("the reversal has the reference number of another request (DE 37)", caught="T14",
         says="DE 37", faults=ANSWER_LOST)  # fmt: skip
async def reversal_with_another_reference(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    await atm.reverses(atm.wrong(reversal, de37="000000000099"))


@mistake("the reversal is in another currency (DE 49)", caught="T14", says="DE 49",
         faults=ANSWER_LOST)  # fmt: skip
async def reversal_in_another_currency(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    await atm.reverses(atm.wrong(reversal, de49="840"))


@mistake("the reversal of a withdrawal says that it was a balance inquiry (DE 3)", caught="T14",
         says="DE 3", faults=ANSWER_LOST)  # fmt: skip
async def reversal_of_another_type(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    await atm.reverses(atm.wrong(reversal, de3="310000"))


# --- a reversal and its repeats -------------------------------------------------------------------


@mistake("a withdrawal without an answer is never reversed", caught="T8.unanswered",
         faults=ANSWER_LOST)  # fmt: skip
async def never_reverses(atm: Atm) -> None:
    request = await atm.unanswered()
    if not atm.errs:
        await atm.reverses(atm.reversal(request))


@mistake("cash is paid on an approval that came too late", caught="T8.unanswered",
         says="answered 'approved' too late, after 55.0 s",
         faults=("late_response:nth=1,mti=0210,past=10s",))  # fmt: skip
async def late_approval_is_paid(atm: Atm) -> None:
    request = atm.withdrawal()
    if atm.errs:
        await atm.ask(request, 80.0)
    else:
        assert await atm.ask(request) is None
        await atm.reverses(atm.reversal(request))


@mistake("a reversal without an answer is never repeated", says="STAN 000002",
         caught="T13.repeat", faults=REVERSAL_ANSWER_LOST)  # fmt: skip
async def never_repeats(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    if atm.errs:
        await atm.ask(reversal)
        await atm.pays()
    else:
        await atm.reverses(reversal)


@mistake("a repeat of the reversal names another original", caught="T13",
         faults=REVERSAL_ANSWER_LOST)  # fmt: skip
async def repeat_names_another_original(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    assert await atm.ask(reversal) is None
    original = "0200" + "000077" + reversal["90"][10:]
    await atm.reverses_again(atm.wrong(reversal, de90=original))


@mistake("a repeat of the reversal gives another amount (DE 4)", caught="T13",
         faults=REVERSAL_ANSWER_LOST)  # fmt: skip
async def repeat_of_another_amount(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered(5000))
    assert await atm.ask(reversal) is None
    await atm.reverses_again(atm.wrong(reversal, de4=f"{2000:012d}"))


@mistake("a repeat of the reversal has a STAN and a time of its own", caught="T13",
         faults=REVERSAL_ANSWER_LOST)  # fmt: skip
async def repeat_is_new(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    assert await atm.ask(reversal) is None
    await atm.reverses_again({**reversal, **atm.stamp()} if atm.errs else reversal)


@mistake("a transaction is reversed twice, under two STANs", caught="T13",
         faults=ANSWER_LOST)  # fmt: skip
async def reversed_twice(atm: Atm) -> None:
    request = await atm.unanswered()
    await atm.reverses(atm.reversal(request))
    if atm.errs:
        await atm.reverses(atm.reversal(request))


@mistake("a reversal without a STAN of its own (DE 11)", caught="T13", says="DE 11",
         faults=ANSWER_LOST)  # fmt: skip
async def reversal_without_stan(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    atm.line.send(atm.wrong(reversal, de11=None))
    await atm.reverses_again(reversal)


@mistake("a reversal without an amount (DE 4)", caught="T16", says="DE 4", faults=ANSWER_LOST)
async def reversal_without_amount(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    await atm.reverses(atm.wrong(reversal, de4=None))


# --- one STAN, one transaction --------------------------------------------------------------------


@mistake("two withdrawals of two cards have one STAN and one time", caught="T15")
async def two_with_one_identity(atm: Atm) -> None:
    first = await atm.pays(2000)
    second = atm.withdrawal(20000, card=1)
    await atm.ask(atm.wrong(second, de11=first["11"], de7=first["7"]))


@mistake("a repeat of a withdrawal (0201) asks for more", caught="T15", says="DE 4")
async def repeat_asks_for_more(atm: Atm) -> None:
    first = await atm.pays(2000)
    await atm.ask(atm.wrong({**first, "t": "0201"}, de4=f"{20000:012d}"))


@mistake("a STAN is used again while the withdrawal that had it is not reversed yet", caught="T15",
         says="000002", faults=ANSWER_LOST)  # fmt: skip
async def stan_of_what_is_open(atm: Atm) -> None:
    first = await atm.unanswered()
    await atm.ask(atm.wrong(atm.withdrawal(), de11=first["11"]))
    await atm.reverses(atm.reversal(first))


# --- what a request must carry --------------------------------------------------------------------


def without(element: str, meaning: str) -> None:
    """A row for a withdrawal that lacks a mandatory element."""

    async def play(atm: Atm) -> None:
        answer = await atm.ask(atm.wrong(atm.withdrawal(), **{f"de{element}": None}))
        if atm.errs:
            assert answer is not None
            assert answer["39"] == "30", answer
        await atm.pays()

    play.__name__ = f"withdrawal_without_de_{element}"
    text = f"a withdrawal without {meaning} (DE {element})"
    mistake(text, caught="T16", says=f"DE {element}")(play)


without("3", "a processing code")
without("4", "an amount")
without("7", "a time")
without("11", "a STAN")
without("41", "a terminal")


@mistake("a withdrawal in a currency that the host does not serve (DE 49)", says="DE 49",
         outcome="pass")  # fmt: skip
async def another_currency(atm: Atm) -> None:
    answer = await atm.ask(atm.wrong(atm.withdrawal(), de49="840"))
    assert answer is not None
    assert (answer["39"] == "00") is not atm.errs, answer
    await atm.pays()


@mistake("a withdrawal after the sign-off", caught="T16")
async def withdrawal_after_sign_off(atm: Atm) -> None:
    await atm.pays()
    await atm.ask(atm.management("002"))
    if not atm.errs:
        await atm.sign_on()
    answer = await atm.ask(atm.withdrawal())
    assert answer is not None
    assert (answer["39"] == "00") is not atm.errs, answer


@mistake("a reversal after the sign-off", caught="T16", says="not signed on",
         faults=ANSWER_LOST)  # fmt: skip
async def reversal_after_sign_off(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    if atm.errs:
        await atm.ask(atm.management("002"))
        await atm.ask(reversal)
        await atm.sign_on()
        await atm.reverses_again(reversal)
    else:
        await atm.reverses(reversal)


# --- messages that the host does not serve -----------------------------------------------------


def of_type(mti: str, text: str) -> None:
    """A row for a message that our host knows and does not serve."""

    async def play(atm: Atm) -> None:
        await atm.pays()
        if atm.errs:
            await atm.ask(changed(atm.withdrawal(), det=mti), 5.0)

    play.__name__ = f"a_message_{mti}"
    mistake(text, says=mti, outcome="pass")(play)


of_type("0100", "an authorization request (0100)")
of_type("0220", "a financial advice (0220)")
of_type("0600", "an administrative message (0600)")
of_type("9999", "a message of a version that does not exist (9999)")
of_type("1804", "a network message of 1993 (1804)")


def refused(text: str, name: str, says: str, **elements: str) -> None:
    """A row for a request that our host does not carry out, and so must not approve."""

    async def play(atm: Atm) -> None:
        await atm.pays()
        answer = await atm.ask(atm.wrong(atm.withdrawal(), **elements))
        assert answer is not None
        assert (answer["39"] == "00") is not atm.errs, answer

    play.__name__ = name
    mistake(text, says=says, outcome="pass")(play)


refused("a purchase (DE 3 000000)", "purchase", "transaction type 00", de3="000000")
refused("a deposit (DE 3 210000)", "deposit", "transaction type 21", de3="210000")


def function(number: str, text: str) -> None:
    """A row for a network function that our host does not carry out."""

    async def play(atm: Atm) -> None:
        await atm.pays()
        answer = await atm.ask(atm.management(number if atm.errs else "301"))
        assert answer is not None
        assert (answer["39"] == "00") is not atm.errs, answer

    play.__name__ = f"function_{number}"
    mistake(text, says=f"function {number}", outcome="pass")(play)


function("161", "a key change, which the host does not carry out (DE 70 161)")
function("999", "a network function that nobody knows (DE 70 999)")
