"""Did a change of the code leave the behaviour as it was? Compares the journals of simulated runs.

    python -m benchmarks.same_journals write before.json     # on the code before the change
    python -m benchmarks.same_journals check before.json     # after it; exit 1 names what differs

A run is started as a user starts it, so that the comparison survives any change of modules and
names. Of each run four things are hashed: the journal's lines behind its header, the header, the
verdict's JSON, and the exit code. The header and the JSON may change by intent (a field that gets
another name): `check` counts such differences and fails only for the lines and the exit code,
unless `--strict` is given.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
SEEDS = range(1, 11)
TEN_SEEDS = {
    "ordinary_evening": (),
    "national_freeze": ("--terminals", "100"),
    "shaky_power": (),
    "noisy_line": (),
    "host_pair": (),
}
"""The runs that every rebuilding of the inside has to leave alone, with ten seeds each."""

Hashes = dict[str, str]


def runs() -> Iterator[tuple[str, list[str]]]:
    """The name of each run, and the words behind `harness run` that start it."""
    for scenario, flags in TEN_SEEDS.items():
        for seed in SEEDS:
            yield f"{scenario} seed {seed}", [scenario, "--seed", str(seed), *flags]
    for path in sorted((ROOT / "fixtures" / "scenarios").glob("*.toml")):
        if path.stem not in TEN_SEEDS:
            yield f"{path.stem} seed 1", [path.stem, "--seed", "1"]


def hashes_of(words: list[str]) -> Hashes:
    """One run in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        journal, report = Path(home, "run.jsonl"), Path(home, "verdict.json")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "harness", "run", *words, "--quiet"),
                *("--journal", str(journal), "--json", str(report)),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        lines = hashlib.sha256()
        with journal.open("rb") as file:
            header = file.readline()
            for line in file:
                lines.update(line)
        return {
            "lines": lines.hexdigest(),
            "header": hashlib.sha256(header.replace(home.encode(), b"HOME")).hexdigest(),
            "verdict": hashlib.sha256(
                report.read_bytes().replace(home.encode(), b"HOME")
            ).hexdigest(),
            "exit": str(done.returncode),
        }


def all_hashes(processes: int, only: str) -> dict[str, Hashes]:
    chosen = [(name, words) for name, words in runs() if only in name]
    with ThreadPoolExecutor(processes) as pool:
        found = pool.map(hashes_of, [words for _, words in chosen])
        return dict(zip((name for name, _ in chosen), found, strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=("write", "check"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", default="", help="runs whose name holds this text")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--strict", action="store_true", help="header and JSON have to agree too")
    asked = parser.parse_args()
    now = all_hashes(asked.processes, asked.only)
    if asked.what == "write":
        asked.file.write_text(json.dumps(now, indent=1) + "\n")
        print(f"{len(now)} runs written to {asked.file}")
        return 0
    before: dict[str, Hashes] = json.loads(asked.file.read_text())
    broken = 0
    for name, found in now.items():
        differs = [part for part, value in before[name].items() if found[part] != value]
        fatal = asked.strict or "lines" in differs or "exit" in differs
        if differs and fatal:
            broken += 1
            print(f"{name}: {', '.join(differs)}")
    other = sum(now[name]["header"] != before[name]["header"] for name in now)
    print(f"{len(now)} runs compared, {broken} differ; {other} headers have changed")
    return 1 if broken or not now else 0


if __name__ == "__main__":
    sys.exit(main())
