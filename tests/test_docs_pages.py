"""The examples of docs/own-profile.md and docs/own-dialect.md, as they stand there and in
docs/examples; and the links between the pages.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from harness import Host, simulate
from harness import events as e
from harness.crypto.mac import CmacMac
from harness.errors import ConfigError
from harness.journal import JournalReader
from harness.link_options import LinkOptions
from harness.machines import profile as profile_module
from harness.machines.host import HostSettings
from harness.machines.profile import HostProfile, TerminalProfile
from harness.machines.terminal_core import TerminalSettings
from harness.wire import dialects
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.codec import Codec
from harness.wire.dialects.base import Dialect
from harness.wire.dialects.iso1987 import Dialect1987, Message1987
from harness.wire.message import Message
from harness.wire.spec import load_spec
from harness.wire.spec_trial import fitted

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = DOCS / "examples"
LOST = "drop_response:mti=0210,nth=2"


def blocks(page: str, language: str) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert found
    return found


@pytest.fixture
def their_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The first blocks of the page in one module; the last one is a call."""
    *parts, _ = blocks("own-profile.md", "python")
    (tmp_path / "my_profiles.py").write_text("\n".join(parts))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_profiles", raising=False)
    return "my_profiles"


def test_a_profile_of_ones_own(their_module: str) -> None:
    """The hurried terminal gives a connection up sooner and is right; the other one is caught."""
    silent = ["drop_response:mti=0210,nth=1"]
    runs = {
        name: simulate(
            "few_withdrawals",
            terminals=5,
            duration="10m",
            faults=silent,
            terminal_profile=f"{their_module}:{name}",
        )
        for name in ("hurried", "stubborn")
    }
    assert runs["hurried"].passed, runs["hurried"]
    assert runs["stubborn"].outcome == "fail"


def test_a_host_profile_of_ones_own(their_module: str) -> None:
    """The slow host takes its time, and all is well."""
    verdict = simulate(
        "few_withdrawals", terminals=5, duration="10m", host_profile=f"{their_module}:slow"
    )
    assert verdict.passed, verdict


@pytest.mark.parametrize(("language", "name"), [("toml", "mine.toml"), ("json", "mine.json")])
def test_a_specification_as_a_difference(tmp_path: Path, language: str, name: str) -> None:
    """It differs as the page says, and an evening is played over it."""
    path = tmp_path / name
    path.write_text(blocks("own-dialect.md", language)[0])
    spec = load_spec(str(path))
    assert (spec["41"]["max_len"], spec["48"]["max_len"]) == (16, 255)
    link = LinkOptions(spec=str(path))
    verdict = simulate("few_withdrawals", terminals=3, duration="10m", link=link)
    assert verdict.passed, verdict


def test_our_host_takes_it(tmp_path: Path) -> None:
    """Refused or not is known before anything runs."""
    path = tmp_path / "mine.toml"
    path.write_text(blocks("own-dialect.md", "toml")[0])
    Host(spec=str(path))


def test_the_file_of_profiles_is_the_page() -> None:
    """docs/examples/my_profiles.py has the blocks of the page, and nothing else."""
    *parts, _ = blocks("own-profile.md", "python")
    assert (EXAMPLES / "my_profiles.py").read_text() == "\n\n".join(
        part.strip("\n") + "\n" for part in parts
    )


@pytest.mark.parametrize("kind", [TerminalProfile, HostProfile])
def test_a_setting_that_does_not_exist_is_the_users_mistake(
    kind: type[TerminalProfile] | type[HostProfile],
) -> None:
    """With the nearest right one, before the run begins."""
    wrong, right = ("answr", "answer") if kind is HostProfile else ("pin_trys", "pin_tries")
    profile = kind(name="mine", summary="", settings={wrong: 1})
    usual = HostSettings() if kind is HostProfile else TerminalSettings(first_stan=1)
    with pytest.raises(ConfigError, match=wrong) as refused:
        profile.settings_over(usual)  # type: ignore[arg-type]
    assert "mine" in refused.value.place
    assert right in refused.value.remedy


def test_what_stays_is_there() -> None:
    """Whoever renames one of these breaks the profiles of other people."""
    page = (DOCS / "own-profile.md").read_text().partition("## What stays")[2].partition(" and ")[0]
    names = re.findall(r"`(\w+)`", page)
    assert len(names) >= 3
    assert [name for name in names if not hasattr(profile_module, name)] == []


def test_withdrawals_with_the_longer_specification(tmp_path: Path) -> None:
    """Answered, unanswered and reversed; every frame is read and has a right MAC."""
    journal = tmp_path / "own.jsonl"
    link = LinkOptions(spec=str(EXAMPLES / "my_spec.toml"))
    verdict = simulate("few_withdrawals", terminals=2, faults=[LOST], link=link, journal=journal)
    assert verdict.passed, verdict
    assert verdict.totals.approved > 0
    assert verdict.totals.reversals > 0
    frames = frames_of(journal)
    assert {frame.mac for frame in frames} == {"good"}
    assert {frame.fields["h"] for frame in frames} == {"6000010002"}
    assert not any("60" in frame.fields for frame in frames)


def frames_of(journal: Path) -> list[e.FrameSeen]:
    happened: list[e.Event] = [entry.event for entry in JournalReader(journal)]
    return [event for event in happened if isinstance(event, e.FrameSeen)]


REFUSED = re.findall(
    r"^\| `(\{.*\})` \| (.*) \|$", (DOCS / "own-dialect.md").read_text(), re.MULTILINE
)


def test_the_table_of_refusals_is_found() -> None:
    """Else the test below would have nothing to try."""
    assert len(REFUSED) >= 10


@pytest.mark.parametrize(("difference", "said"), REFUSED)
def test_what_the_page_says_is_refused(difference: str, said: str, tmp_path: Path) -> None:
    """With the words that stand beside it."""
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"base": "iso87-ascii", **json.loads(difference)}))
    with pytest.raises(ConfigError) as refused:
        tried(path)
    assert said in f"{refused.value.place}: {refused.value.problem}"


def tried(path: Path) -> None:
    """What is looked at before a run with a MAC begins."""
    spec = load_spec(str(path))
    fitted(spec, Dialect1987(), place=str(path))
    AuthenticatedCodec(Codec(spec), CmacMac(bytes(16)))


@pytest.fixture
def beside_the_examples(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The folder of the examples is the current one, and what they enter anywhere is gone after."""
    monkeypatch.chdir(EXAMPLES)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    known = dict(dialects.DIALECTS)
    yield
    dialects.DIALECTS.clear()
    dialects.DIALECTS.update(known)
    sys.modules.pop("my_dialect", None)


@pytest.mark.usefixtures("beside_the_examples")
def test_withdrawals_in_the_example_of_a_dialect(tmp_path: Path) -> None:
    """It differs where it says, and nowhere else."""
    import_module("my_dialect")
    journal = tmp_path / "own.jsonl"
    link = LinkOptions(dialect="mynet")
    verdict = simulate("few_withdrawals", terminals=2, faults=[LOST], link=link, journal=journal)
    assert verdict.passed, verdict
    assert verdict.totals.reversals == verdict.totals.acknowledged > 0
    seen = [frame.fields for frame in frames_of(journal)]
    assert {x["70"] for x in seen if x["t"] == "0800"} >= {"061"}
    assert not {x["70"] for x in seen if "70" in x} & {"001", "301"}
    assert {(x["61"], x.get("60")) for x in seen if x["t"] == "0420"} == {("4021", None)}


@pytest.mark.e2e
def test_the_example_of_a_dialect_is_a_command(tmp_path: Path) -> None:
    """As the page calls it; without the module there is no such dialect."""
    command = ["run", "few_withdrawals", "--terminals", "2", "--dialect", "mynet"]
    done = started(tmp_path, str(EXAMPLES / "my_dialect.py"), *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS" in done.stdout
    assert started(tmp_path, "-m", "harness", *command).returncode == 2


def started(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python with those words, in that folder."""
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=180
    )


def _abstract(kind: type) -> set[str]:
    """The names of the members that a subclass has to have."""
    return {
        name
        for name, member in vars(kind).items()
        if "raise NotImplementedError" in _source(getattr(member, "fget", member))
    }


def _source(member: object) -> str:
    return inspect.getsource(member) if inspect.isfunction(member) else ""


@pytest.mark.parametrize("kind", [Message, Dialect])
def test_the_page_names_all_that_a_dialect_has_to_have(kind: type) -> None:
    """Members without which the base raises, and the names of the codes."""
    page = (DOCS / "own-dialect.md").read_text().partition("## Another dialect")[2]
    needed = _abstract(kind) | set(Message1987.CODES)
    assert len(needed) > len(Message1987.CODES) + 5
    assert {name for name in needed if not re.search(rf"`(\w+\.)?{name}`", page)} == set()


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_between_pages_lead_somewhere(page: str) -> None:
    """Each file that a page names in a link is there, and the README leads to each page."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (DOCS / page).read_text())
    assert [link for link in links if not (DOCS / link).exists()] == []
    assert f"(docs/{page})" in (DOCS.parent / "README.md").read_text()
