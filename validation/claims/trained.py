"""A trained network against the random network of its own coupling variances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcsim.config import FileNetwork
from theory.layered_sk import LayeredCouplings, critical_temperature, solve_rs
from validation.claims.base import Claim, Family, Finding, NotApplicableError, couplings_of, require_samples
from validation.numbers.compare import LEVEL, Comparison, share_level, smallest_adjusted_p, verdict_of_rejection
from validation.runs.spins import MeasuredRun
from validation.runs.subject import Subject

# In the paramagnet of the random network, but not so hot that every network looks alike.
REDUCED_TEMPERATURES = (1.4, 1.7, 2.1)


def own_couplings(run: MeasuredRun) -> LayeredCouplings:
    """Return the random network with the mean squared couplings of this one."""
    return LayeredCouplings.from_variances(run.widths, run.bond_variances.mean(axis=0))


def energy_ratio(run: MeasuredRun, couplings: LayeredCouplings, reduced: float) -> NDArray[np.float64]:
    """Return measured over replica-symmetric energy of each sample at T = reduced * T_c."""
    temperature = reduced * critical_temperature(couplings)
    rising = run.betas[::-1]
    beta = 1.0 / temperature
    if not rising[0] <= beta <= rising[-1]:
        raise NotApplicableError(f"needs T = {temperature:.3g} within the ladder of {run.name}")
    measured = np.array([np.interp(beta, rising, energies[::-1]) for energies in run.energies])
    return measured / solve_rs(couplings, temperature).energy


@dataclass(frozen=True)
class AgainstRandom:
    """A network's energies against the law of the random ensemble's."""

    run: MeasuredRun
    comparisons: list[Comparison]


def against_random(run: MeasuredRun, ensemble: MeasuredRun) -> AgainstRandom:
    """Ask whether one network could be a draw from the random ensemble of its shape.

    Compared is e / e_RS, each with the variances at hand, at the same T / T_c: dividing by the replica-symmetric
    energy takes out the growth of the weights, and the ensemble at the same size carries the finite-size correction
    and the spread from network to network.
    """
    own = own_couplings(run)
    comparisons = []
    for reduced in REDUCED_TEMPERATURES:
        ratio = energy_ratio(run, own, reduced)
        random = np.array([
            energy_ratio(_one_sample(ensemble, i), _sample_couplings(ensemble, i), reduced)[0]
            for i in range(ensemble.samples)
        ])  # fmt: skip
        thermal = _thermal_error(run, reduced * critical_temperature(own)) / abs(
            solve_rs(own, reduced * critical_temperature(own)).energy
        )
        spread = random.std(ddof=1) * np.sqrt(1.0 + 1.0 / ensemble.samples)
        comparisons.append(
            Comparison(
                f"{run.name}, T = {reduced:g} T_c", float(ratio.mean()), float(np.hypot(spread, thermal)),
                float(random.mean()), ensemble.samples - 1,
            )
        )  # fmt: skip
    return AgainstRandom(run, comparisons)


def _one_sample(run: MeasuredRun, sample: int) -> MeasuredRun:
    return MeasuredRun(run.name, run.config, run.widths, run.data.isel(sample=[sample]))


def _sample_couplings(run: MeasuredRun, sample: int) -> LayeredCouplings:
    return LayeredCouplings.from_variances(run.widths, run.bond_variances[sample])


def _thermal_error(run: MeasuredRun, temperature: float) -> float:
    slot = int(np.argmin(np.abs(run.temperatures - temperature)))
    errors = [run.energy_blocking(sample, slot).error for sample in range(run.samples)]
    return float(np.sqrt(np.sum(np.square(errors))) / run.samples)


def _epoch(run: MeasuredRun) -> float | None:
    network = run.network
    return network.epoch if isinstance(network, FileNetwork) else None


def _evaluate(claim: Claim, family: Family) -> Finding:
    stored = [run for run in family.runs if not run.is_gaussian]
    initial = [run for run in stored if _epoch(run) == 0]
    trained = [run for run in stored if _epoch(run) != 0]
    ensembles = [run for run in family.runs if run.is_gaussian and trained and run.widths == trained[0].widths]
    if not (initial and trained and ensembles):
        raise NotApplicableError("needs a network before (epoch = 0) and after training and random ones of its shape")
    ensemble = ensembles[0]
    require_samples(Family((ensemble,)), 8)
    after = [against_random(run, ensemble) for run in trained]
    before = against_random(initial[0], ensemble)
    comparisons = share_level([c for one in after for c in one.comparisons])
    largest = max(comparisons, key=lambda c: abs(c.z))
    t_c = critical_temperature(own_couplings(trained[-1]))
    return claim.finding(
        family,
        verdict_of_rejection(comparisons),
        f"at {largest.name} the trained network has {largest.measured:.2f} times the replica-symmetric energy of a "
        f"random network with its variances (T_c = {t_c:.2f}); random ones of this size have "
        f"{largest.predicted:.2f} ± {largest.error:.2f} ({largest.z:+.0f} standard errors)",
        comparisons,
        "the same network before training, which must look like a random one",
        smallest_adjusted_p(before.comparisons) >= LEVEL,
        before=before.comparisons,
        after=comparisons,
        t_c_random=critical_temperature(couplings_of(ensemble)),
    )


TRAINED_IS_NOT_RANDOM = Claim(
    id="layered-ising.trained-order",
    statement="Training replaces the glass by an order that a random network of the same coupling variances lacks.",
    source="Barney, Winer & Galitski, arXiv 2408.06421: hidden order with training, melting above the initial T_c.",
    needs="a network before and after training, and at least 8 random networks of its widths",
    evaluate=_evaluate,
    about=Subject.STORED_SPINS,
)
