"""Fields as a person may see them: named, and with every secret masked.

Of a PAN the first six and last four digits are shown, of track 2 the masked PAN, of
tracks 1 and 3, the extended PAN, the PIN block and the chip's data nothing at all
(docs/domain.md, "Secrets and keys"). A PAN too short to keep six digits hidden is hidden whole.
In all other elements secrets are found by what they look like (`harness.shown`), and so are the
message's own PAN and PIN block where they stand a second time. An element that holds what it is
for, such as an amount or the retrieval reference number, is left as it is: its digits may look
like a card number by chance. A MAC is no secret.
The bitmaps ('p', '1') say what the fields say already and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.shown import escaped, masked
from harness.shown.masking import SHORTEST

FIELD_NAMES: Mapping[str, str] = {
    "h": "header",
    "t": "message type",
    "2": "PAN",
    "3": "processing code",
    "4": "amount",
    "5": "amount, settlement",
    "6": "amount, cardholder billing",
    "7": "transmission date and time",
    "9": "conversion rate, settlement",
    "11": "STAN",
    "12": "local time",
    "13": "local date",
    "14": "expiry",
    "15": "settlement date",
    "18": "merchant type",
    "19": "acquirer country",
    "22": "entry mode",
    "23": "card sequence number",
    "24": "network international id",
    "25": "condition code",
    "26": "PIN capture code",
    "28": "transaction fee",
    "30": "processing fee",
    "32": "acquirer",
    "33": "forwarder",
    "34": "PAN, extended",
    "35": "track 2",
    "36": "track 3",
    "37": "RRN",
    "38": "approval code",
    "39": "response code",
    "41": "terminal",
    "42": "acceptor",
    "43": "acceptor name and place",
    "44": "additional response data",
    "45": "track 1",
    "48": "additional data",
    "49": "currency",
    "50": "currency, settlement",
    "51": "currency, cardholder billing",
    "52": "PIN block",
    "53": "security control",
    "54": "additional amounts",
    "55": "chip data",
    "60": "private 60",
    "61": "private 61",
    "62": "private 62",
    "63": "private 63",
    "64": "MAC",
    "66": "settlement code",
    "70": "network code",
    "73": "action date",
    "90": "original data",
    "91": "file update code",
    "95": "replacement amounts",
    "96": "security code",
    "100": "receiver",
    "101": "file name",
    "102": "account 1",
    "103": "account 2",
    "128": "MAC",
}

_HIDDEN: Mapping[str, str] = {
    "34": "[extended PAN]",
    "36": "[track 3]",
    "45": "[track 1]",
    "52": "[PIN block]",
    "55": "[chip data]",
}
_MAC = "[0-9A-Fa-f]{16}"
_AMOUNT = "[0-9]{12}"
_LONG_AMOUNT = "00[0-9]{14}"
_MTI = "[0-2][1-8][0-9]{2}"
_DATE = "(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])"
_TIME = "(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
_RIGHT: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "4": _AMOUNT,
        "5": _AMOUNT,
        "6": _AMOUNT,
        "12": f"[0-9]{{2}}{_DATE}{_TIME}",
        "30": f"{_AMOUNT}{_AMOUNT}",
        "37": "[0-9A-Za-z ]{12}",
        "42": "[0-9]{15}",
        "54": "(?:[0-9]{7}[CD][0-9]{12})+",
        "56": f"{_MTI}[0-9]{{6}}[0-9]{{2}}{_DATE}{_TIME}[0-9]{{0,13}}",
        "64": _MAC,
        "65": _MAC,
        **dict.fromkeys(("82", "83", "84", "85"), _AMOUNT),
        **dict.fromkeys(("86", "87", "88", "89"), _LONG_AMOUNT),
        "90": f"{_MTI}[0-9]{{6}}(?:{_DATE}{_TIME}|0{{10}})[0-9]{{22}}",
        "95": "(?:00[0-9]{10}){2}(?:[CD0-9][0-9]{8}){2}",
        "97": f"[CD]{_LONG_AMOUNT}",
        "128": _MAC,
    }.items()
}
"""What long elements with many digits hold where they hold what they are for."""
_SHORTEST_SHOWN = 13


def mask_pan(pan: str) -> str:
    """First six and last four digits, stars between: '999999******0014'."""
    if len(pan) < _SHORTEST_SHOWN:
        return "*" * len(pan)
    return f"{pan[:6]}{'*' * (len(pan) - 10)}{pan[-4:]}"


def _mask_track2(track: str) -> str:
    """The masked PAN, the separator and four stars; all stars where there is no separator."""
    for separator in "=D":
        pan, found, _ = track.partition(separator)
        if found:
            return f"{mask_pan(pan)}{separator}****"
    return "****"


def mask_fields(fields: dict[str, str]) -> dict[str, str]:
    """The fields without bitmaps and without secrets. The very same dictionary where there
    was nothing to mask, else a copy; masking twice changes nothing.
    """
    changed = fields
    for name, text in fields.items():
        if name in _ALWAYS or len(text) >= SHORTEST or not text.isprintable():
            less = _masked(name, text)
            if less != text:
                if changed is fields:
                    changed = fields.copy()
                if less is None:
                    del changed[name]
                else:
                    changed[name] = less
    return changed if changed is fields else _without_own(fields, changed)


_ALWAYS = frozenset((*_HIDDEN, "2", "35", "p", "1"))


def _masked(name: str, text: str) -> str | None:
    """One element; None for a bitmap."""
    if name in _ALWAYS:
        if name in ("p", "1"):
            return None
        if name == "2":
            return mask_pan(text)
        return _mask_track2(text) if name == "35" else _HIDDEN[name]
    right = _RIGHT.get(name)
    if right is not None and right.fullmatch(text):
        return text
    return masked(text)


def _without_own(fields: dict[str, str], changed: dict[str, str]) -> dict[str, str]:
    """Hide the message's own PAN and PIN block wherever they stand a second time."""
    pan = fields.get("2") or re.split("[=D]", fields.get("35", ""), maxsplit=1)[0]
    own = {text: mask_pan(text) for text in (pan,) if len(text) >= SHORTEST and "*" not in text}
    block = fields.get("52", "")
    if len(block) >= SHORTEST and block != _HIDDEN["52"]:
        own |= {text: "*" * len(block) for text in (block, block.lower())}
    for secret, instead in own.items():
        for name, text in changed.items():
            if secret in text:
                changed[name] = text.replace(secret, instead)
    return changed


def describe(
    fields: dict[str, str], names: Mapping[str, str] = FIELD_NAMES
) -> list[tuple[str, str, str]]:
    """(data element, its name, masked value on one line), the MTI first, then by number. `names`
    are what a version of the standard calls its elements.
    """
    less = mask_fields(fields)
    return [
        (name, names.get(name, f"field {name}"), escaped(less[name]))
        for name in sorted(less, key=_order)
    ]


def _order(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isascii() and name.isdigit() else (-1, name)
