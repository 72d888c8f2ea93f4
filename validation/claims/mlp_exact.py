"""What holds for random MLPs at every width: the identity between energy and overlaps, and the linear network."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.source import mlp_of_sample
from theory.mlp.free_product import product_moments
from validation.claims.base import Claim, Finding, NotApplicableError, require_samples, require_sizes
from validation.compare import (
    LEVEL,
    Comparison,
    control_variate,
    extrapolate,
    share_level,
    smallest_adjusted_p,
    verdict_of_agreement,
)
from validation.mlp.controls import SAMPLES_PER_CONTROL
from validation.mlp.family import MlpFamily
from validation.mlp.measured import MeasuredMlp
from validation.subject import Subject

FloatArray = NDArray[np.float64]

# A missing factor or term violates an identity by half of the energy or more; about fifty networks resolve a tenth.
RELEVANT = 0.10
MOMENTS = (1, 2, 3)


def compare_sides(run: MeasuredMlp, *, with_overlaps: bool = True) -> list[Comparison]:
    """Compare both sides of the identity at each slot of finite temperature, sample by sample."""
    c_w = run.model.weight_variance
    residuals = run.identity_residuals
    if not with_overlaps:
        residuals = residuals + run.betas * c_w * run.overlaps[..., -1]
    controls = run.prior_controls[:, : run.samples // SAMPLES_PER_CONTROL]
    found = []
    for slot in np.flatnonzero(run.betas > 0):
        difference, error, _ = control_variate(residuals[:, slot], controls, 0.0)
        energy = float(run.energies[:, slot].mean())
        name = f"N = {run.sites}, beta = {run.betas[slot]:g}"
        found.append(Comparison(name, energy, error, energy - difference, run.samples - 1 - controls.shape[1]))
    return found


def _identity(claim: Claim, family: MlpFamily) -> Finding:
    require_samples(family)
    comparisons = share_level([c for run in family.runs for c in compare_sides(run)])
    wrong = [c for run in family.runs for c in compare_sides(run, with_overlaps=False)]
    worst = max(comparisons, key=lambda c: abs(c.z))
    sharp = float(np.median([c.detectable / abs(c.measured) for c in comparisons]))
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, RELEVANT),
        f"energies and overlaps at {len(comparisons)} widths and temperatures: largest deviation {worst.z:+.1f} "
        f"standard errors ({worst.name}); half of them would have shown {100 * sharp:.2g} % of the energy",
        comparisons,
        "the identity without the overlap of two replicas",
        smallest_adjusted_p(wrong) < LEVEL,
    )


@dataclass(frozen=True)
class LinearNetwork:
    """One linear network x -> a.x, reduced to what its exact thermodynamics need.

    Attributes
    ----------
    field : float
        |a|^2 / N, with H(x) = a.x: <H>/N = -beta |a|^2 / N.
    means : float64 (L + 1,)
        |M_l a|^2 / N_l with M_l the product of the first l scaled weight matrices: <K^l_ab> = beta^2 |M_l a|^2 / N_l.
    traces : float64 (L + 1,)
        tr M_l M_l^T / N_l: <K^l_aa> - <K^l_ab>.
    moments : float64 (L, 3)
        (1/N_0) tr (M_l^T M_l)^k for k = 1, 2, 3 and l = 1..L.
    """

    field: float
    means: FloatArray
    traces: FloatArray
    moments: FloatArray


def linear_network(run: MeasuredMlp, sample: int) -> LinearNetwork:
    """Draw the network of a sample again and multiply its weights."""
    disorder = mlp_of_sample(run.config, sample)
    model = run.model
    product = np.eye(model.widths[0])
    products = [product]
    for weights in disorder.weights:
        product = math.sqrt(model.weight_variance / weights.shape[1]) * weights @ product
        products.append(product)
    scale = math.sqrt(model.sites * model.weight_variance / model.widths[-1])
    a = scale * disorder.readout @ product
    moments = []
    for m in products[1:]:
        spectrum = np.linalg.eigvalsh(m.T @ m)
        moments.append([float(np.sum(spectrum**k)) / model.widths[0] for k in MOMENTS])
    return LinearNetwork(
        float(a @ a) / model.sites,
        np.array([float(np.sum((m @ a) ** 2)) / m.shape[0] for m in products]),
        np.array([float(np.sum(m**2)) / m.shape[0] for m in products]),
        np.array(moments),
    )


def _linear(claim: Claim, family: MlpFamily) -> Finding:
    model = family.largest.model
    if model.activation != "linear" or model.prior != "gaussian" or model.bias_variance > 0:
        raise NotApplicableError("needs linear networks without biases and the gaussian prior")
    require_sizes(family, 3)
    networks = [[linear_network(run, int(i)) for i in run.data.sample.values] for run in family.runs]
    by_sample = [c for run, ns in zip(family.runs, networks, strict=True) for c in compare_networks(run, ns)]
    comparisons = share_level([*by_sample, *_compare_moments(family, networks)])
    shuffled = [*networks[-1][1:], networks[-1][0]]
    unexplained = _unexplained(family.largest, networks[-1])
    worst = max(comparisons, key=lambda c: abs(c.z))
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, RELEVANT),
        f"energies and overlaps of every single network against its own weights, and {len(MOMENTS)} moments of the "
        f"products of up to {model.depth} matrices against free probability: largest deviation {worst.z:+.1f} "
        f"standard errors ({worst.name}); the weights explain all but {100 * unexplained:.2g} % of the variance of the "
        f"energy from network to network",
        comparisons,
        "each network's energy against the weights of the next one, which must explain nothing",
        unexplained < 0.5 < _unexplained(family.largest, shuffled),
    )


def compare_networks(run: MeasuredMlp, networks: list[LinearNetwork]) -> list[Comparison]:
    """Compare measured energies and overlaps with those of the same networks, worked out from their weights."""
    field = np.array([n.field for n in networks])
    means = np.array([n.means for n in networks])
    traces = np.array([n.traces for n in networks])
    found = []
    for slot in np.flatnonzero(run.betas > 0)[::3]:
        beta = float(run.betas[slot])
        rows: list[tuple[str, FloatArray, FloatArray]] = [("e", run.energies[:, slot], -beta * field)]
        for layer in range(run.layers):
            mean = beta**2 * means[:, layer]
            rows.append((f"K{layer}_ab", run.overlaps[:, slot, layer], mean))
            rows.append((f"K{layer}_aa", run.self_overlaps[:, slot, layer], mean + traces[:, layer]))
        for symbol, measured, exact in rows:
            name = f"{symbol}, N = {run.sites}, beta = {beta:g}"
            error = float(np.std(measured - exact, ddof=1) / np.sqrt(run.samples))
            found.append(Comparison(name, float(measured.mean()), error, float(exact.mean()), run.samples - 1))
    return found


def _unexplained(run: MeasuredMlp, networks: list[LinearNetwork]) -> float:
    """Return the share of the variance of the coldest energies that these networks' weights do not explain."""
    exact = np.array([-run.betas[0] * n.field for n in networks])
    return float(np.var(run.energies[:, 0] - exact) / np.var(run.energies[:, 0]))


def _compare_moments(family: MlpFamily, networks: list[list[LinearNetwork]]) -> list[Comparison]:
    """Compare moments of the weight product, extrapolated in 1/N, with free probability (theory.mlp.free_product)."""
    c_w, ratios = family.largest.model.weight_variance, family.theory.width_ratios
    found = []
    for factors in range(1, family.largest.model.depth + 1):
        expected = product_moments(ratios[: factors + 1], max(MOMENTS))
        for column, order in enumerate(MOMENTS):
            samples = [np.array([n.moments[factors - 1, column] for n in ns]) for ns in networks]
            values = np.array([s.mean() for s in samples])
            errors = np.array([s.std(ddof=1) / np.sqrt(s.size) for s in samples])
            limit = extrapolate(family.sizes, values, errors, 1.0)
            predicted = c_w ** (factors * order) * float(expected[order - 1])
            name = f"moment {order} of {factors} factor(s)"
            found.append(Comparison(name, limit.value, limit.error, predicted, min(s.size for s in samples) - 1))
    return found


_IDENTITY_TEXT = "[⟨H⟩]/N = -β C_W ([⟨K^L_aa⟩] - [⟨K^L_ab⟩]) at every width and temperature."

IDENTITY: Claim = Claim(
    id="mlp.identity",
    statement=_IDENTITY_TEXT,
    source="Integration by parts over the Gaussian output weights; holds at every width, for every activation.",
    needs="random MLPs, at least 4 samples",
    evaluate=_identity,
    about=Subject.RANDOM_MLPS,
)
LINEAR: Claim = Claim(
    id="mlp.linear-networks",
    statement="A linear network has H = a.x: its energy and overlaps follow from its weights, their averages from the "
    "moments of the product of its weight matrices, a free product of Marchenko-Pastur laws.",
    source="Winer & Hanin, arXiv 2503.23982: the saddle point of linear networks, exactly.",
    needs="linear random MLPs at 3 widths or more",
    evaluate=_linear,
    about=Subject.RANDOM_MLPS,
)
