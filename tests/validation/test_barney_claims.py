"""The paper's claims on evidence made up to obey, contradict, or say nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from barney_evidence import NONE, at, count, critical_stage, order, spectrum_series, spectrum_stage

from validation.networks.energies import EnergyPoint, Phase, Predicted
from validation.networks.melting import Melting, MeltingTemperature
from validation.networks.moments import Moments
from validation.networks.monte_carlo import SampledEpoch
from validation.numbers.blocks import Estimates
from validation.numbers.compare import Verdict
from validation.papers.barney2024.claims import CLAIMS
from validation.papers.barney2024.claims.growth import SIMILAR, similar
from validation.papers.barney2024.couplings import CriticalSeries, SpectrumSeries
from validation.papers.barney2024.evidence import Evidence
from validation.papers.barney2024.initial import (
    Approaches,
    IdenticalLayers,
    TrainedShape,
    closed_form,
    hessian_curve,
)
from validation.papers.barney2024.plan import KINDS, RATES, NetworkSpec
from validation.papers.barney2024.states import MonteCarlo, OrderSeries, SolutionCount, Solutions
from validation.papers.paper import put_to_test

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
EPOCHS = [0.0, 0.1, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0]
MAIN = tuple(NetworkSpec(kind, rate, seed) for kind in KINDS for rate in RATES for seed in range(3))
SIDE = (
    *(NetworkSpec("relu", 3e-4, seed, scale) for scale in (0.1, 30.0) for seed in range(3)),
    *(NetworkSpec(kind, 3e-4, seed, shuffled=True) for kind in KINDS for seed in range(2)),
)
WIDTHS = (64, 48, 48, 48, 10)
# Results by their type and what they are about.
Results = dict[Any, Any]


def evidence(results: Results) -> Evidence:
    return Evidence("made up", results, MAIN, SIDE)


def verdict(claim: str, results: Results) -> Verdict:
    found = CLAIMS[f"barney2024.{claim}"]
    finding = found.evaluate(found, evidence(results))
    assert finding.summary
    assert finding.negative_control
    return finding.verdict


def sizes(limit: float, *, noise: float, least: float = 0.0, crossings: int = 0) -> tuple[Approaches, ...]:
    rng = np.random.default_rng(0)
    rows = []
    for spins in (100, 200, 400, 800):
        x = spins ** (-2 / 3)
        temperatures = limit + 2.3 * x + noise * rng.standard_normal(24)
        touched = least + 2.7 * x + 0.3 * noise * rng.standard_normal(24)
        rows.append(Approaches((spins // 2, spins // 2), temperatures, touched, crossings))
    return tuple(rows)


CURVE = hessian_curve(WIDTHS)
T_C = CURVE.critical_temperature


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
    assert verdict("initial-glass", {(TrainedShape, None): TrainedShape(rows, CURVE)}) is expected


@pytest.mark.parametrize(
    ("limit", "noise", "expected"),
    [(closed_form(4), 0.02, PASS), (closed_form(3), 0.02, FAIL), (closed_form(4), 1.0, INCONCLUSIVE)],
)
def test_closed_form(limit: float, noise: float, expected: Verdict) -> None:
    identical = IdenticalLayers(sizes(limit, noise=noise), closed_form(4))
    assert verdict("critical-temperature", {(IdenticalLayers, None): identical}) is expected


def test_closed_form_of_two_equal_layers_is_the_sk_temperature() -> None:
    assert closed_form(1) == pytest.approx(1.0)


def growing(law: str, *, noise: float = 0.003, binarised: float = 0.18) -> Results:
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
            stages.append(critical_stage(epoch, epoch >= 0.1, T))
        results[CriticalSeries, network] = CriticalSeries(tuple(stages))
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


def sampled(off: float, error: float, *, crosses: bool = True) -> Results:
    def point(phase: Phase, reduced: float) -> EnergyPoint:
        predicted = Predicted(-0.9, -1.0 if phase == "above" else math.nan)
        measured = (-1.0 if phase == "above" else -0.9) * (1 + off)
        return EnergyPoint(reduced, phase, measured, error, 30, predicted)

    points = (point("ordered", 0.6), point("ordered", 0.7), point("above", 1.18), point("above", 1.5))
    moments = Moments(NONE, *[Estimates(NONE, NONE, 1)] * 3)
    melting = Melting(1.0, *[MeltingTemperature(1.0, 0.1, 1.0)] * 2, 80.0)
    critical = critical_stage(0.0, crosses, 1.0).instability
    stage = SampledEpoch(0.0, critical, melting, moments, moments, (), points, None)
    return {(MonteCarlo, MAIN[0]): (stage,)}


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
    before = claim.evaluate(claim, evidence(sampled(0.0, 0.001, crosses=False)))
    assert [one.predicted for one in before.comparisons] == [-1.0]
    assert before.comparisons[0].name == "TAP with loops, relu-0.0001-seed0, epoch 0, T = 1.5 T_c"
    assert crossing.negative_control_as_expected


SINGLE, PARAMAGNET = count(1, complete=True), count(0, complete=True)
MANY, LOST = count(20, complete=False, expected=80.0), count(0, complete=False, dropped=60, overlap=None)


def counted(glass: SolutionCount, hot: SolutionCount, after: SolutionCount, *more: SolutionCount) -> Results:
    counts = (
        at(glass, 0.0, "glass"),
        at(hot, 0.0, "melting"),
        at(MANY, 20.0, "glass"),
        at(after, 20.0, "melting"),
        *more,
    )
    return {(Solutions, network): Solutions(counts) for network in MAIN}


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
def test_glass_destroyed(glass: SolutionCount, after: SolutionCount, expected: Verdict) -> None:
    assert verdict("glass-destroyed", counted(glass, PARAMAGNET, after)) is expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (PARAMAGNET, SINGLE, PASS),
        (LOST, SINGLE, PASS),
        (LOST, count(1, complete=False, dropped=1, hits=(59,)), PASS),
        (LOST, count(1, complete=False, dropped=9, hits=(51,)), INCONCLUSIVE),
        (PARAMAGNET, count(2, complete=True), FAIL),
        (PARAMAGNET, PARAMAGNET, FAIL),
        (PARAMAGNET, LOST, INCONCLUSIVE),
        (SINGLE, SINGLE, INCONCLUSIVE),  # the negative control is not told apart
    ],
)
def test_hidden_order(before: SolutionCount, after: SolutionCount, expected: Verdict) -> None:
    assert verdict("hidden-order", counted(MANY, before, after)) is expected


def test_a_glass_is_counted_where_most_is_found() -> None:
    colder = replace(MANY, epoch=0.0, where="glass", reduced=0.15)
    assert verdict("glass-destroyed", counted(LOST, PARAMAGNET, SINGLE, colder)) is PASS
    assert verdict("glass-destroyed", counted(LOST, PARAMAGNET, SINGLE)) is INCONCLUSIVE


def spectra(after: int, rich: float, lazy: float, *, noise: float = 0.02, before: int = 0) -> Results:
    rng = np.random.default_rng(2)
    results = {}
    for network in (*MAIN, *SIDE):
        size = rich if network.output_scale < 1 else lazy if network.output_scale > 1 else 0.5
        moved = size * float(np.exp(noise * rng.standard_normal()))
        stages = spectrum_stage(0.0, before, moved), spectrum_stage(20.0, after, moved)
        results[SpectrumSeries, network] = spectrum_series(*stages)
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
def test_spectrum(results: Results, expected: Verdict) -> None:
    assert verdict("spectrum", results) is expected


def ordered(true: list[float], shuffled: list[float]) -> Results:
    """Return ordered states with these p-values against relabelled classes."""
    results = {}
    central = [network for network in MAIN if network.rate == 3e-4]
    controls = [network for network in SIDE if network.shuffled]
    for networks, p_values in ((central, true), (controls, shuffled)):
        for k, network in enumerate(networks):
            p = p_values[k % len(p_values)]
            last = order(classes=0.6 - 0.3 * p, expected=0.15, relabelled=0.3, relabelled_p=p)
            results[OrderSeries, network] = OrderSeries(((20.0, last),), NONE, NONE)
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
    findings, untested = put_to_test(CLAIMS, evidence({}))
    assert not findings
    assert [one.claim.id for one in untested] == list(CLAIMS)
    assert all(one.reason.startswith("needs") for one in untested)
