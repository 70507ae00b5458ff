"""Our halves against machines that share nothing with them: two scripts on pyiso8583 and sockets.

What the script's books say and what our journal shows are two accounts of the same money, kept by
programs that have no line of code in common.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import Program, Runner

from harness.events import Event, FrameSeen, NotesTaken, Posted, TransactionBegun, TransactionEnded
from harness.journal import JournalReader

pytestmark = pytest.mark.e2e

Transaction = tuple[str, str]  # DE 41 and DE 11

EACH_ONCE = [("2byte", "cmac"), ("2byte-tpdu", "none"), ("4ascii", "cmac")]
OTHERS = [("2byte", "none"), ("2byte-tpdu", "cmac"), ("4ascii", "none")]
each_once = pytest.mark.parametrize(("framing", "mac"), EACH_ONCE)
every_pair = pytest.mark.parametrize(
    ("framing", "mac"), [*EACH_ONCE, *(pytest.param(*x, marks=pytest.mark.long) for x in OTHERS)]
)
FAST = ("--speed", "8", "--seed", "2")  # it answers within 0.13 s, and finds no card short of funds
FASTER = ("--speed", "40", "--seed", "2")  # where a terminal that hung up has a minute to come back
IMPATIENT = ("--timeout", "0.4")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Runner]:
    found = Runner(tmp_path)
    yield found
    found.clear()


def paid_by(terminal: Program, name: str = "ATM00001") -> dict[Transaction, int]:
    """What a script terminal says that it has paid, in cents."""
    lines = [line for line in terminal.lines() if line.get("outcome") == "paid"]
    return {(name, line["stan"]): line["amount"] for line in lines}


def kept_by(host: Program) -> dict[Transaction, int]:
    """What a script host has debited and not given back."""
    ledger = host.lines()[-1]["ledger"]
    net = {(x["terminal"], x["stan"]): x["debit"] - x["reversed"] for x in ledger}
    return {key: amount for key, amount in net.items() if amount}


def posted_in(journal: Path) -> dict[Transaction, int]:
    """What our host has debited and not given back."""
    net: dict[Transaction, int] = {}
    for entry in JournalReader(journal):
        event: Event = entry.event
        if isinstance(event, Posted):
            key = (event.terminal, event.stan)
            sign = 1 if event.kind == "debit" else -1
            net[key] = net.get(key, 0) + sign * event.amount
    return {key: amount for key, amount in net.items() if amount}


def taken_in(journal: Path) -> tuple[dict[Transaction, int], int]:
    """What our terminals completed, and the cash that their customers carried away."""
    stans: dict[tuple[str, int], str] = {}
    completed: dict[Transaction, int] = {}
    cash = 0
    for entry in JournalReader(journal):
        event: Event = entry.event
        if isinstance(event, TransactionBegun):
            stans[entry.actor, event.transaction] = event.stan
        elif isinstance(event, TransactionEnded) and event.outcome == "completed":
            completed[entry.actor, stans[entry.actor, event.transaction]] = event.amount
        elif isinstance(event, NotesTaken):
            cash += sum(worth * count for worth, count in event.notes.items())
    return completed, cash


def frames_of(bench: Runner) -> Iterator[FrameSeen]:
    return (x.event for x in JournalReader(bench.journal) if isinstance(x.event, FrameSeen))


# --- the scripts themselves ---------------------------------------------------------------------


@each_once
def test_the_two_scripts_understand_each_other(bench: Runner, framing: str, mac: str) -> None:
    """Their books agree, over approval, decline and silence, before they are let near ours."""
    wire = ("--framing", framing, "--mac", mac)
    host = bench.script_host("--limit", "50", "--silent-after", "5", *wire)
    to = host.address()
    terminal = bench.script_terminal(to, "--withdrawals", "6", *IMPATIENT, *wire)
    assert terminal.ended() == 0, str(terminal)
    assert host.end() == 0, str(host)
    outcomes = [line["outcome"] for line in terminal.lines()[:-1]]
    assert outcomes == ["paid", "paid", "paid", "paid", "declined", "reversed"]
    assert host.lines()[-1]["reversals"] == 2000
    assert paid_by(terminal) == kept_by(host)


# --- somebody's terminal, our host ----------------------------------------------------------------


@every_pair
def test_a_strange_terminal_at_our_host(bench: Runner, framing: str, mac: str) -> None:
    """A withdrawal whose answer is lost is reversed, the reversal whose answer is lost is repeated,
    our host books each once, and says that all is well.
    """
    wire = ("--framing", framing, "--mac", mac)
    lost = ("--fault", "drop_response:nth=2,mti=0210", "--fault", "drop_response:nth=1,mti=0430")
    host = bench.host(*lost, *FAST, *wire)
    terminal = bench.script_terminal(host.address(), "--withdrawals", "3", *IMPATIENT, *wire)
    assert terminal.ended() == 0, str(terminal)
    assert host.end() == 0, str(host)
    assert terminal.lines()[1]["outcome"] == "reversed"
    assert paid_by(terminal) == posted_in(bench.journal) != {}
    assert bench.status("T8.unanswered") == bench.status("T13") == bench.status("H1") == "pass"
    assert "0421" in {frame.fields.get("t") for frame in frames_of(bench)}


def test_a_silent_host_settles_with_a_strange_terminal(bench: Runner) -> None:
    """Our host that is silent about money is told to end while a reversal waits: the silence is
    lifted, the reversal is answered, and nothing stays open.
    """
    faults = ("--fault", "silent:mti=0200", "--fault", "silent:mti=0420")
    host = bench.host(*faults, "--fault", "silent:mti=0421", "-v", *FAST)
    terminal = bench.script_terminal(host.address(), "--withdrawals", "1", *IMPATIENT)
    host.wait_for("0421", on="err")
    assert host.end() == 0, str(host)
    assert terminal.ended() == 0, str(terminal)
    assert terminal.lines()[0]["outcome"] == "reversed"
    assert posted_in(bench.journal) == {}


def test_our_host_verifies_the_pin_of_a_strange_terminal(bench: Runner) -> None:
    """With the cards in a file, DE 52 is what the customer really typed, or nothing is booked."""
    cards = ["pan,expiry,pin", "9999990000000014,3012,1234", "9999990000000022,3012,4321"]
    (bench.folder / "cards.csv").write_text("\n".join(cards))
    host = bench.host("--cards", "cards.csv", *FAST)
    terminal = bench.script_terminal(host.address(), "--withdrawals", "2")
    assert terminal.ended() == 0, str(terminal)
    assert host.end() == 0, str(host)
    assert [line["outcome"] for line in terminal.lines()[:-1]] == ["paid", "declined"]
    assert paid_by(terminal) == posted_in(bench.journal)


LOST_ANSWER = "drop_response:nth=1,mti=0210"
LOST_REVERSAL_ANSWER = "drop_response:nth=1,mti=0430"


@pytest.mark.parametrize(
    ("defect", "faults", "caught_by"),
    [
        ("--never-reverse", [LOST_ANSWER], "T8.unanswered"),
        ("--reversal-new-stan", [LOST_ANSWER, LOST_REVERSAL_ANSWER], "T13"),
    ],
)
def test_a_wrong_terminal_is_caught_at_our_host(
    bench: Runner, defect: str, faults: list[str], caught_by: str
) -> None:
    """By the wire and the ledger alone: exit 1, and the invariant that it broke is named."""
    flags = [part for fault in faults for part in ("--fault", fault)]
    host = bench.host(*flags, "--settle", "80s", "--host-response", "4s", *FASTER)
    terminal = bench.script_terminal(host.address(), defect, *IMPATIENT)
    terminal.ended()
    assert host.end() == 1, str(host)
    assert bench.status(caught_by) == "fail"
    assert caught_by in host.text()


# --- our terminals, somebody's host ---------------------------------------------------------------


@each_once
def test_our_terminals_at_a_strange_host(bench: Runner, framing: str, mac: str) -> None:
    """Its books are the cash that our customers took, also when it books and falls silent: our
    terminals reverse, give every card back, and blame the host for its silence alone.
    """
    wire = ("--framing", framing, "--mac", mac)
    host = bench.script_host("--silent-after", "2", *wire)
    terminals = bench.terminals(
        host.address(),
        *("--terminals", "5", "--gap", "1s", "--host-response", "5s", "--speed", "15"),
        *wire,
    )
    host.wait_for('"heard": "0420"')
    assert terminals.end() == 1, str(terminals)
    assert host.end() == 0, str(host)
    completed, cash = taken_in(bench.journal)
    assert completed == kept_by(host) != {}
    assert cash == sum(completed.values())
    assert host.lines()[-1]["reversals"] > 0
    assert bench.status("H9") == "fail"
    for invariant in ("T1", "T2", "T4", "T8", "F1", "H10", "H12"):
        assert bench.status(invariant) == "pass", invariant


# --- first mistakes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "remedy"),
    [
        ("--framing 2byte", "--framing 4ascii", "--framing 4ascii"),
        ("--framing 2byte", "--framing 2byte-tpdu", "--framing 2byte-tpdu"),
        ("--framing 4ascii", "--framing 2byte", "--framing 2byte"),
        ("--framing 2byte-tpdu", "--framing 2byte", "--framing 2byte"),
        ("--spec iso87-binary", "", "--spec iso87-ascii"),
        ("--mac cmac", "--mac none", "--mac none"),
        ("--mac none", "--mac cmac", "--mac cmac"),
        ("", "--no-sign-on", "--no-sign-on"),
    ],
)
def test_our_host_names_a_wrong_setting(bench: Runner, ours: str, theirs: str, remedy: str) -> None:
    """Each in one line, with the flag that would have been right."""
    host = bench.host(*ours.split(), "--settle", "0s", *FAST)
    terminal = bench.script_terminal(host.address(), *theirs.split(), "--withdrawals", "1")
    line = host.wait_for(remedy, on="err")
    assert line.startswith("harness: ")
    terminal.kill()
    assert host.end() == 3, str(host)  # nobody was served, so it proves nothing
    refusals = remedy == "--no-sign-on"  # the request that was refused is told as well
    assert host.text("err").count("harness: ") == 1 + refusals, str(host)
    assert host.text("err").count(remedy) == 1, str(host)


@pytest.mark.parametrize(
    ("ours", "theirs", "remedy"),
    [
        ("--framing 2byte", "--framing 4ascii", "--framing"),
        ("--mac none", "--mac cmac", "--mac"),
    ],
)
def test_our_terminals_name_a_wrong_setting(
    bench: Runner, ours: str, theirs: str, remedy: str
) -> None:
    """Of a host that hangs up on their sign-on, and of one that does not answer it. A run in which
    nobody was served proves nothing.
    """
    host = bench.script_host(*theirs.split())
    terminals = bench.terminals(host.address(), *ours.split(), "--speed", "20")
    terminals.wait_for(remedy, on="err")
    assert terminals.end() == 3, str(terminals)


def test_a_port_in_use_is_told_with_the_way_out(bench: Runner) -> None:
    """The environment's fault, exit 5, in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        second = bench.harness("host", "--listen", f"127.0.0.1:{port}")
        assert second.ended() == 5, str(second)
    assert str(port) in second.text("err")
    assert "port 0" in second.text("err")


def test_nobody_there_is_told_at_once(bench: Runner) -> None:
    """Connection refused: exit 5, with the address."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        to = "{}:{}".format(*gone.getsockname())
    terminals = bench.terminals(to, "--speed", "10")
    assert terminals.ended() == 5, str(terminals)
    assert to in terminals.text("err")
    assert "refused" in terminals.text("err")
