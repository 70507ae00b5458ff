"""Fields as a person may see them: named, and with every secret masked.

Of a PAN the first six and last four digits are shown, of track 2 the masked PAN, of
tracks 1 and 3, the extended PAN, the PIN block and the chip's data nothing at all
(docs/domain.md, "Secrets and keys"). A PAN too short to keep six digits hidden is hidden whole.
A MAC is no secret.
The bitmaps ('p', '1') say what the fields say already and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

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
_TOUCHED = frozenset(_HIDDEN) | {"2", "35", "p", "1"}
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
    if _TOUCHED.isdisjoint(fields):
        return fields
    masked = fields.copy()
    masked.pop("p", None)
    masked.pop("1", None)
    if "2" in masked:
        masked["2"] = mask_pan(masked["2"])
    if "35" in masked:
        masked["35"] = _mask_track2(masked["35"])
    for name, text in _HIDDEN.items():
        if name in masked:
            masked[name] = text
    return masked


def describe(
    fields: dict[str, str], names: Mapping[str, str] = FIELD_NAMES
) -> list[tuple[str, str, str]]:
    """(data element, its name, masked value), the MTI first, then by number. `names` are what a
    version of the standard calls its elements.
    """
    masked = mask_fields(fields)
    return [
        (name, names.get(name, f"field {name}"), masked[name])
        for name in sorted(masked, key=_order)
    ]


def _order(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isascii() and name.isdigit() else (-1, name)
