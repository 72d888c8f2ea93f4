"""Overlaps of inputs of random MLPs: broad where replica symmetry breaks, narrowing as N^(-1/2) where it is stable."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from theory.mlp import MlpModel
from theory.mlp.rsb import solve_frsb
from validation.claims.base import Claim, Finding, NotApplicableError, require_sizes
from validation.numbers.compare import LEVEL, Comparison, share_level, smallest_adjusted_p, verdict_of_agreement
from validation.numbers.limits import SizeLimit, against_negative_control, against_theory, size_limit, vanishing_limit
from validation.numbers.spread import APART, Estimate, Spread, spread
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlps import MeasuredMlp
from validation.runs.subject import Subject

FloatArray = NDArray[np.float64]

COPIES = 4
FEWEST_SAMPLES = 8
# Beyond this many times the beta where symmetry breaks, N is large enough for the scaling of the glass.
DEEP = 1.25
# Up to this replicon fluctuations are a series in 1/N already at the narrowest widths.
WELL_STABLE = 0.5
COLDEST = 3
# The negative controls, no width at all and no narrowing at all, are off by 100 %.
RELEVANT = 0.50
TOLERANCE = 1e-4


@lru_cache(maxsize=64)
def predicted_variances(model: MlpModel, beta: float) -> tuple[float, ...]:
    """Return the variance of P(K_ab) of each layer under full replica symmetry breaking.

    Raises
    ------
    NotConvergedError
        As `solve_frsb`.
    """
    overlaps = solve_frsb(model, beta, tolerance=TOLERANCE).overlaps
    return tuple(one.moment(2) - one.mean**2 for one in overlaps)


def spreads_at(family: MlpFamily, entry: int, layer: int) -> list[Spread]:
    """Return how the overlap of a layer varies at every width, at an entry of the family's slots."""
    return [
        spread(run.overlap_statistics(slot, layer)) for run, slot in zip(family.runs, family.slots[entry], strict=True)
    ]


def _require(family: MlpFamily) -> None:
    for run in family.runs:
        if run.config.run.copies < COPIES:
            raise NotApplicableError(f"needs {COPIES} copies, {run.name} has {run.config.run.copies}")
    require_sizes(family, 3, FEWEST_SAMPLES)


def _degrees(family: MlpFamily) -> float:
    return min(run.samples for run in family.runs) - 1


def _well_stable(family: MlpFamily) -> list[int]:
    """Return the coldest entries of the family's slots that are well inside the stable phase."""
    rows = zip(family.stable, family.predictions, strict=True)
    return [i for i, (stable, rs) in enumerate(rows) if stable and rs.replicon <= WELL_STABLE][:COLDEST]


def relative_variance(run: MeasuredMlp, slot: int, layer: int) -> Estimate:
    """Return the variance of K_ab within a network over the square of its own K_aa, averaged over networks.

    The scale of a layer of a finite network varies, of L layers by a factor of about exp(sqrt(L/N)), and with it all
    overlaps: their variances differ from network to network by several times the mean, their shares of K_aa^2 do not.
    Both vanish as 1/N where replica symmetry is stable, since K_aa is the same in all infinitely wide networks.
    """
    statistics = run.overlap_statistics(slot, layer)
    shares = (statistics.square - statistics.apart) / np.square(run.self_overlaps[:, slot, layer])
    return Estimate(float(shares.mean()), float(shares.std(ddof=1) / np.sqrt(shares.size)))


def _narrow_limit(family: MlpFamily, entry: int, layer: int) -> SizeLimit:
    return vanishing_limit(
        f"variance of K{layer}_ab within a network over K{layer}_aa²",
        f"beta = {family.betas[entry]:g}",
        family.sizes,
        [relative_variance(run, slot, layer) for run, slot in zip(family.runs, family.slots[entry], strict=True)],
        _degrees(family),
    )


def _broad(claim: Claim, family: MlpFamily) -> Finding:
    _require(family)
    unstable = [float(beta) for beta, stable in zip(family.betas, family.stable, strict=True) if not stable]
    if not unstable:
        raise NotApplicableError("replica symmetry is stable at every temperature of these runs")
    line = family.stability_limit()
    assert line is not None
    deep = [i for i, beta in enumerate(family.betas) if beta >= DEEP * line]
    control = _well_stable(family)
    if not deep or not control:
        raise NotApplicableError(f"needs temperatures on both sides of beta = {line:.3g}, from {DEEP * line:.3g} on")
    limits = [limit for i in deep for limit in _broad_at(family, i)]
    stable = [_narrow_limit(family, i, 0) for i in control]
    comparisons = against_theory(limits)
    worst = max(comparisons, key=lambda c: abs(c.z))
    coldest = limits[0]
    sharp = float(np.median([c.minimal_detectable_effect / c.predicted for c in comparisons]))
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, RELEVANT),
        f"the variance of the overlap of two inputs within a network at {coldest.where} falls as "
        f"{_listed(coldest)} and tends to {coldest.limit.value:.4f} ± {coldest.limit.error:.4f} in N^(-2/3), full "
        f"replica symmetry breaking {coldest.predicted:.4f}, none 0; of {len(comparisons)} limits the largest "
        f"deviation is {worst.z:+.1f} standard errors ({worst.name}); half of them would have shown "
        f"{100 * sharp:.2g} %",
        comparisons,
        "replica-symmetric overlaps, whose variance tends to 0; where symmetry is stable the same test must find that",
        smallest_adjusted_p(against_negative_control(limits)) < LEVEL
        and smallest_adjusted_p(against_theory(stable)) >= LEVEL,
        size_limits=limits,
    )


def _listed(limit: SizeLimit) -> str:
    return ", ".join(f"{v:.3g} ± {e:.1g}" for v, e in zip(limit.values, limit.errors, strict=True))


def _broad_at(family: MlpFamily, entry: int) -> list[SizeLimit]:
    """Return the limits of the input's overlap: variance within a network, two thirds of the whole, and the whole.

    The hidden layer's predicted variance, about 1e-4, is less than a sixth of its fluctuations of order 1/N at the
    widest networks here, so that its limit says nothing.
    """
    beta = float(family.betas[entry])
    variance = predicted_variances(family.theory, beta)[0]
    spreads = spreads_at(family, entry, 0)
    rows = [
        ("within a network", [one.inside for one in spreads], (1.0 - APART) * variance),
        ("over all networks", [one.total for one in spreads], variance),
    ]
    return [
        size_limit(
            f"variance of K0_ab {over}", f"beta = {beta:g}", family.sizes, estimates, _degrees(family),
            predicted=predicted, wrong=0.0,
        )
        for over, estimates, predicted in rows
    ]  # fmt: skip


def _narrow(claim: Claim, family: MlpFamily) -> Finding:
    _require(family)
    chosen = _well_stable(family)
    if not chosen:
        raise NotApplicableError(f"needs temperatures where the replicon is at most {WELL_STABLE:g}")
    limits = [_narrow_limit(family, i, layer) for i in chosen for layer in family.layers_compared]
    comparisons = share_level([_narrowing(one, 1.0) for one in limits])
    wrong = share_level([_narrowing(one, 0.0) for one in limits])
    worst = max(comparisons, key=lambda c: abs(c.z))
    coldest = limits[0]
    sharp = float(np.median([c.minimal_detectable_effect for c in comparisons]))
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, RELEVANT),
        f"the variance of the overlap of two inputs within a network, over their squared self-overlap, at "
        f"{coldest.where} falls as {_listed(coldest)} and tends to {coldest.limit.value:.1g} ± "
        f"{coldest.limit.error:.1g} {'in a series in 1/N' if len(family.runs) > 3 else 'in 1/N'}; of {len(limits)} "
        f"limits the one farthest from 0 is {-worst.z:+.1f} standard errors off ({worst.name}); half of them would "
        f"have shown a limit of {100 * sharp:.2g} % of what the widest have",
        comparisons,
        "overlaps as of broken symmetry, whose variance stays what it is at the widest networks",
        smallest_adjusted_p(wrong) < LEVEL,
        size_limits=limits,
    )


def _narrowing(limit: SizeLimit, predicted: float) -> Comparison:
    """Compare the share of the variance at the widest that the limit has lost: 1 if it vanishes, 0 if it stays."""
    widest = limit.values[-1]
    return Comparison(
        limit.name, 1.0 - limit.limit.value / widest, limit.limit.error / widest, predicted, limit.degrees
    )


def _activations(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name}-depth-1-*" for name in names)


_PAPER = "Winer & Hanin, arXiv 2503.23982"

BROAD = Claim(
    id="rsb.mlp-broad-overlaps",
    statement="Beyond the line where symmetry breaks, overlaps of inputs do not become sharp as N grows: their "
    "variance tends to that of full replica symmetry breaking, two thirds of it within a network.",
    source=f"{_PAPER}: sin networks break replica symmetry; the Parisi solution of their saddle point.",
    needs="random MLPs at 3 widths or more, 4 copies, 8 samples each, beta well below and 1.25 times beyond the line",
    evaluate=_broad,
    about=Subject.RANDOM_MLPS,
    runs=("glass-sin-*", *_activations(["sin"])),
)
NARROW = Claim(
    id="rsb.mlp-narrow-overlaps",
    statement="Where replica symmetry is stable, overlaps of two inputs of a network become sharp: their standard "
    "deviation, in units of the self-overlap, falls as N^(-1/2) in every layer.",
    source=f"{_PAPER}: replica-symmetric saddle point; tanh and relu networks at moderate beta.",
    needs="random MLPs at 3 widths or more, 4 copies, 8 samples each, temperatures where the replicon is at most 0.5",
    evaluate=_narrow,
    about=Subject.RANDOM_MLPS,
    runs=_activations(["tanh", "relu", "sin"]),
)
