"""Random linear networks: energies and overlaps from their weights, and averages over weights by free probability."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mcsim.networks.source import mlp_of_sample
from theory.mlp.exact.free_product import gibbs_overlaps, product_moments
from validation.claims.base import WINER, Claim, Finding, NotApplicableError, require_sizes
from validation.claims.points import Point, point, worst_of
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Comparison, Place, share_level, verdict_of_agreement
from validation.numbers.estimate import mean_of
from validation.numbers.limit import STABLE, limit_of
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlps import MeasuredMlp
from validation.runs.subject import Subject

# As of the identity between energy and overlaps: a missing factor is off by half or more.
RELEVANT = 0.10
MOMENTS = (1, 2, 3)

Networks = list[list["LinearNetwork"]]  # of each width


@dataclass(frozen=True)
class LinearNetwork:
    """One linear network x -> a.x, reduced to what its exact thermodynamics need."""

    field: float  #: |a|^2 / N, with H(x) = a.x: <H>/N = -beta |a|^2 / N
    #: (L + 1,), |M_l a|^2 / N_l with M_l the product of the first l scaled weights: <K^l_ab> = beta^2 |M_l a|^2 / N_l
    means: FloatArray
    traces: FloatArray  #: (L + 1,), tr M_l M_l^T / N_l: <K^l_aa> - <K^l_ab>
    spectra: tuple[FloatArray, ...]  #: (N_0,) each, eigenvalues of M_l^T M_l, rising, for l = 1..L

    def moment(self, order: int, factors: int) -> float:
        """Return (1/N_0) tr (M_l^T M_l)^order for l = factors."""
        return float(np.mean(self.spectra[factors - 1] ** order))


@dataclass(frozen=True)
class SpectraFigure:
    """What a finding about linear networks rests on, to be drawn."""

    family: MlpFamily
    #: (networks, N_0) each, of the widest networks, for each number of factors, as in `LinearNetwork`
    spectra: tuple[FloatArray, ...]
    means: tuple[Point, ...]  #: K^l_ab / beta^2 of layers 0..L
    differences: tuple[Point, ...]  #: K^l_aa - K^l_ab of layers 1..L


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
    return LinearNetwork(
        float(a @ a) / model.sites,
        np.array([float(np.sum((m @ a) ** 2)) / m.shape[0] for m in products]),
        np.array([float(np.sum(m**2)) / m.shape[0] for m in products]),
        tuple(np.asarray(np.linalg.eigvalsh(m.T @ m), dtype=np.float64) for m in products[1:]),
    )


def _linear(claim: Claim, family: MlpFamily) -> Finding:
    model = family.largest.model
    if model.activation != "linear" or model.prior != "gaussian" or model.bias_variance > 0:
        raise NotApplicableError("needs linear networks without biases and the gaussian prior")
    require_sizes(family, 3)
    networks: Networks = [[linear_network(run, int(i)) for i in run.data.sample.values] for run in family.runs]
    by_sample = [c for run, ns in zip(family.runs, networks, strict=True) for c in compare_networks(run, ns)]
    means, differences = overlap_points(family, networks)
    averaged = [p.comparison for p in (*moment_points(family, networks), *means, *differences)]
    comparisons = share_level([*by_sample, *averaged])
    worst, worst_average = worst_of(comparisons), worst_of(averaged)
    shuffled = [*networks[-1][1:], networks[-1][0]]
    unexplained = _unexplained(family.largest, networks[-1])
    spectra = tuple(np.array(of_factors) for of_factors in zip(*(n.spectra for n in networks[-1]), strict=True))
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, RELEVANT),
        f"energies and overlaps of every single network against its own weights: the weights explain all but "
        f"{100 * unexplained:.2g} % of the variance of the energy from network to network; {len(MOMENTS)} moments of "
        f"the products of up to {model.depth} matrices and overlaps of all layers, averaged over weights and "
        f"extrapolated in 1/N, against free probability: largest deviation {worst_average.z:+.1f} standard errors "
        f"({worst_average.name}); of all {len(comparisons)} comparisons {worst.z:+.1f} ({worst.name})",
        comparisons,
        "each network's energy against the weights of the next one, which must explain nothing",
        unexplained < 0.5 < _unexplained(family.largest, shuffled),
        [SpectraFigure(family, spectra, tuple(means), tuple(differences))],
    )


def compare_networks(run: MeasuredMlp, networks: list[LinearNetwork]) -> list[Comparison]:
    """Compare measured energies and overlaps with those of the same networks, worked out from their weights."""
    field = np.array([n.field for n in networks])
    means = np.array([n.means for n in networks])
    traces = np.array([n.traces for n in networks])
    comparisons = []
    for slot in np.flatnonzero(run.betas > 0)[::3]:
        beta = float(run.betas[slot])
        rows: list[tuple[str, int | None, FloatArray, FloatArray]] = [("e", None, run.energies[:, slot], -beta * field)]
        for k in range(run.layers):
            mean = beta**2 * means[:, k]
            rows.append((f"K{k}_ab", k, run.overlaps[:, slot, k], mean))
            rows.append((f"K{k}_aa", k, run.self_overlaps[:, slot, k], mean + traces[:, k]))
        for symbol, layer, measured, exact in rows:
            place = Place(size=run.size, beta=beta, layer=layer)
            error = mean_of(measured - exact).error
            comparisons.append(
                Comparison(symbol, float(measured.mean()), error, float(exact.mean()), run.samples - 1, at=place)
            )
    return comparisons


def _unexplained(run: MeasuredMlp, networks: list[LinearNetwork]) -> float:
    """Return the share of the variance of the coldest energies that these networks' weights do not explain."""
    exact = np.array([-run.betas[0] * n.field for n in networks])
    return float(np.var(run.energies[:, 0] - exact) / np.var(run.energies[:, 0]))


def moment_points(family: MlpFamily, networks: Networks) -> list[Point]:
    """Put moments of the weight product beside free probability (theory.mlp.exact.free_product)."""
    c_w, ratios = family.largest.model.weight_variance, family.theory.width_ratios
    points = []
    for factors in range(1, family.largest.model.depth + 1):
        expected = product_moments(ratios[: factors + 1], max(MOMENTS))
        for order in MOMENTS:
            samples = [np.array([n.moment(order, factors) for n in ns]) for ns in networks]
            predicted = c_w ** (factors * order) * float(expected[order - 1])
            points.append(_point(family, f"moment {order} of {factors} factor(s)", samples, predicted))
    return points


def overlap_points(family: MlpFamily, networks: Networks) -> tuple[list[Point], list[Point]]:
    """Put K^l_ab / beta^2 of layers 0..L and K^l_aa - K^l_ab of layers 1..L beside free probability.

    Both follow from the weights and have no thermal noise; of the input, K^0_aa - K^0_ab is 1 in every network.
    """
    v, k0 = gibbs_overlaps(family.theory.width_ratios, 1.0, family.largest.model.weight_variance)
    means, differences = [], []
    for k in range(family.largest.layers):
        samples = [np.array([n.means[k] for n in ns]) for ns in networks]
        means.append(_point(family, f"K{k}_ab / beta^2 from weights", samples, float(k0[k]), k))
        if k > 0:
            samples = [np.array([n.traces[k] for n in ns]) for ns in networks]
            differences.append(_point(family, f"K{k}_aa - K{k}_ab from weights", samples, float(v[k]), k))
    return means, differences


def _point(
    family: MlpFamily, quantity: str, samples: list[FloatArray], predicted: float, layer: int | None = None
) -> Point:
    degrees = min(values.size for values in samples) - 1
    estimates = [mean_of(values) for values in samples]
    return point(limit_of(quantity, family.sizes, estimates, STABLE, degrees, Place(layer=layer)), predicted)


CLAIMS = (
    Claim(
        id="mlp.linear-networks",
        statement="A linear network has H = a.x: its energy and overlaps follow from its weights, their averages from "
        "the moments of the product of its weight matrices, a free product of Marchenko-Pastur laws.",
        source=f"{WINER}: the saddle point of linear networks, exactly.",
        needs="linear random MLPs at 3 widths or more",
        evaluate=_linear,
        about=Subject.RANDOM_MLPS,
    ),
)
