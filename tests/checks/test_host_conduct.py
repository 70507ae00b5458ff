"""What is held against a host by the wire, and what is not, from hand-made evidence."""

from __future__ import annotations

import pytest
from script import ATM, CARD, SEES, Script, failing, row

from harness import events as e
from harness.checks.judge import NETWORK_AT_HOST
from harness.contract import Contract
from harness.link_options import LinkOptions

SILENT = "silent@10s..60s"


def asked(**changes: object) -> Script:
    """A withdrawal that came to the host at 20.02, and no answer yet."""
    script = Script(**changes)
    script.insert(10)
    script.request(20)
    return script


def blamed(script: Script, ends: float = 100.0) -> set[str]:
    """The invariants of a host's conduct that are broken."""
    script.end(ends, "open")
    return {"H6.wire", "H9", "H10", "H11", "H12", "H13"} & set(failing(script.verdict()))


@pytest.mark.parametrize(("ends", "broken"), [(65.0, set()), (66.0, {"H9"})])
def test_within_its_time_a_request_is_open(ends: float, broken: set[str]) -> None:
    """45 s after it came to the host it is unanswered."""
    assert blamed(asked(), ends) == broken


@pytest.mark.parametrize(("closes", "broken"), [(40.0, set()), (66.0, {"H9"})])
def test_a_connection_that_ends_in_time_excuses(closes: float, broken: set[str]) -> None:
    """Nobody can answer on a connection that is gone."""
    script = asked()
    script.add(closes, e.LinkClosed("fin"))
    assert blamed(script) == broken


@pytest.mark.parametrize(("reads_at", "broken"), [(20.02, {"H9"}), (70.0, set()), (140.0, set())])
def test_what_is_read_after_its_connection_was_given_up(reads_at: float, broken: set[str]) -> None:
    """A host that stood still reads a request whose terminal has hung up and connected again since:
    it can answer nobody. Read in time, it was to be answered in time.
    """
    script = Script()
    script.insert(10)
    script.request(20, arrives=False)
    script.frame(reads_at, "host", "host", script.requests["000001"])
    script.add(68.0, e.LinkClosed("local"))
    script.link_up(69.0)
    assert blamed(script, 200.0) == broken


@pytest.mark.parametrize(("reads_at", "broken"), [(20.02, {"H13"}), (140.0, set())])
def test_an_echo_that_is_read_after_its_connection_was_given_up(
    reads_at: float, broken: set[str]
) -> None:
    """As with a request; and the terminal's new connection has nothing to do with it."""
    script = Script(sees=(*SEES, NETWORK_AT_HOST))
    script.network(20, "echo", answered=False)
    asked = next(
        event.fields
        for at, _, event in script.entries
        if at == 20 and isinstance(event, e.FrameSeen)
    )
    script.frame(reads_at, "host", "host", asked)
    script.add(68.0, e.LinkClosed("local"))
    script.link_up(69.0)
    assert blamed(script, 200.0) == broken


def test_what_is_sent_again_on_a_new_connection_is_to_be_answered() -> None:
    """The reading of its first sending, on the connection that was given up, does not excuse it."""
    script = Script()
    script.insert(10)
    script.request(20, arrives=False)
    script.reversal(66, arrives=False)
    script.add(68.0, e.LinkClosed("local"))
    script.link_up(69.0)
    script.frame(70.0, "host", "host", script.requests["000001"])
    script.reversal(71.0)
    assert blamed(script, 200.0) == {"H9"}


def test_a_request_that_never_came_need_not_be_answered() -> None:
    """It was lost on its way."""
    script = Script()
    script.insert(10)
    script.request(20, arrives=False)
    assert blamed(script) == set()


def test_what_a_fault_has_altered_on_its_way_is_not_judged() -> None:
    """The host refuses another message than the terminal had sent, or says nothing to it."""
    script = Script()
    script.request(20, arrives=False)
    script.frame(20.02, "host", "host", {**script.requests["000001"], "4": "00000000O000"})
    assert blamed(script) == set()


@pytest.mark.parametrize("on", [f"{ATM}: 0200 discarded", "HOST: hung at a message"])
def test_a_fault_inside_a_host_of_ours_excuses(on: str) -> None:
    """It was told when it acted."""
    script = asked()
    script.add(20.03, e.FaultActed(SILENT, on, 5.0), actor="RUN")
    assert blamed(script) == set()


def test_a_fault_at_another_terminal_excuses_nobody_else() -> None:
    """Each terminal's exchanges are its own."""
    script = asked()
    script.add(20.03, e.FaultActed(SILENT, "ATM00002: 0200 discarded"), actor="RUN")
    assert blamed(script) == {"H9"}


@pytest.mark.parametrize(
    ("outage", "broken"), [((15.0, 30.0), set()), ((15.0, 0.0), set()), ((70.0, 80.0), {"H9"})]
)
def test_an_outage_that_is_meant_excuses(outage: tuple[float, float], broken: set[str]) -> None:
    """And no other moment does."""
    assert blamed(asked(contract=Contract(host_outages=(outage,)))) == broken


def test_an_answer_that_a_fault_delays_on_its_way_was_in_time() -> None:
    """It counts when it leaves the host."""
    script = asked()
    script.answer(90.0, leaves=21.0)
    assert blamed(script) == set()


def test_the_second_of_two_answers_is_one_too_many() -> None:
    """To a message that came once; to one that came twice there are two."""
    script = asked()
    script.answer(21)
    script.lost_answer(22)
    assert blamed(script) == {"H9"}
    twice = asked()
    twice.frame(20.5, "host", "host", twice.requests["000001"])
    twice.answer(21)
    twice.lost_answer(22)
    assert blamed(twice) == set()
    assert row(twice.verdict(), "H11").tried == 1


def test_a_repeat_that_is_answered_otherwise_breaks_h11() -> None:
    """The first said yes."""
    script = asked()
    script.answer(21)
    script.frame(22, "host", "host", script.requests["000001"])
    script.lost_answer(22.5, code="94")
    assert blamed(script) == {"H11"}


@pytest.mark.parametrize(("amount", "broken"), [("2000", set()), ("5000", {"H11"})])
def test_what_was_approved_in_part_is_no_more_when_it_comes_again(
    amount: str, broken: set[str]
) -> None:
    """Both are a part of what was asked for, and only one of them is posted."""
    script = asked(contract=Contract(partial_approval=True))
    script.answer(21, code="10", de4="000000002000")
    fields = script.answer_fields("000001", "10")
    script.entries[-2] = (
        20.98,
        ATM,
        e.FrameSeen("host", "terminal", {**fields, "4": "000000002000"}, "good", "", 99),
    )
    script.frame(22, "host", "host", script.requests["000001"])
    script.frame(22.5, "host", "terminal", {**fields, "4": f"{amount:0>12}"})
    assert blamed(script) == broken


def test_what_is_reversed_at_the_second_try_is_declined_from_then_on() -> None:
    """The host died over the first one, and still said yes to what came again."""
    script = asked()
    script.debit(20.5)
    script.lost_answer(20.5)
    script.reversal(70)
    script.frame(75, "host", "host", script.requests["000001"])
    script.lost_answer(75.1)
    script.frame(80, "host", "host", script.requests["000101"])
    script.frame(90, "host", "host", script.requests["000001"])
    script.lost_answer(90.1, code="94")
    assert "H11" not in blamed(script)


def test_a_reversal_that_disagrees_with_its_request_may_be_refused() -> None:
    """One that agrees may not."""
    for amount, broken in ((5000, {"H12"}), (2000, set())):
        script = asked()
        script.lost_answer(20.5)
        script.reversal(70, amount=amount)
        script.answer(70.2, "000101", "12")
        assert blamed(script) == broken


@pytest.mark.parametrize(("mac", "broken"), [(True, {"H12"}), (False, set())])
def test_a_host_without_macs_may_refuse_the_reversal_of_what_it_heard_otherwise(
    mac: bool, broken: set[str]
) -> None:
    """A bit of the amount fell over on the line, and the host could not see it. With a MAC it does
    not believe such a request.
    """
    script = Script(contract=Contract(mac=mac), link=LinkOptions(mac="cmac" if mac else "none"))
    script.insert(10)
    script.request(20, arrives=False)
    altered = {**script.requests["000001"], "4": "000040005000"}
    script.frame(20.02, "host", "host", altered, "bad" if mac else "none")
    script.reversal(70)
    script.answer(70.2, "000101", "30")
    assert blamed(script) == broken


def test_an_echo_is_held_against_the_host_only_where_no_fault_may_have_taken_it() -> None:
    """At the terminal's end nobody can tell whose fault it was."""
    script = Script()
    script.network(20, "echo", answered=False)
    assert blamed(script) == {"H13"}
    script = Script()
    script.add(15, e.FaultBegan("half_open@15s.."), actor="RUN")
    script.network(20, "echo", answered=False)
    assert blamed(script) == set()


def test_a_host_before_somebody_elses_terminals_is_not_on_trial() -> None:
    """It is ours."""
    script = asked(sees=("wire.terminal", "wire.host", "wire.mac", "ledger"))
    script.end(100, "open")
    assert "H9" not in {entry.id for entry in script.verdict().rows}


def test_a_run_that_paid_nothing_proves_nothing() -> None:
    """Unless its scenario is about that."""
    for forbids, outcome in (({}, "invalid"), ({"NotesPresented": 0}, "pass")):
        script = asked(forbids=forbids)
        script.answer(21, code="51")
        script.eject(21)
        script.end(100)
        verdict = script.verdict()
        assert verdict.outcome == outcome, verdict
        assert any("no cash was paid" in x for x in verdict.reasons) is (outcome == "invalid")


def test_what_was_of_no_use_is_counted_by_kind() -> None:
    """Strays by type, mismatches by element, and damage."""
    script = asked()
    script.add(21, e.StrayMessage("0210", "000009", ATM))
    script.add(22, e.DamagedMessage("DE 4, DE 49 echoed wrongly"))
    script.add(23, e.DamagedMessage("MAC missing or wrong"))
    totals = script.verdict().totals
    assert totals.strays == {"0210": 1}
    assert totals.mismatches == {"DE 4": 1, "DE 49": 1}
    assert totals.damaged == 1


def test_a_failure_names_the_customer_who_waited() -> None:
    """And not the one who stands at the machine when it is known: T8 and H9 of customer 1."""
    script = asked()
    script.eject(66)
    script.insert(80, customer=2)
    script.end(100, "open")
    (failure,) = [x for x in script.verdict().failures if x.invariant == "H9"]
    assert (failure.customer, failure.card) == (1, CARD)


def test_an_echo_is_no_customers() -> None:
    """Who happens to stand there has nothing to do with it."""
    script = Script()
    script.insert(10)
    script.network(12, "echo", answered=False)
    script.end(100, "open")
    (failure,) = [x for x in script.verdict().failures if x.invariant == "H13"]
    assert (failure.customer, failure.card) == (0, "")
