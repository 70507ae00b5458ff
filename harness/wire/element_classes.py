"""Does each element of a message hold what its class allows: digits, text without control
characters, a date that exists?

A decoder takes whatever has the right length. So a STAN may hold '00000:', which no right machine
sends, and which nothing behind the decoder should have to expect. Those that the harness itself
reads (`ELEMENTS` of the dialect) are asked about, and of the others those of digits, where the
specification itself says that they are: there, blanks say nothing, and the sign of a fee may be
missing. The classes are those of the specification. What a reversal says of its original, and what
it says was paid, have rules of their own (`Message.original`, `Message.unreadable`); so has the
function of network management, and private elements hold what partners agree on.

Blanks at either end of a text fill it up, and lower case is no mistake. The card of an answer is
not asked about, because many hosts mask it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import NamedTuple

from harness.wire.codec import PRIVATE
from harness.wire.message import Fields, Message
from harness.wire.spec import SpecMap, standard_classes

Wrong = tuple[tuple[str, str], ...]
"""The elements that do not hold what they must, each with what that is: ('11', 'digits')."""

_BY_OTHER_RULES = ("original", "original_amounts", "replacement_amounts", "reason", "function")
_NOT_OF_ANSWERS = ("pan", "track1", "track2", "expiry", "pin_block")
_TEXT = r"[^\x00-\x1f\x7f-\x9f]*"
_CLASSES: Mapping[str, tuple[str, str]] = {
    "n": ("[0-9]*", "digits"),
    "a": ("[A-Za-z ]*", "letters"),
    "an": ("[0-9A-Za-z ]*", "letters and digits"),
    "ns": (_TEXT, "text without control characters"),
    "as": (_TEXT, "text without control characters"),
    "ans": (_TEXT, "text without control characters"),
    "x+n": ("[CD][0-9]*", "C or D, then digits"),
    "z": ("[0-9:;<=>?A-Fa-f]*", "track data"),
    "b": ("[0-9A-Fa-f]*", "bytes"),
}
_UNREAD: Mapping[str, tuple[str, str]] = {
    "n": ("[0-9]*| *", "digits"),
    "x+n": ("[CD]?[0-9]*| *", "C or D, then digits"),
}
"""What an element holds that nobody reads: text may be whatever its partners have agreed on."""

_PARTS = {
    "%y": "[0-9]{2}",
    "%m": "(?P<month>0[1-9]|1[0-2])",
    "%d": "(?P<day>0[1-9]|[12][0-9]|3[01])",
    "%H": "(?:[01][0-9]|2[0-3])",
    "%M": "[0-5][0-9]",
    "%S": "[0-5][0-9]",
}
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_A_MOMENT = "a date and time that exist"
_A_CODE = "a response code"
_NO_CODE = "-"  # there is none, which is another mistake
_PLANS = 64
"""Sets of elements that are read with prepared steps; more are no traffic but an attack."""

_MOMENTS = 256
"""Times that were right and are known again: a fleet has the same one in many messages."""

_Getter = Callable[[Fields], tuple[str, ...]]


class _Plan(NamedTuple):
    """How to read messages with the same elements: those of a class are looked at together first,
    and only where that finds something wrong, one by one (`each`).
    """

    digits: _Getter
    words: _Getter
    texts: _Getter
    others: tuple[tuple[str, re.Pattern[str]], ...]
    each: tuple[tuple[str, re.Pattern[str], str], ...]


def in_words(wrong: Wrong) -> str:
    """'DE 11 must hold digits'."""
    return ", ".join(f"DE {element} must hold {what}" for element, what in wrong)


def only_the_code(answer: Message, wrong: Wrong) -> bool:
    """Is an answer wrong in nothing but its response code? Then it is read, as one that approves
    nothing.
    """
    return [element for element, _ in wrong] == [answer.element("code")]


class ElementClasses:
    """The classes of the elements that a dialect reads, by one specification."""

    __slots__ = (
        *("_asked", "_code", "_codes", "_moment", "_moments", "_plans", "_sent", "_skipped"),
    )

    def __init__(self, spec: SpecMap, message: type[Message], table: str) -> None:
        """`table` is the table of the standard that holds where the specification of a user names
        no class.
        """
        standard = standard_classes(table)
        self._asked: dict[str, tuple[re.Pattern[str], str]] = {}
        for meaning, element in message.ELEMENTS.items():
            if meaning in _BY_OTHER_RULES or element in PRIVATE or element not in spec:
                continue
            pattern, words = _CLASSES[spec[element].get("class") or standard.get(element, "ans")]
            self._asked[element] = re.compile(pattern), words
        names = message.ELEMENTS
        for element, properties in spec.items():
            kind = properties.get("class", "")
            if kind in _UNREAD and element not in PRIVATE and element not in names.values():
                pattern, words = _UNREAD[kind]
                self._asked[element] = re.compile(pattern), words
        self._skipped = frozenset(names[name] for name in _NOT_OF_ANSWERS if name in names)
        self._code = names["code"]
        self._codes = frozenset((*message.OUTCOMES, *message.ADVICE_OUTCOMES, _NO_CODE))
        self._sent = names["sent"]
        self._moment, length = _pattern_of(message.SENT_FORMAT)
        self._moments: dict[str, None] = {}
        if length != spec.get(self._sent, {}).get("max_len"):
            self._sent = ""  # the specification has something else there
        self._plans: dict[tuple[str | None, str | None, bool], _Plan] = {}

    def wrong(self, message: Message) -> Wrong:
        """The elements of a message that do not hold what they must."""
        fields = message.fields
        answer = message.is_answer
        key = (fields.get("p"), fields.get("1"), answer)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plan(fields, answer=answer)
            if len(self._plans) < _PLANS and key[0]:
                self._plans[key] = plan
        sent = fields.get(self._sent)
        if (
            _all_right(plan, fields)
            and (sent is None or sent in self._moments or self._is_moment(sent))
            and (not answer or fields.get(self._code, _NO_CODE) in self._codes)
        ):
            return ()
        found = {
            name: words for name, pattern, words in plan.each if not pattern.fullmatch(fields[name])
        }
        if sent is not None and self._sent not in found and not self._is_moment(sent):
            found[self._sent] = _A_MOMENT
        if answer and not self._is_code(fields.get(self._code, _NO_CODE)):
            found.setdefault(self._code, _A_CODE)
        return tuple(found.items())

    def _plan(self, fields: Fields, *, answer: bool) -> _Plan:
        each = [
            (name, pattern, words)
            for name, (pattern, words) in self._asked.items()
            if name in fields and not (answer and name in self._skipped)
        ]
        digits, words, texts = (
            [name for name, _, what in each if what == _CLASSES[kind][1]]
            for kind in ("n", "an", "ans")
        )
        others = [x[:2] for x in each if x[0] not in (*digits, *words, *texts)]
        return _Plan(_getter(digits), _getter(words), _getter(texts), tuple(others), tuple(each))

    def _is_moment(self, text: str) -> bool:
        match = self._moment.fullmatch(text)
        if match is None or int(match["day"]) > _DAYS[int(match["month"]) - 1]:
            return False
        if len(self._moments) >= _MOMENTS:
            self._moments.clear()
        self._moments[text] = None
        return True

    def _is_code(self, text: str) -> bool:
        """Blanks say nothing, and a word is no code. Networks have codes of their own, so that one
        with a digit in it may be one.
        """
        return bool(text.strip()) and (not text.strip().isalpha() or text in self._codes)


def _all_right(plan: _Plan, fields: Fields) -> bool:
    digits, words = "".join(plan.digits(fields)), "".join(plan.words(fields))
    return (
        (not digits or (digits.isdigit() and digits.isascii()))
        and (not words or (words.replace(" ", "").isalnum() and words.isascii()))
        and "".join(plan.texts(fields)).isprintable()
        and all(pattern.fullmatch(fields[name]) for name, pattern in plan.others)
    )


def _getter(names: list[str]) -> _Getter:
    """The texts of these elements. `itemgetter` gives no tuple for one, and takes none at all."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        (name,) = names
        return lambda fields: (fields[name],)
    return itemgetter(*names)


def _pattern_of(form: str) -> tuple[re.Pattern[str], int]:
    """A pattern of the times that are written in that form, and how many characters they have."""
    parts = re.findall("%[a-zA-Z]", form)
    return re.compile("".join(_PARTS[part] for part in parts), re.ASCII), 2 * len(parts)
