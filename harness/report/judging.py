"""Judging a recorded run again: the journal alone decides, nothing is remembered from the run.

The entries go through the same checks as they did then, and the file's own lines through the
scan for secrets (S3), with the cards that the header's population regenerates. A journal that
is cut off is read up to there, and its verdict is INVALID.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.cards import population_of
from harness.checks.base import Failure
from harness.checks.judge import Judge, Verdict
from harness.checks.secrecy import SecrecyScan
from harness.crypto.keys import load_keys
from harness.journal import Header, JournalReader
from harness.report.machine import junit_xml, verdict_json


def judge_journal(path: Path) -> tuple[Verdict, Header]:
    """The verdict over a journal, with the header it was judged by.

    Raises:
        ConfigError: no such file, or not a journal.
    """
    reader = JournalReader(path)
    judge = Judge(reader.header)
    ended = ""
    for entry in reader:
        judge.see(entry.at, entry.actor, entry.event)
        ended = getattr(entry.event, "how", "") if type(entry.event).__name__ == "RunEnded" else ""
    scan_journal(path, reader.header, judge)
    return judge.verdict(cut=reader.cut, interrupted=ended == "interrupted"), reader.header


def reports_scanned(verdict: Verdict, header: Header) -> Verdict:
    """The verdict, with S3 broken if its own reports (JSON, JUnit, and the words that the console
    prints, which are the same) would give a secret away.
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
    keys = load_keys(header.keys)
    population = population_of(header.population, keys.token)
    return SecrecyScan(population, keys, terminals=max(1, header.terminals))


def scan_journal(path: Path, header: Header, judge: Judge) -> None:
    """Look for secrets in every line of the file and tell the judge (S3). A header without a
    population names no cards, and then there is nothing to look for.
    """
    if not header.population:
        return
    scan = _scan_of(header)
    with path.open("rb") as lines:
        scan.scan_lines(lines, path.name)
    judge.secrecy(scan.scanned, [str(leak) for leak in scan.leaks])
