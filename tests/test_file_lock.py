"""A lock on a file: one holder, under each of its names, until its process ends."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import file_lock
from harness.errors import EnvironmentTrouble
from harness.file_lock import OWNER_ONLY, FileLock, UnlockedWarning, is_free, owner_note

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")

HOLDS = """
import sys
from pathlib import Path
from harness.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]), what="the journal", remedy="wait")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a lock that stays where it is."""
    monkeypatch.setattr(file_lock, "_LOOKS_TAKE", 0.0)


def lock(path: Path, **options: Any) -> FileLock:
    return FileLock(path, what=f"the journal {path}", remedy="name another file", **options)


def test_a_second_holder_is_told_who_the_first_is_and_what_to_do(tmp_path: Path) -> None:
    """Also within one process."""
    path = tmp_path / "run.jsonl"
    first = lock(path)
    with pytest.raises(EnvironmentTrouble) as refused:
        lock(path)
    said = str(refused.value)
    assert f"the journal {path} is in use by process {os.getpid()} (this very process): " in said
    assert " UTC" in said
    assert said.endswith("\nname another file")
    assert not is_free(path)
    first.release()
    assert is_free(path)
    lock(path).release()


@pytest.mark.parametrize("how", ["symlink", "hard link", "directory"])
def test_another_name_is_the_same_file(tmp_path: Path, how: str) -> None:
    """It is the file that is locked, and not its name."""
    path = tmp_path / "run.jsonl"
    first = lock(path)
    other = tmp_path / "other.jsonl"
    if how == "symlink":
        other.symlink_to(path)
    elif how == "hard link":
        other.hardlink_to(path)
    else:
        (tmp_path / "way").symlink_to(tmp_path)
        other = tmp_path / "way" / "run.jsonl"
    with pytest.raises(EnvironmentTrouble, match="is in use by"):
        lock(other)
    first.release()
    lock(other).release()


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    """What it has left beside the file keeps nobody away."""
    path = tmp_path / "run.jsonl"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(EnvironmentTrouble, match=f"in use by process {holder.pid}: "):
            lock(path)
        holder.kill()
        holder.wait()
    assert owner_note(path).exists()
    lock(path).release()
    assert not owner_note(path).exists()


def test_a_note_of_a_process_that_is_gone_is_not_believed(tmp_path: Path) -> None:
    """Nor one that is no note: it is only information."""
    path = tmp_path / "run.jsonl"
    first = lock(path)
    for note in (b"", b"x\n-\nharness", b"x\n99999999999999999999\nh", b"x\n4194304\nharness\n"):
        owner_note(path).write_bytes(note)
        with pytest.raises(EnvironmentTrouble, match="is in use by another process"):
            lock(path)
    first.release()


def test_who_may_not_write_beside_the_file_holds_it_all_the_same(tmp_path: Path) -> None:
    """The note is missing then, and nothing else."""
    path = tmp_path / "run.jsonl"
    first = lock(path, note=tmp_path / "no such directory" / "note")
    with pytest.raises(EnvironmentTrouble, match="is in use by another process"):
        lock(path, note=tmp_path / "no such directory" / "note")
    first.release()


@pytest.mark.parametrize("trouble", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_there_are_no_locks_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: int
) -> None:
    """The work goes on; and nobody takes a file for free there."""

    def refuse(*_: object) -> None:
        raise OSError(trouble, os.strerror(trouble))

    monkeypatch.setattr("harness.file_lock.fcntl.flock", refuse)
    path = tmp_path / "run.jsonl"
    with pytest.warns(UnlockedWarning, match="nothing keeps a second process away"):
        first = lock(path)
    first.release()
    assert not is_free(path)


def test_what_is_no_file_has_no_lock(tmp_path: Path) -> None:
    """A pipe or a device is shared by nature."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        lock(path).release()
        lock(path).release()
    assert [entry.name for entry in tmp_path.iterdir()] == ["pipe"]


def test_a_lock_for_the_owner_alone_makes_files_of_his_alone(tmp_path: Path) -> None:
    """The file, and the note beside it."""
    path = tmp_path / "run.jsonl"
    first = lock(path, permissions=OWNER_ONLY)
    assert [x.stat().st_mode & 0o777 for x in (path, owner_note(path))] == [0o600, 0o600]
    first.release()


def test_a_short_look_keeps_nobody_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks whether a file is free has it for a moment: a holder tries once more."""
    monkeypatch.setattr(file_lock, "_LOOKS_TAKE", 60.0)
    path = tmp_path / "run.jsonl"
    looking = lock(path)
    monkeypatch.setattr("harness.file_lock.time.sleep", lambda _: looking.release())
    lock(path).release()
