"""The message ladder: what one machine did on the left, what passed on the wire on the right.

    00:10:31.204  screen: please wait                  |                               |
    00:10:31.207                                       |--- 0200 withdrawal 000012 --->|

An arrow that ends in 'x' is a frame that never arrived; one with dots left or arrived alone,
because it took its time. Beneath a frame stand its fields, named and masked. Runs of network
messages are drawn as one line. At most 100 columns wide; it fits 80, and 60 with shorter arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from rich.text import Text

from harness import events as e
from harness.report.event_text import frame_label, style_of, words
from harness.report.silence import Silence
from harness.report.story import Step
from harness.units import format_clock
from harness.wire.message import Message

WIDEST = 100
_NARROWEST = 60
_TIME = 14


def ladder(steps: Iterable[Step], *, width: int = WIDEST, fields: bool = True) -> Iterator[Text]:
    """The lines of a ladder, at most `width` wide (which is taken as 60 to 100). `fields` is
    whether the elements of a frame are shown beneath it.
    """
    width = max(_NARROWEST, min(width, WIDEST))
    lane = 24 if width < 80 else 32 if width < 90 else 40
    left = width - _TIME - lane - 1
    drawing = _Drawing(left, lane, width)
    yield drawing.head()
    for step in _quiet(steps):
        if isinstance(step, str):
            yield from drawing.pause(step)
        elif isinstance(step.event, e.FrameSeen) and step.message is not None:
            yield drawing.frame(step, step.event, step.message)
            if fields and not step.message.is_network_management:
                yield from drawing.fields(step.event, step.message)
        else:
            yield from drawing.event(step)


def _quiet(steps: Iterable[Step]) -> Iterator[Step | str]:
    """Put more than two network messages in a row into one remark."""
    run: list[Step] = []
    for step in steps:
        if isinstance(step.event, e.FrameSeen) and _is_network(step.message):
            run.append(step)
            continue
        yield from _folded(run)
        run = []
        yield step
    yield from _folded(run)


def _is_network(message: Message | None) -> bool:
    return message is not None and message.is_network_management


def _folded(run: list[Step]) -> Iterator[Step | str]:
    if len(run) <= 2:
        yield from run
        return
    lost = sum(step.fate == "lost" for step in run)
    tail = f", {lost} of them lost" if lost else ""
    yield f"{len(run)} network messages from {format_clock(run[0].at)} to " + (
        f"{format_clock(run[-1].at)}{tail}"
    )


def _clock(at: float) -> str:
    millis = round(at * 1000)
    return f"{format_clock(millis // 1000)}.{millis % 1000:03d}"


class _Drawing:
    """Draws rows of three columns: the time, the machine, and the wire to the host."""

    def __init__(self, left: int, lane: int, width: int) -> None:
        self._left = left
        self._lane = lane
        self._width = width

    def head(self) -> Text:
        lane = f"terminal{'host':>{self._lane - 8}}"
        return Text(f"{'time':<{_TIME}}{'at the machine':<{self._left}}{lane}", style="bold")

    def _row(self, time: str, said: str, lane: str, style: str, lane_style: str = "dim") -> Text:
        row = Text(f"{time:<{_TIME}}", style="dim")
        row.append(f"{said:<{self._left}}", style=style)
        row.append(lane, style=lane_style)
        return row

    def _empty(self) -> str:
        return f"|{'':{self._lane - 2}}|"

    def event(self, step: Step) -> Iterator[Text]:
        if isinstance(step.event, Silence):
            style, said = "bold red", step.event.words
        else:
            style, said = style_of(step.event), words(step.event, step.message)
        lines = wrap(said, self._left - 1, subsequent_indent="  ") or [""]
        for number, line in enumerate(lines):
            time = _clock(step.at) if number == 0 else ""
            yield self._row(time, line, self._empty(), style)

    def frame(self, step: Step, event: e.FrameSeen, message: Message) -> Text:
        room = self._lane - 10
        if event.problem:
            label = f" undecodable, {event.size} bytes "
        elif event.mac == "bad":
            label = f" BAD MAC {frame_label(message, room - 8)} "
        else:
            label = f" {frame_label(message, room)} "
        arrow = _arrow(label, self._lane - 2, event, step.fate)
        lost = step.fate == "lost" or event.mac == "bad" or bool(event.problem)
        return self._row(_clock(step.at), "", f"|{arrow}|", "", "bold red" if lost else "green")

    def fields(self, event: e.FrameSeen, message: Message) -> Iterator[Text]:
        parts = [
            f"{number} {name}: {value}".replace(" ", "\u00a0")
            for number, name, value in message.described()
        ]
        text = " · ".join(parts) or event.problem
        for line in wrap(text, self._width - _TIME - 2, break_on_hyphens=False):
            yield Text(" " * (_TIME + 2) + line.replace("\u00a0", " "), style="dim")

    def pause(self, remark: str) -> Iterator[Text]:
        for line in wrap(f"... {remark}", self._width - _TIME, subsequent_indent="    "):
            yield Text(f"{'':{_TIME}}{line}", style="dim italic")


def _arrow(label: str, room: int, event: e.FrameSeen, fate: str) -> str:
    """The arrow of a frame, `room` characters long, drawn from the sender to the receiver."""
    to_host = event.to == "host"
    rest = room - len(label)
    before, after = rest // 2, rest - rest // 2
    start, end = "-" * before, "-" * (after - 1) + ">"
    if fate == "lost":
        end = "-" * (after - 3) + "x  "
    elif fate == "leaves":
        end = "-" * (after - 3) + "..."
    elif fate == "arrives":
        start = "..." + "-" * (before - 3)
    if to_host:
        return start + label + end
    return end[::-1].replace(">", "<") + label + start[::-1]
