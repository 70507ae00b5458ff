"""The wheel as a stranger gets it: built, installed elsewhere, run from an empty directory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.e2e


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A program that knows nothing of this process's Python settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("wheel")
    done = run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--wheel-dir", into, ROOT),
        cwd=into,
    )
    assert done.returncode == 0, done.stderr
    (built,) = into.glob("atm_harness-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it. Its dependencies are borrowed from this one by a
    .pth file, which saves half a minute; the editable install's own .pth is not followed from
    there, so that the checkout cannot be imported.
    """
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(home, with_pip=False)
    bin_ = home / ("Scripts" if os.name == "nt" else "bin")
    site = Path(run(bin_ / "python", "-c", PURELIB, cwd=home).stdout.strip())
    done = run(
        *(sys.executable, "-m", "pip", "--python", bin_ / "python", "install", "--quiet"),
        *("--disable-pip-version-check", "--no-deps", wheel),
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return bin_


PURELIB = "import sysconfig; print(sysconfig.get_path('purelib'))"


def test_the_wheel_carries_its_fixtures(wheel: Path) -> None:
    """Scenarios, specifications and keys are in it, and nothing of tests or runs."""
    names = zipfile.ZipFile(wheel).namelist()
    for part in ("scenarios/", "specs/", "keys/"):
        assert any(name.startswith(f"harness/_fixtures/{part}") for name in names), part
    assert "harness/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "runs/"))]


def test_the_checkout_is_not_what_runs(installed: Path, tmp_path: Path) -> None:
    """The package comes from the new environment."""
    program = "import harness; print(harness.__file__)"
    done = run(installed / "python", "-c", program, cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(installed.parent), done.stderr


def test_national_freeze_from_an_empty_directory(installed: Path, tmp_path: Path) -> None:
    """The incident runs by its shipped name, holds all it promises, and says its seed."""
    done = run(
        *(installed / "harness", "run", "national_freeze", "--terminals", "50", "--seed", "1"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"seed\W+1\b", done.stdout)
    assert list(tmp_path.iterdir()) == []
