"""A simulated run is a function of its plan and its seed, and of nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.journal import JournalReader

FAULTS = (
    "drop_response:p=10%",
    "reorder:p=10%,hold=50s",
    "latency:by=300ms,p=30%",
    "jitter:by=2s,p=30%",
    "dup_request:p=10%",
    "slice:bytes=20,p=10%",
    "bitflip:p=10%",
    "rst:p=30%@5m..6m",
    "flap@10m..12m",
    "crash_after_commit:nth=1,terminal=ATM00003",
    "dispense_short:p=20%",
    "customer_leaves_card:p=20%",
    "power_cut:p=1%",
)


@pytest.fixture(scope="module")
def journals(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, str], Path]:
    """By seed and PYTHONHASHSEED: the order of sets and of strings' hashes differs."""
    home = tmp_path_factory.mktemp("journals")
    runs = [(1, "1"), (1, "2"), (2, "1")]
    return {run: process_wrote(home, *run) for run in runs}


def process_wrote(home: Path, seed: int, hash_seed: str) -> Path:
    """One run of twenty ATMs for twenty minutes, in a process of its own."""
    path = home / f"seed{seed}-hash{hash_seed}.jsonl"
    flags = [word for fault in FAULTS for word in ("--fault", fault)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "harness", "run", "ordinary_evening", "--seed", str(seed)),
            *("--terminals", "20", "--for", "20m", "--quiet", "--journal", str(path), *flags),
        ],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 3), done.stdout + done.stderr
    return path


def acted(path: Path) -> set[str]:
    return {
        getattr(entry.event, "fault", "")
        for entry in JournalReader(path)
        if type(entry.event).__name__ == "FaultActed"
    }


def test_two_processes_write_the_same_bytes(journals: dict[tuple[int, str], Path]) -> None:
    """With a dozen faults at work, each of which took effect."""
    one, other = journals[1, "1"], journals[1, "2"]
    assert acted(one) == set(FAULTS)
    assert one.read_bytes() == other.read_bytes()


def test_another_seed_is_another_evening(journals: dict[tuple[int, str], Path]) -> None:
    """The customers and what befalls them differ, not the header only."""
    times = [
        [
            entry.at
            for entry in JournalReader(journals[seed, "1"])
            if type(entry.event).__name__ == "CardInserted"
        ]
        for seed in (1, 2)
    ]
    assert times[0] != times[1]
