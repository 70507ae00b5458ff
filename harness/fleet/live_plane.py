"""The control plane of a live run: a broker, ours or somebody else's, and the terminals at it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal, get_args

import msgspec

from harness.control.monitor_policy import Policy
from harness.control.operators import Operator, Operators, load_operators
from harness.control.topics import Topics
from harness.fleet.address import BrokerAddress, broker_address
from harness.fleet.broker import OwnBroker, kind_of_broker
from harness.fleet.direct import DirectPlane
from harness.fleet.fleet_watch import FleetWatch
from harness.fleet.gateway_plane import GatewayNames, GatewayPlane
from harness.stations import index_of

OWN = ("auto", "mosquitto", "iotcore")
Mode = Literal["direct", "gateway"]
MODES: tuple[Mode, ...] = get_args(Mode)
MOST_DIRECT = 3_000
"""Terminals that have a connection each, where nobody asks for another mode; more have gateways."""
BANK = "harness"
"""The bank's name in topics, where nobody gives another one."""
REGIONS = 4


class BrokerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`broker` is one of OWN, or a URL. The paths are files of TLS, and of the operators whom the
    terminals obey. `visits`: terminals report all that their devices do. With a `policy` a monitor
    watches the fleet and acts by it, as the operator who `signs`. `mode` is how the terminals are
    connected (None: by their number of `terminals`). `gateway` is what the names of the gateways
    begin with; where the broker knows us by a user name or a certificate there is one gateway, of
    that name.
    """

    broker: str
    bank: str = BANK
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    operators: Path | None = None
    visits: bool = False
    policy: Policy | None = None
    signs: tuple[str, Operator | None] = ("monitor", None)
    mode: Mode | None = None
    terminals: int = 1
    gateway: str = ""

    @property
    def carried(self) -> bool:
        """Do gateways carry the terminals?"""
        return self.mode == "gateway" or (self.mode is None and self.terminals > MOST_DIRECT)

    def address(self) -> BrokerAddress:
        """Raises ConfigError: it is no URL."""
        return broker_address(self.broker, ca=self.ca, certificate=self.certificate, key=self.key)


def region_of(terminal: str) -> str:
    """The region of a terminal of ours: region-1 to region-4, by its number, as the faults of a
    region have it. Others are in none.
    """
    index = index_of(terminal)
    return "" if index is None else f"region-{index % REGIONS + 1}"


@contextlib.asynccontextmanager
async def live_plane(
    options: BrokerOptions, tell: Callable[[str], None]
) -> AsyncIterator[DirectPlane | GatewayPlane]:
    """The plane, for as long as the context lasts. `tell` gets the broker and where it is, in
    words.

    Raises:
        ConfigError: the options are wrong.
        EnvironmentTrouble: a broker of our own does not start.
    """
    operators = Operators(load_operators(options.operators)) if options.operators else None
    topics = Topics(options.bank)
    async with contextlib.AsyncExitStack() as stack:
        if options.broker in OWN:
            own = await stack.enter_async_context(OwnBroker(kind_of_broker(options.broker)))
            address = own.address
            tell(f"control plane: {own.kind} at {address}, bank {options.bank}, {_how(options)}")
        else:
            address = options.address()
            tell(f"control plane: {address}, bank {options.bank}, {_how(options)}")
        watch = None
        if options.policy is not None:
            watch = FleetWatch(address, topics, options.policy, options.signs, tell)
            stack.push_async_callback(watch.close)
        if options.carried:
            yield GatewayPlane(
                *(address, topics, region_of),
                operators=operators,
                visits=options.visits,
                watch=watch,
                tell=tell,
                names=_names(options, address),
            )
        else:
            yield DirectPlane(
                *(address, topics, region_of),
                operators=operators,
                visits=options.visits,
                watch=watch,
                tell=tell,
            )


def _names(options: BrokerOptions, address: BrokerAddress) -> GatewayNames:
    if address.username or address.certificate:  # we are one client, and so have one connection
        return GatewayNames(options.gateway or address.username or "gateway-1", None)
    return GatewayNames(options.gateway or "gateway")


def _how(options: BrokerOptions) -> str:
    return "through gateways" if options.carried else "a connection for each terminal"
