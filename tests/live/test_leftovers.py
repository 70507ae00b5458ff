"""What killed runs leave is removed by the next, and nothing of a run that lives."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest
from live_runs import live

from harness.errors import EnvironmentTrouble
from harness.file_lock import FileLock, owner_note
from harness.journal import lock_journal
from harness.live import leftovers
from harness.live.journal_merge import PARTS, part_path
from harness.live.leftovers import remove_directories, remove_parts, temporary_state

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
HEADER = b'{"format":3,"version":"0"}\n'


def leave_parts(journal: Path) -> list[Path]:
    """As a killed run does."""
    parts = [part_path(journal, part) for part in PARTS]
    for part in parts:
        part.write_bytes(HEADER)
    return parts


def test_parts_of_a_dead_run_go_and_those_of_a_living_one_stay(tmp_path: Path) -> None:
    """The lock of the journal says whose run lives."""
    dead = leave_parts(tmp_path / "dead.jsonl")
    living = leave_parts(tmp_path / "living.jsonl")
    lock = lock_journal(tmp_path / "living.jsonl")
    assert sorted(remove_parts(tmp_path)) == sorted(dead)
    assert all(part.exists() for part in living)
    assert owner_note(tmp_path / "living.jsonl").exists()
    lock.release()
    assert sorted(remove_parts(tmp_path)) == sorted(living)


def test_a_note_of_a_dead_process_goes(tmp_path: Path) -> None:
    """It names a lock that nobody holds."""
    path = tmp_path / "run.jsonl"
    lock = lock_journal(path)
    note = owner_note(path)
    left = note.read_bytes()
    lock.release()
    note.write_bytes(left)
    assert remove_parts(tmp_path) == [note]
    assert path.exists()


def test_files_of_others_stay(tmp_path: Path) -> None:
    """Names like ours are not enough."""
    others = [".mine.host", ".mine.lock", ".host", ".terminals", ".bashrc", "dead.jsonl.host"]
    for name in others:
        (tmp_path / name).write_text("something of the user's\n")
    (tmp_path / ".dir.host").mkdir()
    assert remove_parts(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == len(others) + 1


def test_directories_of_dead_runs_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a lock in it: one without is still being made, or somebody else's."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with temporary_state() as living:
        dead = tmp_path / "harness-run-dead"
        dead.mkdir()
        lock = dead / "lock"
        FileLock(lock, what="x", remedy="x", note=lock).release()
        (dead / "terminals.sqlite").write_bytes(b"x")
        (tmp_path / "harness-run-new").mkdir()
        (tmp_path / "harness-run-link").symlink_to(living)
        assert remove_directories(tmp_path) == [dead]
        assert living.is_dir()
        assert living.stat().st_mode & 0o777 == 0o700
    assert not living.exists()


def test_directories_that_were_never_finished_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run was killed between making one and naming it: with a lock in it, or without."""
    bare, locked, living, others = (tmp_path / f"harness-new-{n}" for n in range(4))
    for directory in (bare, locked, living, others):
        directory.mkdir()
    FileLock(locked / "lock", what="x", remedy="x", note=locked / "lock").release()
    (locked / "lock").touch()
    held = FileLock(living / "lock", what="x", remedy="x", note=living / "lock")
    (others / "mine.txt").write_text("something of the user's\n")
    (tmp_path / "harness-new-link").symlink_to(bare)
    assert remove_directories(tmp_path) == []  # they are new: whose they are is not known
    later = bare.stat().st_mtime + 3600.0
    monkeypatch.setattr(leftovers, "unix_time", lambda: later)
    assert remove_directories(tmp_path) == [bare, locked]
    assert (living / "lock").exists()
    assert (others / "mine.txt").exists()
    held.release()


def test_a_live_run_removes_what_an_earlier_one_left(tmp_path: Path) -> None:
    """And leaves its journal alone in the directory."""
    leave_parts(tmp_path / "dead.jsonl")
    journal = tmp_path / "run.jsonl"
    live(journal, terminals=1, duration=20.0)
    assert [path.name for path in tmp_path.iterdir()] == ["run.jsonl"]


def test_without_a_directory_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's trouble, with a remedy, and no error inside the harness."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(EnvironmentTrouble, match="TMPDIR"), temporary_state():
        pass
