"""What the monitor knows, as Prometheus reads it: counts by region, service, kind and cause. No
terminal has a label of its own, so that a large fleet costs no more than a small one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from harness.control.announcer import IncidentChange
from harness.control.terminal_view import TerminalView
from harness.errors import ConfigError, EnvironmentTrouble
from harness.fleet.monitor_station import MonitorStation
from harness.fleet.webhooks import Webhook

STALE = 1.0
"""Wall seconds after which the figures are taken anew: `refresh` goes through the whole fleet."""


class Metrics:
    """Serves `http://ADDRESS:PORT/metrics` from a thread of its own, which reads what `refresh` has
    prepared and nothing else. Use it as a context.
    """

    def __init__(self, address: str, port: int) -> None:
        self.port = port
        self._address = address
        self._opened: Counter[tuple[str, str, str]] = Counter()
        self._prepared: Sequence[Metric] = ()
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def __enter__(self) -> Self:
        """Raises:
        ConfigError: there is no such address.
        EnvironmentTrouble: the port is in use.
        """
        place = f"--metrics {self._address}:{self.port}"
        try:
            server, self._thread = start_http_server(
                self.port, addr=self._address, registry=self._registry
            )
        except OverflowError as trouble:
            raise ConfigError(
                "no port has that number", place=place, remedy="1 to 65535"
            ) from trouble
        except OSError as trouble:
            why = trouble.strerror or str(trouble)
            raise EnvironmentTrouble(f"{place} cannot be used: {why}") from trouble
        self._server = server
        self.port = server.server_port
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __call__(self, change: IncidentChange) -> None:
        if change.what == "opened":
            incident = change.incident
            self._opened[incident.kind, incident.cause, incident.severity] += 1

    def collect(self) -> Iterable[Metric]:
        """What Prometheus is told; in its thread."""
        return self._prepared

    def refresh(self, station: MonitorStation, webhooks: Sequence[Webhook]) -> None:
        """Take the figures anew."""
        monitor = station.monitor
        by_service = Counter((x.region, service_of(x)) for x in monitor.fleet.terminals.values())
        cards = sum(x.card_since is not None for x in monitor.fleet.terminals.values())
        found = [incident.finding for incident in monitor.incidents.all()]
        is_open = Counter((x.kind, x.cause, x.severity) for x in found)
        kinds = ["kind", "cause", "severity"]
        self._prepared = (
            _gauge(
                "atm_terminals", "Terminals by what they are.", ["region", "service"], by_service
            ),
            _gauge("atm_cards_inside", "Terminals with a card inside.", [], {(): cards}),
            _gauge("atm_incidents_open", "Incidents that are open.", kinds, is_open),
            _counter("atm_incidents_opened", "Incidents that were opened.", kinds, self._opened),
            _gauge("atm_broker_connected", "1 while the monitor is.", [], {(): station.connected}),
            _counter("atm_messages", "Messages from the broker.", [], {(): station.messages}),
            _counter(
                "atm_messages_unreadable",
                "Those that were no payload of their topic.",
                [],
                {(): monitor.unreadable},
            ),
            _counter(
                *("atm_webhooks", "Alarms by what became of them.", ["outcome"]),
                {
                    ("sent",): sum(x.sent for x in webhooks),
                    ("failed",): sum(x.failed for x in webhooks),
                },
            ),
        )


def service_of(terminal: TerminalView) -> str:
    """'in_service', 'out_of_service', 'stopped' as was planned, or 'lost'."""
    if not terminal.present:
        return "stopped" if terminal.planned else "lost"
    return "out_of_service" if terminal.out else "in_service"


def _gauge(name: str, what: str, labels: list[str], values: Mapping[Any, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _counter(
    name: str, what: str, labels: list[str], values: Mapping[Any, int]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, what, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family
