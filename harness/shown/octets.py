"""Bytes as a person may see them: in hexadecimal, with stars in place of what is secret."""

from __future__ import annotations

from harness.shown.masking import nibbles_hidden


def shown_bytes(data: bytes, most: int = 16) -> str:
    """The first `most` bytes as '30 38 ** ** 34'. Secrets are looked for in all of `data`, so that
    one which goes on behind the last byte that is shown is found too.
    """
    secret = {number // 2 for number in nibbles_hidden(data)}
    return " ".join(
        "**" if number in secret else f"{byte:02x}" for number, byte in enumerate(data[:most])
    )
