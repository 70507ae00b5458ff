"""What a terminal has said of a command survives its process, SIGKILL included: a command that
comes again is not carried out again.
"""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from commanded import TERMINAL, CommandedBench

from harness import events as e
from harness.control.commands import CommandBook, KnownCommand
from harness.errors import ConfigError, EnvironmentTrouble
from harness.live.command_store import COMMANDS_FILE, SqliteCommands
from harness.machines.inputs import State

_KILLED = """
import os, signal, sys
from pathlib import Path
from harness.control.commands import KnownCommand
from harness.live.command_store import SqliteCommands
store = SqliteCommands(Path(sys.argv[1])).of("ATM00001")
for number in range(50):
    store.keep(KnownCommand(id=f"c{number}", verb="restart", operator="o", expires_at="x",
                            status="accepted"))
    store.keep(KnownCommand(id=f"c{number}", verb="restart", operator="o", expires_at="x",
                            status="succeeded", correlation=b"\\x00\\xff"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def command(number: str, status: str = "accepted") -> KnownCommand:
    return KnownCommand(
        id=number, verb="restart", operator="night", expires_at="x",
        status=status,  # type: ignore[arg-type]
    )  # fmt: skip


def test_what_was_kept_survives_a_kill(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    commands = SqliteCommands(tmp_path)
    found = commands.of(TERMINAL).load()
    assert [x.id for x in found] == [f"c{number}" for number in range(50)]
    assert {(x.status, x.correlation) for x in found} == {("succeeded", b"\x00\xff")}
    commands.close()


def test_each_terminal_has_its_own_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    commands = SqliteCommands(tmp_path)
    ours, theirs = commands.of("ATM1"), commands.of("ATM2")
    for number in ("a", "b", "c"):
        ours.keep(command(number))
    theirs.keep(command("a"))
    ours.keep(command("a", "succeeded"))
    ours.forget("b")
    assert [(x.id, x.status) for x in ours.load()] == [("a", "succeeded"), ("c", "accepted")]
    assert [x.id for x in theirs.load()] == ["a"]
    assert CommandBook(ours).get("a") == command("a", "succeeded")
    commands.close()


def test_no_two_processes_have_it(tmp_path: Path) -> None:
    commands = SqliteCommands(tmp_path)
    with pytest.raises(EnvironmentTrouble, match="another"):
        SqliteCommands(tmp_path)
    commands.close()
    SqliteCommands(tmp_path).close()


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    commands = SqliteCommands(tmp_path / "state")
    commands.of("ATM1").keep(command("a"))
    assert stat.S_IMODE(commands.path.stat().st_mode) == 0o600
    commands.close()


def test_what_does_not_read_is_told_with_the_remedy(tmp_path: Path) -> None:
    commands = SqliteCommands(tmp_path)
    commands.of("ATM1").keep(command("a"))
    for body in (b"", b"\xc1", msgspec.msgpack.encode({"id": 3})):
        commands._database.execute("UPDATE commands SET body = ?", (body,))
        with pytest.raises(ConfigError, match=f"{COMMANDS_FILE}.*ATM1") as told:
            commands.of("ATM1").load()
        assert told.value.remedy
    commands.close()


def test_a_disk_that_is_full_is_the_machines_trouble(tmp_path: Path) -> None:
    commands = SqliteCommands(tmp_path)
    commands._database.execute("PRAGMA max_page_count=8")
    store = commands.of("ATM1")
    with pytest.raises(EnvironmentTrouble, match="full"):
        store.keep(command("x" * 100_000))
    commands.close()


class Remembering(CommandedBench):
    """Its commands are in a file."""

    def __init__(self, commands: SqliteCommands) -> None:
        super().__init__()
        self.agent._store = commands.of(TERMINAL)


def test_the_last_answer_is_said_again_by_the_next_process(tmp_path: Path) -> None:
    commands = SqliteCommands(tmp_path)
    first = Remembering(commands)
    first.in_service()
    order = first.command("out_of_service", "c1")
    first.send(order)
    first.go(1.0)
    assert first.statuses()[-1] == "succeeded"
    assert first.order("in_service", "c2")[-1] == "succeeded"
    commands.close()
    commands = SqliteCommands(tmp_path)
    second = Remembering(commands)
    second.in_service()
    orders = second.count(e.OrderGiven)
    second.send(order)
    assert second.statuses() == ["succeeded"]
    assert second.state == State.IDLE
    assert second.count(e.OrderGiven) == orders
    commands.close()


def test_what_was_open_is_settled_by_the_next_process(tmp_path: Path) -> None:
    """It was accepted, and the process was killed before the customer had finished."""
    commands = SqliteCommands(tmp_path)
    first = Remembering(commands)
    first.in_service()
    first.ask()
    assert first.order("out_of_service", "c1")[-1] == "in_progress"
    commands.close()
    commands = SqliteCommands(tmp_path)
    second = Remembering(commands)
    second.boot()
    second.go(1.0)
    assert second.statuses()[-1] == "succeeded"
    assert second.state == State.OUT_OF_SERVICE
    commands.close()
