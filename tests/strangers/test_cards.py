"""Which card a stranger's message is of: for a file of cards, and for a fault that names a card."""

from __future__ import annotations

from pathlib import Path

import pytest
from atm import CARDS, Atm
from line import Fields, Line
from virtual_time import virtually

from harness.api import Host

LISTED, UNLISTED = 0, 1


def by_track_alone(request: Fields) -> Fields:
    """Many ATMs send the card as it was read, and no DE 2."""
    return {name: text for name, text in request.items() if name not in ("2", "14")}


async def answered(host: Host, *cards: int, track: bool = False) -> list[str | None]:
    """The codes of one withdrawal with each of these cards, None for no answer."""
    line = await Line.to(host.address)
    try:
        atm = Atm(line, errs=False)
        await atm.sign_on()
        codes: list[str | None] = []
        for card in cards:
            request = atm.withdrawal(card=card)
            answer = await atm.ask(by_track_alone(request) if track else request)
            codes.append(None if answer is None else answer["39"])
            if answer is None:
                await atm.reverses(atm.reversal(request))
        return codes
    finally:
        await line.close()


@pytest.mark.parametrize("track", [False, True])
def test_a_listed_card_is_found_by_its_track_2(
    track: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the number stands in DE 35 alone as well; any other card gets 14."""
    listed = tmp_path / "cards.csv"
    listed.write_text(f"pan,expiry\n{CARDS[LISTED][0]},3012\n")

    async def play() -> list[str | None]:
        async with Host(cards=str(listed), seed=2) as host:
            return await answered(host, LISTED, UNLISTED, track=track)

    assert virtually(play(), monkeypatch) == ["00", "14"]


@pytest.mark.parametrize("track", [False, True])
@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("drop_response:pan=...0014,mti=0210", [None, "00"]),
        ("drop_response:pan=...0022,mti=0210,nth=1", ["00", None]),
        ("silent:pan=...0022,mti=0200", ["00", None]),
        ("drop_response:stan=000002,mti=0210", [None, "00"]),
        ("drop_response:stan=4,mti=0210", ["00", "00"]),
    ],
)
def test_a_fault_strikes_only_the_card_or_the_stan_that_it_names(
    fault: str, codes: list[str | None], track: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STAN 000001 is that of the sign-on, and 000002 that of the first withdrawal."""

    async def play() -> list[str | None]:
        async with Host(faults=[fault], seed=2, settle="200s") as host:
            return await answered(host, 0, 1, track=track)

    assert virtually(play(), monkeypatch) == codes
