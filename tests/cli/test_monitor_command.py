"""`harness fleet monitor`: a mistake is told before anything is watched, and without a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.main import execute

AT = ["--broker", "mqtt://127.0.0.1:9"]
MISTAKE = 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--broker"),
        ([*AT, "--policy", "protectiv"], "protectiv"),
        ([*AT, "--settings", "settings.toml"], "did you mean 'waiting'"),
        ([*AT, "--log", "absent/incidents.jsonl"], "--log"),
        ([*AT, "--metrics", "99999"], "--metrics"),
        ([*AT, "--webhook", "ftp://me:secret@127.0.0.1/"], "--webhook"),
        ([*AT, "--webhook", "http://me:secret@127.0.0.1:port/"], "--webhook"),
        ([*AT, "--webhook", "http://me:secret@127.0.0.1:99999/"], "--webhook"),
        ([*AT, "--webhook", "http://me:secret@[::1/"], "--webhook"),
        ([*AT, "--webhook", "http:///"], "--webhook"),
        ([*AT, "--webhook", "http://127.0.0.1/secret token"], "--webhook"),
        ([*AT, "--webhook", "http://127.0.0.1/secr\u00e9t"], "--webhook"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "settings.toml").write_text("waitng = 5\n")
    monkeypatch.chdir(tmp_path)
    assert execute(["fleet", "monitor", *arguments]) == MISTAKE
    told = capsys.readouterr()
    assert said in told.err
    assert "secret" not in told.err + told.out
