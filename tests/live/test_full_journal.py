"""A journal that has grown to its limit ends the run in order, and the verdict says so."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from harness import events as e
from harness.api import Host, Terminals, judge
from harness.cardholders import Population
from harness.checks.secrecy import SecrecyScan
from harness.crypto.keys import load_keys
from harness.errors import ConfigError
from harness.journal import JournalReader
from harness.live import journal_limit
from harness.live.journal_scan import PIECE, JournalScan

KEYS = load_keys("test")
KB = 1_000
"""In these tests a journal is counted in kB instead of MB."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_limit, "MEGABYTE", KB)


async def test_terminals_end_with_a_full_journal(tmp_path: Path) -> None:
    """They serve nobody any more, although they were asked to for hours; what is open is closed,
    the run is INVALID with the remedy, and its journal says the same. A tenth of the journal is
    more than what was open writes until it is closed.
    """
    path = tmp_path / "j.jsonl"
    async with (
        Host(speed=100, slack="10m") as host,
        Terminals(
            host.address, gap=1, speed=100, slack="10m", settle="1h", journal=path, most_journal=150
        ) as atms,
    ):
        await atms.serve("10h")
        assert await atms.settle()
    assert path.stat().st_size >= 150 * KB
    assert atms.verdict.outcome == "invalid"
    assert "its journal has 150 MB: --most-journal lets it grow" in str(atms.verdict)
    assert judge(path).outcome == "invalid"
    entries = [entry.event for entry in JournalReader(path)]
    assert entries.count(e.JournalFull(150)) == 1
    assert entries[-1] == e.RunEnded("quiet")


async def test_a_failure_stands(tmp_path: Path) -> None:
    """What broke before the journal was full is a FAIL."""
    async with (
        Host(faults=["wrong_rrn"], speed=100, slack="10m") as host,
        Terminals(
            *(host.address,), gap=1, speed=100, slack="10m", journal=tmp_path / "j", most_journal=60
        ) as atms,
    ):
        await atms.serve("10h")
    assert atms.verdict.outcome == "fail"


async def test_a_peer_that_goes_on_ends_the_settling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait for what is open ends too, when the journal has grown by a tenth meanwhile."""
    async with Host(speed=100, slack="10m", journal=tmp_path / "j", most_journal=60) as host:
        monkeypatch.setattr(type(host), "quiet", lambda _: False)
        async with Terminals(host.address, gap=1, speed=100, slack="10m") as atms:
            await host.serve("10h")
            assert not await host.settle()
            assert (tmp_path / "j").exists()
            await atms.settle()
    assert [x.event for x in JournalReader(tmp_path / "j")][-1] == e.RunEnded("interrupted")
    assert host.verdict.outcome == "invalid"


def test_a_journal_of_no_size_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="0 MB hold no journal"):
        Host(most_journal=0)


# --- the scan for secrets follows the journal ---------------------------------------------------


def a_scan(path: Path) -> JournalScan:
    return JournalScan(path, SecrecyScan(Population(1, token_key=KEYS.token), KEYS))


def test_the_scan_waits_for_whole_lines(tmp_path: Path) -> None:
    """Each line is scanned once, when it is whole; the leak is told with its line."""
    key = KEYS.mac.hex()
    path = tmp_path / "j.jsonl"
    path.write_bytes(b"one\n" + key[:10].encode())
    scan = a_scan(path)
    assert scan.advance()
    assert not scan.advance()
    assert scan.found.scanned == 4
    with path.open("ab") as file:
        file.write(key[10:].encode() + b"\n")
    scan.finish()
    assert scan.found.scanned == path.stat().st_size
    assert [leak.line for leak in scan.found.leaks] == [2]


async def test_a_run_scans_while_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that its end does not wait for what was written long before."""
    follow, began = JournalScan.follow, asyncio.Event()

    async def followed(self: JournalScan) -> None:
        began.set()
        await follow(self)

    monkeypatch.setattr(JournalScan, "follow", followed)
    path = tmp_path / "j.jsonl"
    async with Host(speed=100, slack="10m", journal=path) as host:
        await asyncio.wait_for(began.wait(), 30)
    scanned = next(row for row in host.verdict.rows if row.id == "S3")
    assert scanned.tried == path.stat().st_size


async def test_the_scan_follows_what_is_written(tmp_path: Path) -> None:
    """Piece by piece; a file that cannot be read for a moment is read later."""
    path = tmp_path / "j.jsonl"
    scan = a_scan(path)
    path.mkdir()
    following = asyncio.create_task(scan.follow())
    await asyncio.sleep(0)
    path.rmdir()
    path.write_bytes((b"x" * 99 + b"\n") * (3 * PIECE // 100))
    async with asyncio.timeout(30):
        while scan.found.scanned < path.stat().st_size:
            await asyncio.sleep(0)
    following.cancel()
    scan.finish()
    assert scan.found.scanned == path.stat().st_size


async def test_what_a_scan_raises_is_told_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on, and its verdict names the scan."""

    def broken(_: JournalScan) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(JournalScan, "advance", broken)
    scan = a_scan(tmp_path / "j.jsonl")
    await scan.follow()
    with pytest.raises(ZeroDivisionError):
        scan.finish()


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_a_device_is_not_scanned(device: str) -> None:
    """One of them has no end."""
    scan = a_scan(Path(device))
    assert not scan.tried
    with contextlib.suppress(OSError):
        scan.finish()
    assert scan.found.scanned == 0
