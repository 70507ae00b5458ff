"""The options of everything that speaks to a broker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from harness.control.operators import load_operators
from harness.did_you_mean import unknown
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.control.monitor_policy import Policy
    from harness.control.operators import Operator
    from harness.control.plane import ControlFactory
    from harness.fleet.live_plane import BrokerOptions, Mode

_MONITOR = "monitor"  # the name of the operator who signs what the monitor beside a run orders


@dataclass(frozen=True)
class ModeFlags:
    """How the terminals of a process are connected to the broker."""

    broker_mode: Annotated[
        str | None,
        typer.Option(
            help="direct: each terminal has a connection and a last will of its own; gateway: a "
            "few connections carry them all. Without it: direct up to 3,000 terminals."
        ),
    ] = None
    gateway: Annotated[
        str | None,
        typer.Option(
            help="What the names of the gateways begin with; with a user name or a certificate "
            "the name of the one that there is."
        ),
    ] = None

    def checked(self) -> Mode | None:
        """The mode; None where none was asked for.

        Raises:
            ConfigError: there is no such mode, or a gateway without gateway mode.
        """
        from harness.fleet.live_plane import MODES

        mode = next((x for x in MODES if x == self.broker_mode), None)
        if self.broker_mode is not None and mode is None:
            unknown("mode", self.broker_mode, MODES, place="--broker-mode")
        if self.gateway is not None and mode != "gateway":
            raise ConfigError(
                "only gateways have a name",
                place=f"--gateway {self.gateway}",
                remedy="add --broker-mode gateway, or leave it out",
            )
        return mode


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

    def control(
        self, terminals: int, policy: Policy | None = None, mode: ModeFlags | None = None
    ) -> ControlFactory | None:
        """What makes the control plane of a live run of so many terminals; None where no broker was
        asked for. With a `policy` a monitor watches the run. `mode` is how the terminals are
        connected.

        Raises:
            ConfigError: the options are wrong.
        """
        asked = mode.checked() if mode is not None else None
        if self.broker is None:
            if asked is not None:
                raise ConfigError(
                    "there is no broker",
                    place=f"--broker-mode {asked}",
                    remedy="add --live --broker auto",
                )
            return None
        from harness.fleet.live_plane import OWN, live_plane

        options = msgspec.structs.replace(self.options(self.broker), terminals=terminals)
        if mode is not None:
            options = msgspec.structs.replace(options, mode=asked, gateway=mode.gateway or "")
        if policy is not None:
            signs = _MONITOR, self._key_of_monitor() if policy.on else None
            options = msgspec.structs.replace(options, policy=policy, signs=signs)
        if self.broker not in OWN:
            options.address().tls_context()  # before anything runs
        return lambda: live_plane(options, lambda text: typer.echo(f"  {text}"))

    def _key_of_monitor(self) -> Operator | None:
        """With what the monitor signs its commands; None where the terminals obey everybody.

        Raises:
            ConfigError: the file of operators has no monitor.
        """
        if self.operators is None:
            return None
        known = load_operators(self.operators)
        if _MONITOR not in known:
            raise ConfigError(
                f"no operator is called '{_MONITOR}', so that no terminal obeys the monitor",
                place=f"--operators {self.operators}",
                remedy=f"add [{_MONITOR}] with a key, or take --monitor none",
            )
        return known[_MONITOR]
