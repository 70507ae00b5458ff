"""Processes that do parts of a search, and the wish to stop."""

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
    """A pool of so many processes, each of which prepares itself first. At the end what has not
    begun is dropped, and what has is waited for.
    """
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (prepare, arguments))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(prepare: Callable[..., None] | None, arguments: Iterable[object]) -> None:
    """Signals to the whole group are for the process that reports; when that one is gone, whatever
    became of it, there is nobody to work for.
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
    """As a context it takes Ctrl-C and SIGTERM for a wish, which is `wanted` from then on, and
    `heard` is called; whoever says so twice is not kept waiting. In a thread other than the main
    one nobody is heard.
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
