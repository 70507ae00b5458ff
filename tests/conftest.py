"""What all tests share: Hypothesis settings and the `needs(tool)` marker."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import settings

from harness import shell

WAIT = ("e2e", "live", "load", "peers")  # for sockets and processes, most of their time
LARGE = ("cli", "defects", "explore", "sim")

IN_CI = os.environ.get("HARNESS_CI") == "1" or os.environ.get("CI") == "true"

settings.register_profile("here", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True, database=None)
settings.load_profile("ci" if IN_CI else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What once failed comes first; then what waits and what computes by turns, for processes that
    share the processors, and the small modules last, which leave none of them alone at the end.
    """
    modules: dict[Path, list[pytest.Item]] = {}
    for item in sorted(items, key=lambda item: item.path.name != "test_seeds.py"):
        modules.setdefault(item.path, []).append(item)
    waits = [path for path in modules if path.parent.name in WAIT]
    computes = [path for path in modules if path not in waits]
    computes.sort(key=lambda path: (path.name != "test_seeds.py", path.parent.name not in LARGE))
    turns = [path for pair in zip_longest(computes, waits) for path in pair if path is not None]
    items[:] = [item for path in turns for item in modules[path]]


def pytest_collection_finish() -> None:
    """Each simulation begins with a full collection, which would go through all of the suite."""
    gc.collect()
    gc.freeze()


ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@pytest.fixture(autouse=True)
def _signals_stay_as_they_were(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A signal of the test before is not the same request. And a process that a test begins
    inherits what is ignored: it would be deaf to who ends it.
    """
    monkeypatch.setattr(shell, "_heard_at", {})
    before = [signal.getsignal(sent) for sent in ENDING]
    yield
    after = [signal.getsignal(sent) for sent in ENDING]
    for sent, handler in zip(ENDING, before, strict=True):
        signal.signal(sent, handler)
    assert after == before


def pytest_runtest_teardown() -> None:
    """A test that fails in the midst of its processes leaves none to those that come after."""
    processes = sys.modules.get("processes")  # of e2e
    if processes is not None:
        processes.leave_none()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        tool = str(mark.args[0])
        if shutil.which(tool) is not None:
            continue
        if os.environ.get("HARNESS_REQUIRE_ALL") == "1":
            pytest.fail(f"{tool} is not on PATH and HARNESS_REQUIRE_ALL=1", pytrace=False)
        pytest.skip(f"{tool} is not on PATH")
