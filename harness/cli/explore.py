"""`harness explore [SCENARIO]`: search for what breaks, shrink it, keep it as a case."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from harness.cli.conclusion import tell
from harness.cli.option_groups import AllowProfiles
from harness.cli.run_and_report import RUNS, check_writable, fresh_name
from harness.errors import ConfigError, EnvironmentTrouble, HarnessError, LocalProtocolError
from harness.exit_codes import ALL_HOLDS, FAILED, INTERRUPTED, PROVES_NOTHING
from harness.explore.case import Case, Found, as_found, shrunk, write_case
from harness.explore.coverage import tables_of
from harness.explore.ground import differences, ground
from harness.explore.random_search import Search, chunk_for, plan_to_search
from harness.explore.runner import Runner, Schedule
from harness.explore.search import Tally, draw_many, try_all
from harness.explore.unreachable_cells import UNREACHABLE, disproved
from harness.explore.usual_search import FIRST, usual_search
from harness.plan import profiles_of
from harness.profiles import check_shipped
from harness.report.case import print_case
from harness.report.coverage import print_pairs, print_table
from harness.report.screen import Screen
from harness.report.search_progress import SearchView, print_tally
from harness.scenario import load_scenario
from harness.units import parse_duration
from harness.value_ranges import MOST_SEED, MOST_TERMINALS

USUAL_RUNS = 2000
MOST_JOBS = 1024  # processes: more than there are cores in one machine
_STORY = 80  # lines of the first case's ladder


def explore(
    scenario: Annotated[
        str | None,
        typer.Argument(help="A shipped scenario, its id, or a TOML file; else several in turn."),
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=1, help=f"So many runs that count; else {USUAL_RUNS:,}.")
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="So long, such as 60s, instead of --runs.")
    ] = None,
    exhaustive: Annotated[
        int | None,
        typer.Option(min=1, max=2, help="Every fault, or every pair, in one withdrawal."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=MOST_SEED, help="Which search: equal seeds find the same.")
    ] = 1,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=MOST_JOBS, help="Processes; else one per core.")
    ] = None,
    budget: Annotated[int, typer.Option(min=1, max=64, help="At most so many faults a run.")] = 4,
    terminals: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_TERMINALS, help="Instead of as many as the scenario says."),
    ] = None,
    terminal_profile: Annotated[
        str | None, typer.Option(help="A shipped terminal, or your module:attribute.")
    ] = None,
    host_profile: Annotated[
        str | None, typer.Option(help="A shipped host, or your module:attribute.")
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Tell which cells of the machines were exercised.")
    ] = False,
    blind: Annotated[
        bool,
        typer.Option("--blind", help="Draw each run anew, and vary none that reached something."),
    ] = False,
    ground_number: Annotated[
        int,
        typer.Option("--ground", min=0, help=f"Other settings, by number; of {FIRST} or yours."),
    ] = 0,
    cases: Annotated[Path, typer.Option(help="The directory where the cases go.")] = RUNS,
    allow_profiles: AllowProfiles = False,
) -> int:
    """Search for faults that break an invariant; shrink, explain and keep what is found."""
    if sum(given is not None for given in (runs, duration, exhaustive)) > 1:
        raise ConfigError(
            "--runs, --for and --exhaustive exclude each other",
            place="explore",
            remedy="leave all of them out but one",
        )
    chosen = load_scenario(scenario or FIRST)
    if not allow_profiles:
        named = profiles_of(chosen, terminal_profile, host_profile)
        check_shipped(named, place=scenario or "explore", allow="--allow-profiles")
    on_ground = ground(chosen, ground_number, seed)
    machines: dict[str, Any] = {
        "terminals": terminals,
        "terminal_profile": terminal_profile,
        "host_profile": host_profile,
    }
    if scenario or ground_number or exhaustive:
        search = Search(plan_to_search(on_ground, seed=seed, **machines), seed)
    else:
        search = usual_search(seed=seed, **machines)
    Runner(search.plan).run(())  # a mistake in it is told here, and not by every process
    check_writable(cases)  # where they go is found out now, and not at the end
    console = Screen()
    for told in differences(chosen, on_ground):
        console.print(f"ground {ground_number}: {told}", highlight=False, soft_wrap=True)
    workers = jobs or os.cpu_count() or 1
    seconds = parse_duration(duration, place="--for") if duration is not None else None
    wanted = None if duration is not None or exhaustive is not None else runs or USUAL_RUNS
    search = msgspec.structs.replace(
        search,
        budget=budget,
        coverage=coverage,
        chunk=chunk_for(search.plan, wanted, guided=not blind),
        guided=not blind,
    )
    with SearchView(console, wanted=wanted, seconds=seconds) as view:
        if exhaustive is not None:
            tally = try_all(search.plan, exhaustive, workers, view, coverage=coverage)
        else:
            tally = _draw(search, workers, view, wanted, seconds or 0.0)
    return _report(console, tally, view.elapsed, cases)


def _draw(
    search: Search, workers: int, view: SearchView, wanted: int | None, seconds: float
) -> Tally:
    """Draw runs until so many count, or, where no number is wanted, for so many seconds."""

    def over(tally: Tally) -> bool:
        return tally.runs >= wanted if wanted is not None else view.elapsed >= seconds

    return draw_many(search, workers, over, view)


def _report(console: Console, tally: Tally, seconds: float, where: Path) -> int:
    """Tell what was run and found; the exit code."""
    print_tally(console, tally, seconds)
    wrong = _coverage(console, tally) if tally.search.coverage else 0
    kept = _keep(console, tally, where)
    console.print()
    if kept.cases:
        what = "a case" if kept.cases == 1 else f"{kept.cases} cases"
        console.print(Text(f"FOUND  {what}, breaking {', '.join(kept.broken)}", style="bold red"))
    unkept = isinstance(kept.trouble, EnvironmentTrouble) and kept.trouble
    if unkept and not tally.interrupted:
        tell(f"environment: {unkept}")
        return FAILED  # it stands, with or without a file
    if tally.trouble:
        raise EnvironmentTrouble(f"{tally.trouble}; what it had found by then is above")
    if kept.trouble is not None:
        raise kept.trouble
    if tally.interrupted:
        return INTERRUPTED
    if kept.cases:
        return FAILED
    if wrong:
        what = "a cell is" if wrong == 1 else f"{wrong} cells are"
        console.print(Text(f"FAIL  {what} marked unreachable wrongly", style="bold red"))
        return FAILED
    if not tally.runs:
        console.print(Text("INVALID  no fault took effect in any run", style="bold yellow"))
        return PROVES_NOTHING
    if tally.untried:
        what = f"{', '.join(tally.untried)} had nothing to judge in any run"
        console.print(Text(f"INVALID  {what}", style="bold yellow"))
        return PROVES_NOTHING
    console.print(Text(f"NOTHING FOUND  in {tally.runs:,} runs", style="bold green"))
    return ALL_HOLDS


class _Kept:
    """What became of the failures: so many `cases`, which are `broken`; the first `trouble` that
    one of them made, if any did.
    """

    def __init__(self) -> None:
        self.cases = 0
        self.broken: dict[str, None] = {}
        self.trouble: HarnessError | None = None


def _keep(console: Console, tally: Tally, where: Path) -> _Kept:
    """Shrink, explain and keep what was found, one after the other. What Ctrl-C leaves is kept as
    it was found, what cannot be written is told all the same, and of a failure that does not come
    again the others do not suffer.
    """
    runner = Runner(tally.search.evenings)
    seen: dict[tuple[int, Schedule], None] = {}
    kept = _Kept()
    for found in tally.found.values():
        try:
            case = _as_small_as_it_gets(runner, found, tally)
        except LocalProtocolError as trouble:
            console.print()
            console.print(Text(f"  {trouble}", style="bold red"))
            kept.trouble = kept.trouble or trouble
            continue
        kept.broken[case.broken.invariant] = None
        key = case.plan.seed, case.schedule
        if key in seen:
            continue  # it has been told with that case
        seen[key] = None
        name = f"case-{case.broken.invariant}-{case.broken.phase.split()[0]}".lower()
        path = fresh_name(where, name, ".json")
        try:
            write_case(case, path)
        except EnvironmentTrouble as trouble:
            kept.trouble = kept.trouble or trouble
        console.print()
        print_case(console, case, path, lines=0 if kept.cases else _STORY)
        kept.cases += 1
    return kept


def _as_small_as_it_gets(runner: Runner, found: Found, tally: Tally) -> Case:
    if not tally.interrupted:
        try:
            return shrunk(runner, found)
        except KeyboardInterrupt:
            tally.interrupted = True
    return as_found(runner, found)


def _coverage(console: Console, tally: Tally) -> int:
    """Tell what was exercised; how many cells prove their mark wrong."""
    wrong = []
    for name, cells in tables_of(tally.search.plan).items():
        print_table(console, name, cells, tally.met)
        wrong += disproved(cells, tally.met)
    print_pairs(console, tally.pairs)
    for cell in wrong:
        console.print(
            f"  {cell.state} x {cell.event} is marked unreachable and was reached "
            f"{tally.met[cell]:,} times: it is not so that {UNREACHABLE[cell]}",
            style="red",
        )
    return len(wrong)
