"""A fleet of one process, commanded by another over a broker: `harness fleet`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import LIMIT, start

from harness.exit_codes import ENVIRONMENT, FAILED, MISTAKE

pytestmark = pytest.mark.e2e


def fleet(*arguments: str) -> tuple[int, str]:
    """`harness fleet ...`: the exit code, and all that it says."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", "fleet", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_fleet_is_stopped_and_started_again(tmp_path: Path) -> None:
    """What nobody could do on the evening of the incident."""
    run = start("run", "small.toml", "--live", "--for", "1h", "--broker", "iotcore", cwd=tmp_path)
    assert run.stdout is not None
    said = iter(run.stdout.readline, "")
    broker = next(
        found.group() for line in said if (found := re.search(r"mqtt://127\.0\.0\.1:\d+", line))
    )
    while "3 terminals" not in (seen := fleet("status", "--broker", broker)[1]):
        assert run.poll() is None, seen
    code, told = fleet("return-cards", "--all", "--broker", broker)
    assert code == 0, told
    assert "3 have done it, 0 refused" in told
    assert "out of service for: operator 3" in fleet("status", "--broker", broker)[1]
    whom = ("--terminal", "ATM00002", "--terminal", "ATM00077")
    code, told = fleet("start", *whom, "--wait", "2s", "--broker", broker)
    assert code == FAILED
    assert "1 have done it" in told
    assert "ATM00077 is silent" in told
    run.terminate()
    run.wait(LIMIT)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("stop", "--all"), MISTAKE, "no broker is named"),
        (("stop", "--broker", "mqtt://127.0.0.1:9"), MISTAKE, "nobody is named"),
        (("stop", "--all", "--region", "x", "--broker", "mqtt://h"), MISTAKE, "all terminals, and"),
        (("status", "--broker", "localhost"), MISTAKE, "mqtt://HOST:PORT"),
        (("status", "--broker", "mqtt://127.0.0.1:9"), ENVIRONMENT, "cannot be used"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(
    arguments: tuple[str, ...], code: int, said: str
) -> None:
    found, told = fleet(*arguments)
    assert (found, said in told) == (code, True), told
    assert "Traceback" not in told


def test_a_simulation_has_no_broker(tmp_path: Path) -> None:
    run = start("run", "small.toml", "--broker", "auto", cwd=tmp_path)
    told, _ = run.communicate(timeout=LIMIT)
    assert run.returncode == MISTAKE
    assert "add --live" in told


def test_a_monitor_of_its_own_tells_of_a_silent_host(tmp_path: Path) -> None:
    """`harness fleet monitor`, beside a fleet of another process with a clock of its own."""
    run = start(
        *("run", "short_freeze", "--live", "--speed", "4", "--terminals", "12"),
        *("--fault", "silent@5s..1h", "--no-faults", "--broker", "iotcore"),
        cwd=tmp_path,
    )
    assert run.stdout is not None
    said = iter(run.stdout.readline, "")
    broker = next(
        found.group() for line in said if (found := re.search(r"mqtt://127\.0\.0\.1:\d+", line))
    )
    log = tmp_path / "incidents.jsonl"
    watching = start(
        *("fleet", "monitor", "--broker", broker, "--log", str(log), "--metrics", "0"),
        cwd=tmp_path,
    )
    assert watching.stdout is not None
    lines = []
    for line in iter(watching.stdout.readline, ""):
        lines.append(line)
        if "host_silent" in line:
            break
    assert re.search(r"^20:1\d:\d\d  OPENED   critical host_silent, cause: host, bank", lines[-1])
    watching.send_signal(signal.SIGINT)
    assert watching.wait(LIMIT) == 0
    assert json.loads(log.read_text().splitlines()[0])["kind"] == "host_silent"
    run.terminate()
    run.wait(LIMIT)


def test_a_run_with_a_monitor_says_how_soon_it_found_the_outage(tmp_path: Path) -> None:
    """It takes the fleet out of service while the host is silent, and starts it again."""
    run = start(
        *("run", "short_freeze", "--live", "--speed", "10", "--terminals", "12", "--for", "7m"),
        *("--broker", "auto", "--monitor", "restoring"),
        cwd=tmp_path,
    )
    told, _ = run.communicate(timeout=LIMIT)
    assert re.search(r"monitor: opened: host_silent, cause: host", told), told
    assert "monitor: orders out_of_service: all" in told
    assert "monitor: orders in_service:" in told
    figure = r"monitor: [\d:]+ host_silent, cause: host, bank; [\d.]+ s after the first unanswered"
    assert re.search(figure, told), told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--monitor", "none"), "add --live --broker auto"),
        (("--live", "--broker", "auto", "--monitor", "protectiv"), "protectiv"),
    ],
)
def test_a_monitor_needs_a_broker_and_a_policy(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    run = start("run", "small.toml", *arguments, cwd=tmp_path)
    told, _ = run.communicate(timeout=LIMIT)
    assert run.returncode == MISTAKE
    assert said in told
