"""Overlaps of inputs of random MLPs: broad where replica symmetry breaks, narrowing as N^(-1/2) where it is stable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from theory.mlp import MlpModel
from theory.mlp.rsb import solve_frsb
from validation.claims.base import WINER, Claim, NotApplicableError, require_copies, require_sizes
from validation.claims.mlp_saddle import unstable_entries
from validation.claims.points import Control, Point, PointsTest, Quantity, point
from validation.numbers.estimate import Estimate, mean_of
from validation.numbers.limit import GLASS, STABLE, Limit
from validation.numbers.spread import APART, Spread, spread
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlps import MeasuredMlp
from validation.runs.subject import Subject

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
    """Return the variance of P(K_ab) of each layer under full replica symmetry breaking, or raise as `solve_frsb`."""
    overlaps = solve_frsb(model, beta, tolerance=TOLERANCE).overlaps
    return tuple(overlap.moment(2) - overlap.mean**2 for overlap in overlaps)


def relative_variance(run: MeasuredMlp, slot: int, layer: int) -> Estimate:
    """Return the variance of K_ab within a network over the square of its own K_aa, averaged over networks.

    The scale of a layer of a finite network varies, of L layers by a factor of about exp(sqrt(L/N)), and with it all
    overlaps: their variances differ from network to network by several times the mean, their shares of K_aa^2 do not.
    Both vanish as 1/N where replica symmetry is stable, since K_aa is the same in all infinitely wide networks.
    """
    statistics = run.overlap_statistics(slot, layer)
    return mean_of((statistics.square - statistics.apart) / np.square(run.self_overlaps[:, slot, layer]))


def _require(family: MlpFamily) -> None:
    require_copies(family, COPIES)
    require_sizes(family, 3, FEWEST_SAMPLES)


def narrowing(layer: int) -> Quantity:
    """Return the variance of the overlap of a layer within a network, which vanishes where symmetry is stable."""
    symbol = f"variance of K{layer}_ab within a network over K{layer}_aa²"
    return Quantity(symbol, partial(relative_variance, layer=layer), lambda _: 0.0, STABLE, layer)


def _of_input(where: str, part: Callable[[Spread], Estimate], share: float) -> Quantity:
    """Return a variance of the input's overlap: this share of what full replica symmetry breaking predicts in all."""

    def measure(run: MeasuredMlp, slot: int) -> Estimate:
        return part(spread(run.overlap_statistics(slot, 0)))

    return Quantity(f"variance of K0_ab {where}", measure, lambda variance: share * variance, GLASS, 0)


INSIDE = _of_input("within a network", lambda s: s.inside, 1.0 - APART)
TOTAL = _of_input("over all networks", lambda s: s.total, 1.0)


def _well_stable(family: MlpFamily) -> list[int]:
    """Return the coldest entries of the family's slots that are well inside the stable phase."""
    rows = zip(family.stable, family.predictions, strict=True)
    return [i for i, (stable, rs) in enumerate(rows) if stable and rs.replicon <= WELL_STABLE][:COLDEST]


def _broad(family: MlpFamily) -> list[Point]:
    """Return the variances of the input's overlap beyond the line: within a network two thirds of it, and the whole.

    The hidden layer's predicted variance, about 1e-4, is less than a sixth of its fluctuations of order 1/N at the
    widest networks here, so that its limit says nothing.
    """
    _require(family)
    unstable_entries(family)
    line = family.stability_limit()
    assert line is not None
    deep = [i for i, beta in enumerate(family.betas) if beta >= DEEP * line]
    if not deep or not _well_stable(family):
        raise NotApplicableError(f"needs temperatures on both sides of beta = {line:.3g}, from {DEEP * line:.3g} on")
    variances = {i: predicted_variances(family.theory, float(family.betas[i]))[0] for i in deep}
    return [quantity.point(family, i, variances[i], 0.0) for i in deep for quantity in (INSIDE, TOTAL)]


def _vanishing(family: MlpFamily) -> list[Point]:
    return [narrowing(0).point(family, i, None) for i in _well_stable(family)]


def _narrow(family: MlpFamily) -> list[Point]:
    """Return the shares of the variance at the widest that the limit has lost: 1 if it vanishes, 0 if it stays."""
    _require(family)
    chosen = _well_stable(family)
    if not chosen:
        raise NotApplicableError(f"needs temperatures where the replicon is at most {WELL_STABLE:g}")
    limits = [narrowing(layer).limit(family, i) for i in chosen for layer in family.layers_compared]
    return [point(_lost(limit), 1.0, 0.0) for limit in limits]


def _lost(limit: Limit) -> Limit:
    """Return a limit as the share of what there is at the largest size that is lost."""
    unit = limit.values[-1]

    def lost(number: Any) -> Any:
        return replace(number, value=1.0 - number.value / unit, error=number.error / unit)

    fits = [replace(lost(fit), corrections=tuple(-c / unit for c in fit.corrections)) for fit in limit.fits]
    quantity = f"share lost of the {limit.quantity}"
    return replace(limit, quantity=quantity, estimates=tuple(map(lost, limit.estimates)), fits=tuple(fits))


def _activations(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}-depth-1-*" for name in names)


CLAIMS = (
    Claim(
        id="rsb.mlp-broad-overlaps",
        statement="Beyond the line where symmetry breaks, overlaps of inputs do not become sharp as N grows: their "
        "variance tends to that of full replica symmetry breaking, two thirds of it within a network.",
        source=f"{WINER}: sin networks break replica symmetry; the Parisi solution of their saddle point.",
        needs="random MLPs at 3 widths or more, 4 copies, 8 samples each, beta well below and 1.25 times beyond the "
        "line",
        evaluate=PointsTest(
            _broad,
            "replica-symmetric overlaps, whose variance tends to 0; where symmetry is stable the same test must find "
            "that",
            RELEVANT,
            controls=(Control(_vanishing, rejected=False),),
        ),
        about=Subject.RANDOM_MLPS,
        runs=("glass-sin-*", *_activations("sin")),
    ),
    Claim(
        id="rsb.mlp-narrow-overlaps",
        statement="Where replica symmetry is stable, overlaps of two inputs of a network become sharp: their standard "
        "deviation, in units of the self-overlap, falls as N^(-1/2) in every layer.",
        source=f"{WINER}: replica-symmetric saddle point; tanh and relu networks at moderate beta.",
        needs="random MLPs at 3 widths or more, 4 copies, 8 samples each, temperatures where the replicon is at most "
        "0.5",
        evaluate=PointsTest(
            _narrow, "overlaps as of broken symmetry, whose variance stays what it is at the widest networks", RELEVANT
        ),
        about=Subject.RANDOM_MLPS,
        runs=_activations("tanh", "relu", "sin"),
    ),
)
