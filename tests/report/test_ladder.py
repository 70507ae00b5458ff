"""The message ladder, from a hand-made journal."""

from __future__ import annotations

from pathlib import Path

import pytest
from evening import ENTRIES, TERMINAL, write_evening

from harness import events as e
from harness.errors import ConfigError
from harness.report.event_text import words
from harness.report.ladder import ladder
from harness.report.story import story_of


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return write_evening(tmp_path / "evening.jsonl")


def drawn(journal: Path, customer: int = 0, width: int = 100) -> list[str]:
    return [line.plain for line in ladder(story_of(journal, TERMINAL, customer), width=width)]


def test_a_lost_answer_is_drawn_as_lost(journal: Path) -> None:
    """A frame that was seen leaving and never arriving ends in an x, before the terminal."""
    (line,) = [line for line in drawn(journal) if "0210 answer" in line]
    assert "|  x--" in line
    assert not any("<" in line for line in drawn(journal) if "0210" in line)


def test_a_frame_that_arrives_is_one_arrow(journal: Path) -> None:
    """Both ends saw the request at once, so it is drawn once, from terminal to host."""
    (line,) = [line for line in drawn(journal) if "0200 withdrawal" in line]
    assert line.endswith("->|")


def test_a_late_frame_leaves_and_arrives(journal: Path) -> None:
    """An answer that took five seconds is drawn where it left and where it came."""
    left, came = [line for line in drawn(journal) if "0430" in line]
    assert "|..." in left
    assert left.startswith("00:05:00.300")
    assert "|<--" in came
    assert came.startswith("00:05:05.000")


def test_fields_are_named_and_masked(journal: Path) -> None:
    """Beneath the request: names, the masked PAN, and nothing of PIN block or track 2."""
    text = "\n".join(drawn(journal))
    assert "11 STAN: 000012" in text
    assert "9999990000000014" not in text
    assert "2CF929790037CE52" not in text
    assert "999999******0014" in text


def test_a_customers_story_holds_what_is_the_customers(journal: Path) -> None:
    """The visit, and later the reversal with its answer and posting; nobody else's visit."""
    text = "\n".join(drawn(journal, 2))
    for said in (
        "card a1b2c3d4e5f6 inserted",
        "customer 2: withdrawal",
        "card taken",
        "0420 reversal",
        "reversal settled",
    ):
        assert said in text
    assert "LEDGER: reversal EUR 50.00" in text
    assert "customer 1" not in text
    assert "customer 3" not in text


def test_echoes_are_one_line(journal: Path) -> None:
    """A run of network messages is folded and counted."""
    lines = drawn(journal)
    assert sum("echo" in line for line in lines) == 0
    assert any("12 network messages from 00:01:40 to 00:01:51" in line for line in lines)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_it_fits(journal: Path, width: int) -> None:
    """Never wider than asked for, between 60 and 100 columns."""
    assert max(len(line) for line in drawn(journal, width=width)) <= max(60, min(width, 100))


def test_a_narrow_ladder_shows_no_part_of_an_amount(journal: Path) -> None:
    """What has no room on an arrow is left out, and not cut."""
    (request,) = [line for line in drawn(journal, width=60) if " 0200 000012 " in line]
    assert "50" not in request.partition("0200")[2]


def test_an_unknown_terminal_or_customer_is_a_mistake(journal: Path) -> None:
    """The nearest terminal and the customers there were are offered."""
    with pytest.raises(ConfigError, match="did you mean 'ATM00003'"):
        story_of(journal, "ATM0003")
    with pytest.raises(ConfigError, match="customers are 1 to 3"):
        story_of(journal, TERMINAL, 9)


def test_every_event_has_words() -> None:
    """One line of some length for each, also where nobody wrote a sentence for it."""
    events = [event for _, _, event in ENTRIES]
    events += [e.HostStarted(), e.DuplicateHeard("ATM00001", "0420", "000001"), e.PowerRestored()]
    for event in events:
        if not isinstance(event, e.FrameSeen):
            assert words(event)
            assert "\n" not in words(event)


def test_an_event_without_a_sentence_shows_its_values() -> None:
    """Nothing is hidden for want of words."""
    assert words(e.DuplicateHeard("ATM00001", "0420", "000001")) == (
        "duplicate heard ATM00001 0420 000001"
    )
