"""`harness fleet monitor`: the monitor of a fleet, as a program of its own, at any broker."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.broker_flags import BrokerFlags
from harness.cli.fleet import need_broker, operator_of
from harness.cli.option_groups import with_groups
from harness.shown import shown

if TYPE_CHECKING:
    from harness.control.announcer import IncidentChange
    from harness.control.monitor_policy import Policy
    from harness.control.monitor_settings import MonitorSettings
    from harness.control.operators import Operator
    from harness.fleet.address import BrokerAddress
    from harness.live.loop import Signals


@dataclass(frozen=True)
class AlarmFlags:
    """Who hears of incidents."""

    log: Annotated[Path | None, typer.Option(help="Add each change as a line of JSON here.")] = None
    metrics: Annotated[
        int | None, typer.Option(help="Serve figures for Prometheus on this port.", min=0)
    ] = None
    metrics_host: Annotated[str, typer.Option(help="The address of that port.")] = "127.0.0.1"
    webhook: Annotated[
        list[str] | None,
        typer.Option(help="Send Alertmanager's payload to this URL; repeat it."),
    ] = None


@with_groups
def monitor(
    broker: BrokerFlags,
    alarms: AlarmFlags,
    policy: Annotated[
        str,
        typer.Option(help="What it does by itself: none, protective, restoring, or a TOML file."),
    ] = "none",
    settings: Annotated[
        Path | None, typer.Option(help="A TOML file of thresholds; see docs/monitor.md.")
    ] = None,
    operator: Annotated[
        str, typer.Option("--as", help="The operator's name in its commands.")
    ] = "monitor",
) -> None:
    """Watch a fleet, tell of incidents, and act by a policy; Ctrl-C ends it."""
    from harness.control.policy_file import load_policy
    from harness.control.settings_file import load_settings

    need_broker(broker)
    assert broker.broker is not None
    address = broker.options(broker.broker).address()
    address.tls_context()  # before anything runs
    signs = operator_of(operator, broker.operators)
    thresholds = load_settings(settings) if settings is not None else None
    rules = load_policy(policy), thresholds
    from harness.live.loop import run_with_signals

    run_with_signals(
        lambda signals: _watch(signals, address, broker.bank, rules, (operator, signs), alarms)
    )


async def _watch(
    signals: Signals,
    address: BrokerAddress,
    bank: str,
    rules: tuple[Policy, MonitorSettings | None],
    operator: tuple[str, Operator | None],
    alarms: AlarmFlags,
) -> None:
    from harness.control.topics import Topics
    from harness.fleet.fleet_clock import FleetClock
    from harness.fleet.incident_log import IncidentLog
    from harness.fleet.metrics import STALE, Metrics
    from harness.fleet.monitor_station import MonitorStation
    from harness.fleet.webhooks import Webhook

    start = time.monotonic()
    listeners: list[Callable[[IncidentChange], None]] = [_tell_change]
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(signals.take(stopped.set))
        if alarms.log is not None:
            log = IncidentLog(alarms.log, _tell)
            stack.callback(log.close)
            listeners.append(log)
        webhooks = [Webhook(url, _tell) for url in alarms.webhook or ()]
        for webhook in webhooks:
            await stack.enter_async_context(webhook)
        metrics = None
        if alarms.metrics is not None:
            metrics = stack.enter_context(Metrics(alarms.metrics_host, alarms.metrics))
            listeners.append(metrics)
            _tell(f"metrics at http://{alarms.metrics_host}:{metrics.port}/metrics")
        station = await stack.enter_async_context(
            MonitorStation(
                address,
                Topics(bank),
                FleetClock(datetime.now(UTC)),
                lambda: time.monotonic() - start,
                policy=rules[0],
                settings=rules[1],
                operator=operator,
                listeners=[*listeners, *webhooks],
                tell=_tell,
            )
        )
        broken = loop.create_task(station.broken())
        stack.callback(broken.cancel)
        while not stopped.is_set() and not broken.done():
            if metrics is not None:
                metrics.refresh(station, webhooks)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), STALE)
        if broken.done():
            broken.result()


def _tell(text: str) -> None:
    typer.echo(shown(f"{datetime.now(UTC):%H:%M:%S}  {text}"))


def _tell_change(change: IncidentChange) -> None:
    """'20:11:05  OPENED critical host_silent (host): ...'."""
    typer.echo(shown(line_of(change)))


def line_of(change: IncidentChange) -> str:
    """A change of an incident in a line: the monitor's clock, what has become of it, and how bad it
    is.
    """
    incident = change.incident
    where = f" {incident.where}" if incident.where else ""
    return (
        f"{incident.changed_at[11:19]}  {change.what.upper():<8} {incident.severity:<8} "
        f"{incident.kind}, cause: {incident.cause}, {incident.scope}{where}: {incident.summary}"
    )
