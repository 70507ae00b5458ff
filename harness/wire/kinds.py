"""What a message is and what an answer means, in words of every version of ISO 8583.

Which MTI is of which kind, and which response code means which outcome, says a dialect.
"""

from __future__ import annotations

from enum import Enum, StrEnum

_VERSIONS = {"0": "ISO 8583:1987", "1": "ISO 8583:1993", "2": "ISO 8583:2003"}


class MessageClass(StrEnum):
    """The second digit of an MTI. It means the same in every version of the standard."""

    AUTHORIZATION = "1"
    FINANCIAL = "2"
    FILE = "3"
    REVERSAL = "4"
    RECONCILIATION = "5"
    NETWORK = "8"


MONEY_CLASSES: tuple[str, ...] = (MessageClass.FINANCIAL, MessageClass.REVERSAL)
"""The classes of messages that move money."""


class Kind(Enum):
    """What a message is, whatever its version's MTI says."""

    REQUEST = "request"
    REQUEST_REPEAT = "request repeat"
    ANSWER = "answer"
    REVERSAL = "reversal"
    REVERSAL_REPEAT = "reversal repeat"
    REVERSAL_ANSWER = "reversal answer"
    ADVICE = "advice"
    ADVICE_REPEAT = "advice repeat"
    ADVICE_ANSWER = "advice answer"
    NETWORK = "network"
    NETWORK_ANSWER = "network answer"
    OTHER = "other"


REQUESTS = (Kind.REQUEST, Kind.REQUEST_REPEAT)
REVERSALS = (Kind.REVERSAL, Kind.REVERSAL_REPEAT)
ASKING = (*REQUESTS, *REVERSALS)
ADVICES = (Kind.ADVICE, Kind.ADVICE_REPEAT)
NETWORK_KINDS = (Kind.NETWORK, Kind.NETWORK_ANSWER)


class Outcome(Enum):
    """What an answer to a request means for the customer."""

    APPROVED = "approved"
    PARTIAL = "partial"
    DECLINED = "declined"
    CAPTURE = "capture"
    PIN_AGAIN = "pin again"
    SYSTEM_ERROR = "system error"
    SECURITY_ERROR = "security error"
    UNKNOWN = "unknown"


class AdviceOutcome(Enum):
    """What an answer to an advice or a reversal means for who sent it."""

    ACCEPTED = "accepted"
    FLAGGED = "flagged"
    RETRY = "retry"
    PARK = "park"


def function_of_mti(mti: str) -> str:
    """The third digit of an MTI in a word: 'request' (of advices too), or 'response'."""
    return "response" if int(mti[2]) % 2 else "request"


def counterpart(mti: str) -> str:
    """The MTI of the answer to a request, and of the request of an answer. A repeat gets the same
    answer as the first. What a peer calls an MTI need not be four digits; then it gets the function
    of an answer to a request.
    """
    if not (len(mti) == 4 and mti.isascii() and mti[2:].isdigit()):
        return f"{mti[:2]}10"
    return f"{mti[:2]}{int(mti[2]) ^ 1}{int(mti[3]) & ~1}"


def message_class_of(mti: str) -> str:
    """The class digit of an MTI that a person has typed."""
    return mti[1:2]


def version_of(mti: str) -> str:
    """The version of the standard that an MTI is of: 'ISO 8583:1993'; '' if it says none."""
    return _VERSIONS.get(mti[:1], "")
