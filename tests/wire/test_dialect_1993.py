"""A second version of the standard is one module: machines, checks, reports and faults stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dialect_1993 import Dialect1993, Message1993, spec_1993

from harness import events as e
from harness.journal import JournalReader
from harness.link_options import LinkOptions
from harness.outcome import Outcome
from harness.plan import plan_of
from harness.report.ladder import ladder
from harness.report.story import story_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan
from harness.wire import dialects
from harness.wire.calendar import Calendar
from harness.wire.identity import TransactionId
from harness.wire.message import Kind, Station

STATION = Station("ATM00001", "HARNESS BANK", "Somewhere")
STAMP = Calendar("2026-11-21T20:00:00").stamp(0.0)


@pytest.fixture
def speaks_1993(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dialect is registered, as a shipped one is."""
    monkeypatch.setitem(dialects.DIALECTS, Dialect1993.name, Dialect1993)


@pytest.fixture
def spec(tmp_path: Path) -> str:
    """A file with the specification, as a user would give it."""
    path = tmp_path / "iso93.json"
    path.write_text(json.dumps(spec_1993()))
    return str(path)


def play(spec: str, journal: Path, *faults: str) -> Outcome:
    """A quarter of an hour of three ATMs."""
    plan = plan_of(
        load_scenario("ordinary_evening"),
        terminals=3,
        duration=900.0,
        faults=faults,
        link=LinkOptions(spec=spec, dialect="1993"),
    )
    return simulate_plan(plan, journal=journal)


def reversal(taken: int | None = None) -> Message1993:
    message = Dialect1993().reversal(
        STATION,
        pan="9999990000000014",
        amount=8000,
        taken=taken,
        stan="000013",
        stamp=STAMP,
        rrn="000000000012",
        code="",
        reason="4021",
        original_stan="000012",
        original_sent="261121205959",
    )
    assert isinstance(message, Message1993)
    return message


def test_a_reversal_names_its_original() -> None:
    """As the original names itself: by the class, the terminal, the acquirer, STAN and DE 12."""
    original = TransactionId("2", "ATM00001", "99999", "000012", "261121205959")
    assert reversal().original == original
    other = original._replace(stan="000099")
    assert reversal().with_original(other).original == other


def test_what_was_taken_is_the_amount_of_a_partial_reversal() -> None:
    """The meaning is the same as in 1987, whichever element it stands in."""
    assert (reversal().amount, reversal().amount_taken) == (8000, None)
    partial = reversal(2000)
    assert (partial.amount, partial.amount_taken) == (8000, 2000)
    assert partial.fields["4"] == f"{2000:012d}"
    full = partial.made_full()
    assert (full.amount, full.amount_taken, full.fields["4"]) == (8000, None, f"{8000:012d}")


def test_each_class_has_its_own_approval() -> None:
    """Whoever answers says 'approved', and the dialect knows how that is written."""
    dialect = Dialect1993()
    echo = dialect.network(STATION, "echo", stan="000001", sent=STAMP.sent)
    assert (echo.mti, echo.function) == ("1804", "echo")
    answer = dialect.answer(echo, dialect.codes["approved"])
    assert (answer.mti, answer.code, answer.network_accepted) == ("1814", "800", True)
    assert dialect.answer(reversal(), dialect.codes["approved"]).code == "400"
    assert dialect.answer(reversal(), dialect.codes["approved"]).kind is Kind.REVERSAL_ANSWER


@pytest.mark.usefixtures("speaks_1993")
@pytest.mark.parametrize(
    "faults", [(), ("drop_response:p=30%",), ("late_response:p=30%",), ("dispense_short:p=30%",)]
)
def test_an_evening_in_1993(spec: str, tmp_path: Path, faults: tuple[str, ...]) -> None:
    """The same machines, faults and judge: it passes, and whoever must reverse does."""
    outcome = play(spec, tmp_path / "evening.jsonl", *faults)
    verdict = outcome.verdict
    assert verdict.outcome == "pass", (verdict.reasons, verdict.failures[:3])
    assert verdict.totals.approved > 0
    tried = {row.id for row in verdict.rows if row.tried}
    assert {"T4", "T8", "H1", "F1"} <= tried
    if faults:
        assert verdict.totals.reversals > 0
        assert verdict.totals.reversals == verdict.totals.acknowledged


@pytest.mark.usefixtures("speaks_1993")
def test_its_machines_speak_nothing_but_1993(spec: str, tmp_path: Path) -> None:
    """Every frame on the wire is of that version, was read, and has a right MAC."""
    path = tmp_path / "evening.jsonl"
    play(spec, path, "drop_response:p=30%")
    happened: list[e.Event] = [entry.event for entry in JournalReader(path)]
    frames = [event for event in happened if isinstance(event, e.FrameSeen)]
    assert {frame.fields["t"] for frame in frames} >= {"1200", "1210", "1420", "1430", "1804"}
    assert all(frame.fields["t"] in Message1993.KINDS for frame in frames)
    assert {frame.mac for frame in frames} == {"good"}
    posted = [event for event in happened if isinstance(event, e.Posted)]
    assert {event.kind for event in posted} == {"debit", "reversal"}


@pytest.mark.usefixtures("speaks_1993")
def test_a_report_draws_it_in_the_same_words(spec: str, tmp_path: Path) -> None:
    """The ladder names the messages by their kind, and the elements as 1993 calls them."""
    path = tmp_path / "evening.jsonl"
    play(spec, path, "drop_response:p=30%")
    lines = [line.plain for line in ladder(story_of(path, "ATM00001"), width=100)]
    text = "\n".join(lines)
    for said in ("1200 withdrawal", "1210 answer", "1420 reversal", "39 action code: 000"):
        assert said in text, said
    assert "sign-on" in text
    assert "response code" not in text
