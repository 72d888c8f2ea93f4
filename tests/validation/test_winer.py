"""The second paper in one command: verdicts on made-up evidence, and a tiny run from sampling to the page."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mcsim.config import RunConfig
from validation.__main__ import main
from validation.campaigns import packaged_path, parse_campaign
from validation.numbers.compare import Verdict
from validation.papers.winer2025 import command, theory
from validation.papers.winer2025.claims import CLAIMS, Evidence, convergence_line, put_to_test
from validation.papers.winer2025.plan import DEEP, SHALLOW, SHAPE, Effort, Plan, activation_of, make_plan
from validation.papers.winer2025.records import FamilyRecord, verdict_of_all

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


def record(verdict: Verdict, p: float = 0.5) -> FamilyRecord:
    return FamilyRecord("mlp.energy", "tanh, depth 1", verdict, "so it is", p, "control", True, "")


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], INCONCLUSIVE),
        ([record(PASS)] * 3 + [record(INCONCLUSIVE)] * 3, PASS),
        ([record(PASS)] * 2 + [record(INCONCLUSIVE)] * 3, INCONCLUSIVE),
        # One unlucky family of many: 0.5 % each is to be expected of ten.
        ([record(PASS)] * 9 + [record(FAIL, 0.005)], PASS),
        ([record(PASS)] * 9 + [record(FAIL, 0.0005)], FAIL),
        # A contradiction without a p-value needs no number.
        ([record(PASS)] * 9 + [record(FAIL, float("nan"))], FAIL),
    ],
)
def test_families_share_the_level(records: list[FamilyRecord], expected: Verdict) -> None:
    assert verdict_of_all(records) is expected


def family_with(activation: str, claim: str, verdict: Verdict, p: float | None = 0.5) -> dict[str, Any]:
    one = {"claim": claim, "family": f"{activation}, depth 1", "verdict": str(verdict), "summary": "so it is", "p": p,
           "negative_control": "wrong", "told_apart": True, "figure": ""}  # fmt: skip
    return {f"test-{activation}-depth-1": {"records": [one], "untested": {}, "label": activation, "figures": []}}


def line(activation: str, beta: float | None) -> dict[str, Any]:
    return {f"line-{activation}-depth-1": {"line": beta, "end": 16.0, "beta": [1.0], "replicon": [0.1]}}


def broken(**changes: Any) -> dict[str, Any]:
    one = {"beta": 5.0, "classification": "continuous", "levels": 12, "energy": -1.0, "error": 1e-5, "replicon": 1.0005,
           "rs_energy": -1.01, "rs_replicon": 1.4, "x": [0.3], "input_overlaps": [0.2, 0.3]}  # fmt: skip
    return {"broken-sin-depth-1": {"solutions": [{**one, **changes}]}}


def verdict(claim: str, results: dict[str, Any]) -> Verdict:
    found = CLAIMS[f"winer2025.{claim}"]
    finding = found.evaluate(found, Evidence("made up", results))
    assert finding.summary
    assert finding.details["lines"]
    return finding.verdict


WIDE = family_with("sin", "rsb.mlp-broad-overlaps", PASS)
NARROW = family_with("tanh", "rsb.mlp-narrow-overlaps", PASS)
LINES = {**line("tanh", None), **line("sin", 3.57)}


@pytest.mark.parametrize(
    ("solution", "more", "expected"),
    [
        (broken(), {**WIDE, **LINES}, PASS),
        (broken(classification="1rsb-like"), {**WIDE, **LINES}, FAIL),
        (broken(classification="undecided"), {**WIDE, **LINES}, INCONCLUSIVE),
        (broken(replicon=1.1), {**WIDE, **LINES}, FAIL),
        (broken(rs_energy=-1.00005), {**WIDE, **LINES}, FAIL),
        (broken(), LINES, INCONCLUSIVE),  # nothing measured
        (broken(), {**family_with("sin", "rsb.mlp-broad-overlaps", FAIL, None), **LINES}, FAIL),
        (broken(), {**WIDE, **line("sin", 3.57), **line("tanh", 2.0)}, INCONCLUSIVE),  # the negative control breaks too
    ],
)
def test_sin_is_fully_broken(solution: dict[str, Any], more: dict[str, Any], expected: Verdict) -> None:
    assert verdict("sin-broken", {**solution, **more}) is expected


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({**LINES, **NARROW}, PASS),
        (LINES, INCONCLUSIVE),
        ({**LINES, **family_with("tanh", "rsb.mlp-narrow-overlaps", INCONCLUSIVE)}, INCONCLUSIVE),
        ({**line("tanh", 5.0), **line("sin", 3.57), **NARROW}, FAIL),
        ({**line("tanh", None), **line("sin", None), **NARROW}, INCONCLUSIVE),
    ],
)
def test_tanh_is_symmetric(results: dict[str, Any], expected: Verdict) -> None:
    assert verdict("tanh-symmetric", results) is expected


def layered(order: float, offset: float = 0.0) -> dict[str, Any]:
    depths = [8, 16, 32, 64]
    limit = dict.fromkeys(("free_entropy", "energy", "entropy"), 2.0)
    rows = [2.0 * (1 + 0.3 / depth**order + offset) for depth in depths]
    return {
        "depths": depths,
        "layered": dict.fromkeys(limit, rows),
        "limit": limit,
        "extrapolated": dict.fromkeys(limit, 2.0 * (1 + offset)),
    }


@pytest.mark.parametrize(
    ("order", "offset", "expected"), [(1.0, 0.0, PASS), (0.5, 0.0, FAIL), (2.0, 0.0, FAIL), (1.0, 2e-3, FAIL)]
)
def test_convergence_is_of_first_order_to_the_limit(order: float, offset: float, expected: Verdict) -> None:
    assert convergence_line("deep-shaped-tanh", layered(order, offset)).verdict is expected


def test_nothing_is_claimed_where_there_is_nothing() -> None:
    findings, untested = put_to_test(Evidence("nothing", {}))
    assert not findings
    assert {one.claim.id for one in untested} == set(CLAIMS)


def test_plans() -> None:
    quick, full = make_plan(quick=True), make_plan(quick=False)
    assert {"tanh-depth-1", "glass-sin", "shaped-tanh-depth-8", "linear-unequal-depth-2"} <= set(quick.families)
    assert {activation_of(name) for name in full.families} == {"linear", *SHALLOW, *DEEP}
    assert {"shaped-relu-depth-32", "relu-depth-3", "linear-depth-2"} <= set(full.families)
    seeds = [config.seed for runs in full.families.values() for config in runs.values()]
    assert len(set(seeds)) == len(seeds)
    deep = [config.model for name in full.families if name.startswith(DEEP) for config in full.families[name].values()]
    assert all(model.widths[0] >= 2 * model.depth for model in deep)
    assert {model.activation_shape for model in deep} == {SHAPE}
    assert quick.identity() != full.identity()


TINY = Effort(
    lines=(1,), line_end=4.0, broken=(), scan_shapes=(1.0,), scan_tilts=(1.0,),
    converging=(2, 4), trends=(1, 2),
)  # fmt: skip


def tiny_deep_runs() -> dict[str, RunConfig]:
    """Return the quick runs of shaped tanh networks with other networks, as a user would change them."""
    document = tomllib.loads(packaged_path("winer2025_shaped_tanh").read_text(encoding="utf-8"))
    networks = [{"depths": [2], "sizes": [4, 6], "samples": 8}, {"depths": [2], "sizes": [8], "samples": 4}]
    document["quick"] = {"networks": networks, "run": {"thermalization": 10, "measurements": 16}}
    return parse_campaign(document).runs(quick=True)


def test_from_sampling_to_the_page_and_again_from_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(True, TINY, {"shaped-tanh-depth-2": tiny_deep_runs()})
    monkeypatch.setattr(command, "make_plan", lambda *, quick: plan)
    monkeypatch.setattr("validation.papers.winer2025.pipeline.SHALLOW", ("tanh",))
    monkeypatch.setattr("validation.papers.winer2025.pipeline.DEEP", ("shaped-tanh",))
    monkeypatch.setattr(theory, "critical_tilt", lambda *_: None)

    def fails(*_: Any) -> Any:
        raise RuntimeError("no line")

    with monkeypatch.context() as patch:
        patch.setattr(theory, "stability_line", fails)
        assert main(["run", "winer2025", "--quick", "--out", str(tmp_path)]) == 1
    assert "FAILED PART" in capsys.readouterr().out
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir() if "line" not in path.name}
    main(["run", "winer2025", "--quick", "--out", str(tmp_path), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert {one["claim"] for one in told["findings"]} >= {"winer2025.tanh-symmetric", "winer2025.infinite-depth"}
    assert {path: path.stat().st_mtime_ns for path in before} == before
    document = json.loads((tmp_path / "report.json").read_text())
    assert not document["failed_parts"]
    measured = document["measured"]["shaped-tanh-depth-2"]
    assert measured["depth"] == 2
    assert all(set(limit) == {"value", "error"} for limit in measured["limits"].values())
    assert len(document["findings"]) + len(document["untested"]) == len(CLAIMS)
    page = (tmp_path / "report.html").read_text()
    for title in ("sentence by sentence", "Where replica symmetry turns unstable", "approach to infinite depth"):
        assert title in page
    assert page.count("<svg") >= 6


def test_data_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "winer2025", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "takes no data" in capsys.readouterr().err
