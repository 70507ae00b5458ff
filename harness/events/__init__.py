"""What can happen: the vocabulary of the journal.

Events are in the past tense and frozen. Each belongs to a layer, which says who reports it, and a
module here holds the events of one layer:

- `device`, `wire` and `ledger` are evidence: checks rest on them.
- `terminal` and `host` say of themselves what they did. That explains a verdict; it is never
  evidence in their favour.
- `control` is what passed between a terminal and the broker of its operators.
- `customer` and `harness` are what surrounds them.

Amounts are in minor units (cents). Notes are {denomination: count}, denominations in minor units.
A card is named by a keyed token and never by its PAN. An event holds no time: the entry of the
journal has it.
"""

from __future__ import annotations

from harness.events.base import HOST as HOST
from harness.events.base import NOT_TERMINALS as NOT_TERMINALS
from harness.events.base import RUN as RUN
from harness.events.base import End as End
from harness.events.base import Event as Event
from harness.events.base import Notes as Notes
from harness.events.control import *  # noqa: F403
from harness.events.control import ControlEvent
from harness.events.customer import *  # noqa: F403
from harness.events.customer import CustomerEvent
from harness.events.device import *  # noqa: F403
from harness.events.device import DeviceEvent
from harness.events.harness import *  # noqa: F403
from harness.events.harness import HarnessEvent
from harness.events.host import *  # noqa: F403
from harness.events.host import HostEvent
from harness.events.ledger import *  # noqa: F403
from harness.events.ledger import LedgerEvent
from harness.events.terminal import *  # noqa: F403
from harness.events.terminal import TerminalEvent
from harness.events.wire import *  # noqa: F403
from harness.events.wire import WireEvent

LAYERS: tuple[type[Event], ...] = (
    DeviceEvent,
    WireEvent,
    LedgerEvent,
    TerminalEvent,
    HostEvent,
    CustomerEvent,
    ControlEvent,
    HarnessEvent,
)
"""The layers in the order in which lists and schemas name them."""

EVENT_TYPES: dict[str, type[Event]] = {
    kind.__name__: kind for layer in LAYERS for kind in layer.__subclasses__()
}
"""Every event by its name, layer by layer, within one in the order of its module."""

AnyEvent = tuple(EVENT_TYPES.values())
