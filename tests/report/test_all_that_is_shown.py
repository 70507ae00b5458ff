"""Whatever shows something of a peer: no secret is in it, and no control character.

A hostile text is planted in each data element in turn, and all that can come out of it is read.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from evening import HEADER, REQUEST, TERMINAL
from planted import PAN, TRACK1, TRACK2, middle_shown
from rich.console import Console

from harness import events as e
from harness.checks.base import Failure
from harness.checks.secrecy import SecrecyScan
from harness.checks.totals import Totals
from harness.checks.verdict import Row, Verdict
from harness.cli.main import guarded
from harness.crypto.keys import load_keys
from harness.errors import CodecError, DecodeError
from harness.journal import Entry, encode_entry
from harness.report.console import print_verdict
from harness.report.event_text import words
from harness.report.frames import frame_line
from harness.report.json_report import verdict_json
from harness.report.junit import junit_xml
from harness.report.ladder import ladder
from harness.report.setup_hints import SetupHints
from harness.report.story import select
from harness.wire.dialects import load_dialect
from harness.wire.framing import framing, framing_names
from harness.wire.message import Message

ELEMENTS = [str(number) for number in range(2, 128) if number not in (64, 65)]
SECRETS = {
    "pan": PAN,
    "track 2": TRACK2,
    "track 1": TRACK1,
    "digits around": f"0016{PAN}978",
    "hex": f"5A08{PAN}9F02",
    "hex of ASCII": PAN.encode().hex(),
    "hex of EBCDIC": PAN.encode("cp037").hex().upper(),
    "packed": bytes.fromhex(PAN).decode("latin-1"),
}
CONTROLS = "x\nPASS  host\r\x1b[2J\x07\x00\x7f\x9b1m\u202e\u2028[/red]"
DIALECT = load_dialect("1987")
BLOCK = "2CF929790037CE52"


def verdict_that_quotes(text: str) -> Verdict:
    """One in which everything that can quote a peer does."""
    failure = Failure("T8", 1.0, Message({"41": text}).terminal, f"it said {text}", customer=1)
    row = Row(
        id="T8", title="ends", tried=1, worst=None, bound=None, unit="", status="fail",
        promised=True, failures=1,
    )  # fmt: skip
    return Verdict(
        outcome="fail", exit_code=1, rows=(row,), failures=(failure,), expected=(),
        reasons=(f"because of {text}",), totals=Totals(), lag=0.0,
    )  # fmt: skip


def of_a_frame(fields: dict[str, str]) -> Iterator[tuple[str, str]]:
    """All that tells of one frame, by what tells it."""
    message = DIALECT.read(fields)
    actor = message.terminal or TERMINAL
    event = e.FrameSeen("terminal", "host", fields, "none", "", 200)
    yield "journal", encode_entry(1.0, 1, actor, event).decode()
    yield "-v", frame_line(1.0, actor, event, DIALECT)
    yield "repr", f"{message!r} {event!r}"
    story = select([Entry(1.0, 1, actor, event)], actor, 0, dialect=DIALECT, place="here")
    drawn = io.StringIO()
    console = Console(file=drawn, width=100, force_terminal=False)
    for line in ladder(story):
        console.print(line, soft_wrap=True)
    yield "ladder", drawn.getvalue()
    hints: list[str] = []
    setup = SetupHints("host", DIALECT, hints.append)
    setup.see(1.0, actor, event)
    yield "hints", "\n".join(hints)
    yield "words", words(e.RequestDecided(message.terminal, message.stan, message.code, "x"))


def of_a_text(text: str) -> Iterator[tuple[str, str]]:
    """All that may quote a text of the peer's."""
    verdict = verdict_that_quotes(text)
    yield "str", str(verdict)
    yield "repr", repr(verdict)
    yield "JSON", verdict_json(verdict, HEADER).decode()
    yield "JUnit", junit_xml(verdict, HEADER).decode()
    yield "error", str(DecodeError(text, field=text))
    for event in (
        e.DamagedMessage(str(DecodeError(text, field="2"))),
        e.LinkClosed(str(DecodeError(text, field="2"))),
    ):
        yield "words", words(event)
    drawn = io.StringIO()
    print_verdict(Console(file=drawn, width=80), verdict, HEADER)
    yield "console", drawn.getvalue()


def assert_harmless(said: str, where: str) -> None:
    for line in said.split("\n"):
        assert line.isprintable(), (where, line)
        assert not line.startswith("PASS"), (where, line)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("element", ELEMENTS)
def test_a_secret_in_any_element(element: str, secret: str) -> None:
    """A card number is hidden wherever it stands, beside its own element or without it. (Eight
    bytes where a MAC belongs are a MAC, whatever their digits.)
    """
    for others in (REQUEST, {"t": "0200", "11": "000012"}):
        for where, said in of_a_frame({**others, element: SECRETS[secret]}):
            assert not middle_shown(said, PAN), where


@pytest.mark.parametrize("element", ELEMENTS)
def test_a_pin_block_in_any_element(element: str) -> None:
    """As text, beside the element that is its own; only a MAC looks like it and is shown."""
    fields = {**REQUEST, element: f"PB={BLOCK.lower()}", "128": "8EEA17007CD68D4D"}
    for where, said in of_a_frame(fields):
        assert BLOCK not in said.upper(), where


@pytest.mark.parametrize("element", ["t", *ELEMENTS])
def test_control_characters_in_any_element(element: str) -> None:
    """No line of the peer's looks like one of ours, and nothing moves the cursor."""
    for where, said in of_a_frame({**REQUEST, element: CONTROLS}):
        assert_harmless(said, where)


@pytest.mark.parametrize("text", [CONTROLS, *SECRETS.values()], ids=["controls", *SECRETS])
def test_a_text_that_is_quoted(text: str) -> None:
    """In verdicts, reports and errors."""
    for where, said in of_a_text(text):
        assert not middle_shown(said, PAN), where
        assert_harmless(said, where)


@pytest.mark.parametrize("name", framing_names())
@pytest.mark.parametrize("charset", ["ascii", "cp037", "packed"])
def test_bytes_that_an_error_quotes(name: str, charset: str) -> None:
    """A frame whose header is missing: whatever byte the stream begins with."""
    pan = bytes.fromhex(PAN) if charset == "packed" else PAN.encode(charset)
    for start in (b"", b"\x02", b"0200", b"\x00\x20", b"\x00\x12\x02\x00", b"\xff\xff", b"60"):
        deframer = framing(name).deframer()
        deframer.feed(start + pan + b"\x01" * 40)
        assert not middle_shown(str(deframer.error), PAN)


def _unexpected() -> None:
    raise ValueError(f"what is {CONTROLS} and {TRACK2}?")


def _of_the_codec() -> None:
    raise CodecError(f"{CONTROLS} {PAN}", field="48")


@pytest.mark.parametrize("action", [_unexpected, _of_the_codec])
@pytest.mark.parametrize("debug", ["0", "1"])
def test_an_error_inside_the_harness(
    action: Callable[[], None],
    debug: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Its line, its traceback on the screen and the one in the file."""
    monkeypatch.setenv("HARNESS_DEBUG", debug)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert guarded(action) == 4
    texts = [capsys.readouterr().err, *(path.read_text() for path in tmp_path.iterdir())]
    assert len(texts) == 2 - int(debug)
    for text in texts:
        assert "CodecError" in text or "ValueError" in text
        assert not middle_shown(text, PAN)
        assert_harmless(text, "error")


KEPT = {
    "3": "010000",
    "4": "000000005000",
    "7": "1121201031",
    "11": "000012",
    "37": "412345678909",  # with a right Luhn digit
    "42": "498750001234566",
    "43": "Rue de la Loi 16       Brussels     WBBE",
    "54": "1001978C0000000123451002978D000000012345",
    "60": "4021",
    "64": "1234567890123452",
    "90": "020000001211212010310000009999900000000000",
    "95": "000000005000000000000000C00000000D00000000",
    "128": "8EEA17007CD68D4D",
}


@pytest.mark.parametrize("element", KEPT)
def test_an_element_that_holds_what_it_is_for(element: str) -> None:
    """It is shown, although its digits may look like a card number."""
    fields = {"t": "0420", "2": PAN, element: KEPT[element]}
    event = e.FrameSeen("terminal", "host", fields, "none", "", 200)
    assert f'"{element}":"{KEPT[element]}"' in encode_entry(1.0, 1, TERMINAL, event).decode()


@pytest.mark.parametrize("secret", SECRETS)
def test_the_scan_finds_what_was_not_masked(secret: str) -> None:
    """Also where nobody knows the cards: the masking itself is what a journal is held against."""
    scan = SecrecyScan(None, load_keys())
    fields = {"t": "0200", "11": "000012", "48": SECRETS[secret]}
    event = e.FrameSeen("terminal", "host", fields, "none", "", 200)
    masked = encode_entry(1.0, 1, TERMINAL, event)
    assert scan.scan(masked, "half.jsonl") == []
    import msgspec

    clear = msgspec.json.encode(Entry(1.0, 1, TERMINAL, event))
    (leak,) = scan.scan(masked + b"\n" + clear, "half.jsonl")
    assert (leak.line, leak.of, leak.on_the_wire) == (2, "field 48", True)
    assert not middle_shown(str(leak), PAN)
