"""Random MLPs against the replica-symmetric saddle point, at infinite width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from mcsim.estimators.thermo import integration_weights
from theory.mlp import LayerOverlap, RSSolution, solve_rs
from theory.result import NotConvergedError
from validation.claims.base import WINER, Claim, NotApplicableError, require_integrable, require_sizes
from validation.claims.points import Control, Point, PointsTest, Quantity
from validation.numbers.arrays import FloatArray
from validation.numbers.estimate import Estimate
from validation.numbers.limit import STABLE
from validation.runs.mlp_controls import controlled
from validation.runs.mlp_family import THEORY_TOLERANCE, MlpFamily
from validation.runs.mlps import MeasuredMlp
from validation.runs.subject import Subject

RELEVANT = 0.05
# The negative control: weights of a variance 10 % larger, whose energies and overlaps differ by about as much.
WRONG_VARIANCE = 1.1
FEWEST_SAMPLES = 8
STEP = 0.01  # of beta, in derivatives along the branch

Quantities = Callable[[MlpFamily], Sequence[Quantity]]


def sampled(samples: Callable[[MeasuredMlp], FloatArray], run: MeasuredMlp, slot: int) -> Estimate:
    """Average samples (samples, slots) at a slot, with the residual of the identity there as a control."""
    return controlled(run, samples(run)[:, slot], run.identity_residuals[:, slot])


ENERGY = Quantity("e", partial(sampled, lambda run: run.energies), lambda rs: rs.energy, STABLE)


def integrated_residuals(run: MeasuredMlp, slot: int) -> FloatArray:
    """Return the identity's residual of each network, integrated over beta up to a slot, and at it."""
    weights = integration_weights(run.betas[::-1])[run.betas.size - 1 - slot]
    residual = run.identity_residuals
    return np.stack([residual[:, ::-1] @ weights, residual[:, slot]], axis=1)


def _entropy(run: MeasuredMlp, slot: int) -> Estimate:
    """Return s = Phi + beta e with Phi from thermodynamic integration.

    The residual of the identity, integrated over beta like the energy, is a control variate of the integral.
    """
    phi, discretization = (of_slots[:, run.betas.size - 1 - slot] for of_slots in run.free_entropy_by_integration)
    s = phi + float(run.betas[slot]) * run.energies[:, slot]
    return controlled(run, s, integrated_residuals(run, slot), float(discretization.mean()))


ENTROPY = Quantity("s", _entropy, lambda rs: rs.entropy, STABLE)


def specific_heat(rs: RSSolution) -> float:
    """Return -beta^2 de/dbeta by a central difference along the branch: off by 5e-5 of it at most up to beta = 2."""
    below, above = (
        solve_rs(rs.model, rs.beta * factor, tolerance=THEORY_TOLERANCE, start=rs.order_parameters).energy
        for factor in (1.0 - STEP, 1.0 + STEP)
    )
    return -rs.beta * (above - below) / (2.0 * STEP)


SPECIFIC_HEAT = Quantity("c", partial(sampled, lambda run: run.specific_heats), specific_heat, STABLE)


def overlaps(family: MlpFamily) -> list[Quantity]:
    """Return K_ab and K_aa of every layer compared; on the sphere the input's K_aa is 1."""
    quantities = []
    for k in family.layers_compared:
        quantities.append(_of_layer(k, "ab", lambda run: run.overlaps, lambda overlap: overlap.mean))
        if k > 0 or family.largest.model.prior == "gaussian":
            quantities.append(_of_layer(k, "aa", lambda run: run.self_overlaps, lambda overlap: overlap.self_overlap))
    return quantities


def _of_layer(
    k: int, replicas: str, samples: Callable[[MeasuredMlp], FloatArray], predict: Callable[[LayerOverlap], float]
) -> Quantity:
    measure = partial(sampled, lambda run: samples(run)[..., k])
    return Quantity(f"K{k}_{replicas}", measure, lambda rs: predict(rs.overlaps[k]), STABLE, k)


def stable_entries(family: MlpFamily) -> list[int]:
    """Return the entries of the family's slots where replica symmetry is predicted to be stable; coldest first."""
    chosen = [i for i, stable in enumerate(family.stable) if stable]
    if not chosen:
        raise NotApplicableError("needs temperatures where replica symmetry is stable, common to all widths")
    return chosen


def unstable_entries(family: MlpFamily) -> list[int]:
    """Return the entries of the family's slots beyond the line where replica symmetry turns unstable."""
    beyond = [i for i, stable in enumerate(family.stable) if not stable]
    if not beyond:
        raise NotApplicableError("replica symmetry is stable at every temperature of these runs")
    return beyond


def wrong_predictions(family: MlpFamily, entries: list[int]) -> dict[int, RSSolution]:
    """Return, for some entries, what a theory with too large a weight variance predicts."""
    name, wrong = family.theory.activation.name, MlpFamily(family.runs, variance_factor=WRONG_VARIANCE)
    try:
        return dict(zip(entries, wrong.predict(family.betas[entries]), strict=True))
    except NotConvergedError as error:
        raise NotApplicableError(f"the known-wrong theory of {name} has no solution: {error}") from None


def _where_stable(quantities: Quantities, every: int, family: MlpFamily) -> list[Point]:
    """Put quantities beside the theory and its negative control at every n-th slot where replica symmetry is stable."""
    require_sizes(family, 3, FEWEST_SAMPLES)
    entries, chosen = stable_entries(family)[::every], quantities(family)
    wrong = wrong_predictions(family, entries)
    return [quantity.point(family, i, family.predictions[i], wrong[i]) for quantity in chosen for i in entries]


def _entropies(family: MlpFamily) -> list[Quantity]:
    require_integrable(family)
    return [ENTROPY]


def _energies(entries: Callable[[MlpFamily], list[int]], family: MlpFamily) -> list[Point]:
    require_sizes(family, 3, FEWEST_SAMPLES)
    return [ENERGY.point(family, i, family.predictions[i]) for i in entries(family)]


def _left_out(family: MlpFamily, _: Sequence[Sequence[Point]]) -> str:
    beyond = sum(not stable for stable in family.stable)
    return f"{beyond} colder slots left out, where replica symmetry is unstable" if beyond else ""


def _saddle_test(quantities: Quantities, relevant: float = RELEVANT, every: int = 1) -> PointsTest:
    wrong = f"the same theory with a weight variance {100 * (WRONG_VARIANCE - 1):.0f} % too large"
    return PointsTest(partial(_where_stable, quantities, every), wrong, relevant, remark=_left_out)


def _claim(name: str, statement: str, source: str, evaluate: PointsTest, more: str = "") -> Claim:
    needs = f"random MLPs of one law at 3 widths or more, 8 samples each{more}"
    return Claim(f"mlp.{name}", statement, f"{WINER}: {source}.", needs, evaluate, Subject.RANDOM_MLPS)


CLAIMS = (
    _claim(
        "energy",
        "Where replica symmetry is stable, [⟨H⟩]/N → -β C_W v^L of the replica-symmetric saddle point as N → ∞.",
        "saddle-point equations of the random MLP",
        _saddle_test(lambda _: [ENERGY]),
    ),
    _claim(
        "entropy",
        "Where replica symmetry is stable, the entropy relative to the prior is s = Φ + βe of the saddle point.",
        "entropy (log volume of inputs) at a given energy by the replica trick",
        _saddle_test(_entropies),
        ", ladders that reach beta = 0",
    ),
    _claim(
        "overlaps",
        "Where replica symmetry is stable, overlaps K^l_aa and K^l_ab of every layer tend to the saddle point's.",
        "overlaps between inputs drawn independently from the Gibbs measure",
        _saddle_test(overlaps),
    ),
    _claim(
        "specific-heat",
        "Where replica symmetry is stable, β² [⟨H²⟩ - ⟨H⟩²]/N → -β² de/dβ of the saddle point as N → ∞.",
        "the energy of the saddle point, whose slope is the fluctuation of the energy",
        _saddle_test(lambda _: [SPECIFIC_HEAT], relevant=0.10, every=3),
    ),
    _claim(
        "rs-not-expected",
        "Beyond the line where the replicon passes 1 replica symmetry is not expected to hold: energies differ.",
        "sin networks break replica symmetry; stability of the saddle point (de Almeida-Thouless)",
        PointsTest(
            partial(_energies, unstable_entries),
            "the same test at smaller beta, where replica symmetry is stable and must not be rejected",
            relevant=None,
            controls=(Control(partial(_energies, stable_entries), rejected=False),),
        ),
        ", temperatures on both sides of the line",
    ),
)
