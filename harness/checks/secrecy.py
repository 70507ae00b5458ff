"""S3: no clear PAN, track, PIN block or key in anything that a run emits.

The scan keeps no list of secrets. It looks for the card of each candidate. A PAN, or the part of
track 2 after the separator, identifies its card (`Population.card_of`). A PIN block, clear or
deciphered with the PIN key, shows ten digits of its PAN and the whole PIN. So the scan covers
cards that were never announced, needs no memory that grows with the run, and can be repeated on a
journal alone. A candidate that matches no card of this run is not a leak: MACs, amounts and
original data contain many digits.

The scan reads the text itself, and the decoded bytes of its runs of hex (spaced or not, upper or
lower case) and of base64 (at any alignment). Each is read as ASCII, as EBCDIC (cp037) and as
packed digits, and hex within the decoded bytes is read too.

Cards of a file (`--cards`) that have another BIN are found by their PAN only.

Where the cards are somebody else's and nobody has listed them, each message in the journal is held
against the masking instead: what it would still mask is a secret that got out.

A secret in a message that came over the wire was written by the harness, whoever sent it: where the
machines at the other end are somebody else's, such leaks (`unmasked`) are not held against them.

Limits: a PIN or a CVV alone cannot be told from any other three or four digits, and a PIN block
of a mistyped PIN matches no card. A leak names kind and place, never the secret.
"""

from __future__ import annotations

import re
import string
from binascii import a2b_base64
from collections.abc import Iterable, Iterator

import msgspec

from harness.cardholders import TERMINALS, Card, Population
from harness.crypto.keys import Keys
from harness.crypto.tdes import TripleDes
from harness.shown.luhn import luhn_digit
from harness.wire.describe import mask_fields

# A lookahead matches all but the first character, so that candidates may overlap. Digits may be
# in groups of four.
_PAN = re.compile(rb"9(?=(999[ -]?99\d\d[ -]?\d{4}[ -]?\d{4}))")
_TRACK_TAIL = re.compile(rb"[=Dd](?=(\d{4}2[02]11\d{9}))")
_EBCDIC = bytes(range(256)).decode("cp037").encode("latin-1", "replace")
_BLOCK = 8
_BASE64_LEAST = 11  # characters that hold a block
_CHUNK = 1 << 16
_WORDS_KEPT = 10_000
_LEAKS_KEPT = 100

SCAN = "the scan for secrets (S3)"
"""How it is named where it fails itself."""


def _blank_but(alphabet: str) -> bytes:
    return bytes(code if chr(code) in alphabet else 0x20 for code in range(256))


_HEX_ONLY = _blank_but("0123456789ABCDEFabcdef")
_BASE64_ONLY = _blank_but(string.ascii_letters + string.digits + "+/")


class Leak(msgspec.Struct, frozen=True):
    """A leaked secret: its kind, its place, and its owner (the card's token or the key's name)."""

    kind: str
    where: str
    line: int
    of: str
    on_the_wire: bool = False
    """Does it stand in a message that came over the wire?"""

    def __str__(self) -> str:
        return f"{self.where}:{self.line}: {self.kind} of {self.of}"


class _Told(msgspec.Struct):
    """What is read of an event to see whether its message is masked."""

    fields: dict[str, str] = {}


class _Line(msgspec.Struct):
    event: _Told


_line_of = msgspec.json.Decoder(_Line).decode


class SecrecyScan:
    """Scans the output of a run and reports the secrets in it.

    `scanned` counts bytes and `leaked` all leaks, of which `leaks` keeps the first hundred.
    """

    def __init__(
        self, population: Population | None, keys: Keys, *, terminals: int = TERMINALS
    ) -> None:
        """`terminals` is the size of the run's fleet; cards of other terminals are ignored. Without
        a population nobody knows the cards.
        """
        self._known = population is not None
        self._population = population or Population(0, token_key=keys.token)
        self._terminals = terminals
        self._keys = sorted(msgspec.structs.asdict(keys).items())
        self._pin = TripleDes(keys.pin)
        self._elsewhere = [
            re.compile(rb"(?=(\d{%d}))" % length)
            for length in (population.pan_lengths if population is not None else ())
        ]
        self._words: dict[bytes, None] = {}
        self.scanned = 0
        self.leaked = 0
        self.leaks: list[Leak] = []

    def scan(self, text: bytes | str, where: str, line: int = 1) -> list[Leak]:
        """The leaks in `text`, whose first line is number `line` of `where`."""
        data = text.encode() if isinstance(text, str) else text
        self.scanned += len(data)
        if self._known and not self._found(data):
            return []
        leaks = [
            Leak(kind, where, number, whose, _is_message(content))
            for number, content in enumerate(data.split(b"\n"), start=line)
            for kind, whose in self._found(content)
        ]
        self.leaked += len(leaks)
        self.leaks += leaks[: _LEAKS_KEPT - len(self.leaks)]
        return leaks

    @property
    def apart(self) -> tuple[list[str], list[str]]:
        """The leaks that are kept, in words: those of the machines, and those in messages that came
        over the wire.
        """
        return (
            [str(leak) for leak in self.leaks if not leak.on_the_wire],
            [str(leak) for leak in self.leaks if leak.on_the_wire],
        )

    def scan_lines(self, lines: Iterable[bytes], where: str, line: int = 1) -> list[Leak]:
        """The leaks in a stream of lines with their newlines, such as an open journal. The stream
        is read in pieces of about 64 kB, which is faster than line by line.
        """
        leaks: list[Leak] = []
        held: list[bytes] = []
        size = 0
        for content in lines:
            held.append(content)
            size += len(content)
            if size >= _CHUNK:
                leaks += self.scan(b"".join(held), where, line)
                line += len(held)
                held, size = [], 0
        return leaks + self.scan(b"".join(held), where, line)

    def _found(self, data: bytes) -> list[tuple[str, str]]:
        """The kind and the owner of each secret found, each pair once, in order of discovery."""
        if not self._known:
            return [*self._key_in(data), *_unmasked(data)]
        hexed = _unhex(data)
        words = [run for run in _runs(data, _BASE64_ONLY, _BASE64_LEAST) if run not in self._words]
        coded = [piece for run in words for piece in _unbase64(run)]
        found = [
            *self._in_text(data),
            *self._in_raw(hexed + coded),
            *self._in_packed(hexed + coded),
        ]
        found += self._key_in(data)
        inner = b"\n".join(hexed + coded)
        for view in (inner, inner.translate(_EBCDIC)):
            found += self._in_text(view)
            found += self._in_raw(_unhex(view))
        if not found and len(self._words) < _WORDS_KEPT:
            # a journal repeats the same words, and their result never changes: keep the clean ones
            self._words.update((run, None) for run in words if run.isalpha())
        return list(dict.fromkeys(found))

    def _in_text(self, text: bytes) -> Iterator[tuple[str, str]]:
        for match in _PAN.finditer(text):
            pan = "9" + match[1].translate(None, b" -").decode("ascii")
            if (card := self._population.card_of(pan, self._terminals)) is not None:
                yield "PAN", _card(card)
        for pattern in self._elsewhere:
            for match in pattern.finditer(text):
                if (card := self._population.card_of(match[1].decode("ascii"))) is not None:
                    yield "PAN", _card(card)
        for match in _TRACK_TAIL.finditer(text):
            tail = match[1].decode("ascii")
            if (card := self._population.card_of_track(tail, self._terminals)) is not None:
                yield "track 2", _card(card)

    def _in_packed(self, pieces: list[bytes]) -> Iterator[tuple[str, str]]:
        """Digits packed two to a byte."""
        return self._in_text(b"\n".join(pieces).hex().encode("ascii"))

    def _in_raw(self, pieces: list[bytes]) -> Iterator[tuple[str, str]]:
        if not pieces:
            return
        yield from self._key_in(b"".join(piece + b"\n" for piece in pieces))
        candidates = b"".join(window for piece in pieces for window in _windows(piece))
        yield from self._blocks("clear PIN block", candidates)
        yield from self._blocks("PIN block", self._pin.decrypt(candidates))

    def _key_in(self, data: bytes) -> Iterator[tuple[str, str]]:
        return (("key", name) for name, key in self._keys if key in data)

    def _blocks(self, kind: str, blocks: bytes) -> Iterator[tuple[str, str]]:
        """Format 0 blocks of this population among `blocks`, eight bytes each."""
        firsts = blocks[::_BLOCK]
        at = firsts.find(b"\x04")
        while at >= 0:
            card = self._owner(blocks[at * _BLOCK : (at + 1) * _BLOCK].hex())
            if card is not None:
                yield kind, _card(card)
            at = firsts.find(b"\x04", at + 1)

    def _owner(self, block: str) -> Card | None:
        """The card of this clear format 0 block
        (docs/domain.md, "Secrets and keys"): 04, PIN and filler, XORed with the
        PAN's last twelve digits before the check digit, which on our BIN begin with 999.
        """
        clear = f"{int(block, 16) ^ 0x0000_9990_0000_0000:016x}"
        account = f"{int(clear[6:], 16) ^ 0xFF_FFFF_FFFF:010x}"
        if clear[6] != "f" or not (clear[2:6] + account).isdecimal():
            return None
        number = "999999" + account[1:]
        card = self._population.card_of(number + luhn_digit(number), self._terminals)
        return card if card is not None and card.pin == clear[2:6] else None


def _is_message(line: bytes) -> bool:
    return b'"FrameSeen"' in line or b'"AdviceSeen"' in line


def _unmasked(line: bytes) -> Iterator[tuple[str, str]]:
    """Does the masking find something in a line of a journal that should have been masked?"""
    if not _is_message(line):
        return
    try:
        fields = _line_of(line).event.fields
    except msgspec.DecodeError:
        return  # no line of a journal, or one that is cut off
    less = mask_fields(fields)
    for name, text in fields.items():
        if less.get(name, text) != text:
            yield "secret", f"field {name}"


def _card(card: Card) -> str:
    return f"card {card.token}"


def _runs(text: bytes, only: bytes, least: int, without: bytes = b"") -> list[bytes]:
    """The stretches of an alphabet, each once. Splitting is several times faster than a
    regular expression here, and this is the hot part of a scan.
    """
    stretches = text.translate(only, without).split()
    return list(dict.fromkeys([run for run in stretches if len(run) >= least]))


def _unhex(text: bytes) -> list[bytes]:
    """The decoded runs of hex, starting at either nibble, if at least one block long. Spaces and
    colons are removed, because dumps have them between the bytes.
    """
    pieces = []
    for run in _runs(text, _HEX_ONLY, 2 * _BLOCK, without=b" :"):
        for start in (0, 1):
            digits = run[start : len(run) - (len(run) - start) % 2]
            if len(digits) >= 2 * _BLOCK:
                pieces.append(bytes.fromhex(digits.decode("ascii")))
    return pieces


def _unbase64(run: bytes) -> list[bytes]:
    """The run decoded at each of four alignments, because other text may come before it."""
    padded = run + b"AAA"
    return [a2b_base64(padded[k : k + (len(padded) - k) // 4 * 4]) for k in range(4)]


def _windows(piece: bytes) -> Iterator[bytes]:
    """All sequences of eight bytes, at any offset, joined end to end."""
    for offset in range(min(_BLOCK, len(piece) - _BLOCK + 1)):
        yield piece[offset : offset + (len(piece) - offset) // _BLOCK * _BLOCK]
