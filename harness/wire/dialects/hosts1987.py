"""What hosts do in 1987 beside the plain answers: codes, elements, and messages of their own."""

from __future__ import annotations

from harness.wire.host_habits import HostHabits
from harness.wire.message import Message

_FUNCTIONS = {
    "sign_on": "001",
    "sign_off": "002",
    "key_change": "161",
    "cutover": "201",
    "echo": "301",
}
_A_TEST_CARD = "9999990000000998"


def _asks(like: Message, what: str, stan: str) -> Message | None:
    """0800 with the function in DE 70, 0820, or 0302 for a hotlist (DE 91 and 101)."""
    fields = {"t": "0800", "7": like.sent, "11": stan, "41": like.fields.get("41", "")}
    fields = {name: text for name, text in fields.items() if text}
    if what == "file_update":
        file = {"t": "0302", "2": _A_TEST_CARD, "73": "991231", "91": "1", "101": "HOTLIST"}
        return type(like)(fields | file)
    if what == "advice":
        return type(like)(fields | {"t": "0820", "70": _FUNCTIONS["echo"]})
    function = _FUNCTIONS.get(what)
    return type(like)(fields | {"70": function}) if function else None


HOSTS_1987 = HostHabits(
    referrals=("01", "02"),
    always_captures=("04", "41", "43"),
    informing={
        "44": "SEE BANK",  # additional response data
        "48": "SWITCH 7",  # private
        "63": "R2 0815 A",  # private
    },
    asks=_asks,
    key_changes=("101", "161"),
)
