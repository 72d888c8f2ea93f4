"""Energy, entropy and overlaps of random MLPs against the replica-symmetric saddle point, at infinite width."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mcsim.estimators.thermo import FEWEST_TEMPERATURES, integration_weights
from theory.mlp import RSSolution
from theory.result import NotConvergedError
from validation.claims.base import Claim, Finding, NotApplicableError, require_sizes
from validation.numbers.compare import (
    LEVEL,
    Comparison,
    share_level,
    smallest_adjusted_p,
    verdict_of_agreement,
    verdict_of_rejection,
)
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlp_limits import Samples, WidthSeries, at_slots, width_series
from validation.runs.mlps import MeasuredMlp
from validation.runs.subject import Subject

FloatArray = NDArray[np.float64]
Predict = Callable[[RSSolution], float]
# An entry of the family's slots, what was measured there, and what to compare it with.
Row = tuple[int, WidthSeries, Predict]

RELEVANT = 0.05
# The negative control: weights of a variance 10 % larger, whose energies and overlaps differ by about as much.
WRONG_VARIANCE = 1.1
FEWEST_SAMPLES = 8


def stable_slots(family: MlpFamily) -> list[int]:
    """Return the entries of the family's slots where replica symmetry is predicted to be stable; coldest first."""
    chosen = [i for i, stable in enumerate(family.stable) if stable]
    if not chosen:
        raise NotApplicableError("needs temperatures where replica symmetry is stable, common to all widths")
    return chosen


def entropy_series(family: MlpFamily, chosen: list[int]) -> list[WidthSeries]:
    """Return the entropy s = Phi + beta e with Phi from thermodynamic integration, at entries `chosen`.

    The residual of the identity, integrated over beta like the energy, is a control variate of the integral.
    """
    require_integrable(family)
    found = []
    for i in chosen:
        beta = float(family.betas[i])
        values, residuals, systematic = [], [], []
        for run, slot in zip(family.runs, family.slots[i], strict=True):
            rising = run.betas.size - 1 - slot
            phi = np.array([one.values[rising] for one in run.free_entropy_by_integration])
            weights = integration_weights(run.betas[::-1])[rising]
            residual = run.identity_residuals
            values.append(phi + beta * run.energies[:, slot])
            residuals.append(np.stack([residual[:, ::-1] @ weights, residual[:, slot]], axis=1))
            mean_integral = np.mean([one.discretization[rising] for one in run.free_entropy_by_integration])
            systematic.append(float(mean_integral))
        found.append(width_series(family, f"s, beta = {beta:g}", beta, values, residuals, np.array(systematic)))
    return found


def require_integrable(family: MlpFamily) -> None:
    """Raise unless every ladder reaches beta = 0 with enough slots to integrate the energy."""
    for run in family.runs:
        if not run.reaches_prior:
            raise NotApplicableError(f"needs ladders that reach beta = 0; {run.name} ends at {run.betas[-1]:.3g}")
        if run.betas.size < FEWEST_TEMPERATURES:
            raise NotApplicableError(f"needs {FEWEST_TEMPERATURES} temperatures; {run.name} has {run.betas.size}")


def wrong_predictions(family: MlpFamily, chosen: list[int]) -> dict[int, RSSolution]:
    """Return, for each of `chosen`, what a theory with too large a weight variance predicts."""
    model = family.theory
    wrong = MlpFamily(family.runs, variance_factor=WRONG_VARIANCE)
    try:
        return dict(zip(chosen, wrong.predict(family.betas[chosen]), strict=True))
    except NotConvergedError as error:
        raise NotApplicableError(
            f"the known-wrong theory of {model.activation.name} has no solution: {error}"
        ) from None


def _agreement(
    claim: Claim,
    family: MlpFamily,
    series: list[Row],
    quantity: str,
) -> Finding:
    chosen = stable_slots(family)
    wrong_solutions = wrong_predictions(family, chosen)
    comparisons = share_level([one.against(predict(family.predictions[i])) for i, one, predict in series])
    wrong = [one.against(predict(wrong_solutions[i])) for i, one, predict in series]
    worst = max(comparisons, key=lambda c: abs(c.z))
    sharp = float(np.median([c.minimal_detectable_effect / abs(c.predicted) for c in comparisons]))
    beyond = sum(not stable for stable in family.stable)
    left = f"; {beyond} colder slots left out, where replica symmetry is unstable" if beyond else ""
    gains = [one.gain for _, one, _ in series]
    return claim.finding(
        family,
        verdict_of_agreement(comparisons, RELEVANT),
        f"{quantity} at {len(comparisons)} points up to beta = {max(one.beta for _, one, _ in series):g}, extrapolated "
        f"in 1/N: largest deviation {worst.z:+.1f} standard errors ({worst.name}); half of the points would have "
        f"shown {100 * sharp:.2g} %; the control variates divide the errors by {np.median(gains):.1f} "
        f"(up to {max(gains):.0f}){left}",
        comparisons,
        f"the same theory with a weight variance {100 * (WRONG_VARIANCE - 1):.0f} % too large",
        smallest_adjusted_p(wrong) < LEVEL,
        width_series=[one for _, one, _ in series],
    )


def _energy(claim: Claim, family: MlpFamily) -> Finding:
    require_sizes(family, 3, FEWEST_SAMPLES)
    chosen = stable_slots(family)
    series = at_slots(family, "e", lambda run: run.energies, chosen)
    return _agreement(
        claim, family, [(i, s, lambda p: p.energy) for i, s in zip(chosen, series, strict=True)], "energy"
    )


def _entropy(claim: Claim, family: MlpFamily) -> Finding:
    require_sizes(family, 3, FEWEST_SAMPLES)
    chosen = stable_slots(family)
    series = entropy_series(family, chosen)
    rows: list[Row] = [(i, s, lambda p: p.entropy) for i, s in zip(chosen, series, strict=True)]
    return _agreement(claim, family, rows, "entropy")


def _layer(samples: Callable[[MeasuredMlp], FloatArray], layer: int) -> Samples:
    return lambda run: samples(run)[..., layer]


def _overlaps(claim: Claim, family: MlpFamily) -> Finding:
    require_sizes(family, 3, FEWEST_SAMPLES)
    chosen = stable_slots(family)
    rows: list[Row] = []
    for layer in family.layers_compared:
        kinds: list[tuple[str, Samples, Predict]] = [
            (f"K{layer}_ab", _layer(lambda run: run.overlaps, layer), _mean_of(layer))
        ]
        if layer > 0 or family.largest.model.prior == "gaussian":
            kinds.append((f"K{layer}_aa", _layer(lambda run: run.self_overlaps, layer), _self_of(layer)))
        for symbol, samples, predict in kinds:
            found = at_slots(family, symbol, samples, chosen)
            rows.extend((i, s, predict) for i, s in zip(chosen, found, strict=True))
    listed = ", ".join(map(str, family.layers_compared))
    return _agreement(claim, family, rows, f"overlaps of layers {listed}")


def _mean_of(layer: int) -> Predict:
    return lambda solution: solution.overlaps[layer].mean


def _self_of(layer: int) -> Predict:
    return lambda solution: solution.overlaps[layer].self_overlap


def _unstable(claim: Claim, family: MlpFamily) -> Finding:
    require_sizes(family, 3, FEWEST_SAMPLES)
    beyond = [i for i, stable in enumerate(family.stable) if not stable]
    if not beyond:
        raise NotApplicableError("replica symmetry is stable at every temperature of these runs")
    chosen = stable_slots(family)
    comparisons = _against_rs(family, beyond)
    control = _against_rs(family, chosen)
    largest = max(comparisons, key=lambda c: abs(c.z))
    line = float(family.betas[chosen[0]]), float(family.betas[beyond[-1]])
    verdict = verdict_of_rejection(comparisons)
    seen = "differ" if smallest_adjusted_p(comparisons) < LEVEL else "were not seen to differ"
    return claim.finding(
        family,
        verdict,
        f"replica symmetry turns unstable between beta = {line[0]:g} and {line[1]:g}; beyond, energies {seen} from the "
        f"replica-symmetric ones: {largest.measured:.4f} ± {largest.error:.4f} against {largest.predicted:.4f} at "
        f"{largest.name} ({largest.z:+.1f} standard errors; {largest.minimal_detectable_effect:.4f} would have been "
        "seen)",
        comparisons,
        "the same test at smaller beta, where replica symmetry is stable and must not be rejected",
        smallest_adjusted_p(control) >= LEVEL,
    )


def _against_rs(family: MlpFamily, chosen: list[int]) -> list[Comparison]:
    series = at_slots(family, "e", lambda run: run.energies, chosen)
    return share_level([s.against(family.predictions[i].energy) for i, s in zip(chosen, series, strict=True)])


_PAPER = "Winer & Hanin, arXiv 2503.23982"
_NEEDS = "random MLPs of one law at 3 widths or more, 8 samples each"

ENERGY = Claim(
    id="mlp.energy",
    statement="Where replica symmetry is stable, [⟨H⟩]/N → -β C_W v^L of the replica-symmetric saddle point as N → ∞.",
    source=f"{_PAPER}: saddle-point equations of the random MLP.",
    needs=_NEEDS,
    evaluate=_energy,
    about=Subject.RANDOM_MLPS,
)
ENTROPY = Claim(
    id="mlp.entropy",
    statement="Where replica symmetry is stable, the entropy relative to the prior is s = Φ + βe of the saddle point.",
    source=f"{_PAPER}: entropy (log volume of inputs) at a given energy by the replica trick.",
    needs=f"{_NEEDS}, ladders that reach beta = 0",
    evaluate=_entropy,
    about=Subject.RANDOM_MLPS,
)
OVERLAPS = Claim(
    id="mlp.overlaps",
    statement="Where replica symmetry is stable, overlaps K^l_aa and K^l_ab of every layer tend to the saddle point's.",
    source=f"{_PAPER}: overlaps between inputs drawn independently from the Gibbs measure.",
    needs=_NEEDS,
    evaluate=_overlaps,
    about=Subject.RANDOM_MLPS,
)
UNSTABLE = Claim(
    id="mlp.rs-not-expected",
    statement="Beyond the line where the replicon passes 1 replica symmetry is not expected to hold: energies differ.",
    source=f"{_PAPER}: sin networks break replica symmetry; stability of the saddle point (de Almeida-Thouless).",
    needs=f"{_NEEDS}, temperatures on both sides of the line",
    evaluate=_unstable,
    about=Subject.RANDOM_MLPS,
)
