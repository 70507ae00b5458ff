"""The event loop of a live process: uvloop's where it is installed, and errors that end the run."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Sequence
from typing import Any, ClassVar
from weakref import WeakKeyDictionary, ref


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
    """The task itself; an exception in it is handed to the loop's exception handler at once."""
    task.add_done_callback(_tell)
    return task


async def cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    """End them, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _tell(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        context = {"message": "a task failed", "exception": error}
        task.get_loop().call_exception_handler(context)


class FirstError:
    """The first exception that a callback or a watched task of the loop raised; asyncio would
    only log it. Several may look after one loop (a host and terminals in one test): each of them is
    told, and the first to `check` raises it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._event = asyncio.Event()
        self._error: _Error | None = None
        self._handler = _ErrorHandler.of(loop)
        self._handler.members.append(self)

    def happened(self, error: _Error) -> None:
        """Something went wrong; only the first counts, for the others follow from it."""
        if self._error is None:
            self._error = error
        self._event.set()

    def wait(self) -> asyncio.Task[bool]:
        """Ends when something went wrong."""
        return asyncio.get_running_loop().create_task(self._event.wait())

    def release(self) -> None:
        """Look after the loop no longer."""
        self._handler.leave(self)

    def check(self) -> None:
        """Raise what happened, if anything did and it has not been raised yet."""
        if self._error is not None and not self._error.raised:
            self._error.raised = True
            raise self._error.what


class _Error:
    """What happened, one object for all who look after the loop."""

    def __init__(self, what: BaseException) -> None:
        self.what = what
        self.raised = False


class _ErrorHandler:
    """The exception handler of one loop while it has `members`: it tells all of them."""

    _handlers: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, _ErrorHandler]] = (
        WeakKeyDictionary()
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.members: list[FirstError] = []
        self._loop = ref(loop)
        self._before = loop.get_exception_handler()
        loop.set_exception_handler(self._handle)

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> _ErrorHandler:
        """The loop's, made when it is asked for first."""
        handler = cls._handlers.get(loop)
        if handler is None:
            handler = cls._handlers[loop] = cls(loop)
        return handler

    def _handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        del loop
        error = _Error(context.get("exception") or RuntimeError(context.get("message", "unknown")))
        for member in self.members:
            member.happened(error)

    def leave(self, member: FirstError) -> None:
        """The last one gives the loop its own handler back."""
        self.members.remove(member)
        loop = self._loop()
        if not self.members and loop is not None:
            del self._handlers[loop]
            loop.set_exception_handler(self._before)
