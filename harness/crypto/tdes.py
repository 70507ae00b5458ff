"""Triple DES. No other module uses the cipher directly.

The cryptography package keeps the cipher among its 'decrepit' ones and takes keys of 24 bytes only.
psec 1.3 still imports it from its old place, which warns. DES and two-key triple DES are special
cases of three-key triple DES, and are written as such here.
"""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from harness.errors import ConfigError


def _cipher(key: bytes, mode: ECB | CBC) -> Cipher[ECB | CBC]:
    if len(key) not in (8, 16, 24):
        raise ConfigError(f"a 3DES key has 8, 16 or 24 bytes, not {len(key)}", place="keys")
    triple = {8: key * 3, 16: key + key[:8], 24: key}[len(key)]
    return Cipher(TripleDES(triple), mode)


class TripleDes:
    """One key, block by block (ECB). The contexts are used again, since ECB has no state.

    Raises:
        ConfigError: the key has not 8, 16 or 24 bytes.
    """

    __slots__ = ("decrypt", "encrypt")

    def __init__(self, key: bytes) -> None:
        cipher = _cipher(key, ECB())
        self.encrypt = cipher.encryptor().update
        self.decrypt = cipher.decryptor().update


def last_cbc_block(key: bytes, data: bytes) -> bytes:
    """The last block of the ciphertext of `data` in CBC mode with a zero initial vector. `data` is
    a whole number of blocks of 8 bytes.
    """
    return _cipher(key, CBC(bytes(8))).encryptor().update(data)[-8:]
