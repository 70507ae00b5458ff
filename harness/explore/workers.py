"""The processes that do parts of a search, and how a search is stopped."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from types import FrameType


@contextmanager
def workers(
    jobs: int, prepare: Callable[..., None] | None = None, *arguments: object
) -> Generator[ProcessPoolExecutor, None, None]:
    """A pool of so many processes, in each of which `prepare(*arguments)` is called first. At the
    end, tasks that have not begun are dropped, and those that have begun are waited for.
    """
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (prepare, arguments))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(prepare: Callable[..., None] | None, arguments: Iterable[object]) -> None:
    """Prepare a process of the pool. Signals to the whole process group are handled by the process
    that reports; when that process ends, for whatever reason, this one ends too.
    """
    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        prepare(*arguments)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


class Stop:
    """Turns Ctrl-C and SIGTERM into a request to stop, while it is used as a context.

    At the first signal `wanted` becomes true and `heard` is called; the second one raises
    KeyboardInterrupt. In a thread other than the main one signals are not handled.
    """

    def __init__(self, heard: Callable[[], None] | None = None) -> None:
        self.wanted = False
        self._tell = heard
        self._before: list[tuple[signal.Signals, object]] = []

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for sent in (signal.SIGINT, signal.SIGTERM):
                self._before.append((sent, signal.signal(sent, self._heard)))
        return self

    def __exit__(self, *_: object) -> None:
        for sent, handler in self._before:
            signal.signal(sent, handler)  # type: ignore[arg-type]
        self._before.clear()

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
        if self._tell is not None:
            self._tell()
