"""The log of incidents: a line of JSON for each change, on a disk that may be full."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from incident import OPENED, RESOLVED

from harness.errors import ConfigError
from harness.fleet.incident_log import TELLS_AGAIN, IncidentLog


def test_each_change_is_a_line_and_an_old_log_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "incidents.jsonl"
    for change in (OPENED, RESOLVED):
        log = IncidentLog(path, pytest.fail)
        log(change)
        log.close()
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["change"], first["kind"], first["terminals"][0]) == (
        *("opened", "host_silent", "ATM00001"),
    )
    assert (second["change"], second["status"]) == ("resolved", "resolved")


def test_a_full_disk_is_told_of_now_and_then_and_ends_nothing() -> None:
    now = 0.0
    told: list[str] = []
    log = IncidentLog(Path("/dev/full"), told.append, clock=lambda: now)
    for _ in range(3):
        log(OPENED)
    assert len(told) == 1
    assert "No space left" in told[0]
    now = TELLS_AGAIN
    log(OPENED)
    assert (log.lost, len(told)) == (4, 2)
    log.close()


def test_a_file_that_cannot_be_written_is_a_mistake_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--log"):
        IncidentLog(tmp_path / "nowhere" / "incidents.jsonl", pytest.fail)
