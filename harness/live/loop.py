"""The event loop of a live process: uvloop when it is installed, and no error that gets lost."""

from __future__ import annotations

import asyncio
import os
import resource
from typing import Any


def new_loop() -> asyncio.AbstractEventLoop:
    """Uvloop's loop if there is one, else asyncio's, or where HARNESS_LOOP is 'asyncio'."""
    if os.environ.get("HARNESS_LOOP") == "asyncio":
        return asyncio.new_event_loop()
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def allow_many_files() -> None:
    """Thousands of connections need as many descriptors: take what the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def watched(task: asyncio.Task[None]) -> asyncio.Task[None]:
    """The task; what goes wrong in it is told to the loop, and not kept until somebody asks."""
    task.add_done_callback(_tell)
    return task


def _tell(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        context = {"message": "a task failed", "exception": error}
        task.get_loop().call_exception_handler(context)


class Fatal:
    """The first exception that a callback or a watched task of the loop raised; asyncio would
    only log it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._happened = asyncio.Event()
        self._error: BaseException | None = None
        self._loop = loop
        self._before = loop.get_exception_handler()
        loop.set_exception_handler(self._handle)

    def _handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        del loop
        error = context.get("exception") or RuntimeError(context.get("message", "unknown"))
        if self._error is None:
            self._error = error
        self._happened.set()

    def wait(self) -> asyncio.Task[bool]:
        """Ends when something went wrong."""
        return asyncio.get_running_loop().create_task(self._happened.wait())

    def release(self) -> None:
        """Let the loop handle its errors as before."""
        self._loop.set_exception_handler(self._before)

    def check(self) -> None:
        """Raise what happened, if anything did."""
        if self._error is not None:
            raise self._error
