"""The documentation is true of this checkout: what it names is there, its commands parse, its recipes work."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import ROOT

from mcsim.__main__ import build_parser as sampler
from mcsim.command_line import UsageError
from theory.__main__ import build_parser as predictions
from validation.__main__ import build_parser as comparison

PAGES = ("README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/extending.md", "docs/results.md")
MODULES = {"mcsim": "mcsim", "mcsim-theory": "theory", "mcsim-validate": "validation"}
PARSERS = {"mcsim": sampler, "mcsim-theory": predictions, "mcsim-validate": comparison}
MOST_LINES_OF_README = 100
# Of a claim like mlp.specific-heat.
MOST_LINES_OF_A_CLAIM = 25


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Step:
    """A block of code, and where a comment before it puts it.

    action : new, append, after, replace, in, run, or nothing
    anchor : the line of the file that it comes after, or in place of
    """

    language: str
    code: str
    action: str = ""
    path: str = ""
    anchor: str = ""


_BLOCK = re.compile(
    r"(?:^<!-- (?P<action>\w+)(?: (?P<path>[^\s:]+))?(?:: (?P<anchor>[^\n]*))? -->\n)?"
    r"^```(?P<language>\w*)\n(?P<code>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


def steps(page: str) -> list[Step]:
    return [Step(**match.groupdict(default="")) for match in _BLOCK.finditer(text_of(page))]


RECIPES = steps("docs/extending.md")
MADE = {step.path for step in RECIPES if step.action == "new"} | {"mcsim/kernels/mlp_walk.py"}


def references(page: str) -> set[tuple[str, str]]:
    """Return (file, symbol) of everything written as `folder/file.py:symbol` or `folder/file`."""
    prose = _BLOCK.sub("", text_of(page))
    return set(re.findall(r"`([\w.-]+(?:/[\w.-]+)+)(?::([\w.]+))?`", prose))


def names_in(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Return what a module or class defines, with the body of what has one."""
    found: dict[str, list[ast.stmt]] = {}
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found[node.name] = node.body
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update({name.id: [] for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)})
    return found


def is_defined(path: Path, symbol: str) -> bool:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for name in symbol.split("."):
        names = names_in(body)
        if name not in names:
            return False
        body = names[name]
    return True


@pytest.mark.parametrize("page", PAGES)
def test_what_is_named_is_there(page: str) -> None:
    missing = []
    for file, symbol in sorted(references(page)):
        if file in MADE or file.startswith("out/"):
            continue
        path = ROOT / file
        if not path.exists() or (symbol and not is_defined(path, symbol)):
            missing.append(f"{file}:{symbol}" if symbol else file)
    assert missing == []


def test_a_name_that_is_not_there_is_missed() -> None:
    assert is_defined(ROOT / "mcsim/models/base.py", "Walkers.sweep")
    assert is_defined(ROOT / "mcsim/config/moves.py", "SPIN_MOVES")
    assert not is_defined(ROOT / "mcsim/models/base.py", "Walkers.sweeps")
    assert not is_defined(ROOT / "mcsim/models/base.py", "sweep")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"https?:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = (ROOT / page).parent / file if file else ROOT / page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}, target


def test_the_readme_is_one_screen_or_two() -> None:
    assert len(text_of("README.md").splitlines()) <= MOST_LINES_OF_README


def commands(page: str) -> Iterator[list[str]]:
    """Give the commands of ours in blocks for the shell and in the text, as lists of words."""
    lines = [line for step in steps(page) if step.language == "sh" for line in step.code.splitlines()]
    inline = re.findall(r"`([^`]+)`", _BLOCK.sub("", text_of(page)))
    # Two words name a command in a sentence.
    for line in [*lines, *(text for text in inline if len(text.split()) > 2)]:
        for part in re.split(r"[|>;]|&&", line):
            words = shlex.split(part, comments=True)
            if words[:2] == ["mpiexec", "-n"]:
                words = words[3:]
            if words and words[0] in PARSERS:
                yield words


@pytest.mark.parametrize("page", PAGES)
def test_commands_parse(page: str) -> None:
    for program, *words in commands(page):
        words = ["tanh" if word == "softsign" else word for word in words]
        PARSERS[program]().parse_args(words)
        files = [word for word in words if re.match(r"(scripts|mcsim|docs)/", word)]
        assert [file for file in files if not (ROOT / file).exists()] == []


def test_a_command_that_does_not_exist_is_refused() -> None:
    for program, words in (("mcsim", ["ran"]), ("mcsim-theory", ["mlp", "--bata", "2"]), ("mcsim-validate", ["run"])):
        with pytest.raises((SystemExit, UsageError)):
            PARSERS[program]().parse_args(words)


def imported_rooms(package: str) -> set[tuple[str, str]]:
    """Return (room, room that it imports from) of a package, a room being a folder or a file right under it."""
    rooms = {path.stem for path in (ROOT / package).iterdir()} - {"__init__", "__pycache__"}
    arrows = set()
    for path in (ROOT / package).rglob("*.py"):
        room = path.relative_to(ROOT / package).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}".split(".") for alias in node.names]
                arrows.update((room, name[1]) for name in names if name[0] == package and name[1] in rooms)
    return {(room, other) for room, other in arrows if other not in {room, "__init__"} and room != "__init__"}


def drawn_rooms(package: str) -> set[tuple[str, str]]:
    """Return the arrows of a package's picture."""
    section = text_of("docs/architecture.md").split(f"## {package}: ")[1].split("```")[1]
    arrows = set()
    for line in section.splitlines():
        room, _, others = (part.strip() for part in line.partition("-->"))
        arrows.update((room.replace("main", "__main__"), other.strip()) for other in others.split("&") if other)
    return arrows


@pytest.mark.parametrize("package", MODULES.values())
def test_the_picture_has_the_arrows_that_there_are(package: str) -> None:
    there, drawn = imported_rooms(package), drawn_rooms(package)
    assert drawn <= there
    reached = set(drawn)
    for _ in drawn:
        reached |= {(a, d) for a, b in reached for c, d in drawn if b == c}
    assert there - reached == set()


def test_every_block_is_code() -> None:
    for step in RECIPES:
        if step.language == "python" and step.action == "new":
            compile(step.code, step.path, "exec")


def test_a_claim_is_as_it_is_shown_and_short() -> None:
    shown = [step for step in RECIPES if step.action == "in"]
    assert [step.path for step in shown if step.code not in text_of(step.path)] == []
    assert 0 < sum(len(step.code.splitlines()) for step in shown) <= MOST_LINES_OF_A_CLAIM


def put(step: Step, folder: Path) -> None:
    """Do to a copy of the package what a comment says."""
    path = folder / step.path
    if step.action == "new":
        assert not path.exists(), step.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.code, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if step.action == "append":
        path.write_text(text + step.code, encoding="utf-8")
        return
    line = f"{step.anchor}\n"
    assert text.count(f"\n{line}") == 1, f"{step.path}: {step.anchor}"
    kept = line if step.action == "after" else ""
    path.write_text(text.replace(f"\n{line}", f"\n{kept}{step.code}"), encoding="utf-8")


def run(folder: Path, program: str, *words: str, code: int = 0) -> str:
    """Run a command in the copy and return what it prints, or complains of."""
    command = [sys.executable, "-m", MODULES[program], *words]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the package in which every recipe has been followed."""
    folder = tmp_path_factory.mktemp("extended")
    for name in (*MODULES.values(), "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for step in RECIPES:
        if step.action in {"new", "append", "after", "replace"}:
            put(step, folder)
    return folder


def test_recipes_work(extended: Path) -> None:
    """Of the activation the theory's half, of the move what a configuration may say: loops take long to compile."""
    assert "softsign" in run(extended, "mcsim-theory", "mlp", "--activation", "softsign", "--beta", "2")
    assert '"random-walk"' in run(extended, "mcsim", "schema")
    told = {
        " ".join(words): run(extended, program, *words)
        for step in RECIPES
        if step.action == "run"
        for program, *words in map(shlex.split, step.code.splitlines())
    }
    assert "Hopfield, 4 patterns" in told["info out/hopfield"]
    refused = run(extended, "mcsim-validate", "report", "out/hopfield", "--out", "out/report.html", code=2)
    assert "no claim is about" in refused
    assert "PASS         barra2011.critical-temperature" in told["run barra2011 --out out/barra"]
    assert "<svg" in (extended / "out/barra/report.html").read_text(encoding="utf-8")
