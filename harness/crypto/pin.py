"""PIN blocks: ISO 9564 format 0 under 3DES, as DE 52 carries them.

The clear block is `0 L PIN F..` XOR `0000` and the twelve rightmost digits of the PAN without
its check digit. Neither a PIN nor a block ever stands in an error.
"""

from __future__ import annotations

from psec.pinblock import decode_pinblock_iso_0, encode_pinblock_iso_0

from harness.crypto.tdes import TripleDes
from harness.errors import RemoteProtocolError

SHORTEST_PIN, LONGEST_PIN = 4, 12
"""Digits of a PIN (ISO 9564-1)."""


class PinBlockError(RemoteProtocolError):
    """A PIN block is malformed, or was encrypted under another key or for another PAN."""


def encode_pin_block(pin: str, pan: str) -> bytes:
    """The clear format 0 block, eight bytes.

    Raises:
        ValueError: the PIN has not 4 to 12 digits, or the PAN fewer than 13.
    """
    return encode_pinblock_iso_0(pin, pan)


class PinCrypto:
    """PIN blocks under one key.

    Raises:
        ConfigError: the key has not 8, 16 or 24 bytes.
    """

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = TripleDes(key)

    def block(self, pin: str, pan: str) -> str:
        """The encrypted PIN block (DE 52), as 16 uppercase hexadecimal characters.

        Raises:
            ValueError: as `encode_pin_block`.
        """
        return self._cipher.encrypt(encode_pinblock_iso_0(pin, pan)).hex().upper()

    def pin(self, block: str, pan: str) -> str:
        """The PIN in an encrypted PIN block.

        Raises:
            PinBlockError: it is not a block for this PAN under this key.
        """
        try:
            enciphered = bytes.fromhex(block)
        except ValueError:
            raise PinBlockError("the PIN block is not hexadecimal") from None
        if len(enciphered) != 8:
            raise PinBlockError(f"the PIN block has {len(enciphered)} bytes instead of 8")
        try:
            return decode_pinblock_iso_0(self._cipher.decrypt(enciphered), pan)
        except ValueError:
            raise PinBlockError("the PIN block does not open for this PAN and key") from None

    def verify(self, block: str, pan: str, pin: str) -> bool:
        """Does an encrypted PIN block hold this PIN?

        Raises:
            PinBlockError: it is not a block for this PAN under this key.
        """
        return self.pin(block, pan) == pin
