"""Waiting for an event of the journal, for whoever plays a run from Python."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from harness import events as e
from harness.live.loop import FirstError

E = TypeVar("E", bound=e.Event)


class Waiting(msgspec.Struct):
    """A call of `wait_for`: `done` gets the event once `left` more of those `wanted` have come."""

    wanted: Callable[[str, e.Event], bool]
    left: int
    done: asyncio.Future[Any]


class AwaitedEvents:
    """Subscribe `see` to the journal."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []

    async def wait_for(
        self,
        kind: type[E],
        errors: FirstError,
        *,
        count: int,
        actor: str,
        within: float,
        values: Mapping[str, Any],
    ) -> E:
        """The `count`th event of that kind from now on; of that actor (any if '') and with those
        values. Raises TimeoutError after `within` wall seconds, and the first of the `errors`.
        """

        def wanted(who: str, event: e.Event) -> bool:
            return (
                isinstance(event, kind)
                and actor in ("", who)
                and all(getattr(event, name) == value for name, value in values.items())
            )

        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(wanted, count, done))
        failed = errors.wait()
        either: set[asyncio.Future[Any]] = {done, failed}
        try:
            await asyncio.wait(either, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            errors.check()
            if not done.done():
                raise TimeoutError(f"no {kind.__name__} within {within:g} s")
            event: E = done.result()
            return event
        finally:
            failed.cancel()
            self._waiting = [waiting for waiting in self._waiting if waiting.done is not done]

    def see(self, _at: float, actor: str, event: e.Event) -> None:
        """An entry of the journal."""
        for waiting in self._waiting:
            if not waiting.done.done() and waiting.wanted(actor, event):
                waiting.left -= 1
                if waiting.left <= 0:
                    waiting.done.set_result(event)
