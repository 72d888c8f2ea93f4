"""Replica-symmetric saddle point of the random MLP: any depth, width ratios, variances and prior."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from theory.mlp.model import MlpModel, OrderParameters
from theory.mlp.neuron.layer import LayerAverages, LayerRule, build_layer_rule
from theory.mlp.rs.free_entropy import free_entropy_of_averages
from theory.mlp.rs.solution import RSSolution, rs_solution
from theory.mlp.rs.stability import replicon
from theory.mlp.rs.zipper import Zipper, relative_change, relative_changes, saddle_map, uncorrelated
from theory.result import NotConvergedError, SolverStatus

_COARSE_TOLERANCE = 1e-5
_FINE_DRIFT = 0.05
_MAX_CORRECTIONS = 20
_MAX_REFINEMENTS = 2
_MAYBE_ROUNDING = 1e-9


def solve_rs(
    model: MlpModel,
    beta: float,
    *,
    tolerance: float = 1e-8,
    start: OrderParameters | None = None,
    max_sweeps: int = 2000,
) -> RSSolution:
    """Solve the replica-symmetric saddle point.

    Parameters
    ----------
    model : MlpModel
    beta : float
        Inverse temperature, zero or more.
    tolerance : float
        Largest acceptable estimated error of the free entropy and of the energy, between 1e-11 and 1e-2.
    start : OrderParameters, optional
        Where the iteration starts, to follow a branch from a neighbouring beta; otherwise from uncorrelated
        replicas.
    max_sweeps : int
        Sweeps through the layers allowed in all.

    Returns
    -------
    RSSolution

    Raises
    ------
    ValueError
        If beta or the tolerance is out of range.
    NotConvergedError
        If the iteration does not settle, an average needs too many nodes, or the error estimate stays above
        the tolerance.

    Notes
    -----
    The zipper (`theory.mlp.rs.zipper`) runs on coarse quadrature rules. A fine rule, adapted to the solution, gives
    the defect of the coarse averages, and the coarse iteration is repeated with that defect added until the
    *fine* equations hold: a few fine evaluations per layer instead of two per sweep.

    `status.residual` is the mismatch of those equations: absolute for the overlaps, in units of 1/v of their layer for
    the conjugates. Depth 64 takes 3 to 10 s of one core for smooth activations, 20 to 45 s for kinked ones.
    """
    if not (math.isfinite(beta) and beta >= 0.0):
        raise ValueError(f"beta {beta} must be a finite number, zero or more")
    if not 1e-11 <= tolerance <= 1e-2:
        raise ValueError(f"tolerance {tolerance} must lie between 1e-11 and 1e-2")
    zipper = Zipper(model, beta, _COARSE_TOLERANCE, max_sweeps)
    where = f"beta {beta:g}, weight variance {model.weight_variance:g}"
    try:
        x = uncorrelated(model, beta) if start is None else _started_from(start, model, beta)
        x = zipper.settle(x, _COARSE_TOLERANCE)
        rule_tolerance = min(1e-3, 0.02 / model.depth) * tolerance
        for _ in range(_MAX_REFINEMENTS):
            solution = _polish(zipper, x, rule_tolerance, max(1e-4 * tolerance, 3e-12))
            error = solution.status.error_estimate
            if error <= tolerance:
                return solution
            x = solution.order_parameters
            rule_tolerance *= max(0.2 * tolerance / error, 0.03)
    except NotConvergedError as error:
        raise NotConvergedError(f"{where}: {error}; {zipper.reached()}") from error
    raise NotConvergedError(
        f"{where}: reached free entropy {solution.free_entropy:.10g} and energy {solution.energy:.10g} with an "
        f"estimated error of {solution.status.error_estimate:.1e}, tolerance {tolerance:.1e}"
    )


def _started_from(start: OrderParameters, model: MlpModel, beta: float) -> OrderParameters:
    if start.v.size != model.depth + 1:
        raise ValueError(f"the start has {start.v.size} layers; the model has {model.depth + 1}, input included")
    x = start.copy()
    x.r0[-1] = uncorrelated(model, beta).r0[-1]
    return x


def _polish(zipper: Zipper, x: OrderParameters, rule_tolerance: float, tolerance: float) -> RSSolution:
    """Make the saddle-point equations hold on fine rules, and estimate the error left."""
    model, beta = zipper.model, zipper.beta
    fine = _FineRules(model, rule_tolerance)
    mismatch, response = np.inf, 1.0
    for _ in range(_MAX_CORRECTIONS):
        averages = fine.averages(x)
        y = saddle_map(model, beta, x, averages)
        changes = relative_changes(x, y)
        previous, mismatch = mismatch, float(changes.max())
        at_rounding = mismatch < _MAYBE_ROUNDING and mismatch > 0.5 * previous
        if mismatch < tolerance or at_rounding:
            break
        zipper.correct(x, averages)
        before, x = x, zipper.settle(x, 0.1 * tolerance)
        if mismatch > _MAYBE_ROUNDING:
            response = max(response, abs(float(x.v[-1] / before.v[-1]) - 1.0) / float(changes.sum()))
    else:
        raise NotConvergedError(f"the equations still miss by {mismatch:.1e} (relative) on the fine quadrature rule")
    phi = free_entropy_of_averages(model, beta, x, averages)
    energy_scale = beta * model.weight_variance * float(x.v[-1])
    phi_error, relative_error = fine.errors(zipper, x, averages)
    # How much of a mismatch reaches the last layer, as seen in the corrections, and after infinitely many sweeps.
    response = max(response, 1.0 / (1.0 - min(zipper.rate, 0.999)))
    energy_error = energy_scale * response * (relative_error + float(changes.sum()))
    status = SolverStatus(
        converged=True,
        residual=largest_mismatch(x, y),
        error_estimate=max(phi_error, energy_error, 4e-16 * abs(phi)),
        iterations=zipper.sweeps,
    )
    return rs_solution(model, beta, phi, x, replicon(model, x, averages), status)


def largest_mismatch(a: OrderParameters, b: OrderParameters) -> float:
    """Return the largest absolute difference of an overlap, or of a conjugate in units of 1/v of its layer."""
    conjugates = np.maximum(np.abs(a.rt - b.rt), np.abs(a.r0 - b.r0)) * b.v
    return float(np.max([np.abs(a.v - b.v), np.abs(a.k0 - b.k0), conjugates]))


class _FineRules:
    """Rules adapted to the current order parameters, one per layer."""

    def __init__(self, model: MlpModel, tolerance: float) -> None:
        self._model = model
        self._tolerance = tolerance
        self._rules: list[LayerRule] = []

    def averages(self, x: OrderParameters) -> list[LayerAverages]:
        """Return the averages of layers 1..L, after adapting the rules of layers that have moved."""
        model = self._model
        fields = [x.site_field(model, layer) for layer in range(1, model.depth + 1)]
        old: Sequence[LayerRule | None] = self._rules or [None] * model.depth
        self._rules = [
            rule
            if rule is not None and rule.drift(field) < _FINE_DRIFT
            else build_layer_rule(model.activation, field, self._tolerance)
            for rule, field in zip(old, fields, strict=True)
        ]
        return [rule.averages(field) for rule, field in zip(self._rules, fields, strict=True)]

    def errors(self, zipper: Zipper, x: OrderParameters, averages: list[LayerAverages]) -> tuple[float, float]:
        """Return the error of the free entropy, and the sum over layers of relative errors of order parameters.

        The free entropy is stationary, so that only the error of E f enters. Relative errors of v pass from layer
        to layer.
        """
        model = self._model
        exact = saddle_map(model, zipper.beta, x, averages)
        phi_error = relative_error = 0.0
        for index, rule in enumerate(self._rules):
            error = rule.error(x.site_field(model, index + 1))
            moved = [a + error if i == index else a for i, a in enumerate(averages)]
            phi_error += model.width_ratios[index + 1] * error.f
            relative_error += relative_change(exact, saddle_map(model, zipper.beta, x, moved))
        return phi_error, relative_error
