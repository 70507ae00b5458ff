"""Which event loop a live process gets."""

from __future__ import annotations

import asyncio

import pytest

from harness.live.loop import new_loop


def test_asyncios_own_loop_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With HARNESS_LOOP=asyncio uvloop is left alone, so that both can be measured."""
    monkeypatch.setenv("HARNESS_LOOP", "asyncio")
    loop = new_loop()
    try:
        assert isinstance(loop, asyncio.BaseEventLoop)  # uvloop's is not
    finally:
        loop.close()
