"""A stranger's terminal that puts card numbers where networks put them: our host shows none."""

from __future__ import annotations

from pathlib import Path

import pytest
from atm import Atm
from line import Line
from planted import PAN, TRACK2, middle_shown
from said import Said
from virtual_time import virtually

from harness.api import Host, judge
from harness.checks.verdict import Verdict
from harness.events import FrameSeen
from harness.report.frames import frame_line
from harness.wire.dialects import load_dialect

DIALECT = load_dialect("1987")
CARDS = f"pan;expiry\n{PAN};3012\n"
FORGED = "x\nPASS  host, seed 1: every invariant that was tried holds"
PLANTED: dict[str, dict[str, str | None]] = {
    "no element of its own": {"2": None, "35": None, "48": f"0116{PAN}", "102": PAN},
    "beside its own": {"2": PAN, "35": TRACK2, "60": TRACK2, "103": PAN.encode().hex()[:28]},
    "in a private element": {"2": PAN, "35": None, "62": f"PAN {PAN} PIN 2CF929790037CE52"},
    "a forged line": {"2": PAN, "35": None, "60": FORGED, "48": "\x1b[2J\x1b[1m"},
}


async def play(journal: Path, cards: str, elements: dict[str, str | None]) -> tuple[Verdict, str]:
    """One withdrawal with these elements; the verdict, and all lines about frames."""
    shown: list[str] = []

    def show(at: float, actor: str, event: object) -> None:
        if isinstance(event, FrameSeen):
            shown.append(frame_line(at, actor, event, DIALECT))

    said = Said("host")
    listeners = [*said.listeners, show]
    async with Host(journal=journal, cards=cards, listeners=listeners, settle="1s") as host:
        line = await Line.to(host.address)
        try:
            atm = Atm(line, errs=True)
            await atm.sign_on()
            request = {**atm.withdrawal(), **elements}
            await atm.ask({name: text for name, text in request.items() if text is not None})
        finally:
            await line.close()
    return host.verdict, "\n".join(shown)


@pytest.mark.parametrize("listed", [False, True], ids=["cards unknown", "cards listed"])
@pytest.mark.parametrize("name", PLANTED)
def test_no_secret_is_shown_and_nobody_is_blamed(
    name: str, listed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 is tried with and without a list of cards, and holds; also of the journal alone."""
    cards, journal = tmp_path / "cards.csv", tmp_path / "host.jsonl"
    cards.write_text(CARDS)
    given = str(cards) if listed else ""
    verdict, shown = virtually(play(journal, given, PLANTED[name]), monkeypatch)
    for told in (verdict, judge(journal)):
        (row,) = (row for row in told.rows if row.id == "S3")
        assert row.tried > 0
        assert row.status == "pass"
    for text in (shown, journal.read_text()):
        assert PAN[:6] in text
        assert not middle_shown(text, PAN)
        assert "2CF929790037CE52" not in text
        for line in text.splitlines():
            assert line.isprintable()
            assert not line.startswith("PASS")
