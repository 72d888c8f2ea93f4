"""A trained network against the random network of its own coupling variances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcsim.config import FileNetwork
from theory.layered_sk import LayeredCouplings, critical_temperature, solve_rs
from validation.claims.base import BARNEY, Claim, NotApplicableError, require_samples
from validation.claims.points import Control, Point, PointsTest
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Comparison, Place
from validation.runs.spin_family import SpinFamily, own_couplings
from validation.runs.spins import MeasuredRun
from validation.runs.subject import Subject

# In the paramagnet of the random network, but not so hot that every network looks alike.
REDUCED_TEMPERATURES = (1.4, 1.7, 2.1)


def energy_ratio(run: MeasuredRun, couplings: LayeredCouplings, reduced: float) -> FloatArray:
    """Return measured over replica-symmetric energy of each sample at T = reduced * T_c."""
    temperature = reduced * critical_temperature(couplings)
    rising = run.betas[::-1]
    beta = 1.0 / temperature
    if not rising[0] <= beta <= rising[-1]:
        raise NotApplicableError(f"needs T = {temperature:.3g} within the ladder of {run.name}")
    measured = np.array([np.interp(beta, rising, energies[::-1]) for energies in run.energies])
    return measured / solve_rs(couplings, temperature).energy


def against_random(run: MeasuredRun, ensemble: MeasuredRun) -> list[Point]:
    """Ask whether one network could be a draw from the random ensemble of its shape.

    Compared is e / e_RS, each with the variances at hand, at the same T / T_c: dividing by the replica-symmetric
    energy takes out the growth of the weights, and the ensemble at the same size carries the finite-size correction
    and the spread from network to network.
    """
    own = own_couplings(run)
    members = [replace(ensemble, data=ensemble.data.isel(sample=[i])) for i in range(ensemble.samples)]
    points = []
    for reduced in REDUCED_TEMPERATURES:
        ratio = energy_ratio(run, own, reduced)
        random = np.array([energy_ratio(member, own_couplings(member), reduced)[0] for member in members])
        temperature = reduced * critical_temperature(own)
        slot = int(np.argmin(np.abs(run.temperatures - temperature)))
        thermal = run.thermal_error(slot) / abs(solve_rs(own, temperature).energy)
        spread = random.std(ddof=1) * np.sqrt(1.0 + 1.0 / ensemble.samples)
        error, at = float(np.hypot(spread, thermal)), Place(run=run.name, reduced_temperature=reduced)
        measured, predicted = float(ratio.mean()), float(random.mean())
        points.append(Point(Comparison("e / e_RS", measured, error, predicted, ensemble.samples - 1, at=at)))
    return points


def _epoch(run: MeasuredRun) -> float | None:
    network = run.network
    return network.epoch if isinstance(network, FileNetwork) else None


def _networks(family: SpinFamily) -> tuple[MeasuredRun, list[MeasuredRun], MeasuredRun]:
    """Return a network before training, the trained ones, and random ones of their shape."""
    stored = [run for run in family.runs if not run.is_gaussian]
    initial = [run for run in stored if _epoch(run) == 0]
    trained = [run for run in stored if _epoch(run) != 0]
    ensembles = [run for run in family.runs if run.is_gaussian and trained and run.widths == trained[0].widths]
    if not (initial and trained and ensembles):
        raise NotApplicableError("needs a network before (epoch = 0) and after training and random ones of its shape")
    require_samples(SpinFamily((ensembles[0],)), 8)
    return initial[0], trained, ensembles[0]


def _after(family: SpinFamily) -> list[Point]:
    _, trained, ensemble = _networks(family)
    return [point for run in trained for point in against_random(run, ensemble)]


def _before(family: SpinFamily) -> list[Point]:
    initial, _, ensemble = _networks(family)
    return against_random(initial, ensemble)


CLAIMS = (
    Claim(
        id="layered-ising.trained-order",
        statement="Training replaces the glass by an order that a random network of the same coupling variances lacks.",
        source=f"{BARNEY}: hidden order with training, melting above the initial T_c.",
        needs="a network before and after training, and at least 8 random networks of its widths",
        evaluate=PointsTest(
            _after,
            "the same network before training, which must look like a random one",
            relevant=None,
            controls=(Control(_before, rejected=False, drawn=True),),
        ),
        about=Subject.STORED_SPINS,
    ),
)
