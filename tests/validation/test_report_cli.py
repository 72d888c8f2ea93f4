"""The command line of the comparison and the report it writes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mcsim import simulate as simulation
from mcsim.config import parse_config
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate
from validation import __main__ as command
from validation.__main__ import main
from validation.campaigns import packaged_campaign
from validation.claims import REGISTER, identity
from validation.numbers.compare import Verdict
from validation.papers.registry import CLAIMS as OF_PAPERS

IDENTITY = "layered-sk.identity"
Simulated = Callable[..., Path]


SHORT = {"copies": 2, "thermalization": 4, "measurements": 16}


def run_document(widths: list[int], samples: int, **changes: Any) -> dict[str, Any]:
    """Return the document of a short run of random networks."""
    return {
        "seed": 1,
        "samples": samples,
        "model": {"kind": "layered-ising", "network": {"source": "gaussian", "widths": widths}},
        "ladder": {"betas": [0.0, 0.2, 0.4, 0.6, 0.8, 1.2]},
        "run": {"copies": 2, "thermalization": 20, "measurements": 40},
        **changes,
    }


def compute(document: dict[str, Any], folder: Path) -> Path:
    """Simulate a document and return its folder."""
    simulate(parse_config(document), folder, SerialCommunicator(), show_progress=False)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return runs at three sizes."""
    top = tmp_path_factory.mktemp("runs")
    return [compute(run_document([n] * 4, 6), top / f"width-{n}") for n in (3, 4, 6)]


@pytest.fixture(scope="module")
def page(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of these runs."""
    path = tmp_path_factory.mktemp("report") / "deep" / "report.html"
    assert main(["report", *map(str, runs), "--out", str(path), "--title", "Three sizes"]) in (0, 1)
    return path


def numbers(value: Any) -> Iterator[float]:
    """Yield every number of a JSON value."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from numbers(one)
    elif isinstance(value, int | float):
        yield float(value)


def refuse_constant(name: str) -> None:
    """Refuse NaN and infinities, which JSON does not have."""
    raise AssertionError(f"{name} in JSON")


class Page(HTMLParser):
    """What a browser would load, and which text stands in which figure."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        super().__init__()
        self.loaded: list[str] = []
        self.figures: list[str] = []
        self.badges: list[str] = []
        self.title = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag refers to."""
        found = dict(attrs)
        if tag in {"script", "link", "iframe", "object", "img"}:
            self.loaded.append(tag)
        for name in ("src", "href", "xlink:href", "data"):
            if found.get(name) and not str(found[name]).startswith("#"):
                self.loaded.append(str(found[name]))
        if tag == "figure":
            self.figures.append("")
        if tag == "span" and "verdict" in (found.get("class") or "").split():
            self.badges.append((found.get("class") or "").split()[-1])
        if tag not in {"meta", "br", "use", "path", "rect"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        while tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Collect titles and the text of figures."""
        if self._open[-1:] == ["title"] and "svg" not in self._open:
            self.title += data
        elif "figure" in self._open and "svg" in self._open:
            self.figures[-1] += f"{data.strip()}\n"


def parsed(path: Path) -> Page:
    """Return a page as a browser sees it."""
    found = Page()
    found.feed(path.read_text(encoding="utf-8"))
    return found


def test_list_names_every_claim(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    plain = capsys.readouterr().out
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in listed] == [*REGISTER, *(name for claims in OF_PAPERS.values() for name in claims)]
    for one in listed:
        assert one["id"] in plain
        assert one["statement"] in plain
        assert all(one[name] for name in ("statement", "source", "needs"))


def test_page_is_self_contained(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert parsed(page).loaded == []
    # Namespaces are names, not addresses that a browser would ask for.
    without_names = re.sub(r'xmlns(:\w+)?="[^"]*"|<(cc|dc|rdf):[^>]*>|"-//W3C[^"]*"\s*"[^"]*"', "", text)
    assert not re.search(r"(url\(|@import|=)\s*[\"']?\s*(https?:)?//", without_names)


def test_page_has_title_badges_and_labelled_figures(page: Path) -> None:
    found = parsed(page)
    assert found.title == "Three sizes"
    findings = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))["findings"]
    assert findings
    # Each verdict stands in the table and over its section, in the order of the register.
    verdicts = [one["verdict"] for one in findings]
    assert found.badges == [*verdicts, *verdicts]
    assert set(verdicts) <= set(Verdict)
    # One for each finding, three for each run.
    assert len(found.figures) == len(findings) + 3 * 3
    # Formulas are set letter by letter, so blanks do not count.
    figures = ["".join(figure.split()) for figure in found.figures]
    for figure in figures:
        assert ("temperature" in figure and "[couplingscale]" in figure) or "overlap" in figure
    together = "".join(figures)
    for label in (
        "energy per spin [coupling scale]",
        "rms overlap of layer",
        "density",
        "exchange rate with the next slot",
    ):
        assert label.replace(" ", "") in together


def test_json_beside_the_page_has_finite_numbers_and_every_claim(page: Path) -> None:
    document = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"), parse_constant=refuse_constant)
    assert all(map(math.isfinite, numbers(document)))
    named = [one["claim"] for one in document["findings"]] + [one["claim"] for one in document["untested"]]
    assert sorted(named) == sorted(REGISTER)
    assert all(one["reason"] for one in document["untested"])
    for finding in document["findings"]:
        assert finding["comparisons"]
        for comparison in finding["comparisons"]:
            assert {"measured", "error", "predicted", "z", "p", "minimal_detectable_effect"} < comparison.keys()
            assert 0.0 <= comparison["p"] <= 1.0


def test_findings_on_standard_output_are_those_of_the_file(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    main(["report", str(runs[0]), "--out", str(page), "--json"])
    assert json.loads(capsys.readouterr().out) == json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))


def test_a_contradicted_claim_is_exit_code_1(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = identity.bond_strengths
    monkeypatch.setattr(identity, "bond_strengths", lambda run: 4.0 * terms(run))
    assert main(["report", str(runs[-1]), "--out", str(tmp_path / "wrong.html")]) == 1
    assert f"FAIL         {IDENTITY}" in capsys.readouterr().out
    assert "FAIL" in parsed(tmp_path / "wrong.html").badges


def test_claims_that_cannot_be_tested_are_exit_code_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One network at one temperature: nothing to say, but the page still shows what was measured."""
    run = compute(run_document([4, 3], 1, ladder={"temperatures": [1.0]}), tmp_path / "one")
    assert main(["report", str(run), "--out", str(tmp_path / "page.html")]) == 0
    said = capsys.readouterr()
    assert said.out.count("not tested") == len(REGISTER)
    assert said.err == ""
    assert "No claim could be tested" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_short_ladder_from_beta_0_leaves_the_other_claims_tested(tmp_path: Path) -> None:
    run = compute(run_document([4, 3], 6, ladder={"betas": [0.0, 0.5, 1.0]}), tmp_path / "short")
    assert main(["report", str(run), "--out", str(tmp_path / "page.html")]) == 0
    findings = json.loads((tmp_path / "page.json").read_text(encoding="utf-8"))["findings"]
    assert [one["claim"] for one in findings] == [IDENTITY]


def assert_refused(argv: list[str], capsys: pytest.CaptureFixture[str], *words: str) -> None:
    """Assert exit code 2 and one line that names the fault."""
    assert main(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    for word in words:
        assert word in said.err


def test_bad_arguments(tmp_path: Path, runs: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    out, run = str(tmp_path / "out"), str(runs[0])
    assert_refused(["run", "--claim", "no-such", "--out", out], capsys, "--claim", "'no-such'", IDENTITY)
    assert_refused(["run", "--claim", "layered-ising.trained-order", "--out", out], capsys, "use 'report'")
    assert_refused(["run", "--claim", "barney2024.*", "--out", out], capsys, "'run barney2024'")
    assert_refused(["run", "--claim", IDENTITY], capsys, "--out")
    assert_refused(["report", run, "--out", out], capsys, "--out", ".html")
    assert_refused(["report", "--out", f"{out}.html"], capsys, "runs")
    assert_refused(["report", str(tmp_path / "none"), "--out", f"{out}.html"], capsys, "none")
    assert_refused(["report", run, run, "--out", f"{out}.html"], capsys, "same seed and network")
    assert_refused(["nonsense"], capsys, "nonsense")
    assert_refused([], capsys, "COMMAND")
    assert list(tmp_path.iterdir()) == []


TOO_SHORT = {"copies": 2, "thermalization": 4, "measurements": 8}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"run": TOO_SHORT}, ["8 committed measurements", "at least 16"]),
        ({"ladder": {"betas": [0.0]}}, ["temperature is infinite"]),
    ],
    ids=["too-short", "infinite-temperature"],
)
def test_runs_that_no_report_is_for(
    changes: dict[str, Any], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = compute(run_document([4, 3], 1, **changes), tmp_path / "run")
    assert_refused(["report", str(run), "--out", str(tmp_path / "page.html")], capsys, *words)
    assert not (tmp_path / "page.html").exists()


def tiny_runs(*_: object, **__: object) -> dict[str, Any]:
    """Return a campaign of seconds."""
    return {f"width-{n}": parse_config(run_document([n] * 3, 4, run=SHORT)) for n in (3,)}


def test_a_claim_is_run_from_nothing_and_a_second_call_computes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "runs_for", tiny_runs)
    argv = ["run", "--claim", IDENTITY, "--out", str(tmp_path), "--quick", "--json"]
    first_code = main(argv)
    first = json.loads(capsys.readouterr().out)
    # Four glasses of nine spins settle nothing, but they must not contradict an exact identity.
    assert first_code == 0
    assert [one["claim"] for one in first["findings"]] == [IDENTITY]
    assert first["untested"] == []
    assert (tmp_path / "report.html").exists()

    def never(*_: object) -> None:
        raise AssertionError("a finished sample was computed again")

    monkeypatch.setattr(simulation, "_simulate_sample", never)
    assert main(argv) == 0
    assert json.loads(capsys.readouterr().out) == first


def test_a_lost_sample_alone_is_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "runs_for", tiny_runs)
    argv = ["run", "--claim", IDENTITY, "--out", str(tmp_path), "--quick"]
    assert main(argv) == 0
    files = sorted(tmp_path.rglob("sample_*.h5"))
    assert len(files) == 4
    page = (tmp_path / "report.json").read_text(encoding="utf-8")
    written = {file: file.stat().st_mtime_ns for file in files}
    files[3].unlink()
    assert main(argv) == 0
    assert [file for file in files if file.stat().st_mtime_ns != written[file]] == [files[3]]
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == page


@pytest.mark.parametrize("quick", [False, True])
def test_the_campaign_speaks_about_every_claim_on_random_networks(quick: bool) -> None:
    configs = packaged_campaign("layered_sk").runs(quick=quick).values()
    assert len(configs) >= 3
    assert len({config.canonical_json() for config in configs}) == len(configs)
    for config in configs:
        assert config.ladder.inverse_temperatures()[-1] == 0.0
        assert config.samples >= 24
