"""The keys of a run. The shipped ones are published test keys and protect nothing.

Keys are read from TOML files of hexadecimal texts; a `Keys` never shows them.
"""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from hashlib import blake2b
from pathlib import Path

import msgspec

from harness.errors import ConfigError
from harness.input_files import KEYS, UNREADABLE, is_there, read_text
from harness.resources import fixture, names

# AES for MACs and for stored records, 3DES for PIN blocks, what blake2b takes for tokens
_LENGTHS = {"mac": (16, 24, 32), "pin": (16, 24), "token": tuple(range(16, 65)), "store": (16, 32)}


class Keys(msgspec.Struct, frozen=True):
    """`mac` is the key of message authentication codes (AES), `pin` that of PIN blocks (3DES),
    `store` that of stored records (AES); `token` keys the names that cards have where their PAN
    must not appear.
    """

    mac: bytes
    pin: bytes
    token: bytes
    store: bytes

    def __repr__(self) -> str:
        return "Keys(mac=hidden, pin=hidden, token=hidden, store=hidden)"


def load_keys(name_or_path: str = "test") -> Keys:
    """Shipped keys by their name, or those of a TOML file.

    Raises:
        ConfigError: there is no such name or file; or a key is missing, unknown, not hexadecimal,
            or of a length that its cipher does not have. The error never quotes a key.
    """
    path = Path(name_or_path)
    if name_or_path in names("keys", ".toml"):
        path = fixture("keys", f"{name_or_path}.toml")
    elif path.suffix != ".toml" and not is_there(path):
        raise ConfigError(
            f"no keys are called '{name_or_path}'",
            place="keys",
            remedy=f"shipped: {', '.join(names('keys', '.toml'))}; or give a .toml file",
        )
    try:
        texts = tomllib.loads(read_text(path, KEYS))
    except UNREADABLE:
        # tomllib quotes the text around the mistake, which may be a key
        raise ConfigError("is not TOML", place=str(path)) from None
    for name in texts:
        if name not in _LENGTHS:
            close = get_close_matches(name, _LENGTHS, 1)
            raise ConfigError(
                "unknown key",
                place=f"{path}: {name}",
                remedy=f"did you mean {close[0]}?" if close else f"known: {', '.join(_LENGTHS)}",
            )
    return Keys(**{name: _key(texts, name, path) for name in _LENGTHS})


def _key(texts: dict[str, object], name: str, path: Path) -> bytes:
    place = f"{path}: {name}"
    text = texts.get(name)
    if not isinstance(text, str):
        raise ConfigError("missing, or not text", place=place, remedy="give it in hexadecimal")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise ConfigError("is not hexadecimal", place=place) from None
    if len(key) not in _LENGTHS[name]:
        allowed = _LENGTHS[name]
        wanted = (
            f"{allowed[0]} to {allowed[-1]}"
            if len(allowed) > 3
            else " or ".join(str(length) for length in allowed)
        )
        raise ConfigError(f"has {len(key)} bytes instead of {wanted}", place=place)
    return key


def token(key: bytes, pan: str) -> str:
    """Twelve hexadecimal characters that name a card: a keyed hash (blake2b) of its PAN. Without
    the key nobody can find the PAN by trying all numbers of a BIN.
    """
    return blake2b(pan.encode("utf-8"), digest_size=6, key=key).hexdigest()
