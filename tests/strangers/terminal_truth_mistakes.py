"""Rows of a stranger's terminal whose messages read well and are not true: what M1 sees on
the wire, and no other check."""

from __future__ import annotations

from atm import CARDS, EXPIRY, Atm
from terminal_mistakes import mistake


@mistake("its requests tell local time for UTC, an hour ahead (DE 7)", caught="M1.clock",
         says="1 h ahead, so that it may be another time zone's")  # fmt: skip
async def local_time_for_utc(atm: Atm) -> None:
    for _ in range(2):
        request = atm.withdrawal()
        day, hour, rest = request["7"][:4], int(request["7"][4:6]), request["7"][6:]
        answer = await atm.ask(atm.wrong(request, de7=f"{day}{hour + 1:02d}{rest}"))
        assert answer is not None
        assert answer["39"] == "00", answer


@mistake("its clock is a day behind in network management too (DE 7)", caught="M1.clock",
         says="0307200000 at 0308200000 UTC: 24 h behind")  # fmt: skip
async def clock_a_day_behind(atm: Atm) -> None:
    await atm.pays()
    echo = atm.management("301")
    answer = await atm.ask(atm.wrong(echo, de7=f"0307{echo['7'][4:]}"))
    assert answer is not None
    assert answer["39"] == "00", answer


def of_two_cards(text: str, name: str, says: str, **elements: str) -> None:
    """A row for a request whose elements are not all of one card, and which is approved."""

    async def play(atm: Atm) -> None:
        await atm.pays()
        answer = await atm.ask(atm.wrong(atm.withdrawal(), **elements))
        assert answer is not None
        assert answer["39"] == "00", answer

    play.__name__ = name
    mistake(text, caught="M1.card", says=says)(play)


PAN, OTHER_PAN = CARDS[0][0], CARDS[1][0]

of_two_cards("the expiry date (DE 14) is not that of track 2 (DE 35)", "expiry_not_of_track_2",
             "DE 14 does not belong to the card that it names", de14="2901")  # fmt: skip
of_two_cards("track 2 is that of the customer before (DE 35)", "track_2_of_another_card",
             "DE 35 does not belong to the card that it names",
             de35=f"{OTHER_PAN}={EXPIRY}2210000000000")  # fmt: skip
of_two_cards("a digit of the card is lost on track 2 (DE 35)", "track_2_without_a_digit",
             "DE 35 does not belong to the card that it names",
             de35=f"{PAN[:-1]}={EXPIRY}2210000000000")  # fmt: skip
of_two_cards("track 1 is that of the customer before (DE 45)", "track_1_of_another_card",
             "DE 45 does not belong to the card that it names",
             de45=f"B{OTHER_PAN}^SMITH/ANN^{EXPIRY}2210000000000")  # fmt: skip


@mistake("the reversal has an approval code that no answer had (DE 38)", caught="M1.original",
         says="DE 38 is 999999 instead of")  # fmt: skip
async def reversal_with_another_approval_code(atm: Atm) -> None:
    request = atm.withdrawal()
    answer = await atm.ask(request)
    assert answer is not None
    assert answer["39"] == "00", answer
    reversal = {**atm.reversal(request, code="00"), "38": answer["38"]}
    await atm.reverses(atm.wrong(reversal, de38="999999"))
