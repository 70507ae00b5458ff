"""Judges a recorded run again, from its journal alone.

The entries go through the same checks as during the run, and the lines of the file through the scan
for secrets (S3), with the cards that the population in the header makes again. A journal that is
cut off is read up to that point, and its verdict is INVALID.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from harness import events as e
from harness.cards import population_of
from harness.checks.base import HOST, Failure
from harness.checks.judge import NETWORK_AT_HOST, Judge
from harness.checks.secrecy import SecrecyScan
from harness.checks.verdict import Verdict
from harness.crypto.keys import load_keys
from harness.errors import ConfigError
from harness.journal import Entry, Header, JournalReader
from harness.report.json_report import verdict_json
from harness.report.junit import junit_xml


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
    scan_journal(path, reader.header, judge)
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
    judge = Judge(header)
    ends = []
    lasts: dict[Path, float] = {}
    for entry in _merged(readers, header.origin, lasts):
        if isinstance(entry.event, e.RunEnded):
            ends.append(entry)
        else:
            judge.see(entry.at, entry.actor, entry.event)
    hows = [getattr(entry.event, "how", "") for entry in ends]
    cut = "; ".join(f"{reader.path}: {reader.cut}" for reader in readers if reader.cut)
    how = next((how for how in ("interrupted", "open") if how in hows), "quiet")
    if ends:
        judge.see(ends[-1].at, "RUN", e.RunEnded(how))
    for path in paths:
        scan_journal(path, header, judge)
    until = min((lasts.get(reader.path, 0.0) for reader in readers if reader.cut), default=None)
    return judge.verdict(cut=cut, until=until, interrupted=how == "interrupted"), header


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


def _merged(
    readers: Sequence[JournalReader], origin: float, lasts: dict[Path, float]
) -> Iterator[Entry]:
    """All entries in order of time. What one of them recorded at its socket in place of the other
    is left out, as the other's own journal has it. `lasts` gets when each journal ends.
    """

    def shifted(rank: int, reader: JournalReader) -> Iterator[tuple[float, int, int, Entry]]:
        by = (reader.header.origin - origin) * reader.header.speed
        far = reader.header.mode == "host"
        for entry in reader:
            lasts[reader.path] = entry.at + by
            if not (_of_the_terminals_own if far else _of_the_hosts_own)(entry.event):
                at = entry.at + by
                still = far and isinstance(entry.event, e.HarnessStoodStill)
                actor = HOST if still else entry.actor  # whose process the other one is here
                yield at, rank, entry.seq, msgspec.structs.replace(entry, at=at, actor=actor)

    streams = [shifted(rank, reader) for rank, reader in enumerate(readers)]
    for *_, entry in heapq.merge(*streams, key=lambda item: item[:3]):
        yield entry


def _of_the_terminals_own(event: e.Event) -> bool:
    """Is it about what the terminals' journal knows better: their end of the link, and how late
    their own process was? A host's process that is late, or frozen, excuses no terminal.
    """
    if isinstance(event, e.FrameSeen):
        return event.end == "terminal"
    return isinstance(event, e.LinkOpened | e.LinkClosed | e.LagMeasured)


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
    found = tuple(Failure("S3", 0.0, "RUN", f"a secret got out: {leak}") for leak in leaks)
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
    with path.open("rb") as lines:
        scan.scan_lines(lines, path.name)
    alone = header.mode in ("host", "terminals")
    leaks, unmasked = scan.apart if alone else ([str(leak) for leak in scan.leaks], [])
    judge.secrecy(scan.scanned, leaks, unmasked)
