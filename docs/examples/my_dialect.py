"""A network's own use of ISO 8583:1987; docs/own-dialect.md says how it is used.

It has other network management codes (DE 70), and the reason of a reversal in DE 61.
"""

from __future__ import annotations

from typing import Any, ClassVar

from harness.wire.dialects import DIALECTS
from harness.wire.dialects.iso1987 import Dialect1987, Message1987
from harness.wire.message import Message, Station

FUNCTIONS = {"sign_on": "061", "sign_off": "062", "echo": "270"}
NAMES = {number: name for name, number in FUNCTIONS.items()}


class MyMessage(Message1987):
    """What comes in is read by this class."""

    __slots__ = ()

    ELEMENTS: ClassVar = {**Message1987.ELEMENTS, "reason": "61"}

    @property
    def function(self) -> str:
        return NAMES.get(self.fields.get("70", ""), "")


class MyDialect(Dialect1987):
    """What goes out is made by this class."""

    name = "mynet"
    message = MyMessage

    def network(self, station: Station, function: str, *, stan: str, sent: str) -> Message:
        usual = super().network(station, function, stan=stan, sent=sent)
        return self.read({**usual.fields, "70": FUNCTIONS[function]})

    def reversal(self, station: Station, **what: Any) -> Message:
        fields = dict(super().reversal(station, **what).fields)
        fields["61"] = fields.pop("60")
        return self.read(fields)


DIALECTS[MyDialect.name] = MyDialect

if __name__ == "__main__":
    from harness.cli.main import main

    main()
