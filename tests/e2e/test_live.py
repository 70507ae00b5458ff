"""Runs as a user sees them, and what becomes of them when they are stopped or disturbed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from pathlib import Path
from random import Random

import pytest
from processes import child_of, ends, line_with, listening_port, rest, start

from harness.cli.main import execute
from harness.journal import JournalReader

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc"),
]
LIVE = ("--live", "--speed", "60")


def last_event(journal: Path) -> object:
    (*_, last) = JournalReader(journal)
    return last.event


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_ends_a_live_run_with_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sent: signal.Signals
) -> None:
    """130, what was seen until then, a whole journal; no process is left, and no hidden file."""
    process = start("run", "small.toml", *LIVE, "--for", "1h", "--journal", "j.jsonl", cwd=tmp_path)
    line_with(process, "running:")
    host = child_of(process)
    watched = os.pidfd_open(host)
    os.killpg(process.pid, sent)  # as a terminal does it: to the whole group
    text = rest(process)
    assert process.returncode == 130, text
    assert "the run was interrupted" in text
    assert "cards" in text
    assert ends(host, watched)
    assert getattr(last_event(tmp_path / "j.jsonl"), "how", "") == "interrupted"
    assert execute(["judge", str(tmp_path / "j.jsonl"), "--quiet"]) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["j.jsonl", "small.toml"]
    capsys.readouterr()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_ends_a_simulation_with_a_report(tmp_path: Path, sent: signal.Signals) -> None:
    """130, what was seen until then, a whole journal."""
    process = start(
        *("run", "national_freeze", "--terminals", "300", "--for", "20h", "--journal", "j.jsonl"),
        cwd=tmp_path,
    )
    line_with(process, "running:")
    os.killpg(process.pid, sent)
    text = rest(process)
    assert process.returncode == 130, text
    assert "the run was interrupted" in text
    assert getattr(last_event(tmp_path / "j.jsonl"), "how", "") == "interrupted"


def test_a_signal_to_all_processes_of_a_run_is_for_the_one_that_reports(tmp_path: Path) -> None:
    """As a service is stopped: its host's process waits for the end, and the report is whole."""
    process = start("run", "small.toml", *LIVE, "--for", "1h", "--journal", "j.jsonl", cwd=tmp_path)
    line_with(process, "running:")
    for pid in (child_of(process), process.pid):
        os.kill(pid, signal.SIGTERM)
    text = rest(process)
    assert process.returncode == 130, text
    assert "the run was interrupted" in text
    assert getattr(last_event(tmp_path / "j.jsonl"), "how", "") == "interrupted"


def test_the_host_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    """kill -9 leaves no time to tidy up: its standard input ends, and so does it."""
    process = start("run", "small.toml", *LIVE, "--for", "1h", cwd=tmp_path)
    line_with(process, "running:")
    host = child_of(process)
    watched = os.pidfd_open(host)
    process.kill()
    rest(process)
    assert ends(host, watched)


def test_a_killed_host_is_the_environments(tmp_path: Path) -> None:
    """5 and one clear line; what the terminals saw is in a journal that is cut off."""
    process = start("run", "small.toml", *LIVE, "--for", "1h", "--journal", "j.jsonl", cwd=tmp_path)
    line_with(process, "running:")
    os.kill(child_of(process), signal.SIGKILL)
    text = rest(process)
    assert process.returncode == 5, text
    assert "environment: the host's process ended (-9)" in text
    reader = JournalReader(tmp_path / "j.jsonl")
    assert "Booted" in {type(entry.event).__name__ for entry in reader}
    assert reader.cut


def test_strangers_on_the_port_disturb_nobody(tmp_path: Path) -> None:
    """Random bytes, half-closed and idle connections: they are named, and the run passes."""
    process = start("run", "small.toml", *LIVE, "--for", "8m", "--journal", "j.jsonl", cwd=tmp_path)
    line_with(process, "running:")
    port = listening_port(child_of(process))
    draw = Random(1)
    with socket.create_connection(("127.0.0.1", port)):  # an idle one
        for size in (1, 2, 7, 50, 500, 5_000, 100_000) * 3:
            stranger = socket.create_connection(("127.0.0.1", port))
            with stranger, contextlib.suppress(OSError):  # the host may hang up first
                stranger.sendall(b"\xff\xff" + draw.randbytes(size))
                stranger.shutdown(socket.SHUT_WR)
                stranger.recv(1)
        text = rest(process)
    assert process.returncode == 0, text
    damaged = [
        getattr(entry.event, "why", "")
        for entry in JournalReader(tmp_path / "j.jsonl")
        if type(entry.event).__name__ == "HostDamaged"
    ]
    assert len(damaged) == 21
    assert all("65535 exceeds" in why for why in damaged)
