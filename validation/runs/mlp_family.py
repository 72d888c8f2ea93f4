"""Runs of random MLPs that differ in width alone, with the predictions for infinite width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from theory.mlp import MlpModel, RSSolution, critical_beta, solve_branch, solve_linear
from validation.numbers.arrays import FloatArray
from validation.runs.family import Family
from validation.runs.mlps import MeasuredMlp, theory_of
from validation.runs.subject import Subject

# Far below any statistical error here.
THEORY_TOLERANCE = 1e-6
# Neighbouring layers of a deep network have nearly the same overlaps: to compare all would cost power and say no more.
LAYERS_COMPARED = 5


@dataclass(frozen=True)
class MlpFamily(Family[MeasuredMlp]):
    """Runs of one law of random MLPs at several widths, the narrowest first."""

    variance_factor: float = 1.0  #: on C_W in the predictions; other than 1 for a theory known to be wrong

    subject = Subject.RANDOM_MLPS

    @property
    def layers_compared(self) -> list[int]:
        """Layers whose overlaps are compared: all of a shallow network, a few of a deep one, evenly spaced."""
        layers = self.largest.layers
        return [round(layer) for layer in np.linspace(0, layers - 1, min(layers, LAYERS_COMPARED))]

    @property
    def label(self) -> str:
        """What distinguishes this family in a table."""
        model = self.largest.model
        ratios = "" if len(set(model.widths)) == 1 else f", widths {':'.join(str(n) for n in model.widths)}"
        variance = "" if model.weight_variance == 1.0 else f", C_W = {model.weight_variance:g}"
        prior = "" if model.prior == "gaussian" else ", sphere"
        return f"{model.activation}, depth {model.depth}{ratios}{variance}{prior}, {self.listed_sizes}"

    @property
    def theory(self) -> MlpModel:
        """The infinitely wide network."""
        return theory_of(self.largest.model, self.variance_factor)

    @cached_property
    def predictions(self) -> list[RSSolution]:
        """Return the replica-symmetric solution at each entry of `slots`."""
        return self.predict(self.betas)

    def predict(self, betas: FloatArray) -> list[RSSolution]:
        """Return the replica-symmetric solutions at some betas, in their order."""
        solved = _branch(self.theory, tuple(sorted(betas.tolist())))
        return [solved[beta] for beta in betas.tolist()]

    def first(self, samples: int) -> MlpFamily:
        """Return the first samples of every run."""
        return MlpFamily(tuple(run.first(samples) for run in self.runs), self.variance_factor)

    def stability_limit(self) -> float | None:
        """Return the beta at which replica symmetry turns unstable, None if it is stable at all of `slots`.

        Raises `NotConvergedError` as `critical_beta` does.
        """
        unstable = self.betas[[not stable for stable in self.stable]]
        if not unstable.size:
            return None
        below = self.betas[self.stable]
        low = float(below.max()) if below.size else 1e-3 * float(unstable.min())
        return critical_beta(self.theory, beta_min=low, beta_max=float(unstable.min()) * 1.001, precision=1e-4)

    @cached_property
    def stable(self) -> list[bool]:
        """Return for each entry of `slots` whether replica symmetry is stable there and at all smaller betas."""
        unstable_from = min((s.beta for s in self.predictions if s.replicon >= 1.0), default=math.inf)
        return [beta < unstable_from for beta in self.betas]


@lru_cache(maxsize=256)
def _branch(model: MlpModel, betas: tuple[float, ...]) -> dict[float, RSSolution]:
    """Solve once what several claims and figures ask for."""
    if model.activation.name == "linear":
        return {beta: solve_linear(model, beta) for beta in betas}
    return dict(zip(betas, solve_branch(model, betas, tolerance=THEORY_TOLERANCE), strict=True))


def families_of_mlps(runs: Sequence[MeasuredMlp]) -> list[MlpFamily]:
    """Group runs that differ in width alone.

    Those whose ladders do not reach beta = 0, with fewer exact controls and often at temperatures of their own, are
    kept apart.
    """
    groups: dict[tuple[object, ...], list[MeasuredMlp]] = {}
    for run in runs:
        model = run.model
        ratios = tuple(round(width / model.sites, 2) for width in model.widths)
        law = (model.activation, model.activation_shape, model.weight_variance, model.bias_variance, model.prior)
        groups.setdefault((law, ratios, run.reaches_prior), []).append(run)
    return [MlpFamily(tuple(sorted(group, key=lambda run: run.size))) for group in groups.values()]
