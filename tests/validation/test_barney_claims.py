"""The paper's claims on evidence made up to obey, contradict, or say nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from validation.numbers.compare import Verdict
from validation.papers.barney2024.claims import CLAIMS, put_to_test
from validation.papers.barney2024.claims_growth import SIMILAR, similar
from validation.papers.barney2024.evidence import Evidence
from validation.papers.barney2024.initial import closed_form, hessian_curve
from validation.papers.barney2024.plan import KINDS, RATES, NetworkSpec

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
EPOCHS = [0.0, 0.1, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0]
MAIN = tuple(NetworkSpec(kind, rate, seed) for kind in KINDS for rate in RATES for seed in range(3))
SIDE = (
    *(NetworkSpec("relu", 3e-4, seed, scale) for scale in (0.1, 30.0) for seed in range(3)),
    *(NetworkSpec(kind, 3e-4, seed, shuffled=True) for kind in KINDS for seed in range(2)),
)
WIDTHS = (64, 48, 48, 48, 10)


def evidence(results: dict[str, Any]) -> Evidence:
    return Evidence("made up", MAIN, SIDE, results)


def verdict(claim: str, results: dict[str, Any]) -> Verdict:
    found = CLAIMS[f"barney2024.{claim}"]
    finding = found.evaluate(found, evidence(results))
    assert finding.summary
    assert finding.negative_control
    return finding.verdict


def sizes(limit: float, *, noise: float, least: float = 0.0, crossings: int = 0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    rows = []
    for spins in (100, 200, 400, 800):
        x = spins ** (-2 / 3)
        temperatures = limit + 2.3 * x + noise * rng.standard_normal(24)
        touched = least + 2.7 * x + 0.3 * noise * rng.standard_normal(24)
        rows.append({"spins": spins, "temperatures": temperatures.tolist(), "least": touched.tolist(),
                     "crossings": crossings})  # fmt: skip
    return rows


CURVE = hessian_curve(WIDTHS)
T_C = float(CURVE["critical_temperature"])


@pytest.mark.parametrize(
    ("limit", "noise", "least", "crossings", "expected"),
    [
        (T_C, 0.02, 0.0, 0, PASS),
        (1.1 * T_C, 0.02, 0.0, 0, FAIL),
        (T_C, 1.0, 0.0, 0, INCONCLUSIVE),
        (T_C, 0.02, 0.05, 0, INCONCLUSIVE),
        (T_C, 0.02, 0.0, 24, FAIL),
    ],
)
def test_initial_glass(limit: float, noise: float, least: float, crossings: int, expected: Verdict) -> None:
    rows = sizes(limit, noise=noise, least=least, crossings=crossings)
    assert verdict("initial-glass", {"initial-shape": {"curve": CURVE, "sizes": rows}}) is expected


@pytest.mark.parametrize(
    ("limit", "noise", "expected"),
    [(closed_form(4), 0.02, PASS), (closed_form(3), 0.02, FAIL), (closed_form(4), 1.0, INCONCLUSIVE)],
)
def test_closed_form(limit: float, noise: float, expected: Verdict) -> None:
    known = {"closed_form": closed_form(4), "eigenvalue": closed_form(4), "one_layer_less": closed_form(3)}
    results = {"initial-identical": {"sizes": sizes(limit, noise=noise), **known}}
    assert verdict("critical-temperature", results) is expected


def test_closed_form_of_two_equal_layers_is_the_sk_temperature() -> None:
    assert closed_form(1) == pytest.approx(1.0)


def growing(law: str, *, noise: float = 0.003, binarised: float = 0.18) -> dict[str, Any]:
    """Return T_c(t) of all networks, near touches before epoch 0.1."""
    rng = np.random.default_rng(1)
    results = {}
    for network in MAIN:
        exponent = 0.18 if network.kind == "relu" else binarised
        slope = exponent + 0.004 * rng.standard_normal()
        stages = []
        for epoch in EPOCHS:
            t = max(epoch, 0.05)
            T = (2.8 + 0.7 * np.log(t + 1e-9) if law == "logarithm" else 2.8 * t**slope) if epoch >= 0.1 else 1.24
            T = float(max(T, 0.5) * np.exp(noise * rng.standard_normal()))
            kind = "crossing" if epoch >= 0.1 else "near-touch"
            stages.append({"epoch": epoch, "kind": kind, "temperature": T, "random": 1.26})
        results[f"critical-{network.name}"] = {"spins": 218, "stages": stages}
    return results


@pytest.mark.parametrize(
    ("law", "noise", "expected"),
    [("power", 0.003, PASS), ("logarithm", 0.003, FAIL), ("power", 0.3, INCONCLUSIVE)],
)
def test_power_law(law: str, noise: float, expected: Verdict) -> None:
    assert verdict("power-law", growing(law, noise=noise)) is expected


@pytest.mark.parametrize(
    ("binarised", "noise", "expected"),
    [(0.18, 0.003, PASS), (0.4, 0.003, FAIL), (0.18, 0.3, INCONCLUSIVE)],
)
def test_two_kinds(binarised: float, noise: float, expected: Verdict) -> None:
    assert verdict("two-kinds", growing("power", noise=noise, binarised=binarised)) is expected


def test_similar_is_an_equivalence_test() -> None:
    margin = SIMILAR * 0.2
    assert similar(0.01, 0.005, 10, margin) is PASS
    assert similar(0.01, 0.05, 10, margin) is INCONCLUSIVE
    assert similar(0.2, 0.01, 10, margin) is FAIL


def sampled(off: float, error: float, *, kind: str = "crossing") -> dict[str, Any]:
    def point(phase: str, reduced: float) -> dict[str, Any]:
        predicted = {"tap": -0.9, "corrected": -1.0 if phase == "above" else None, "shares": [1.0]}
        measured = (-1.0 if phase == "above" else -0.9) * (1 + off)
        return {"temperature": reduced, "reduced": reduced, "phase": phase, "measured": measured, "error": error,
                "degrees": 30, "predicted": {**predicted, "plefka_radius": 0.1}}  # fmt: skip

    points = [point("ordered", 0.6), point("ordered", 0.7), point("above", 1.18), point("above", 1.5)]
    stage = {"epoch": 0.0, "kind": kind, "energies": points}
    return {f"melting-{MAIN[0].name}": {"stages": [stage]}}


@pytest.mark.parametrize(
    ("off", "error", "expected"),
    [(0.01, 0.001, PASS), (-0.08, 0.001, FAIL), (0.045, 0.01, INCONCLUSIVE), (0.0, 0.1, INCONCLUSIVE)],
)
def test_tap_energy(off: float, error: float, expected: Verdict) -> None:
    assert verdict("tap-energy", sampled(off, error)) is expected


def test_tap_energy_compares_where_it_may() -> None:
    claim = CLAIMS["barney2024.tap-energy"]
    crossing = claim.evaluate(claim, evidence(sampled(0.0, 0.001)))
    assert [one.predicted for one in crossing.comparisons] == [-0.9, -0.9, -1.0]  # not at 1.18 T_c
    before = claim.evaluate(claim, evidence(sampled(0.0, 0.001, kind="near-touch")))
    assert [one.predicted for one in before.comparisons] == [-1.0]
    assert crossing.negative_control_as_expected


def count(pairs: int, *, complete: bool, dropped: int = 0, **changes: Any) -> dict[str, Any]:
    facts = {"temperature": 1.0, "reduced": 0.3, "starts": 60, "dropped": dropped, "pairs": pairs, "minima": pairs,
             "expected": float(pairs), "hits": [], "overlap": 0.4,
             "verdict": "complete" if complete else "incomplete"}  # fmt: skip
    return {**facts, **changes}


SINGLE, NONE = count(1, complete=True), count(0, complete=True)
MANY, LOST = count(20, complete=False, expected=80.0), count(0, complete=False, dropped=60, overlap=None)


def counted(glass: dict[str, Any], hot: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    stages = [
        {"epoch": 0.0, "where": "glass", **glass},
        {"epoch": 0.0, "where": "melting", **hot},
        {"epoch": 20.0, "where": "glass", **MANY},
        {"epoch": 20.0, "where": "melting", **after},
    ]
    return {f"solutions-{network.name}": {"stages": stages} for network in MAIN}


@pytest.mark.parametrize(
    ("glass", "after", "expected"),
    [
        (MANY, SINGLE, PASS),
        (SINGLE, SINGLE, FAIL),
        (MANY, count(20, complete=True), FAIL),
        (LOST, SINGLE, INCONCLUSIVE),
        (MANY, LOST, INCONCLUSIVE),
    ],
)
def test_glass_destroyed(glass: dict[str, Any], after: dict[str, Any], expected: Verdict) -> None:
    assert verdict("glass-destroyed", counted(glass, NONE, after)) is expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (NONE, SINGLE, PASS),
        (LOST, SINGLE, PASS),
        (LOST, count(1, complete=False, dropped=1, hits=[59]), PASS),
        (LOST, count(1, complete=False, dropped=9, hits=[51]), INCONCLUSIVE),
        (NONE, count(2, complete=True), FAIL),
        (NONE, NONE, FAIL),
        (NONE, LOST, INCONCLUSIVE),
        (SINGLE, SINGLE, INCONCLUSIVE),  # the negative control is not told apart
    ],
)
def test_hidden_order(before: dict[str, Any], after: dict[str, Any], expected: Verdict) -> None:
    assert verdict("hidden-order", counted(MANY, before, after)) is expected


def test_a_glass_is_counted_where_most_is_found() -> None:
    colder = counted(LOST, NONE, SINGLE)
    for result in colder.values():
        result["stages"].append({"epoch": 0.0, "where": "glass", **MANY, "reduced": 0.15})
    assert verdict("glass-destroyed", colder) is PASS
    assert verdict("glass-destroyed", counted(LOST, NONE, SINGLE)) is INCONCLUSIVE


def spectra(after: int, rich: float, lazy: float, *, noise: float = 0.02, before: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    results = {}
    for network in (*MAIN, *SIDE):
        size = rich if network.output_scale < 1 else lazy if network.output_scale > 1 else 0.5
        moved = size * float(np.exp(noise * rng.standard_normal()))
        last = {"outliers": after, "distance": moved, "moved": moved, "tail_exponent": 5.0, "tail_p": 0.3}
        stages = [{"epoch": 0.0, **last, "outliers": before}, {"epoch": 20.0, **last}]
        results[f"spectrum-{network.name}"] = {"stages": stages}
    return results


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (spectra(8, 1.0, 0.1), PASS),
        (spectra(0, 1.0, 0.1), FAIL),
        (spectra(8, 0.1, 1.0), FAIL),
        (spectra(8, 1.0, 0.9, noise=0.5), INCONCLUSIVE),
    ],
)
def test_spectrum(results: dict[str, Any], expected: Verdict) -> None:
    assert verdict("spectrum", results) is expected


def ordered(true: list[float], shuffled: list[float]) -> dict[str, Any]:
    """Return ordered states with these p-values against relabelled classes."""
    results = {}
    central = [network for network in MAIN if network.rate == 3e-4]
    controls = [network for network in SIDE if network.shuffled]
    for networks, p_values in ((central, true), (controls, shuffled)):
        for k, network in enumerate(networks):
            p = p_values[k % len(p_values)]
            stage = {"ordered": True, "relabelled_p": p, "classes": 0.6 - 0.3 * p, "relabelled": 0.3,
                     "classes_expected": 0.15}  # fmt: skip
            results[f"order-{network.name}"] = {"stages": [{"epoch": 20.0, **stage}]}
    return results


@pytest.mark.parametrize(
    ("true", "shuffled", "expected"),
    [
        ([0.005], [0.3, 0.7], PASS),
        ([0.6, 0.95], [0.3], FAIL),
        ([0.2, 0.3], [0.5], INCONCLUSIVE),
        ([0.005], [0.005], INCONCLUSIVE),  # shuffled labels give the same: it is not about the task
    ],
)
def test_task_order(true: list[float], shuffled: list[float], expected: Verdict) -> None:
    assert verdict("task-order", ordered(true, shuffled)) is expected


def test_nothing_is_claimed_where_there_is_nothing() -> None:
    findings, untested = put_to_test(evidence({}))
    assert not findings
    assert [one.claim.id for one in untested] == list(CLAIMS)
    assert all(one.reason.startswith("needs") for one in untested)
