"""What raises inside the harness itself: it is told, nobody else is blamed, and nothing passes."""

from __future__ import annotations

from typing import Any

import pytest
from script import ATM, Script, failing, row, status

from harness import events as e
from harness.api import simulate
from harness.checks.cash import NeverMoreThanApproved
from harness.checks.conversation import Conversation
from harness.checks.judge import Judge
from harness.checks.totals import TotalsCounter
from harness.checks.wire_evidence import WireEvidence
from harness.journal import Journal


def bug(*_: object, **__: object) -> Any:
    raise KeyError("a bug")


def ordinary(**changes: Any) -> Script:
    script = Script(**changes)
    script.visit(10)
    script.visit(100, stan="000002")
    script.end(300)
    return script


@pytest.mark.parametrize("where", ["on_Stacked", "due", "rest", "run_event"])
def test_a_check_that_raises_never_counts_as_held(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is INVALID by an error inside the harness, which says which check it was and on what;
    the others give their verdict.
    """
    script = ordinary(promises=("T2", "T5"))
    if where == "run_event":
        script.add(1.0, e.FaultBegan("silent@1s.."), actor="RUN")
    if where == "on_Stacked":
        where = next(name for name in vars(NeverMoreThanApproved) if name.startswith("on_"))
    before = script.verdict()
    assert before.passed, before
    monkeypatch.setattr(NeverMoreThanApproved, where, bug)
    verdict = script.verdict()
    assert (verdict.outcome, verdict.exit_code) == ("invalid", 4)
    assert status(verdict, "T5") == "invalid"
    assert row(verdict, "T2").status == "pass"
    reason = verdict.reasons[0]
    assert verdict.reasons[1:] == (), verdict
    assert reason.startswith("the check T5 raised KeyError: 'a bug' in test_errors_inside.py, line")
    assert "(bug)" in reason
    assert "please report it" in reason


def test_a_failure_of_another_check_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAIL, exit 1, and the error is told beside it."""
    script = Script()
    script.unanswered(10)
    script.end(300)
    assert "T1" in failing(script.verdict())
    monkeypatch.setattr(NeverMoreThanApproved, "due", bug)
    verdict = script.verdict()
    assert (verdict.outcome, verdict.exit_code) == ("fail", 1)
    assert "T1" in failing(verdict)
    assert any("the check T5 raised" in reason for reason in verdict.reasons)


def test_a_search_does_not_read_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it gets the exception itself."""
    monkeypatch.setattr(NeverMoreThanApproved, "due", bug)
    script = ordinary()
    judge = Judge(script.header)
    for at, actor, event in sorted(script.entries, key=lambda entry: entry[0]):
        judge.see(at, actor, event)
    with pytest.raises(KeyError):
        judge.failures()


def test_evidence_that_raises_judges_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of that terminal nothing more is judged, and the run is INVALID."""
    script = ordinary()
    monkeypatch.setattr(WireEvidence, "_answer", bug)
    verdict = script.verdict()
    assert (verdict.outcome, verdict.exit_code, failing(verdict)) == ("invalid", 4, [])
    assert f"the evidence of {ATM} raised KeyError" in verdict.reasons[0]
    assert f"at FrameSeen of {ATM} at" in verdict.reasons[0]


@pytest.mark.parametrize("method", ["on_NotesTaken", "finish"])
def test_totals_that_raise_make_the_run_invalid(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As reasons rest on them."""
    script = ordinary()
    monkeypatch.setattr(TotalsCounter, method, bug)
    verdict = script.verdict()
    assert (verdict.outcome, verdict.exit_code) == ("invalid", 4)


@pytest.mark.parametrize("method", ["see", "trouble"])
def test_the_conversation_is_only_a_hint(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it raises, that is a note, and the verdict stands."""
    script = ordinary()
    monkeypatch.setattr(Conversation, method, bug)
    if method == "trouble":
        monkeypatch.setattr(Conversation, "see", lambda *_: None)  # it never comes to work
    verdict = script.verdict()
    assert verdict.passed, verdict
    assert "harness.checks.conversation raised KeyError" in verdict.notes[0]
    assert verdict.notes[0] in str(verdict)


# --- listeners -----------------------------------------------------------------------------------


@pytest.mark.parametrize("needed", [False, True])
def test_a_listener_that_raises_is_left_out_and_told(needed: bool) -> None:
    """The others hear everything, that one was dropped included."""
    heard: list[e.Event] = []
    calls = []

    def see(*_: object) -> None:
        calls.append(1)
        raise ValueError("a bug in a listener")

    see.__module__ = "harness.report.progress"
    journal = Journal()
    journal.subscribe(see, needed=needed)
    journal.subscribe(lambda _at, _actor, event: heard.append(event))
    for _ in range(3):
        journal.record(1.0, "RUN", e.CustomersStopped())
    assert len(calls) == 1
    assert [type(event).__name__ for event in heard] == [
        *("CustomersStopped", "ListenerDropped", "CustomersStopped", "CustomersStopped")
    ]
    dropped = heard[1]
    assert isinstance(dropped, e.ListenerDropped)
    assert dropped.listener.startswith("harness.report.progress.")
    assert dropped.said.startswith("ValueError: a bug in a listener in test_errors_inside.py, line")
    assert dropped.needed is needed
    script = ordinary()
    script.add(1.0, dropped, actor="RUN")
    verdict = script.verdict()
    assert (verdict.outcome, verdict.exit_code) == (("invalid", 4) if needed else ("pass", 0))
    assert dropped.said in str(verdict)


@pytest.mark.parametrize("error", [BrokenPipeError, KeyboardInterrupt])
def test_what_is_meant_to_end_the_run_ends_it(error: type[BaseException]) -> None:
    """A closed pipe, Ctrl-C."""

    def raises(*_: object) -> None:
        raise error

    journal = Journal()
    journal.subscribe(raises)
    with pytest.raises(error):
        journal.record(1.0, "RUN", e.CustomersStopped())


def test_what_a_users_listener_raises_comes_out() -> None:
    """It may assert something: that must not be lost."""

    def raises(_at: float, _actor: str, event: e.Event) -> None:
        assert not isinstance(event, e.Posted), "a debit"

    with pytest.raises(AssertionError, match="a debit"):
        simulate("few_withdrawals", listeners=[raises])


def test_a_display_that_raises_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict does without the harness's own displays."""
    from harness.report.refusals import RefusalLines

    monkeypatch.setattr(RefusalLines, "see", _of_the_harness(bug))
    verdict = simulate("few_withdrawals", listeners=[RefusalLines(print).see])
    assert verdict.passed, verdict
    assert "harness.report.refusals" in verdict.notes[0]


def _of_the_harness(function: Any) -> Any:
    def see(self: object, at: float, actor: str, event: e.Event) -> None:
        function()

    see.__module__ = "harness.report.refusals"
    return see
