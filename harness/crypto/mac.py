"""Message authentication codes: AES-CMAC, and ISO 9797-1 algorithms 1 and 3.

All give eight bytes, leftmost first. Algorithms 1 and 3 pad with zeros (padding method 1)
here; CMAC pads by itself. What the MAC covers is the wire's business
(docs/domain.md, "Secrets and keys").

`MAC_ALGORITHMS` is the registry: a run chooses a row of it by name (`LinkOptions.mac`, the flag
`--mac`), so a further algorithm is a class and a row here, and nothing elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from harness.crypto.tdes import TripleDes, last_cbc_block
from harness.did_you_mean import unknown
from harness.errors import ConfigError

WIDTH = 8


class Mac(Protocol):
    """An algorithm with its key: it gives eight bytes for any bytes."""

    def tag(self, data: bytes) -> bytes: ...


class CmacMac:
    """AES-CMAC (NIST SP 800-38B), cut to its leftmost eight bytes.

    Raises:
        ConfigError: the key has not 16, 24 or 32 bytes.
    """

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        if len(key) not in (16, 24, 32):
            raise ConfigError(f"an AES key has 16, 24 or 32 bytes, not {len(key)}", place="keys")
        self._keyed = CMAC(AES(key))

    def whole(self, data: bytes) -> bytes:
        """All sixteen bytes."""
        context = self._keyed.copy()  # a copy costs a quarter of a new key schedule
        context.update(data)
        return context.finalize()

    def tag(self, data: bytes) -> bytes:
        context = self._keyed.copy()
        context.update(data)
        return context.finalize()[:WIDTH]


class CbcMac:
    """ISO 9797-1 algorithm 1: CBC under DES (8-byte key) or 3DES.

    Raises:
        ConfigError: the key has not 8, 16 or 24 bytes.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        TripleDes(key)
        self._key = key

    def tag(self, data: bytes) -> bytes:
        return last_cbc_block(self._key, _padded(data))


class RetailMac:
    """ISO 9797-1 algorithm 3 (ANSI X9.19): CBC under the key's left half with DES, and the last
    block deciphered under the right half and enciphered under the left again.

    Raises:
        ConfigError: the key has not 16 bytes.
    """

    __slots__ = ("_left", "_left_block", "_right_block")

    def __init__(self, key: bytes) -> None:
        if len(key) != 16:
            raise ConfigError(f"a retail MAC key has 16 bytes, not {len(key)}", place="keys")
        self._left = key[:8]
        self._left_block = TripleDes(key[:8])
        self._right_block = TripleDes(key[8:])

    def tag(self, data: bytes) -> bytes:
        chained = last_cbc_block(self._left, _padded(data))
        return self._left_block.encrypt(self._right_block.decrypt(chained))


NO_MAC = "none"

MAC_ALGORITHMS: dict[str, Callable[[bytes], Mac]] = {
    "cmac": CmacMac,
    "iso9797-1-alg1": CbcMac,
    "iso9797-1-alg3": RetailMac,
}


def mac_names() -> list[str]:
    """What `mac_algorithm` knows: 'none', and the names of the algorithms."""
    return [NO_MAC, *MAC_ALGORITHMS]


def mac_algorithm(name: str, key: bytes, *, place: str = "mac") -> Mac | None:
    """The algorithm of that name under a key; None for 'none'. `place` names the option in errors.

    Raises:
        ConfigError: unknown name, or a key of the wrong length for it.
    """
    if name == NO_MAC:
        return None
    if name not in MAC_ALGORITHMS:
        unknown("MAC algorithm", name, mac_names(), place=place)
    return MAC_ALGORITHMS[name](key)


def _padded(data: bytes) -> bytes:
    """Padding method 1: zeros up to a whole block; an empty text is one block of them."""
    return data + bytes(-len(data) % 8) if data else bytes(8)
