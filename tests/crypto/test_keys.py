"""Keys: read, checked, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.crypto.keys import load_keys, token
from harness.errors import ConfigError

GOOD = {
    "mac": "00" * 16,
    "pin": "01" * 16,
    "token": "02" * 16,
    "store": "03" * 16,
}


def _written(path: Path, texts: dict[str, str]) -> str:
    path.write_text("".join(f'{name} = "{text}"\n' for name, text in texts.items()))
    return str(path)


def test_the_shipped_keys_are_the_vectors_keys() -> None:
    """Published test keys, so that anyone can check a frame by hand."""
    keys = load_keys("test")
    assert keys.pin.hex().upper() == "0123456789ABCDEFFEDCBA9876543210"
    assert keys.mac == bytes(range(16))


def test_keys_never_show_themselves() -> None:
    """Not in a repr, hence in no log, no traceback of a struct and no assertion."""
    keys = load_keys("test")
    for shown in (repr(keys), str(keys), f"{keys}"):
        for key in (keys.mac, keys.pin, keys.token, keys.store):
            assert key.hex() not in shown.lower()
            assert repr(key) not in shown


def test_own_keys_are_read_from_a_file(tmp_path: Path) -> None:
    """A TOML file of hexadecimal texts."""
    assert load_keys(_written(tmp_path / "own.toml", GOOD)).pin == b"\x01" * 16


MISTAKES = [
    ({**GOOD, "pin": "01"}, r"pin: has 1 bytes instead of 16 or 24"),
    ({**GOOD, "mac": "zz"}, r"mac: is not hexadecimal"),
    ({**GOOD, "token": "02"}, r"token: has 1 bytes instead of 16 to 64"),
    ({"mac": "00" * 16}, r"pin: missing"),
    ({**GOOD, "stor": "00"}, r"stor: unknown key\ndid you mean store"),
]


@pytest.mark.parametrize(("texts", "words"), MISTAKES)
def test_a_mistake_is_named_and_no_key_quoted(
    texts: dict[str, str], words: str, tmp_path: Path
) -> None:
    """File, key and remedy; never the bytes."""
    path = _written(tmp_path / "own.toml", texts)
    with pytest.raises(ConfigError, match=words) as caught:
        load_keys(path)
    assert str(path) in str(caught.value)
    assert GOOD["pin"] not in str(caught.value)


def test_what_is_no_key_file_is_refused(tmp_path: Path) -> None:
    """An unknown name, a file that is not there, and one that is not TOML (quoting none of it)."""
    with pytest.raises(ConfigError, match="shipped: test"):
        load_keys("production")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_keys(str(tmp_path / "none.toml"))
    broken = tmp_path / "broken.toml"
    broken.write_text(f"mac = {GOOD['mac']}x")
    with pytest.raises(ConfigError) as caught:
        load_keys(str(broken))
    assert GOOD["mac"] not in str(caught.value)


def test_a_token_is_keyed_and_short() -> None:
    """The same card, the same twelve characters; another key, others; never the PAN."""
    pan = "9999990000000014"
    assert token(b"k" * 16, pan) == token(b"k" * 16, pan)
    assert len(token(b"k" * 16, pan)) == 12
    assert token(b"k" * 16, pan) != token(b"K" * 16, pan)
    assert token(b"k" * 16, pan) != token(b"k" * 16, "9999990000000022")
