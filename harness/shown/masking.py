"""Secrets in a text, found by what they look like.

Networks put card numbers into elements that others use for something else, and a test machine of a
stranger puts them anywhere. So a secret is found by its content, wherever it stands:

- a card number (PAN): 12 to 19 digits that do not begin with 0 and have a right Luhn digit, alone
  or in groups of four; among other digits, where issuer prefix and length fit each other as well
- what follows a card number in track 2 and track 3, and the whole of track 1
- 16 or 32 hexadecimal digits that stand alone, which may be a PIN block

Card numbers are found in the text itself, in hexadecimal digits of it (of ASCII, of EBCDIC, or two
digits to a byte), and in bytes that a specification has decoded as characters though they are none.
Hidden characters become stars and the length stays. A PAN keeps its first six and last four digits.

Limits: a PAN without a right Luhn digit is hidden only where its own element or a track shows that
it is one, and a text that was enciphered, or coded in another way, looks like anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from harness.shown.luhn import luhn_valid

Span = tuple[int, int]

SHORTEST = 12
"""Shorter texts hold no card number."""
_KEEPS_ENDS = 13  # digits; of shorter numbers nothing is shown
_LONGEST = 19

_SUSPECT = re.compile(
    r"[0-9]{12}|[\xf0-\xf9]{12}|(?:[Ff][0-9]){12}|[0-9]{4}[ -][0-9]{4}[ -][0-9]"
    r"|[*][0-9]{4}[=D]|(?:[Ff][0-9][ :-]){11}|[0-9]{2}(?:[ :-][0-9]{2}){5}"
    r"|(?<![0-9A-Za-z])[0-9A-Fa-f]{16}(?:[0-9A-Fa-f]{16})?(?![0-9A-Za-z])"
)
_RUN = re.compile(r"[0-9]{12,}")
_GROUPED = re.compile(
    r"(?<![0-9])[0-9]{4}(?:[ -][0-9]{4}){2,3}[ -]?[0-9]{1,7}(?![0-9])"
    r"|(?<![0-9])[0-9]{4}[ -][0-9]{6}[ -][0-9]{5}(?![0-9])"
)
_TRACK1 = re.compile(r"[Bb]([0-9 ]{12,23})\^[^^]{0,30}\^[0-9][^?]*")
_TRACK2 = re.compile(r"([0-9]{12,})=([0-9][0-9=]{3,})|([0-9]{12,})[Dd]([0-9]{4,})")
_TAIL = re.compile(r"[*][0-9]{4}[=Dd]([0-9]+)")
_WORD = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9]*[A-Fa-f])(?=[A-Fa-f]*[0-9])"
    r"[0-9A-Fa-f]{16}(?:[0-9A-Fa-f]{16})?(?![0-9A-Za-z])"
)
_HEX_OF_ASCII = re.compile(
    r"(?:42)?(?:3[0-9]){12,}(?:3[Dd](?:3[0-9])+|44(?:3[0-9]){4,}|5[Ee](?:[2-7][0-9A-Fa-f])+)?"
)
_HEX_OF_EBCDIC = re.compile(
    r"(?:[Cc]2)?(?:[Ff][0-9]){12,}(?:7[Ee](?:[Ff][0-9])+|[Bb]0(?:[0-9A-Fa-f]{2})+)?"
)
_ASCII_AS_HEX = re.compile(r"[0-9]?(?:3[0-9]){11,}[0-9]?")
_EBCDIC = re.compile(r"[\xf0-\xf9]{12}")  # digits that were read as Latin-1
_EBCDIC_DIGITS = {0xF0 + digit: str(digit) for digit in range(10)} | {0x7E: "="}
_BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1b\x7f-\xa0\xad\ud800-\udfff]")
_ASCII_DIGITS = re.compile(rb"[0-9]{4,}")
_SPACED_HEX = re.compile(r"[0-9A-Fa-f]{2}(?:[ :-][0-9A-Fa-f]{2}){5,}")
_ISSUED = (  # prefixes of issuers, and how long their numbers are
    (re.compile("4"), (16, 13, 19)),
    (re.compile("5[1-5]|2[2-7]|35"), (16,)),
    (re.compile("3[47]"), (15,)),
    (re.compile("3[0689]"), (14, 16)),
    (re.compile("5|6"), (16, 19, 18, 17, 13)),
    (re.compile("8|9"), (16, 19)),
)


_REMEMBERED, _LONGEST_REMEMBERED = 2_048, 100
"""Texts that are not looked through again, such as the place of a terminal, which is in each of its
requests; and their characters, as a peer may send long ones that never come again.
"""


def masked(text: str) -> str:
    """The text with stars in place of what is secret; the very same where nothing is."""
    return _masked_before(text) if len(text) <= _LONGEST_REMEMBERED else _masked(text)


@lru_cache(maxsize=_REMEMBERED)
def _masked_before(text: str) -> str:
    return _masked(text)


def _masked(text: str) -> str:
    if text.isprintable():
        if len(text) < SHORTEST or _SUSPECT.search(text) is None:
            return text
    elif len(text) < SHORTEST // 2:  # two digits to a byte
        return text
    while True:  # what is left may look like a number of its own
        less = _starred(text, hidden(text))
        if less == text:
            return text
        text = less


def hidden(text: str) -> list[Span]:
    """Where the secret characters of a text stand: from, and up to but not with."""
    return [
        *_in_characters(text),
        *(_in_characters(text.translate(_EBCDIC_DIGITS)) if _EBCDIC.search(text) else ()),
        *((match.start(), match.end()) for match in _WORD.finditer(text)),
        *_in_hexadecimal(text),
        *_in_spaced(text),
        *(_in_undecoded(text) if not text.isprintable() else ()),
    ]


def _starred(text: str, spans: list[Span]) -> str:
    if not spans:
        return text
    chars = list(text)
    for start, stop in spans:
        chars[start:stop] = "*" * (stop - start)
    return "".join(chars)


def _in_characters(text: str) -> Iterator[Span]:
    for match in _TRACK1.finditer(text):
        yield match.start(1) + 6, match.end()
    for match in _TRACK2.finditer(text):
        pan, tail = (1, 2) if match[1] else (3, 4)
        number = _number_at_end(match[pan])
        if number or pan == 1:
            yield _middle(match.end(pan) - len(number or match[pan]), match.end(pan))
            yield match.span(tail)
    for match in _TAIL.finditer(text):
        yield match.span(1)
    for match in _RUN.finditer(text):
        if len(match[0]) < 2 * SHORTEST or not _ASCII_AS_HEX.fullmatch(match[0]):
            yield from _in_run(match[0], match.start())
    for match in _GROUPED.finditer(text):
        digits = match[0].replace(" ", "").replace("-", "")
        if len(digits) <= _LONGEST and _is_number(digits):
            yield match.start() + 7, match.end() - 4


def _number_at_end(run: str) -> str:
    """The longest card number with which a run of digits ends; '' if it ends with none."""
    for length in range(min(_LONGEST, len(run)), SHORTEST - 1, -1):
        if _is_number(run[-length:]):
            return run[-length:]
    return ""


def _in_run(run: str, at: int) -> Iterator[Span]:
    """Where card numbers stand in a run of digits that begins at `at`."""
    size = len(run)
    if size <= _LONGEST and _is_number(run):
        yield _middle(at, at + size)
        return
    for start in range(size - SHORTEST):
        for prefix, lengths in _ISSUED:
            if prefix.match(run, start):
                for length in lengths:
                    if start + length <= size and luhn_valid(run[start : start + length]):
                        yield _middle(at + start, at + start + length)
                break


def _is_number(digits: str) -> bool:
    return digits[0] != "0" and luhn_valid(digits)


def _middle(start: int, stop: int) -> Span:
    """What is hidden of the card number that stands there."""
    return (start + 6, stop - 4) if stop - start >= _KEEPS_ENDS else (start, stop)


def _in_hexadecimal(text: str) -> Iterator[Span]:
    """In hexadecimal digits of ASCII or EBCDIC. (Two digits to a byte read as they stand.)"""
    for pattern, charset in ((_HEX_OF_ASCII, "latin-1"), (_HEX_OF_EBCDIC, "cp037")):
        for match in pattern.finditer(text):
            at = match.start()
            inner = bytes.fromhex(match[0]).decode(charset)
            yield from ((at + 2 * start, at + 2 * stop) for start, stop in _in_characters(inner))


def _in_spaced(text: str) -> Iterator[Span]:
    """In hexadecimal digits with something between the bytes, as dumps have them."""
    for match in _SPACED_HEX.finditer(text):
        at = match.start()
        raw = bytes.fromhex(re.sub("[:-]", " ", match[0]))
        for number in nibbles_hidden(raw):
            place = at + number // 2 * 3 + number % 2
            yield place, place + 1


def _in_undecoded(text: str) -> Iterator[Span]:
    """In bytes that were decoded as characters though they are none. Of a number that holds two
    digits to a byte, one byte at least is a character that cannot be printed.
    """
    if _BINARY.search(text) is None:
        return
    for charset in ("latin-1", "cp037"):
        try:
            raw = text.encode(charset)
        except UnicodeEncodeError:
            continue
        for stretch in _stretches(sorted({number // 2 for number in nibbles_hidden(raw)})):
            if _BINARY.search(text, max(0, stretch[0] - 3), stretch[1] + 2):
                yield stretch


def _stretches(places: list[int]) -> Iterator[Span]:
    """Numbers that follow each other, joined."""
    begin = 0
    for at, place in enumerate(places):
        if at + 1 == len(places) or places[at + 1] != place + 1:
            yield places[begin], place + 1
            begin = at + 1


def nibbles_hidden(raw: bytes) -> Iterator[int]:
    """The half bytes of some bytes that belong to a card number or a track, whether they are ASCII,
    EBCDIC or hold two digits each; the first half of the first byte is number 0.
    """
    for charset in ("latin-1", "cp037"):
        for start, stop in _in_characters(raw.decode(charset)):
            yield from range(2 * start, 2 * stop)
    packed = _ASCII_DIGITS.sub(lambda match: b"\xee" * len(match[0]), raw).hex().upper()
    for start, stop in _in_characters(packed):
        yield from range(start, stop)
