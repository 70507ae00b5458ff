"""What waits to be published: the outbox of `harness.control`, which a simulation uses as well."""

from harness.control.outbox import MOST as MOST
from harness.control.outbox import Outbox as Outbox
