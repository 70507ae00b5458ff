"""Processes of a search: none outlives the one that reports, and what was begun is not lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest
from searches import plan

from harness.explore.random_search import CHUNK, Search, chunk_for, drawn
from harness.explore.search import Tally, draw_many
from harness.explore.workers import Stop, workers
from harness.plan import plan_of
from harness.scenario import load_scenario

POOL = """
import os, signal
from harness.explore.workers import workers
with workers(2) as pool:
    assert len({future.result() for future in [pool.submit(os.getpid) for _ in range(9)]}) <= 2
    print("ready", flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_parent(sent: signal.Signals) -> None:
    """However that ends: the pipe closes when the last one that holds it is gone."""
    parent = subprocess.Popen([sys.executable, "-c", POOL], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    parent.send_signal(sent)
    assert parent.communicate(timeout=60)[0] == b""
    assert parent.returncode == -sent


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_who_is_told_to_end_ends_as_by_ctrl_c(sent: signal.Signals) -> None:
    """Exit 130, nobody is left, and it says how far it came."""
    command = [sys.executable, "-m", "harness.cli.main", "selftest", "--jobs", "2"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    test = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    assert test.stdout is not None
    assert test.stdout.readline().startswith(b"defect")
    os.killpg(test.pid, sent)
    out, err = test.communicate(timeout=60)
    assert test.returncode == 130
    assert err == b""  # no traceback of a process that was about to begin
    assert b"interrupted after" in out


@pytest.mark.parametrize(
    "sent", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGTERM]
)
def test_what_had_begun_when_it_was_to_stop_is_finished(sent: signal.Signals) -> None:
    """Chunk behind chunk without a gap, and then no more."""
    chunks = []
    with Stop() as stop:
        for chunk in drawn(Search(plan(), chunk=4), 2, stop):
            chunks.append(chunk)
            if len(chunks) == 2:
                signal.raise_signal(sent)
                assert stop.wanted
    assert [chunk.first for chunk in chunks] == [4 * n for n in range(len(chunks))]
    assert len(chunks) >= 3


def test_a_signal_ends_a_search_behind_its_chunk() -> None:
    """And the handlers are what they were."""
    before = signal.getsignal(signal.SIGTERM)

    def watch(tally: Tally) -> None:
        signal.raise_signal(signal.SIGTERM)

    tally = draw_many(Search(plan(), chunk=8), 1, lambda _: False, watch)
    assert tally.interrupted
    assert tally.runs + tally.idle == 8
    assert signal.getsignal(signal.SIGTERM) is before


def test_who_says_so_twice_is_not_kept_waiting() -> None:
    """The second one is a KeyboardInterrupt at once."""
    with Stop() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.wanted
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_is_reported_together_takes_a_moment() -> None:
    """Many small runs, a few middling ones, one large one; and not many more than were wanted."""
    small = plan()
    large = plan_of(load_scenario("national_freeze"))
    assert chunk_for(small) == CHUNK
    assert chunk_for(small, 2000) == 62
    assert [chunk_for(small, wanted) for wanted in (1, 5, 100)] == [1, 1, 3]
    assert chunk_for(large) == 1
    assert 1 < chunk_for(plan_of(load_scenario("ordinary_evening"), terminals=5)) < CHUNK


def test_so_many_runs_are_so_many_runs() -> None:
    """Five are five, where a run that does not count is none of them."""
    search = Search(plan(), chunk=chunk_for(plan(), 5))
    assert draw_many(search, 1, lambda tally: tally.runs >= 5, lambda _: None).runs == 5


def _until(path: Path) -> None:
    while not path.exists():
        threading.Event().wait(0.01)


def _killed_beside(go: Path, dies: Path) -> None:
    _until(go)
    dies.touch()
    os.kill(os.getpid(), signal.SIGKILL)


def _goes_on(begun: Path, dies: Path, ended: Path) -> None:
    begun.touch()
    _until(dies)
    threading.Event().wait(15.0)
    ended.touch()


def test_nobody_waits_for_the_others_when_a_process_was_killed(tmp_path: Path) -> None:
    """They leave SIGTERM, by which a pool ends them, to their parent: they are killed."""
    begun, go, dies, ended = (tmp_path / name for name in ("begun", "go", "dies", "ended"))

    def one_is_killed() -> None:
        with workers(2) as pool:
            pool.submit(_goes_on, begun, dies, ended)
            killed = pool.submit(_killed_beside, go, dies)
            _until(begun)
            pool.submit(os.getpid)  # the pool looks at its processes again, and sees the second one
            go.touch()
            killed.result()

    with pytest.raises(BrokenExecutor):
        one_is_killed()
    assert begun.exists()
    assert not ended.exists()
