"""The processes that do parts of a search, and how a search is stopped."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import active_children, connection, get_context, parent_process
from typing import Any

from harness.input_files import keep_piped, piped
from harness.shell import leave_signals_to_parent, signals_heard, signals_held_back


class _Pool(ProcessPoolExecutor):
    """A pool whose processes are begun by `submit`, and never meet a signal on the way."""

    def submit(self, *task: Any, **options: Any) -> Future[Any]:
        with signals_held_back():
            return super().submit(*task, **options)


@contextmanager
def workers(
    jobs: int, prepare: Callable[..., None] | None = None, *arguments: object
) -> Generator[ProcessPoolExecutor, None, None]:
    """A pool of so many processes, in each of which `prepare(*arguments)` is called first. At the
    end, tasks that have not begun are dropped, and those that have begun are waited for, unless
    it ends by a KeyboardInterrupt, or one of the processes was killed: the pool would end the
    others with SIGTERM, which they leave to their parent.
    """
    with signals_held_back():  # it starts a process that cleans up behind the others
        begun = (piped(), prepare, arguments)
        pool = _Pool(jobs, get_context("spawn"), _begin, begun)
    try:
        yield pool
    except (KeyboardInterrupt, BrokenExecutor):
        end_at_once()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(
    contents: dict[str, bytes], prepare: Callable[..., None] | None, arguments: Iterable[object]
) -> None:
    """Prepare a process of the pool, which gets what was read through pipes. Signals to the whole
    process group are handled by the process that reports; when that process ends, for whatever
    reason, this one ends too.
    """
    leave_signals_to_parent()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    keep_piped(contents)
    if prepare is not None:
        prepare(*arguments)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def end_at_once() -> None:
    """End the processes of a pool whose results nobody waits for any more."""
    for child in active_children():
        child.kill()


class Stop:
    """Turns Ctrl-C, SIGTERM and SIGHUP into a request to stop, while it is used as a context.

    At the first signal `wanted` becomes true and `heard` is called; the second one raises
    KeyboardInterrupt. In a thread other than the main one signals are not handled.
    """

    def __init__(self, heard: Callable[[], None] | None = None) -> None:
        self.wanted = False
        self._tell = heard
        self._listening = ExitStack()

    def __enter__(self) -> Stop:
        self._listening.enter_context(signals_heard(self._heard))
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def _heard(self) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
        if self._tell is not None:
            self._tell()
