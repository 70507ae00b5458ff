"""Judging a recorded run again: the journal alone decides, nothing is remembered from the run.

The entries go through the same checks as they did then, and the file's own lines through the
scan for secrets (S3), with the cards that the header's population regenerates. A journal that
is cut off is read up to there, and its verdict is INVALID.
"""

from __future__ import annotations

from pathlib import Path

from harness.checks.judge import Judge, Verdict
from harness.checks.secrecy import SecrecyScan
from harness.crypto.keys import load_keys
from harness.journal import Header, JournalReader
from harness.people import Population

KEYS = "test"


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


def scan_journal(path: Path, header: Header, judge: Judge) -> None:
    """Look for secrets in every line of the file and tell the judge (S3). A header without a
    population names no cards, and then there is nothing to look for.
    """
    if not header.population:
        return
    keys = load_keys(KEYS)
    population = Population.from_description(header.population, keys.token)
    scan = SecrecyScan(population, keys, terminals=max(1, header.terminals))
    with path.open("rb") as lines:
        scan.scan_lines(lines, path.name)
    judge.secrecy(scan.scanned, [str(leak) for leak in scan.leaks])
