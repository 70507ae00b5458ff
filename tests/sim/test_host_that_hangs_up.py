"""A host that hangs up in the instant in which it has answered: the answer arrives all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import events as e
from harness.journal import JournalReader
from harness.machines.host import Host
from harness.machines.host_inputs import Received
from harness.machines.profile import HostProfile
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan
from harness.wire.message import Kind, Message


class _HangsUp(Host):
    """Ends the connection behind each answer about money, as TCP allows."""

    def _send(self, x: Received, answer: Message) -> None:
        super()._send(x, answer)
        if answer.kind is Kind.ANSWER:
            self.out.append((x.connection.number, b""))
            self.closed(x.connection.number)


HANGS_UP = HostProfile(name="hangs_up", summary="ends each connection", machine=_HangsUp)


@pytest.mark.parametrize("faults", [(), ("latency:by=3s",)], ids=["at_once", "late"])
def test_what_it_has_sent_before_arrives(faults: tuple[str, ...], tmp_path: Path) -> None:
    """Each answer is heard before the end of its connection, however long it is under way, and
    nobody is blamed.
    """
    plan = plan_of(
        load_scenario("ordinary_evening"),
        terminals=4,
        duration=1800.0,
        no_faults=True,
        faults=faults,
        host_profile=f"{__name__}:HANGS_UP",
    )
    outcome = simulate_plan(plan, journal=tmp_path / "run.jsonl")
    seen: list[e.Event] = [entry.event for entry in JournalReader(tmp_path / "run.jsonl")]
    answers = [x.end for x in seen if isinstance(x, e.FrameSeen) and x.fields["t"] == "0210"]
    assert answers.count("terminal") == answers.count("host") > 5
    ended = sum(isinstance(x, e.LinkClosed) and x.how == "fin" for x in seen)
    assert ended == answers.count("host")
    assert outcome.verdict.failures == ()
