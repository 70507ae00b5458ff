"""What the shell gives a process: three standard descriptors, and the signals that ask it to end.

Two rules. A standard descriptor that was closed (`<&-`, `>&-`, `2>&-`) is opened to /dev/null
before anything else is opened: a socket that got its number would be taken for standard output. And
a signal that asks to end is heard from the first instant on, in this order: while the program is
still being imported it ends at once, then it is Ctrl-C for whatever runs, and when the exit code is
decided it changes nothing any more.

This module is imported first of all, so it imports next to nothing.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from harness.exit_codes import INTERRUPTED

IN, OUT, ERR = 0, 1, 2
_ECHO = 1.0
"""Seconds within which another SIGTERM or SIGHUP is the same request: who stops a program often
tells the process and then its whole group, as timeout(1) does. Ctrl-C is a person's, who means it
each time."""

_heard_at: dict[int, float] = {}

_closed: set[int] = set()


def begin() -> None:
    """The very first thing that a command does, before the rest of it is imported."""
    open_closed_descriptors()

    def end(_number: int, _frame: FrameType | None) -> None:
        os.write(ERR, b"harness: interrupted\n")
        os._exit(INTERRUPTED)  # an exception might be taken for a failed import

    _hear_with(end)


# --- descriptors ----------------------------------------------------------------------------------


def open_closed_descriptors() -> None:
    """Open those of the three standard descriptors that are closed to the null device."""
    for number, name, mode in ((IN, "stdin", "r"), (OUT, "stdout", "w"), (ERR, "stderr", "w")):
        try:
            os.fstat(number)
            continue
        except OSError:
            _closed.add(number)
        opened = os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
        os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def was_closed(number: int) -> bool:
    """Was this standard descriptor closed when the process began?"""
    return number in _closed


# --- signals --------------------------------------------------------------------------------------


def ending_signals() -> tuple[signal.Signals, ...]:
    """Those that ask a process to end: Ctrl-C, SIGTERM, and SIGHUP (the terminal is gone), unless
    that is ignored, as it is under nohup. Windows has no SIGHUP.
    """
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return tuple(
        sent
        for sent in known
        if sent.name != "SIGHUP" or signal.getsignal(sent) is not signal.SIG_IGN
    )


_Handler = Callable[[int, FrameType | None], object]


def _hear_with(handler: _Handler) -> None:
    for sent in ending_signals():
        # A program in the background of a script is deaf to Ctrl-C, and stays so.
        if sent is signal.SIGTERM or signal.getsignal(sent) is not signal.SIG_IGN:
            signal.signal(sent, handler)


def _once(handler: _Handler) -> _Handler:
    """The handler, without the echoes of a signal. It has to be made anew for each place, but when
    the signal came last is known to all.
    """

    def hear(number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if number != signal.SIGINT and now - _heard_at.get(number, -_ECHO) < _ECHO:
            return
        _heard_at[number] = now
        handler(number, frame)

    return hear


def interrupt_at_signals() -> None:
    """From now on each of these signals raises KeyboardInterrupt, as Ctrl-C does."""
    _hear_with(_once(signal.default_int_handler))


def ignore_signals() -> None:
    """The exit code is decided: a signal that comes while the interpreter tidies up, which takes
    some hundredths of a second, does not change it.
    """
    for sent in ending_signals():
        signal.signal(sent, signal.SIG_IGN)


def leave(code: int) -> None:
    """End now with that exit code: nobody waits for threads that somebody has interrupted. And
    where KeyboardInterrupt has passed through the `exec` of a text, as a codec is made of one,
    CPython would end by SIGINT behind its exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue
    os._exit(code)


@contextmanager
def signals_heard(heard: Callable[[], object]) -> Generator[None, None, None]:
    """Meanwhile `heard` is called at each of these signals, between two steps of whatever runs;
    afterwards they do what they did before. Nothing is heard in a thread other than the main one.
    """
    ours = ending_signals() if current_thread() is main_thread() else ()
    told = _once(lambda _number, _frame: heard())
    before = [(sent, signal.signal(sent, told)) for sent in ours]
    try:
        yield
    finally:
        for sent, handler in before:
            signal.signal(sent, handler)


@contextmanager
def signals_held_back() -> Generator[None, None, None]:
    """Meanwhile these signals wait. A process that is started now begins with them waiting, so that
    none can end it before it has said what it does with them (`leave_signals_to_parent`).
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_signals_to_parent() -> None:
    """A process that another one has started ends with that one, and not by a signal: those to
    the whole process group, and those to all processes of a service, are for the one that reports.
    """
    every = ending_signals()
    ignore_signals()
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, every)
