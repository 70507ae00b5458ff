"""The options of everything that speaks to a broker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harness.control.plane import ControlFactory
    from harness.fleet.live_plane import BrokerOptions


@dataclass(frozen=True)
class BrokerFlags:
    """Which broker, and how it is spoken to."""

    broker: Annotated[
        str | None,
        typer.Option(
            help="The control plane: auto, mosquitto or iotcore for a broker of our own, or a URL "
            "(mqtt://HOST:PORT, mqtts://...)."
        ),
    ] = None
    bank: Annotated[str, typer.Option(help="The bank's name in the topics.")] = "harness"
    broker_ca: Annotated[
        Path | None, typer.Option(help="The certificate of the broker's authority (PEM).")
    ] = None
    broker_cert: Annotated[
        Path | None, typer.Option(help="Our own certificate for the broker (PEM).")
    ] = None
    broker_key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None
    operators: Annotated[
        Path | None, typer.Option(help="The operators whom the terminals obey (TOML).")
    ] = None

    def options(self, broker: str) -> BrokerOptions:
        """The same, with the broker that is used."""
        from harness.fleet.live_plane import BrokerOptions

        return BrokerOptions(
            broker=broker,
            bank=self.bank,
            ca=self.broker_ca,
            certificate=self.broker_cert,
            key=self.broker_key,
            operators=self.operators,
        )

    def control(self) -> ControlFactory | None:
        """What makes the control plane of a live run; None where no broker was asked for.

        Raises:
            ConfigError: the options are wrong.
        """
        if self.broker is None:
            return None
        from harness.fleet.live_plane import OWN, live_plane

        options = self.options(self.broker)
        if self.broker not in OWN:
            options.address().tls_context()  # before anything runs
        return lambda: live_plane(options, lambda text: typer.echo(f"  control plane: {text}"))
