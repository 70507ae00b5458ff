"""Cards from a file: the ones that a user's own host knows, or that a user's own terminals use.

The file is CSV with a header line; commas, semicolons or tabs separate its columns. Columns: `pan`
(12 to 19 digits) and `expiry` (YYMM) are needed; `pin` (4 to 12 digits), `track2` (PAN=YYMM...) and
`code` (the response code with which our host answers every request of the card, such as 41) may be
missing or empty.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.cardholders import TERMINALS, Card, Population, issuer_of, track2_of
from harness.crypto.keys import token
from harness.did_you_mean import unknown
from harness.errors import ConfigError
from harness.input_files import CARDS, read_text

COLUMNS = ("pan", "expiry", "pin", "track2", "code")
_NEEDED = ("pan", "expiry")
_SERVICE = "221"
_TRACK2 = re.compile(r"[0-9]+=[0-9]*")
_TRACK2_LONGEST = 37
_DISCRETIONARY = "0000000000"


class Listed(msgspec.Struct, frozen=True):
    """A line of the file: the card, and the response code with which our host answers it. With ''
    the host decides.
    """

    card: Card
    code: str = ""


class CardFile(Population):
    """The cards of a file, instead of cards drawn from a seed. Places are still drawn.

    Each terminal has its own cards if there are enough of them, and uses them in turn.
    """

    def __init__(self, path: Path, seed: int, *, token_key: bytes, terminals: int) -> None:
        """Raises ConfigError with file, line and column."""
        super().__init__(seed, token_key=token_key)
        self.path = path
        self._terminals = max(1, terminals)
        self.listed = read_cards(path, token_key)
        self._cards = [line.card for line in self.listed.values()]
        self.pan_lengths = tuple(sorted({len(card.pan) for card in self._cards}))

    def card(self, terminal_index: int, customer: int) -> Card:
        own = self._cards[terminal_index % len(self._cards) :: self._terminals]
        return own[customer % len(own)]

    def card_of(self, pan: str, terminals: int = TERMINALS) -> Card | None:
        del terminals
        line = self.listed.get(pan)
        return line.card if line is not None else None

    def card_of_track(self, tail: str, terminals: int = TERMINALS) -> Card | None:
        del tail, terminals
        return None  # a track is found by the PAN before it

    def pin_of(self, pan: str) -> str:
        """The PIN of a card; '' if it is not known, and then every PIN is accepted."""
        line = self.listed.get(pan)
        return line.card.pin if line is not None else ""

    def describe(self) -> dict[str, Any]:
        """The name of the file, and nothing of its content."""
        cards = {"cards": str(self.path.absolute()), "terminals": self._terminals}
        return {**super().describe(), **cards}


def population_of(description: Mapping[str, Any], token_key: bytes) -> Population:
    """The cards that a journal's header describes.

    Raises:
        ConfigError: it describes none, or their file cannot be read any more.
    """
    if "cards" not in description:
        return Population.from_description(description, token_key)
    return CardFile(
        Path(str(description["cards"])),
        int(description["seed"]),
        token_key=token_key,
        terminals=int(description.get("terminals", 1)),
    )


def read_cards(path: Path, token_key: bytes) -> dict[str, Listed]:
    """The lines of a file, by PAN.

    Raises:
        ConfigError: a line is wrong. The error names file, line and column, and quotes no PAN.
    """
    lines = read_text(path, CARDS, place=f"--cards {path}").splitlines()
    rows = enumerate(_rows(lines, path), start=1)
    columns = [name.strip().casefold() for name in next(rows, (1, []))[1]]
    for name in columns:
        if name not in COLUMNS and any(map(str.isdigit, name)):  # a card: it is not quoted
            raise ConfigError(
                "the first line does not name the columns",
                place=f"{path}:1",
                remedy=f"begin the file with {','.join(COLUMNS[:3])}",
            )
        if name not in COLUMNS:
            unknown("column", name, COLUMNS, place=f"{path}:1")
        if columns.count(name) > 1:
            raise ConfigError(f"the column '{name}' stands twice", place=f"{path}:1")
    for name in _NEEDED:
        if name not in columns:
            raise ConfigError(
                f"the column '{name}' is missing",
                place=f"{path}:1",
                remedy=f"begin the file with {','.join(COLUMNS[:3])}",
            )
    found: dict[str, Listed] = {}
    for number, row in rows:
        if any(cell.strip() for cell in row):
            cells = dict(zip(columns, (cell.strip() for cell in row), strict=False))
            line = _line(cells, f"{path}:{number}", token_key)
            found[line.card.pan] = line
    if not found:
        raise ConfigError("holds no card", place=str(path), remedy="one line for each card")
    return found


def _rows(lines: list[str], path: Path) -> Iterator[list[str]]:
    """The cells of each line."""
    rows = csv.reader(lines, delimiter=_separator(lines[0] if lines else ""))
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            # not in its own words: a cell may be a PAN
            raise ConfigError(
                "is no line of a CSV file: a cell is too long, or holds a line break",
                place=f"{path}:{rows.line_num}",
                remedy="one line for each card",
            ) from None


def _separator(first: str) -> str:
    """What stands between the columns. Where the comma is the decimal point, spreadsheets write a
    semicolon; some write a tab.
    """
    return next((char for char in ";\t" if char in first and "," not in first), ",")


def _line(cells: dict[str, str], place: str, token_key: bytes) -> Listed:
    pan = _digits(cells, "pan", 12, 19, place)
    expiry = _digits(cells, "expiry", 4, 4, place)
    if not 1 <= int(expiry[2:]) <= 12:
        raise ConfigError("is not YYMM", place=f"{place}: expiry", remedy="2812 is December 2028")
    pin = _digits(cells, "pin", 4, 12, place) if cells.get("pin") else ""
    track2 = cells.get("track2") or track2_of(pan, expiry, _SERVICE, _DISCRETIONARY)
    if (
        not track2.startswith(f"{pan}=")
        or not _TRACK2.fullmatch(track2)
        or len(track2) > _TRACK2_LONGEST
    ):
        raise ConfigError(
            f"is not the card's PAN, '=' and digits, {_TRACK2_LONGEST} characters at most",
            place=f"{place}: track2",
        )
    code = cells.get("code", "")
    if code and not (len(code) == 2 and code.isascii() and code.isalnum()):
        raise ConfigError("is not a response code of two characters", place=f"{place}: code")
    home = issuer_of(pan) == "home"
    return Listed(Card(pan, expiry, track2, pin, home, token(token_key, pan)), code)


def _digits(cells: dict[str, str], name: str, least: int, most: int, place: str) -> str:
    text = cells.get(name, "")
    if not (text.isascii() and text.isdigit() and least <= len(text) <= most):
        span = str(least) if least == most else f"{least} to {most}"
        raise ConfigError(f"is not {span} digits", place=f"{place}: {name}")
    return text
