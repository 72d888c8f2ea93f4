"""Statements about what training leaves: tails of the spectrum, and a state about the task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from validation.claims.base import Claim, Finding
from validation.networks.hidden_order import HiddenOrder
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import LEVEL, Comparison, Verdict
from validation.papers.barney2024.couplings import SpectrumSeries, SpectrumStage
from validation.papers.barney2024.evidence import Evidence, every, rich_and_lazy
from validation.papers.barney2024.plan import NetworkSpec
from validation.papers.barney2024.states import OrderSeries
from validation.papers.evidence import needed


def _difference(quantity: str, a: FloatArray, b: FloatArray) -> list[Comparison]:
    """Compare the means over two groups of networks, where there are two of either."""
    if a.size < 2 or b.size < 2:
        return []
    error = math.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)
    return [Comparison(quantity, float(a.mean()), error, float(b.mean()), a.size + b.size - 2)]


def _rich_against_lazy(evidence: Evidence) -> list[Comparison]:
    """Compare how far spectra and weights have moved in the end."""
    groups = [_at(evidence, networks, stage=-1) for networks in rich_and_lazy(evidence.side)]
    distances = [np.log([spectrum.distance for spectrum in group]) for group in groups]
    motions = [np.log([spectrum.moved for spectrum in group]) for group in groups]
    return [
        *_difference("log of the spectral distance from before: rich against lazy", *distances),
        *_difference("log of the weights' motion: rich against lazy", *motions),
    ]


def _at(evidence: Evidence, networks: Sequence[NetworkSpec], stage: int) -> list[SpectrumStage]:
    return [series.stages[stage] for _, series in evidence.have(SpectrumSeries, networks)]


def spectrum_verdict(outliers: Sequence[int], comparisons: Sequence[Comparison]) -> Verdict:
    """Return whether all trained networks have outliers and the rich ones have moved further than the lazy ones."""
    has = every([count > 0 for count in outliers])
    p = min((float(stats.t.sf(c.z, c.degrees)) for c in comparisons), default=1.0)
    opposite = min((float(stats.t.sf(-c.z, c.degrees)) for c in comparisons), default=1.0)
    if has is Verdict.FAIL or opposite * len(comparisons) < LEVEL:
        return Verdict.FAIL
    return has if p * len(comparisons) < LEVEL else Verdict.INCONCLUSIVE


def spectrum(claim: Claim, evidence: Evidence) -> Finding:
    """Look for outliers and tails after training, and compare rich with lazy learning."""
    first, last = (_at(evidence, evidence.main, stage) for stage in (0, -1))
    needed(last, "spectra of trained networks")
    comparisons = _rich_against_lazy(evidence)
    exchanged = [replace(c, measured=c.predicted, predicted=c.measured) for c in comparisons]
    before, after = ([stage.outliers for stage in stages] for stages in (first, last))
    exponents = [stage.tail_exponent for stage in last]
    ratios = ", ".join(f"{math.exp(c.measured - c.predicted):.1f}" for c in comparisons) or "not known"
    plausible = sum(stage.tail_p is not None and stage.tail_p >= 0.1 for stage in last)
    return claim.finding(
        evidence, spectrum_verdict(after, comparisons),
        f"eigenvalues beyond the edge of random couplings: {min(before)} to {max(before)} before, {min(after)} to "
        f"{max(after)} after training; tail exponents {min(exponents):.1f} to {max(exponents):.1f}, a power law "
        f"plausible in {plausible} of {len(last)}; rich over lazy in spectral distance "
        f"and motion of weights: {ratios}",
        comparisons, "the networks before training, and rich and lazy exchanged",
        spectrum_verdict(before, exchanged) is not Verdict.PASS,
    )  # fmt: skip


def task_verdict(orders: Sequence[HiddenOrder]) -> Verdict:
    """Return whether every network's order is closer to the classes than to shuffled ones, as far as p-values tell."""
    if len(orders) < 2:
        return Verdict.INCONCLUSIVE
    # Fisher's combined test: relabellings are finite in number, so no single p-value is small enough by itself.
    p_values = [order.inputs.relabelled_p for order in orders]
    combined = float(stats.combine_pvalues(np.maximum(p_values, 1e-6))[1])
    if combined < LEVEL:
        return Verdict.PASS
    return Verdict.FAIL if combined > 0.5 else Verdict.INCONCLUSIVE


def _last_orders(evidence: Evidence, networks: Sequence[NetworkSpec]) -> list[HiddenOrder]:
    """Return the ordered states in the end, of the networks that have one."""
    last = [series.stages[-1][1] for _, series in evidence.have(OrderSeries, networks)]
    return [order for order in last if order is not None]


def task_order(claim: Claim, evidence: Evidence) -> Finding:
    """Compare how much of the order lies in the classes with classes shuffled, and with networks trained on such."""
    true = needed(_last_orders(evidence, evidence.main), "the ordered state of trained networks")
    shuffled = _last_orders(evidence, [network for network in evidence.side if network.shuffled])
    excess = [
        np.array([order.inputs.classes.share - order.inputs.relabelled for order in orders])
        for orders in (true, shuffled)
    ]
    shares, controls = ([order.inputs.classes.share for order in orders] for orders in (true, shuffled))
    control = f", trained on shuffled labels {_percent(controls)}" if shuffled else ", no shuffled control"
    p, control_p = (
        ", ".join(format(order.inputs.relabelled_p, ".1g") for order in orders) for orders in (true, shuffled)
    )
    return claim.finding(
        evidence, task_verdict(true),
        f"of the input layer's order {_percent(shares)} lies in the span of the classes' means{control}; "
        f"{_percent([order.inputs.classes.expected for order in true])} for a random pattern, "
        f"{_percent([order.inputs.relabelled for order in true])} for classes shuffled (p = {p}; of the shuffled "
        f"networks {control_p or 'none'})",
        _difference("share beyond shuffled classes: true against shuffled", *excess),
        "networks trained on shuffled labels",
        bool(shuffled) and task_verdict(shuffled) is not Verdict.PASS,
    )  # fmt: skip


def _percent(shares: Sequence[float]) -> str:
    values = [100 * share for share in shares]
    return f"{np.mean(values):.0f} %" if np.ptp(values) < 1 else f"{min(values):.0f} to {max(values):.0f} %"
