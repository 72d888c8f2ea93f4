"""Positively homogeneous activations: phases depend on beta and C_W through one number.

If phi(c z) = c phi(z) for every c > 0 (relu, linear, shaped relu) and there are no biases, replacing C_W by 1 divides
every pre-activation z^l by C_W^(l/2) and H by C_W^((L+1)/2), at the same inputs and weights. So Phi, the input's
overlaps, replicons, breakpoints and phases at (beta, C_W) are those at (beta C_W^((L+1)/2), 1), exactly and at every
width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from theory.activations import Activation
from theory.mlp.model import MlpModel
from theory.mlp.phases.column import Column
from theory.mlp.rs.saddle import solve_rs
from theory.mlp.rsb.discontinuous import JumpLines
from theory.result import NotConvergedError

_DIGITS = 12
_SAFETY = 10.0


@dataclass(frozen=True)
class Scaling:
    """How a grid of beta and C_W maps to C_W = 1.

    Attributes
    ----------
    factors : tuple of float
        C_W^((L+1)/2) at each weight variance.
    betas : tuple of float
        The beta that C_W = 1 is solved at, increasing.
    places : tuple of tuple of int
        For each weight variance, where among `betas` each beta of the grid is found.
    checked : tuple of float
        (C_W, beta, Phi there, Phi at (beta C_W^((L+1)/2), 1)): the point where both were solved.
    """

    factors: tuple[float, ...]
    betas: tuple[float, ...]
    places: tuple[tuple[int, ...], ...]
    checked: tuple[float, float, float, float]

    def failures_at(self, index: int, failures: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
        """Return those (beta, reason) of C_W = 1 that concern weight variance number `index`, at its own beta."""
        own = {self.betas[place] for place in self.places[index]}
        return [(beta / self.factors[index], f"at C_W = 1: {reason}") for beta, reason in failures if beta in own]


def is_positively_homogeneous(activation: Activation) -> bool:
    """Tell whether phi(c z) = c phi(z) for c > 0."""
    z = np.linspace(-4.0, 4.0, 33)
    pairs = ((activation.phi(c * z), c * activation.phi(z)) for c in (0.125, 0.7, 6.0))
    return all(np.allclose(left, right, rtol=1e-13, atol=0.0) for left, right in pairs)


def scaling_of(
    model: MlpModel, betas: Sequence[float], weight_variances: Sequence[float], tolerance: float
) -> Scaling | None:
    """Return how the grid maps to C_W = 1, checked at its warmest corner; None where it does not.

    Parameters
    ----------
    model : MlpModel
    betas, weight_variances : sequences of float
        The grid.
    tolerance : float
        Of the two saddle points of the check.

    Raises
    ------
    NotConvergedError
        If the two disagree, or one is not solved.
    """
    if model.bias_variance > 0.0 or not is_positively_homogeneous(model.activation):
        return None
    factors = np.asarray(weight_variances) ** (0.5 * (model.depth + 1))
    scaled = np.round(np.outer(factors, betas), _DIGITS)
    distinct = np.unique(scaled)
    places = tuple(tuple(int(place) for place in np.searchsorted(distinct, row)) for row in scaled)
    checked = _checked(
        model, min((beta for beta in betas if beta > 0.0), default=1.0), float(max(weight_variances)), tolerance
    )
    return Scaling(tuple(factors.tolist()), tuple(distinct.tolist()), places, checked)


def _checked(model: MlpModel, beta: float, c_w: float, tolerance: float) -> tuple[float, float, float, float]:
    """Return the point and the free entropies on both sides of the scaling there."""
    scaled = beta * c_w ** (0.5 * (model.depth + 1))
    here = solve_rs(replace(model, weight_variance=c_w), beta, tolerance=tolerance)
    there = solve_rs(replace(model, weight_variance=1.0), scaled, tolerance=tolerance)
    errors = here.status.error_estimate + there.status.error_estimate
    if abs(here.free_entropy - there.free_entropy) > _SAFETY * errors + 1e-12:
        raise NotConvergedError(
            f"free entropy {here.free_entropy:.10g} at (beta, C_W) = ({beta:g}, {c_w:g}) is not that at "
            f"({scaled:g}, 1), {there.free_entropy:.10g}, though {model.activation.name} is positively homogeneous"
        )
    return c_w, beta, here.free_entropy, there.free_entropy


def scaled_column(column: Column, scaling: Scaling, index: int) -> Column:
    """Return the column at weight variance number `index`, from the one at C_W = 1."""
    factor, places = scaling.factors[index], scaling.places[index]
    lines = column.lines
    return Column(
        continuous=_over(column.continuous, factor),
        lines=JumpLines(_over(lines.dynamical, factor), _over(lines.static, factor), lines.gap),
        onset=column.onset,
        phases=tuple(column.phases[place] for place in places),
        one_step=tuple(column.one_step[place] for place in places),
        failures=tuple(scaling.failures_at(index, column.failures)),
    )


def _over(beta: float | None, factor: float) -> float | None:
    return None if beta is None else beta / factor
