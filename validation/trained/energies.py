"""Monte Carlo energies of one network beside those of its TAP equations.

At a TAP solution the derivative of beta F by beta is the energy. That is the first term in 1/N: what it leaves out are
fluctuations about the solution, whose Gaussian part follows from the Hessian of beta F. With v_i = 1 - m_i^2 and
K = Hessian - V^{-1}, each state a contributes to the partition function

    log Z_a = -beta F_a - (1/2) log det(1 + V^{1/2} K V^{1/2}) + (beta^2/4) sum_ij J_ij^2 v_i v_j

where the last term takes out the pairs of bonds that F holds already. Of the order of one for random couplings, this
diverges at T_c, as the logarithm of the softest mode; energies change by its derivative along the solution. The
next order is left out, and near T_c it is as large. States are weighed by their Z_a.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mcsim.estimators.series import FEWEST_BLOCKS
from theory.bonds import LayeredBonds
from theory.tap import TapSolution, functional, solve_states
from theory.tap.stability import plefka_radius
from validation.compare import Comparison
from validation.measured import MeasuredRun
from validation.trained.state import ordered_states

Array = NDArray[np.float64]
Phase = Literal["above", "ordered"]

# Of T_c: between them fluctuations are too large for their Gaussian part.
ABOVE, ORDERED = 1.15, 0.75
_STEP = 1e-4  # relative, of beta in derivatives along a solution
_SAME = 0.99  # least cosine of neighbouring solutions on one branch
_COUNTS = 1e-3  # least Boltzmann weight of a state that counts
_SOFTEST = 0.1  # least eigenvalue of the Hessian (1 without couplings) of a state that is not about to vanish


@dataclass(frozen=True)
class Predicted:
    """Energy per spin of one network at one temperature.

    Attributes
    ----------
    tap : float
        Of the TAP states, each with its weight.
    corrected : float
        With Gaussian fluctuations; nan where a state that counts is about to vanish and has no harmonic neighbourhood.
    shares : tuple of float
        Weights of the pairs of states, the one of lowest free energy first; (1.0,) for the paramagnet.
    plefka_radius : float
        The largest of a state that counts: near or above 1 the expansion behind the TAP equations fails.
    """

    tap: float
    corrected: float
    shares: tuple[float, ...]
    plefka_radius: float


@dataclass(frozen=True)
class EnergyPoint:
    """Measured and predicted energy per spin at one temperature; `phase` says on which side of T_c."""

    temperature: float
    reduced: float
    phase: Phase
    measured: float
    error: float
    degrees: int
    predicted: Predicted

    @property
    def against_tap(self) -> Comparison:
        """The TAP energy put to the test: wrong by fluctuations, of the order of one over all spins."""
        return self._comparison("TAP", self.predicted.tap)

    @property
    def against_corrected(self) -> Comparison:
        """The same with Gaussian fluctuations."""
        return self._comparison("TAP with fluctuations", self.predicted.corrected)

    def _comparison(self, name: str, predicted: float) -> Comparison:
        return Comparison(f"{name}, T = {self.reduced:.3g} T_c", self.measured, self.error, predicted, self.degrees)


def energy_points(
    run: MeasuredRun,
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
    run : MeasuredRun
        Repeats on this network.
    bonds : LayeredBonds
        Its couplings.
    critical_temperature : float
        Of its TAP equations.
    above, ordered : float
        Only temperatures above or below so many T_c are compared.
    most : int
        Temperatures compared in each phase, spread over those measured.
    starts : int
        Random starts of the search for TAP states.
    """
    reduced = run.temperatures / critical_temperature
    cold, hot = np.flatnonzero(reduced <= ordered), np.flatnonzero((reduced >= above) & (run.betas > 0))
    points = []
    for phase, slots in (("ordered", cold), ("above", hot)):
        for slot in _spread_out(slots, most):
            temperature = float(run.temperatures[slot])
            predicted = (
                paramagnet_energy(bonds, temperature)
                if phase == "above" and not bonds.fields.any()
                else ordered_energy(bonds, temperature, starts=starts)
            )
            if predicted is not None:
                points.append(_point(run, int(slot), critical_temperature, phase, predicted))
    return points


def _spread_out(slots: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    if slots.size <= most:
        return slots
    return np.asarray(slots[np.unique(np.linspace(0, slots.size - 1, most).round().astype(int))])


def _point(run: MeasuredRun, slot: int, critical: float, phase: str, predicted: Predicted) -> EnergyPoint:
    chains = [run.energy_blocking(sample, slot) for sample in range(run.samples)]
    return EnergyPoint(
        temperature=float(run.temperatures[slot]),
        reduced=float(run.temperatures[slot] / critical),
        phase="above" if phase == "above" else "ordered",
        measured=float(np.mean([one.mean for one in chains])),
        error=float(np.sqrt(np.sum([one.error**2 for one in chains])) / run.samples),
        degrees=(FEWEST_BLOCKS - 1) * run.samples,
        predicted=predicted,
    )


def paramagnet_energy(bonds: LayeredBonds, temperature: float) -> Predicted:
    """Return the energy of m = 0, -(beta/2N) sum_ij J_ij^2 (ordered pairs), with and without fluctuations."""
    beta, u = 1 / temperature, np.zeros(bonds.spins)
    energy = float(functional.energy(bonds, beta, u))
    low, high = (fluctuations(bonds, beta * (1 + step), u) for step in (-_STEP, _STEP))
    corrected = energy - (high - low) / (2 * _STEP * beta) / bonds.spins
    return Predicted(energy, corrected, (1.0,), plefka_radius(bonds, beta, u))


def ordered_energy(bonds: LayeredBonds, temperature: float, *, starts: int = 12) -> Predicted | None:
    """Return the energy of the TAP minima with magnetisations, None where there are none."""
    states = ordered_states(bonds, temperature, starts=starts)
    if not states.solutions:
        return None
    followed = [_followed(bonds, one) for one in states.solutions]
    logs = np.array([log for _, log in followed])
    energies = np.array([energy for energy, _ in followed])
    known, counts = np.isfinite(logs), states.shares > _COUNTS
    weights = np.exp(np.where(known, logs, -np.inf) - logs[known].max(initial=-1e300))
    usable = bool(np.all(known | ~counts))
    corrected = float(weights[known] @ energies[known] / weights[known].sum()) if usable else float("nan")
    tap = float(states.shares @ np.array([one.energy for one in states.solutions]))
    radius = max(one.plefka_radius for one, heavy in zip(states.solutions, counts, strict=True) if heavy)
    return Predicted(tap, corrected, tuple(states.shares.tolist()), radius)


def _followed(bonds: LayeredBonds, solution: TapSolution) -> tuple[float, float]:
    """Return energy per spin with fluctuations and log Z_a of one state; nan where it cannot be followed in beta."""
    beta, m = 1 / solution.temperature, solution.magnetisations
    if solution.least_eigenvalue < _SOFTEST:
        return float("nan"), float("nan")
    logs = []
    for step in (-_STEP, 0.0, _STEP):
        near = solve_states(bonds, solution.temperature / (1 + step), m).arguments
        there = np.tanh(near[:, 0]) if near.shape[1] else np.zeros_like(m)
        if there @ m < _SAME * np.linalg.norm(there) * np.linalg.norm(m) or not there.any():
            return float("nan"), float("nan")
        logs.append(fluctuations(bonds, beta * (1 + step), near[:, 0]))
    slope = (logs[2] - logs[0]) / (2 * _STEP * beta)
    return solution.energy - slope / bonds.spins, logs[1] - beta * bonds.spins * solution.free_energy


def fluctuations(bonds: LayeredBonds, beta: float, u: Array) -> float:
    """Return -(1/2) log det(1 + V^{1/2} K V^{1/2}) + (beta^2/4) sum_ij J_ij^2 v_i v_j, nan beyond stability.

    Parameters
    ----------
    bonds : LayeredBonds
    beta : float
    u : float64 (N,)
        atanh of the magnetisations.
    """
    v, m = functional.complement(u), np.tanh(u)
    couplings = bonds.dense()
    squares = couplings**2
    root = np.sqrt(v)
    scaled = -(beta * couplings + 2 * beta**2 * squares * np.outer(m, m)) * np.outer(root, root)
    paired = squares @ v
    scaled[np.diag_indices(bonds.spins)] += 1 + beta**2 * paired * v
    sign, log_det = np.linalg.slogdet(scaled)
    if sign <= 0:
        return float("nan")
    return float(-log_det / 2 + beta**2 / 4 * (v @ paired))
