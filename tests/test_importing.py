"""A user's own module: whatever its import does is told as a mistake of that module."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from harness.cli.main import execute
from harness.errors import ConfigError
from harness.importing import imported
from harness.profiles import host_profile, terminal_profile


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules are found in the working directory, and are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("raise SystemExit(0)", "ended in SystemExit: 0\n.*mod.py, line 1"),
        ("raise KeyboardInterrupt", "ended in KeyboardInterrupt: without a word\n.*mod.py, line 1"),
        ("\n1 / 0", "ended in ZeroDivisionError: division by zero\n.*mod.py, line 2"),
        ("def f(: pass", "ended in SyntaxError.*\n.*mod.py, line 1"),
        ("def f(): f()\nf()", "ended in RecursionError"),
        ("raise BaseException('x')", "ended in BaseException: x"),
        ("raise MemoryError", "ended in MemoryError"),
        ("raise BrokenPipeError", "ended in BrokenPipeError"),
        ("raise Exception('\\x1b[31m')", r"ended in Exception: \\x1b\[31m"),
        ("import nowhere_at_all", "cannot import 'mod' .*nowhere_at_all"),
        ("raise AttributeError('of its own')", "ended in AttributeError: of its own"),
        ("def __getattr__(name): raise ValueError(name)", "ended in ValueError: mine"),
        ("other = 1", "module 'mod' has no 'mine'"),
    ],
)
def test_an_import_that_fails_is_told_with_its_place(source: str, says: str) -> None:
    """It may raise anything, end the program, or be no Python."""
    Path("mod.py").write_text(source + "\n")
    with pytest.raises(ConfigError, match=says) as caught:
        imported("mod", "mine", "--terminal-profile mod:mine")
    assert caught.value.place == "--terminal-profile mod:mine"


@pytest.mark.parametrize("text", [b"\xff\xfe", b"a\x00b"])
def test_bytes_that_are_no_source_are_told(text: bytes) -> None:
    """As Python says it."""
    Path("mod.py").write_bytes(text)
    with pytest.raises(ConfigError, match="ended in SyntaxError"):
        imported("mod", "mine", "--terminal-profile mod:mine")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_person_can_interrupt_an_import(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that is no mistake of the module, whatever the module makes of it."""
    source = (
        f"import os, signal\ntry:\n    os.kill(os.getpid(), {int(number)})\nfinally:\n    1 / 0\n"
    )
    Path("mod.py").write_text(source)
    before = signal.getsignal(number)
    signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            imported("mod", "mine", "--terminal-profile mod:mine")
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("name", [":x", ".m:x", "..:x", "m:", "m:a.b", "a..b:x", "a\x01:b", "²:"])
def test_a_name_that_is_no_module_is_refused(name: str) -> None:
    """Before anything is imported."""
    for find in (terminal_profile, host_profile):
        with pytest.raises(ConfigError, match="is not module:attribute\ngive a module"):
            find(name)


def test_a_profile_that_exits_ends_the_command_as_a_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, and not that of the module."""
    Path("mod.py").write_text("raise SystemExit(0)\n")
    assert execute(["run", "few_withdrawals", "--terminal-profile", "mod:mine"]) == 2
    assert "it was raised in" in capsys.readouterr().err


NAMING = 'id = "X"\ntitle = "t"\nterminals = 1\nduration = "20s"\n{role}_profile = "mod:mine"\n'


@pytest.mark.parametrize("role", ["terminal", "host"])
@pytest.mark.parametrize("command", ["run", "explore"])
def test_a_scenario_runs_no_code_without_leave(
    command: str, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither role's profile is imported; with leave it is."""
    Path("mod.py").write_text("open('ran', 'w').close()\n")
    Path("theirs.toml").write_text(NAMING.format(role=role))
    assert execute([command, "theirs.toml"]) == 2
    assert "--allow-profiles" in capsys.readouterr().err
    assert not Path("ran").exists()
    assert execute([command, "theirs.toml", "--allow-profiles"]) == 2
    assert "has no 'mine'" in capsys.readouterr().err
    assert Path("ran").exists()
