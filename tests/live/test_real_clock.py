"""The date and time of a host and of terminals that stand alone: the real ones, unless asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from live_runs import entries

from harness.api import Host, Terminals
from harness.errors import ConfigError
from harness.events import Event, FrameSeen
from harness.live.standalone import calendar_at

FAST: dict[str, Any] = {"speed": 20, "slack": "20s"}


async def sent_first(tmp_path: Path, **options: Any) -> str:
    """The transmission date and time of the first message of a terminal."""
    journal = tmp_path / "terminals.jsonl"
    async with Host(**FAST) as host:
        fleet = Terminals(host.address, journal=journal, **FAST, **options)
        async with fleet:
            await fleet.wait_for(FrameSeen)
    frame: Event = entries(journal, "FrameSeen")[0].event
    assert isinstance(frame, FrameSeen)
    return frame.fields["7"]


async def test_a_message_has_the_real_date_and_time(tmp_path: Path) -> None:
    """Somebody else's host may refuse a message of another day."""
    sent = await sent_first(tmp_path)
    now = datetime.now(UTC)
    told = datetime.strptime(f"{now.year}{sent}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    assert now - timedelta(hours=1) < told < now + timedelta(hours=1) or (now.month, now.day) in (
        (1, 1),
        (12, 31),
    )


async def test_another_start_may_be_asked_for(tmp_path: Path) -> None:
    """The same messages on any day."""
    assert (await sent_first(tmp_path, epoch="2027-02-28T23:00:00")).startswith("022823")


def test_a_start_that_is_no_moment_is_a_mistake() -> None:
    """With the form that is right."""
    for wrong in ("yesterday", "2027-02-30T00:00:00", "2027-02-28T23:00:00+01:00"):
        with pytest.raises(ConfigError) as caught:
            Host(epoch=wrong)
        assert caught.value.place == "epoch"


def test_a_run_that_goes_on_has_the_date_of_its_start() -> None:
    """The epoch is the moment of run second 0, and the second run second is one later."""
    calendar = calendar_at(datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC).timestamp())
    assert [calendar.sent(now) for now in (0.0, 1.0)] == ["0228235959", "0229000000"]
