"""Trials in processes that are forked for them, so many at a time, and what a trial says."""

from __future__ import annotations

import gc
import json
import os
import resource
import selectors
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

MEMORY = 4_000_000_000  # bytes; a mutant that wants more has lost its end


class Result(NamedTuple):
    """`by` says what noticed the mutant, after how many `runs` of the search, or machines of the
    self-test. In `reached` runs the mutant could act, in `differs` of those that were done the
    journal became another one. `last` is the number of the run that noticed it, -1 for none.
    """

    noticed: bool
    runs: int
    by: list[str]
    reached: int = 0
    differs: int = 0
    last: int = -1


def ready_to_fork() -> None:
    """What there is now is shared with the processes that are forked: it is not collected there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)


def as_they_come(
    actions: Sequence[Callable[[], Result]], jobs: int
) -> Iterator[tuple[int, Result]]:
    """The results of these, each in a process of its own, with the number of each."""
    waiting = selectors.DefaultSelector()
    left = list(enumerate(actions))[::-1]
    while left or waiting.get_map():
        while left and len(waiting.get_map()) < jobs:
            number, action = left.pop()
            end, child = _forked(action)
            waiting.register(end, selectors.EVENT_READ, (number, child))
        for key, _ in waiting.select():
            number, child = key.data
            waiting.unregister(key.fd)
            with os.fdopen(key.fd, encoding="utf-8") as said:
                text = said.read()
            _, status = os.waitpid(child, 0)
            yield number, _result(text, status)


def _forked(action: Callable[[], Result]) -> tuple[int, int]:
    """Where a child writes its result, and the child."""
    ours, its = os.pipe()
    child = os.fork()
    if child:
        os.close(its)
        return ours, child
    try:
        os.close(ours)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        try:
            result = action()
        except Exception as error:
            result = Result(True, 0, [f"raises {type(error).__name__}"])
        signal.setitimer(signal.ITIMER_PROF, 0)
        with os.fdopen(its, "w", encoding="utf-8") as said:
            said.write(json.dumps(result))
    finally:
        os._exit(0)


def end_after(seconds: float) -> None:
    """This process is ended after so many seconds of its own work; 0 takes that back."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _result(text: str, status: int) -> Result:
    if text:
        return Result(*json.loads(text))
    how = "goes on without end" if os.WIFSIGNALED(status) else "ends the process"
    return Result(True, 0, [how])
