"""More mistakes of terminals: what does not fit what was over, or belongs to another connection."""

from __future__ import annotations

import asyncio

from atm import Atm
from line import Line
from terminal_mistakes import ANSWER_LOST, REVERSAL_ANSWER_LOST, mistake


@mistake("the reversal of a withdrawal of an hour ago says that more was paid than was approved",
         caught="T14", says="it says that 60.00 were paid (DE 95), approved 50.00")  # fmt: skip
async def late_reversal_of_more_paid(atm: Atm) -> None:
    request = await atm.pays(5000)
    for _ in range(20):
        await asyncio.sleep(180)
        await atm.pays(1000)
    await atm.reverses(atm.reversal(request, code="00", taken=6000 if atm.errs else 2000))


@mistake("a withdrawal is reversed as paid in full (DE 95), and then once more, as not paid",
         caught="T13", says="a second reversal of STAN 000002")  # fmt: skip
async def reversed_again_as_not_paid(atm: Atm) -> None:
    request = await atm.pays(5000)
    await atm.reverses(atm.reversal(request, code="00", taken=5000))
    if atm.errs:
        answer = await atm.reverses(atm.reversal(request, code="00"))
        assert answer is not None
        assert answer["39"] == "94", answer


@mistake("an approved withdrawal is reversed twice, under two STANs", caught="T13",
         says="a second reversal of STAN 000002")  # fmt: skip
async def approved_and_reversed_twice(atm: Atm) -> None:
    request = await atm.pays()
    await atm.reverses(atm.reversal(request, code="00"))
    if atm.errs:
        answer = await atm.reverses(atm.reversal(request, code="00"))
        assert answer is not None
        assert answer["39"] == "94", answer


@mistake("a withdrawal is asked for again (0201) after its reversal", caught="T15",
         says="STAN 000002 was asked for again (0201) after its reversal",
         faults=ANSWER_LOST)  # fmt: skip
async def asked_for_again_after_its_reversal(atm: Atm) -> None:
    request = await atm.unanswered()
    if not atm.errs:
        await atm.ask({**request, "t": "0201"})
    await atm.reverses(atm.reversal(request))
    if atm.errs:
        answer = await atm.ask({**request, "t": "0201"})
        assert answer is not None
        assert answer["39"] == "94", answer


@mistake("a reversal is repeated without end, although it was answered", caught="T13.repeat",
         says="reversal 000003 was sent again, after 3 answers that were final")  # fmt: skip
async def repeats_without_end(atm: Atm) -> None:
    reversal = atm.reversal(await atm.pays(), code="00")
    await atm.reverses(reversal)
    for _ in range(5 if atm.errs else 1):
        await asyncio.sleep(30)
        await atm.ask({**reversal, "t": "0421"})


@mistake("a withdrawal on a second connection, which is not signed on", caught="T16",
         says="0200 of STAN 000101 left on a connection that was not signed on")  # fmt: skip
async def second_connection_not_signed_on(atm: Atm) -> None:
    await atm.pays()
    other = Atm(await Line.to(atm.line.peer), errs=False, stan=99)
    await other.ask(other.management("301" if atm.errs else "001"))
    answer = await other.ask(other.withdrawal())
    assert answer is not None
    assert (answer["39"] == "00") is not atm.errs, answer
    await other.line.close()
    await atm.pays()


@mistake("it hangs up after a request, and never reverses it", caught="T8.unanswered",
         says="STAN 000002 of 50.00 never ended: no answer")  # fmt: skip
async def hangs_up_and_forgets(atm: Atm) -> None:
    request = atm.withdrawal()
    if atm.errs:
        atm.line.send(request)
        await asyncio.sleep(0.05)
        await atm.line.close()
        await asyncio.sleep(60)
    else:
        await atm.ask(request)


@mistake("the reversal of an approved withdrawal names itself (DE 90)", caught="T14",
         says="DE 90 names no request, but a message of class 4")  # fmt: skip
async def reversal_of_itself(atm: Atm) -> None:
    reversal = atm.reversal(await atm.pays(), code="00")
    own = "0420" + reversal["11"] + reversal["7"] + reversal["90"][20:]
    await atm.reverses(atm.wrong(reversal, de90=own, de37=None))


@mistake("the reversal of an approved withdrawal is of nothing (DE 4)", caught="T14",
         says="DE 4 not as in the request")  # fmt: skip
async def reversal_of_an_amount_of_nothing(atm: Atm) -> None:
    reversal = atm.reversal(await atm.pays(), code="00")
    await atm.reverses(atm.wrong(reversal, de4="0" * 12))


@mistake("a repeat of a withdrawal (0201) has a time of its own (DE 7)", caught="T15",
         says="0201 of STAN 000002 has a DE 7 of its own", faults=ANSWER_LOST)  # fmt: skip
async def repeat_with_a_time_of_its_own(atm: Atm) -> None:
    request = await atm.unanswered()
    await atm.ask(atm.wrong({**request, "t": "0201"}, de7=atm.stamp()["7"]))
    await atm.reverses(atm.reversal(request))


@mistake("a repeat of the reversal has a time of its own (DE 7)", caught="T13",
         says="the repeat of reversal 000003 differs from the first: DE 7",
         faults=REVERSAL_ANSWER_LOST)  # fmt: skip
async def reversal_repeat_with_a_time_of_its_own(atm: Atm) -> None:
    reversal = atm.reversal(await atm.unanswered())
    assert await atm.ask(reversal) is None
    await atm.reverses_again(atm.wrong(reversal, de7=atm.stamp()["7"]))


@mistake("it connects again, and sends a withdrawal without a sign-on", caught="T16",
         says="0200 of STAN 000011 left on a connection that was not signed on")  # fmt: skip
async def reconnects_without_a_sign_on(atm: Atm) -> None:
    await atm.pays()
    address = atm.line.peer
    await atm.line.close()
    again = Atm(await Line.to(address), errs=False, stan=10 - (not atm.errs))
    if not atm.errs:
        await again.sign_on()
    await again.ask(again.withdrawal())
    await again.line.close()
