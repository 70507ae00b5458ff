"""The tests that the README and docs/pytest.md print, run as a reader runs them: in a project that
is new and has no settings.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {"readme": ROOT / "README.md", "docs": ROOT / "docs" / "pytest.md"}
MODES = {
    "defaults": (),
    "auto": ("-o", "asyncio_mode=auto"),
    "xdist": ("-n", "2"),
}


def run(project: Path, page: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Each block of Python of the page is a file of its own."""
    (project / "pytest.ini").write_text("[pytest]\n")  # so that no settings above it are found
    blocks = re.findall(r"```python\n(.*?)```", PAGES[page].read_text(), re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks):
        (project / f"test_{number}.py").write_text(block)
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.e2e
@pytest.mark.parametrize("page", PAGES)
def test_examples_pass_under_the_defaults(page: str, tmp_path: Path) -> None:
    """In the strict mode of pytest-asyncio; nothing is skipped."""
    done = run(tmp_path, page)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r" [1-9]\d* passed in ", done.stdout), done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.e2e
@pytest.mark.long
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("page", PAGES)
def test_examples_pass_in_every_mode(page: str, mode: str, tmp_path: Path) -> None:
    """In the auto mode and side by side as well."""
    done = run(tmp_path, page, *MODES[mode])
    assert done.returncode == 0, done.stdout + done.stderr
