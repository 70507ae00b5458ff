"""Judges a recorded run again, from its journal alone.

The entries go through the same checks as during the run, and the lines of the file through the scan
for secrets (S3), with the cards that the population in the header makes again. A journal that is
cut off is read up to that point, and its verdict is INVALID.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from harness import events as e
from harness.cards import population_of
from harness.checks.base import Failure
from harness.checks.judge import KILLED, NETWORK_AT_HOST, Judge, dialect_of
from harness.checks.observed import Observed
from harness.checks.secrecy import SCAN, SecrecyScan
from harness.checks.verdict import Verdict
from harness.crypto.keys import load_keys
from harness.errors import ConfigError
from harness.input_files import open_journal, whole_lines
from harness.journal import Entry, Header, JournalReader
from harness.report.json_report import verdict_json
from harness.report.junit import junit_xml
from harness.wire.dialects.base import Dialect
from harness.wire.identity import TransactionId
from harness.wire.message import REQUESTS


def judge_journal(path: Path) -> tuple[Verdict, Header]:
    """The verdict on a journal, and the header by which it was judged.

    Raises:
        ConfigError: there is no such file, or it is not a journal.
    """
    reader = JournalReader(path)
    judge = Judge(reader.header)
    ended = ""
    for entry in reader:
        judge.see(entry.at, entry.actor, entry.event)
        ended = getattr(entry.event, "how", "") if type(entry.event).__name__ == "RunEnded" else ""
    judge.without(SCAN, partial(scan_journal, path, reader.header, judge))
    return judge.verdict(cut=reader.cut, interrupted=ended == "interrupted"), reader.header


def judge_together(paths: Sequence[Path]) -> tuple[Verdict, Header]:
    """One verdict over the journals of a standalone host and of standalone terminals that served
    each other, by the evidence of both. One journal is judged by itself.

    Raises:
        ConfigError: not a journal, or not one host's and terminals' journals of the same speed.
    """
    if len(paths) == 1:
        return judge_journal(paths[0])
    readers = [JournalReader(path) for path in paths]
    header = _both(readers)
    observed = Observed(host=False, terminals=False)
    judge = Judge(header, observed)
    ends: dict[str, Entry] = {}  # by half: of its last process, where that has ended
    halves = [_Half(reader, header) for reader in readers]
    meeting = _Meeting(dialect_of(header))
    for at, half, entry in _merged(halves):
        if entry is None:
            observed.set(half.mode, at, there=True)
            continue
        meeting.see(entry.event)
        over = isinstance(entry.event, e.RunEnded)
        observed.set(half.mode, at, there=not over)
        if _host_was_killed(entry.event):
            observed.host_lives(at, lives=False)
        if half.mode == "terminals":
            observed.until = entry.at if over else float("inf")
        if over:
            ends[half.mode] = entry
        else:
            ends.pop(half.mode, None)
            judge.see(entry.at, entry.actor, entry.event)
    if meeting.never_met:
        raise ConfigError(
            "the host was asked for nothing that the terminals asked for: these journals do not "
            "belong together",
            place=" ".join(str(reader.path) for reader in readers),
            remedy="a switch between them that gives STANs or an acquirer of its own (DE 11, 32)? "
            "Then judge each by itself",
        )
    hows = [getattr(entry.event, "how", "") for entry in ends.values()]
    cut = "; ".join(f"{half.path}: {half.cut}" for half in halves if half.cut)
    how = next((how for how in ("interrupted", "open") if how in hows), "quiet")
    if ends:
        judge.see(max(entry.at for entry in ends.values()), e.RUN, e.RunEnded(how))
    for path in paths:
        judge.without(SCAN, partial(scan_journal, path, header, judge))
    until = min((half.last for half in halves if half.cut), default=None)
    return judge.verdict(cut=cut, until=until, interrupted=how == "interrupted"), header


def _host_was_killed(event: e.Event) -> bool:
    """Did a process of the host write its last entry then?"""
    return isinstance(event, e.HostCrashed) and event.phase == KILLED


class _Meeting:
    """Do the requests that came to the host have the names that the terminals gave them? Once one
    of them has, nothing more is looked at.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._named: dict[str, set[TransactionId]] = {"terminal": set(), "host": set()}
        self._met = False

    def see(self, event: e.Event) -> None:
        """An entry of either journal."""
        if self._met or not isinstance(event, e.FrameSeen) or event.to != "host":
            return
        message = self._dialect.read(event.fields)
        if message.kind in REQUESTS:
            other = "host" if event.end == "terminal" else "terminal"
            self._met = message.identity in self._named[other]
            self._named[event.end].add(message.identity)

    @property
    def never_met(self) -> bool:
        """Both have requests, and none in common."""
        return not self._met and all(self._named.values())


def _both(readers: Sequence[JournalReader]) -> Header:
    """One header for both: bounds and cards are the terminals', and all faults count."""
    modes = sorted(reader.header.mode for reader in readers)
    if modes != ["host", "terminals"]:
        raise ConfigError(
            f"journals of {' and '.join(modes)} are not those of one host and its terminals",
            place=" ".join(str(reader.path) for reader in readers),
            remedy="give one that 'harness host' wrote, and one of 'harness terminals'",
        )
    by_mode = {reader.header.mode: reader.header for reader in readers}
    host, terminals = by_mode["host"], by_mode["terminals"]
    for name, of_host, of_terminals in (
        ("speed", host.speed, terminals.speed),
        ("spec", host.link.spec, terminals.link.spec),
        ("dialect", host.link.dialect, terminals.link.dialect),
        ("framing", host.link.framing, terminals.link.framing),
    ):
        if of_host != of_terminals:
            raise ConfigError(
                f"the host has {name} {of_host}, the terminals have {of_terminals}: "
                "these journals do not belong together",
                place=" ".join(str(reader.path) for reader in readers),
            )
    return msgspec.structs.replace(
        terminals,
        scenario="host and terminals",
        host_profile=host.host_profile,
        faults=terminals.faults + host.faults,
        sees=tuple(x for x in dict.fromkeys(terminals.sees + host.sees) if x != NETWORK_AT_HOST),
        origin=min(host.origin, terminals.origin),
        command="",
    )


class _Half:
    """One of two journals that are judged together, its times shifted to the origin of both.
    `last` is when its last entry was recorded, `cut` says how it is cut off ('' if it is whole).
    """

    def __init__(self, reader: JournalReader, both: Header) -> None:
        self._reader = reader
        self._by = (reader.header.origin - both.origin) * reader.header.speed
        self.mode = reader.header.mode
        self.path = reader.path
        self.last = 0.0
        self._set_back = ""

    @property
    def cut(self) -> str:
        return self._set_back or self._reader.cut

    def entries(self, rank: int) -> Iterator[tuple[float, int, int, _Half, Entry | None]]:
        """Its entries as `heapq.merge` needs them; first None, where it begins. What it recorded at
        its socket in place of the other half is left out, as the other's own journal has it.
        """
        yield self._by, rank, 0, self, None
        others = _of_the_terminals_own if self.mode == "host" else _of_the_hosts_own
        for entry in self._reader:
            event: e.Event = entry.event
            if isinstance(event, e.ClockSetBack):
                self._set_back = (
                    f"the clock was set back by {event.seconds:.0f} s at {entry.at:.0f} s: what "
                    "came after cannot be put in one order with the other journal"
                )
                return
            at = self.last = entry.at + self._by
            if not others(event):
                still = self.mode == "host" and isinstance(event, e.HarnessStoodStill)
                actor = e.HOST if still else entry.actor  # whose process the other one is here
                moved = msgspec.structs.replace(entry, at=at, actor=actor)
                yield at, rank, entry.seq, self, moved


def _merged(halves: Sequence[_Half]) -> Iterator[tuple[float, _Half, Entry | None]]:
    """All entries in order of time, with that time (run seconds); None where a half begins."""
    streams = [half.entries(rank) for rank, half in enumerate(halves)]
    for at, *_, half, entry in heapq.merge(*streams, key=lambda item: item[:3]):
        yield at, half, entry


def _of_the_terminals_own(event: e.Event) -> bool:
    """Is it about what the terminals' journal knows better: their end of the link, and how late
    their own process was? A host's process that is late, or frozen, excuses no terminal.
    """
    if isinstance(event, e.FrameSeen):
        return event.end == "terminal"
    kinds = e.LinkOpened | e.LinkClosed | e.ConnectionUsed | e.LagMeasured
    return isinstance(event, kinds)


def _of_the_hosts_own(event: e.Event) -> bool:
    """Is it about the host's end of the link, which the host's journal knows better?"""
    return isinstance(event, e.FrameSeen) and event.end == "host"


def reports_scanned(verdict: Verdict, header: Header) -> Verdict:
    """The verdict, with S3 broken if the reports of it would show a secret. The JSON and the JUnit
    report are looked at; the console prints the same words.
    """
    if not header.population:
        return verdict
    scan = _scan_of(header)
    scan.scan(verdict_json(verdict, header), "the JSON report")
    scan.scan(junit_xml(verdict, header), "the JUnit report")
    if not scan.leaks:
        return verdict
    leaks = [str(leak) for leak in scan.leaks]
    rows = tuple(
        msgspec.structs.replace(row, status="fail", failures=row.failures + len(leaks))
        if row.id == "S3"
        else row
        for row in verdict.rows
    )
    found = tuple(Failure("S3", 0.0, e.RUN, f"a secret got out: {leak}") for leak in leaks)
    return msgspec.structs.replace(
        verdict, outcome="fail", exit_code=1, rows=rows, failures=verdict.failures + found
    )


def _scan_of(header: Header) -> SecrecyScan:
    keys = load_keys(header.link.keys)
    known = bool(header.population)
    population = population_of(header.population, keys.token) if known else None
    return SecrecyScan(population, keys, terminals=max(1, header.terminals))


def scan_journal(path: Path, header: Header, judge: Judge) -> None:
    """Look for secrets in every line of the file, and tell the judge (S3). Without a population in
    the header the cards are not known: a host's alone is held against the masking.
    """
    if not header.population and header.mode != "host":
        return
    scan = _scan_of(header)
    with open_journal(path) as file:
        scan.scan_lines(whole_lines(file), path.name)
    alone = header.mode in ("host", "terminals")
    leaks, unmasked = scan.apart if alone else ([str(leak) for leak in scan.leaks], [])
    judge.secrecy(scan.scanned, leaks, unmasked)
