"""The event loop of a live process: uvloop's where it is installed, and errors that end the run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from typing import Any, ClassVar, TypeVar
from weakref import WeakKeyDictionary, ref

from harness.profiles import own_exception
from harness.shell import signals_heard

T = TypeVar("T")


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


class Signals:
    """What becomes of the signals that ask to end, while a loop runs and while it is made and
    closed: an exception amidst that would leave a loop that can neither run nor be closed.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._steps: Iterator[Callable[[], object]] = iter(())
        self.waiting = 0
        """How many came while nobody was there to act on them."""

    def heard(self) -> None:
        """A signal came, wherever the process was at that moment."""
        if self._loop is None:
            self.waiting += 1
        else:
            self._loop.call_soon_threadsafe(self._act)

    @contextlib.contextmanager
    def take(self, *steps: Callable[[], object]) -> Generator[None, None, None]:
        """While the running task is in this context, the first signal calls the first of the steps,
        the second one the next; the one after the last step cancels the task.
        """
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None, "used outside a task"
        self._steps = iter((*steps, task.cancel))
        while self.waiting:
            self.waiting -= 1
            self._act()
        try:
            yield
        finally:
            self._loop = None

    def _act(self) -> None:
        for step in self._steps:
            step()
            break


def run_with_signals(main: Callable[[Signals], Coroutine[Any, Any, T]]) -> T:
    """Run the coroutine in a loop of its own.

    Raises:
        KeyboardInterrupt: signals cancelled it, or one came when it had ended already.
    """
    signals = Signals()
    with signals_heard(signals.heard), asyncio.Runner(loop_factory=new_loop) as runner:
        try:
            result = runner.run(main(signals))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
    if signals.waiting:
        raise KeyboardInterrupt
    return result


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
            own = own_exception(self._error.what)
            raise self._error.what if own is None else own from self._error.what


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
