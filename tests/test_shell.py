"""What the shell gives a process: descriptors that may be closed, and signals at any moment."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from harness import shell
from harness.live.loop import Signals, run_with_signals

pytestmark = pytest.mark.skipif(os.name != "posix", reason="these signals are POSIX's")
ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


# The command as it is started, and a signal just as it is about to import a module.
SIGNALLED = """
import os, runpy, sys
_, module, number, *sys.argv[1:] = sys.argv

class Signal:
    def find_spec(self, name, *_):
        if name == module:
            os.kill(os.getpid(), int(number))

sys.meta_path.insert(0, Signal())
runpy.run_module("harness", run_name="__main__", alter_sys=True)
"""


def started(
    module: str, sent: signal.Signals, before: Callable[[], object] | None = None
) -> subprocess.CompletedProcess[str]:
    """`harness list faults`, to which the signal is sent as it imports that module."""
    return subprocess.run(
        [sys.executable, "-c", SIGNALLED, module, str(int(sent)), "list", "faults"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=before or (lambda: signal.signal(signal.SIGINT, signal.default_int_handler)),
    )


@pytest.mark.parametrize("sent", ENDING)
@pytest.mark.parametrize("module", ["harness.cli.main", "rich.console", "harness.live.loop"])
def test_a_signal_while_it_starts_ends_it_in_a_line(module: str, sent: signal.Signals) -> None:
    """Nothing has begun, so nothing is lost: 130, and no traceback."""
    done = started(module, sent)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "harness: interrupted\n")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGHUP])
def test_what_was_ignored_before_stays_ignored(sent: signal.Signals) -> None:
    """Under nohup no SIGHUP ends it, and in the background of a script no Ctrl-C."""
    done = started("rich.console", sent, lambda: signal.signal(sent, signal.SIG_IGN))
    assert done.returncode == 0
    assert "silent" in done.stdout
    assert done.stderr == ""


def test_an_interruption_that_passed_through_an_exec_is_130() -> None:
    """CPython itself would end by the signal: a shell sees the same, a program another code."""
    program = (
        "import sys; from harness.cli.main import as_process, guarded\n"
        "sys.exit(as_process(lambda: guarded(lambda: exec('raise KeyboardInterrupt'))))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"harness: interrupted\n")


def test_one_request_is_heard_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM to the process and to its group is one; Ctrl-C is meant each time."""
    now = [1000.0]
    monkeypatch.setattr("harness.shell.time.monotonic", lambda: now[0])
    heard: list[float] = []
    with shell.signals_heard(lambda: heard.append(now[0])):
        for sent, at in (
            (signal.SIGTERM, 1000.0),
            (signal.SIGTERM, 1000.5),
            (signal.SIGHUP, 1000.5),
            (signal.SIGTERM, 1002.0),
            (signal.SIGINT, 1002.1),
            (signal.SIGINT, 1002.1),
        ):
            now[0] = at
            os.kill(os.getpid(), sent)
    assert heard == [1000.0, 1000.5, 1002.0, 1002.1, 1002.1]


def test_a_process_that_is_started_meanwhile_hears_nothing_before_it_wants_to() -> None:
    """Its signals are blocked until it has said what it does with them, and the starter's wait."""
    ask = "import signal; print(*sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))"
    heard: list[str] = []
    with shell.signals_heard(lambda: heard.append("heard")):
        with shell.signals_held_back():
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # whatever threads there are
            done = subprocess.run(
                [sys.executable, "-c", ask], capture_output=True, text=True, check=True
            )
            assert heard == []
        assert heard == ["heard"]
    assert sorted(done.stdout.split()) == sorted(str(int(sent)) for sent in ENDING)


LOOPS = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])


@LOOPS
def test_each_signal_takes_a_step_and_the_last_one_ends(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps in their order, then KeyboardInterrupt; afterwards all is as before."""
    monkeypatch.setenv("HARNESS_LOOP", loop)
    before = [signal.getsignal(sent) for sent in ENDING]
    taken: list[str] = []

    async def main(signals: Signals) -> None:
        first, second = asyncio.Event(), asyncio.Event()
        try:
            with signals.take(first.set, second.set):
                os.kill(os.getpid(), signal.SIGHUP)
                await first.wait()
                taken.append("first")
                os.kill(os.getpid(), signal.SIGINT)
                await second.wait()
                taken.append("second")
                os.kill(os.getpid(), signal.SIGINT)
                await asyncio.Event().wait()
        finally:
            taken.append("in order")

    with pytest.raises(KeyboardInterrupt):
        run_with_signals(main)
    assert taken == ["first", "second", "in order"]
    assert [signal.getsignal(sent) for sent in ENDING] == before


@LOOPS
def test_a_signal_before_anybody_listens_is_acted_on(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that comes while the loop is made is no other than one that comes a moment later."""
    monkeypatch.setenv("HARNESS_LOOP", loop)

    async def main(signals: Signals) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        while not signals.waiting:
            await asyncio.sleep(0)
        stop = asyncio.Event()
        with signals.take(stop.set):
            await stop.wait()
        return "stopped"

    assert run_with_signals(main) == "stopped"


@LOOPS
def test_a_signal_after_the_end_leaves_no_broken_loop(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It interrupts once the loop is closed, and what follows may have a loop of its own."""
    monkeypatch.setenv("HARNESS_LOOP", loop)

    async def late(signals: Signals) -> None:
        with signals.take():
            pass
        os.kill(os.getpid(), signal.SIGINT)
        while not signals.waiting:
            await asyncio.sleep(0)

    async def fine(_signals: Signals) -> int:
        return 7

    with pytest.raises(KeyboardInterrupt):
        run_with_signals(late)
    assert run_with_signals(fine) == 7
