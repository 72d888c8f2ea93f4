"""Monte Carlo energies of one network beside those of its TAP equations.

At a TAP solution the derivative of beta F by beta is the energy. That is the first term in 1/N: what it leaves out are
the closed loops of bonds (to their leading order, Gaussian fluctuations). With v_i = 1 - m_i^2 and the
correlation t_ij = tanh[(v_i v_j)^{1/2} (beta J_ij + 2 beta^2 J_ij^2 m_i m_j)] that a bond carries, each state a has

    log Z_a = -beta F_a - (1/2) log det(1 - B),   det(1 - B) = det H prod_bonds (1 - t_ij^2),
    H_ij = delta_ij (1 + sum_k t_ik^2/(1 - t_ik^2)) - t_ij/(1 - t_ij^2)

where B carries t along walks that never turn straight back: no bond is counted twice (Ihara & Bass; 1 - M is H to
second order in J). For random couplings the loops are of the order of one; at T_c they diverge, as the logarithm of
the softest mode, and energies change by their derivative along the solution. Loops that interact are left out, and
near T_c they count as much; away from it what is left of the energy per spin is of the order 1/N^2 for a uniform
ferromagnet (tested). States are weighed by their Z_a. At m = 0 the bonds' own part, sum log cosh(beta J_ij),
is known in full and replaces -beta F.

References
----------
Montanari & Rizzo, J. Stat. Mech. P10011 (2005); Watanabe & Fukumizu, NIPS 22 (2009).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mcsim.estimators.blocking import FEWEST_BLOCKS, blocking
from theory.bonds import LayeredBonds
from theory.tap import TapSolution, functional, solve_states
from validation.networks.sampled_spins import SampledSpins
from validation.networks.state import ordered_states
from validation.numbers.arrays import FloatArray, FloatOrNan
from validation.numbers.compare import NOWHERE, Comparison, Place

Phase = Literal["above", "ordered"]

# Of T_c: between them loops interact.
ABOVE, ORDERED = 1.15, 0.75
_STEP = 1e-4  # relative, of beta in derivatives along a solution
_SAME = 0.99  # least cosine of neighbouring solutions on one branch
_COUNTS = 1e-3  # least Boltzmann weight of a state that counts
_SOFTEST = 0.1  # least eigenvalue of the Hessian (1 without couplings) of a state that is not about to vanish


@dataclass(frozen=True)
class Predicted:
    """Energy per spin of one network at one temperature."""

    tap: float  #: of the TAP states, each with its weight
    #: With closed loops of bonds; nan where a state that counts is about to vanish and has no harmonic neighbourhood.
    corrected: FloatOrNan


@dataclass(frozen=True)
class EnergyPoint:
    """Measured and predicted energy per spin at one temperature."""

    reduced: float  #: temperature over T_c
    phase: Phase  #: on which side of T_c
    measured: float
    error: float
    degrees: int
    predicted: Predicted

    def against_tap(self, *, loops: bool, at: Place = NOWHERE) -> Comparison:
        """Compare with the TAP energy: it lacks loops, of the order of one over all spins, unless they are added."""
        name, predicted = ("TAP with loops", self.predicted.corrected) if loops else ("TAP", self.predicted.tap)
        return Comparison(name, self.measured, self.error, predicted, self.degrees, at=at)


def energy_points(
    samples: Sequence[SampledSpins],
    bonds: LayeredBonds,
    critical_temperature: float,
    *,
    above: float = ABOVE,
    ordered: float = ORDERED,
    most: int = 6,
    starts: int = 12,
) -> list[EnergyPoint]:
    """Return measured and predicted energies above T_c and in the ordered phase, coldest first.

    Parameters
    ----------
    samples : sequence of SampledSpins
        Repeats on the network of these bonds.
    bonds : LayeredBonds
    critical_temperature : float
        Of its TAP equations.
    above, ordered : float
        Only temperatures above or below so many T_c are compared.
    most : int
        Temperatures compared in each phase, spread over those measured.
    starts : int
        Random starts of the search for TAP states.
    """
    temperatures = samples[0].temperatures
    reduced = temperatures / critical_temperature
    cold, hot = np.flatnonzero(reduced <= ordered), np.flatnonzero((reduced >= above) & np.isfinite(temperatures))
    points = []
    phases: tuple[tuple[Phase, NDArray[np.intp]], ...] = (("ordered", cold), ("above", hot))
    for phase, slots in phases:
        for slot in _spread_out(slots, most).tolist():
            temperature = float(temperatures[slot])
            if phase == "above" and not bonds.fields.any():
                predicted: Predicted | None = paramagnet_energy(bonds, temperature)
            else:
                predicted = ordered_energy(bonds, temperature, starts=starts)
            if predicted is not None:
                points.append(EnergyPoint(float(reduced[slot]), phase, *_measured(samples, slot), predicted))
    return points


def _spread_out(slots: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    if slots.size <= most:
        return slots
    return np.asarray(slots[np.unique(np.linspace(0, slots.size - 1, most).round().astype(int))])


def _measured(samples: Sequence[SampledSpins], slot: int) -> tuple[float, float, int]:
    """Return the mean energy per spin over samples, its error, and the degrees of freedom behind that."""
    chains = [blocking(sample.energies[slot] / sample.spins) for sample in samples]
    error = float(np.sqrt(np.sum([chain.error**2 for chain in chains])) / len(chains))
    return float(np.mean([chain.mean for chain in chains])), error, (FEWEST_BLOCKS - 1) * len(chains)


def paramagnet_energy(bonds: LayeredBonds, temperature: float) -> Predicted:
    """Return the energy of m = 0, -(beta/2N) sum_ij J_ij^2 (ordered pairs), with and without loops."""
    beta, u = 1 / temperature, np.zeros(bonds.spins)
    energy = float(functional.energy(bonds, beta, u))
    low, high = (loops(bonds, beta * (1 + step), u) for step in (-_STEP, _STEP))
    own = -sum(float((w * np.tanh(beta * w)).sum()) for w in bonds.weights)
    corrected = (own - (high - low) / (2 * _STEP * beta)) / bonds.spins
    return Predicted(energy, corrected)


def ordered_energy(bonds: LayeredBonds, temperature: float, *, starts: int = 12) -> Predicted | None:
    """Return the energy of the TAP minima with magnetisations, None where there are none."""
    states = ordered_states(bonds, temperature, starts=starts)
    if not states.solutions:
        return None
    followed = [_followed(bonds, solution) for solution in states.solutions]
    logs = np.array([log for _, log in followed])
    energies = np.array([energy for energy, _ in followed])
    known, counts = np.isfinite(logs), states.shares > _COUNTS
    weights = np.exp(np.where(known, logs, -np.inf) - logs[known].max(initial=-1e300))
    usable = bool(np.all(known | ~counts))
    corrected = float(weights[known] @ energies[known] / weights[known].sum()) if usable else math.nan
    return Predicted(float(states.shares @ np.array([solution.energy for solution in states.solutions])), corrected)


def _followed(bonds: LayeredBonds, solution: TapSolution) -> tuple[float, float]:
    """Return energy per spin with loops and log Z_a of one state; nan where it cannot be followed in beta."""
    beta, m = 1 / solution.temperature, solution.magnetisations
    if solution.least_eigenvalue < _SOFTEST:
        return math.nan, math.nan
    logs = []
    for step in (-_STEP, 0.0, _STEP):
        near = solve_states(bonds, solution.temperature / (1 + step), m).arguments
        there = np.tanh(near[:, 0]) if near.shape[1] else np.zeros_like(m)
        if there @ m < _SAME * np.linalg.norm(there) * np.linalg.norm(m) or not there.any():
            return math.nan, math.nan
        logs.append(loops(bonds, beta * (1 + step), near[:, 0]))
    slope = (logs[2] - logs[0]) / (2 * _STEP * beta)
    return solution.energy - slope / bonds.spins, logs[1] - beta * bonds.spins * solution.free_energy


def loops(bonds: LayeredBonds, beta: float, u: FloatArray) -> float:
    """Return -(1/2) log det(1 - B), what closed loops of bonds add to log Z; nan where the state is unstable.

    u (N,) is atanh of the magnetisations.
    """
    root, m = np.sqrt(functional.complement(u)), np.tanh(u)
    field = beta * bonds.dense()
    t = np.tanh((field + 2 * field**2 * np.outer(m, m)) * np.outer(root, root))
    kept = 1 - t**2
    matrix = -t / kept
    matrix[np.diag_indices(bonds.spins)] = 1 + (t**2 / kept).sum(axis=1)
    sign, log_det = np.linalg.slogdet(matrix)
    if sign <= 0:
        return math.nan
    return -float(log_det + np.log(kept).sum() / 2) / 2
