from __future__ import annotations

import base64
import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cardholders import Card, Population
from harness.checks.secrecy import SecrecyScan
from harness.crypto.keys import Keys, load_keys
from harness.crypto.pin import PinCrypto, encode_pin_block

KEYS = load_keys("test")
PEOPLE = Population(1, token_key=KEYS.token)
CARD = PEOPLE.card(3, 7)
PIN_CRYPTO = PinCrypto(KEYS.pin)

Render = Callable[[bytes], str]


def in_base64(before: bytes) -> Render:
    return lambda data: base64.b64encode(before + data + b"and on").decode("ascii")


RENDERED: dict[str, Render] = {
    "upper hex": lambda data: data.hex().upper(),
    "lower hex": lambda data: data.hex(),
    "odd nibble": lambda data: "F" + data.hex(),
    "spaced hex": lambda data: data.hex(" "),
    "colon hex": lambda data: data.hex(":").upper(),
    "base64 at 0": in_base64(b""),
    "base64 at 1": in_base64(b"\x02"),
    "base64 at 2": in_base64(b"\x02\x10"),
}


def texts(text: str) -> dict[str, str]:
    """A text as it stands and as the bytes of both character sets, rendered."""
    forms = {"as it stands": text}
    for charset in ("ascii", "cp037"):
        for name, render in RENDERED.items():
            forms[f"{charset} in {name}"] = render(text.encode(charset))
    return forms


def raws(raw: bytes) -> dict[str, str]:
    """Binary data rendered, and its hex, upper and lower, as a text of its own."""
    forms = {f"raw in {name}": render(raw) for name, render in RENDERED.items()}
    for name, form in texts(raw.hex().upper()).items():
        forms[f"upper hex {name}"] = form
    for name, form in texts(raw.hex()).items():
        forms[f"lower hex {name}"] = form
    return forms


def secrets_of(card: Card) -> dict[tuple[str, str], dict[str, str]]:
    whose = f"card {card.token}"
    packed = card.track2.replace("=", "D")
    tail = card.track2[16:]
    return {
        ("PAN", whose): texts(card.pan)
        | raws(bytes.fromhex(card.pan))
        | {"grouped": " ".join(card.pan[i : i + 4] for i in range(0, 16, 4))},
        ("track 2", whose): texts(card.track2)
        | texts(packed)
        | raws(bytes.fromhex(packed))
        | {f"tail {name}": "999999******" + form for name, form in texts(tail).items()},
        ("PIN block", whose): raws(bytes.fromhex(PIN_CRYPTO.block(card.pin, card.pan))),
        ("clear PIN block", whose): raws(encode_pin_block(card.pin, card.pan)),
        ("key", "mac"): raws(KEYS.mac),
        ("key", "pin"): raws(KEYS.pin),
        ("key", "token"): raws(KEYS.token),
        ("key", "store"): raws(KEYS.store),
    }


PLANTED = [
    pytest.param(kind, whose, text, id=f"{kind} {whose if kind == 'key' else ''} {name}")
    for (kind, whose), forms in secrets_of(CARD).items()
    for name, text in forms.items()
]


def scan() -> SecrecyScan:
    return SecrecyScan(PEOPLE, KEYS, terminals=1000)


@pytest.mark.parametrize(("kind", "whose", "text"), PLANTED)
def test_a_planted_secret_is_found(kind: str, whose: str, text: str) -> None:
    """Each kind of secret in each encoding is found, with its kind, its owner and its line."""
    leaks = scan().scan(f'{{"at":1.5}}\n{{"text":"{text}"}}\nlast', "run.jsonl", 10)
    assert (kind, whose, 11) in [(leak.kind, leak.of, leak.line) for leak in leaks]
    assert {leak.where for leak in leaks} == {"run.jsonl"}


cards = st.builds(PEOPLE.card, st.integers(0, 999), st.integers(0, 3999))
surroundings = st.text(string.printable, max_size=40)


@given(cards, surroundings, surroundings, st.data())
def test_found_whatever_stands_around(
    card: Card, before: str, after: str, data: st.DataObject
) -> None:
    """Neighbouring characters of any kind hide no plain or hex secret."""
    (kind, whose), forms = data.draw(st.sampled_from(list(secrets_of(card).items())))
    name, text = data.draw(st.sampled_from(list(forms.items())))
    leaks = scan().scan(before + text + after, "somewhere")
    assert (kind, whose) in [(leak.kind, leak.of) for leak in leaks], name


@given(st.text(string.printable, max_size=400))
def test_text_without_secrets_gives_no_leak(text: str) -> None:
    """No false alarm on anything printable."""
    assert scan().scan(text, "somewhere") == []


@given(st.lists(st.binary(min_size=8, max_size=60), min_size=1, max_size=20))
def test_random_bytes_in_any_rendering_give_no_leak(chunks: list[bytes]) -> None:
    """MACs, digests and dumps are no secrets, however they are written."""
    text = "\n".join(render(chunk) for chunk in chunks for render in RENDERED.values())
    assert scan().scan(text, "somewhere") == []


@pytest.mark.parametrize(
    "line",
    [
        '"2":"999999******2039","35":"999999******2039=****","52":"[PIN block]"',
        '"90":"020000012301020304050000001234500000000000","37":"609999990000"',
        '"95":"000000009999999999999999999999D00000000D00000000"',
        '"64":"8EEA17007CD68D4D","digest":"75a99ba4d84a5802"',
        # Luhn-valid and on the BIN, but no customer of this run holds it
        "9999990000000014 9999990000000022=29072011000000000",
    ],
)
def test_lawful_digits_are_no_leak(line: str) -> None:
    """Masked fields, original data, amounts, MACs and other people's numbers stay unblamed."""
    assert scan().scan(line, "run.jsonl") == []


def test_cards_outside_the_fleet_are_nobodys() -> None:
    """The size of the fleet bounds whose cards count."""
    outsider = PEOPLE.card(1000, 0)
    assert scan().scan(outsider.pan, "x") == []
    assert len(SecrecyScan(PEOPLE, KEYS, terminals=1001).scan(outsider.pan, "x")) == 1


def test_the_report_does_not_repeat_the_secret() -> None:
    """A leak's text may itself be printed: it holds nothing that a scan would find."""
    watch = scan()
    leaks = watch.scan(f"{CARD.track2} {KEYS.pin.hex()}", "run.jsonl")
    said = "\n".join(str(leak) for leak in leaks)
    assert {leak.kind for leak in leaks} == {"PAN", "track 2", "key"}
    assert "run.jsonl:1: PAN of card " + CARD.token in said
    assert scan().scan(said, "report") == []


def test_lines_are_counted_across_pieces() -> None:
    """A long journal is read in pieces and each leak keeps its line's number."""
    lines = [b'{"at":%d,"is":"StateEntered"}\n' % number for number in range(1, 9001)]
    for number in (1, 4500, 9000):
        lines[number - 1] = f'{{"pan":"{CARD.pan}"}}\n'.encode()
    watch = scan()
    leaks = watch.scan_lines(lines, "run.jsonl")
    assert [leak.line for leak in leaks] == [1, 4500, 9000]
    assert watch.scanned == sum(map(len, lines))
    assert watch.leaked == 3


def test_a_flood_of_leaks_is_counted_but_not_kept() -> None:
    """A terminal that leaks on every line costs no memory."""
    watch = scan()
    leaks = watch.scan("\n".join([CARD.pan] * 250), "run.jsonl")
    assert len(leaks) == watch.leaked == 250
    assert len(watch.leaks) == 100


def test_words_learnt_as_clean_do_not_hide_a_secret() -> None:
    """The scan remembers a journal's own words; it finds a secret after any number of them."""
    watch = scan()
    journal = "\n".join(f'"is":"TransactionBegun{letter}"' for letter in string.ascii_letters)
    assert watch.scan(journal, "run.jsonl") == []
    hidden = base64.b64encode(b"TransactionBegun" + CARD.pan.encode()).decode()
    for _ in range(2):
        assert [leak.kind for leak in watch.scan(f"{journal}\n{hidden}", "x")] == ["PAN"]


def test_another_runs_keys_and_people_are_not_ours() -> None:
    """A scan knows its own run's secrets and no others."""
    stranger = Population(2, token_key=KEYS.token)
    others = Keys(mac=b"m" * 16, pin=b"p" * 16, token=KEYS.token, store=b"s" * 16)
    text = f"{CARD.track2} {PIN_CRYPTO.block(CARD.pin, CARD.pan)} {KEYS.mac.hex()}"
    assert SecrecyScan(stranger, others, terminals=1000).scan(text, "x") == []
