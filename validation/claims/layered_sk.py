"""Energy and entropy of the random layered network against the replica-symmetric saddle point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from mcsim.estimators.thermo import entropy, integrate_from_infinite_temperature
from theory.layered_sk import RSSolution, solve_rs
from validation.claims.base import BARNEY, Claim, NotApplicableError, require_integrable, require_sizes
from validation.claims.points import Control, Point, PointsTest, Quantity
from validation.numbers.arrays import FloatArray
from validation.numbers.estimate import Estimate, control_variate
from validation.numbers.limit import Beyond, Scaling
from validation.runs.spin_family import SpinFamily, coupling_strength, couplings_of
from validation.runs.spins import MeasuredRun

# In the paramagnet the corrections are an expansion in 1 / (N (1 - (T_c/T)^2)^3), the inverse cube of the scaling
# variable; where that product is large even for the smallest size, the leading 1/N suffices.
SMALLEST_SCALING_PRODUCT = 5.0
PARAMAGNET = Scaling((1.0,), Beyond.NEGLECTED)
# Deep in the glass phase e_N - e_inf ~ N^{-2/3} (SK; Billoire & Marinari 2008 find it to T = 0.4).
BELOW = 0.5
DEEP_GLASS = Scaling((2.0 / 3.0,), Beyond.NEGLECTED)
RELEVANT = 0.03
WRONG_SCALE = 1.05


def entropy_samples(run: MeasuredRun) -> FloatArray:
    """Return s of each sample and slot, integrated from infinite temperature."""
    rising = slice(None, None, -1)
    values = [entropy(run.betas[rising], energies[rising], np.log(2.0))[rising] for energies in run.energies]
    return np.array(values)


def controlled(samples: Callable[[MeasuredRun], FloatArray], run: MeasuredRun, slot: int) -> Estimate:
    """Average samples (samples, slots) at a slot, with the strength of each sample's couplings as control variate."""
    return control_variate(samples(run)[:, slot], *coupling_strength(run))


ENERGY = Quantity("e", partial(controlled, lambda run: run.energies), lambda rs: rs.energy, PARAMAGNET)
ENTROPY = Quantity("s", partial(controlled, entropy_samples), lambda rs: rs.entropy, PARAMAGNET)


def solved(family: SpinFamily, entry: int, scale: float = 1.0) -> RSSolution:
    """Return the replica-symmetric solution at an entry of the family's slots, with variances times `scale`."""
    return solve_rs(couplings_of(family.largest, scale), float(family.temperatures[entry]))


def entries_between(family: SpinFamily, low: float, high: float) -> list[int]:
    """Return the entries of the family's slots with low T_c <= T <= high T_c; at least one."""
    entries = family.between(low, high)
    if not entries:
        raise NotApplicableError(f"needs temperatures between {low:g} and {high:g} T_c that all sizes have")
    return entries


def entries_above(family: SpinFamily) -> list[int]:
    """Return the entries of the family's slots where corrections are in 1/N even for the smallest size."""
    share = 1.0 - (SMALLEST_SCALING_PRODUCT / family.sizes[0]) ** (1.0 / 3.0)
    if share <= 0:
        raise NotApplicableError(f"needs more than {SMALLEST_SCALING_PRODUCT:g} spins at the smallest size")
    return entries_between(family, share**-0.5, np.inf)


def energies_above(family: SpinFamily) -> list[Point]:
    """Return energies in the paramagnet."""
    require_sizes(family, 3)
    return _above(ENERGY, family)


def _above(quantity: Quantity, family: SpinFamily) -> list[Point]:
    return [quantity.point(family, i, solved(family, i), solved(family, i, WRONG_SCALE)) for i in entries_above(family)]


def entropies_above(family: SpinFamily) -> list[Point]:
    """Return entropies in the paramagnet."""
    require_sizes(family, 3)
    require_integrable(family)
    for run in family.runs:
        _require_fine_ladder(run, family.critical_temperature)
    return _above(ENTROPY, family)


def _require_fine_ladder(run: MeasuredRun, t_c: float) -> None:
    """Raise where the discretisation of the integral over beta would show beside its statistical error above T_c."""
    rising = slice(None, None, -1)
    _, change = integrate_from_infinite_temperature(run.betas[rising], run.energies.mean(axis=0)[rising])
    integrals = [integrate_from_infinite_temperature(run.betas[rising], e[rising])[0] for e in run.energies]
    statistical = np.std(integrals, axis=0, ddof=1) / np.sqrt(run.samples)
    above = run.temperatures[rising] > t_c
    # The change on leaving out every second temperature is about 16 times the error of a cubic spline.
    if np.any(change[above] / 16 > 0.5 * statistical[above] + 1e-12):
        raise NotApplicableError(f"the ladder of {run.name} is too coarse near beta = 0 to integrate the energy")


def energies_below(family: SpinFamily) -> list[Point]:
    """Return energies deep in the glass."""
    require_sizes(family, 3)
    energy = replace(ENERGY, scaling=DEEP_GLASS)
    return [energy.point(family, i, solved(family, i)) for i in entries_between(family, 0.0, BELOW)]


_PAPER = f"{BARNEY}: the random network is a multi-layer SK model"
_WRONG = f"the same theory with a coupling variance {100 * (WRONG_SCALE - 1):.0f} % too large"

CLAIMS = (
    Claim(
        id="layered-sk.energy-above-tc",
        statement="Above T_c the energy per spin of the random network is e = -W/T, W = Σ_k σ_k² N_{k-1} N_k / N.",
        source=f"{_PAPER}; replica-symmetric saddle point, paramagnetic branch.",
        needs="Gaussian networks of the same shape at 3 sizes or more, temperatures well above T_c",
        evaluate=PointsTest(energies_above, _WRONG, RELEVANT),
    ),
    Claim(
        id="layered-sk.entropy-above-tc",
        statement="Above T_c the entropy per spin of the random network is s = log 2 - W/(2 T²).",
        source=f"{_PAPER}; replica-symmetric saddle point, paramagnetic branch.",
        needs="as layered-sk.energy-above-tc, with ladders that reach beta = 0",
        evaluate=PointsTest(entropies_above, _WRONG, RELEVANT),
    ),
    Claim(
        id="layered-sk.rs-fails-below-tc",
        statement="Below T_c the replica-symmetric energy is wrong (too low): replica symmetry breaks, there is a "
        "glass.",
        source=f"{_PAPER} exhibiting replica symmetry breaking.",
        needs="Gaussian networks of the same shape at 3 sizes or more, temperatures below 0.5 T_c and well above T_c",
        evaluate=PointsTest(
            energies_below,
            "the same test above T_c, where the replica-symmetric energy is right and must not be rejected",
            relevant=None,
            controls=(Control(energies_above, rejected=False),),
            side=+1,
        ),
    ),
)
