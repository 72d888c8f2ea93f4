"""Runs of spins of one law of couplings, with what the theory needs to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcsim.config import GaussianNetwork
from theory.layered_sk import LayeredCouplings, critical_temperature
from validation.numbers.arrays import FloatArray
from validation.runs.family import Family
from validation.runs.spins import MeasuredRun
from validation.runs.subject import Subject


@dataclass(frozen=True)
class SpinFamily(Family[MeasuredRun]):
    """Runs of spins: one disorder law at several sizes, the smallest first, or stored networks beside it."""

    @property
    def subject(self) -> Subject:
        """Whether any of its networks was read from a file."""
        mixed = any(not run.is_gaussian for run in self.runs)
        return Subject.STORED_SPINS if mixed else Subject.RANDOM_SPINS

    @property
    def label(self) -> str:
        """What distinguishes this family in a table."""
        stored = [run.name for run in self.runs if not run.is_gaussian]
        return ", ".join(stored) if stored else self.listed_sizes

    @property
    def critical_temperature(self) -> float:
        """Predicted T_c of the infinite network with these ratios of widths."""
        return critical_temperature(couplings_of(self.largest))

    @property
    def temperatures(self) -> FloatArray:
        """Return T of each entry of `slots`, rising."""
        return np.array([self.largest.temperatures[slots[-1]] for slots in self.slots])

    def between(self, low: float, high: float) -> list[int]:
        """Return the entries of `slots` with low T_c <= T <= high T_c, coldest first."""
        t_c = self.critical_temperature
        return [i for i, temperature in enumerate(self.temperatures) if low * t_c <= temperature <= high * t_c]


def families_of_spins(runs: Sequence[MeasuredRun]) -> list[SpinFamily]:
    """Group Gaussian runs by shape, variance and copies; each stored network's widths make a family of their own.

    Runs with more copies are for claims about several overlaps at once, at temperatures of their own.
    """
    groups: dict[tuple[object, ...], list[MeasuredRun]] = {}
    for run in (r for r in runs if r.is_gaussian):
        couplings = couplings_of(run)
        shape = tuple(round(n / run.size, 2) for n in run.widths)
        strength = tuple(np.round(np.diag(couplings.coupling_matrix, 1), 6))
        groups.setdefault((shape, strength, run.config.run.copies), []).append(run)
    families = [SpinFamily(tuple(sorted(group, key=lambda run: run.size))) for group in groups.values()]
    for widths in dict.fromkeys(run.widths for run in runs if not run.is_gaussian):
        families.append(SpinFamily(tuple(run for run in runs if run.widths == widths)))
    return families


def couplings_of(run: MeasuredRun, scale: float = 1.0) -> LayeredCouplings:
    """Return the disorder law of a Gaussian run as the theory understands it, its variances times `scale`."""
    network = run.network
    assert isinstance(network, GaussianNetwork)
    return LayeredCouplings.from_convention(run.widths, network.variance, network.scale * scale)


def own_couplings(run: MeasuredRun) -> LayeredCouplings:
    """Return the random network with the mean squared couplings that this one has."""
    return LayeredCouplings.from_variances(run.widths, run.bond_variances.mean(axis=0))


def bonds_per_spin(run: MeasuredRun) -> FloatArray:
    """Return N_{k-1} N_k / N for each layer of bonds."""
    widths = np.array(run.widths, dtype=np.float64)
    return np.asarray(widths[:-1] * widths[1:] / run.size, dtype=np.float64)


def bond_strengths(run: MeasuredRun) -> FloatArray:
    """Return w_k = sigma_k^2 N_{k-1} N_k / N of each layer of bonds."""
    return np.asarray(np.array(couplings_of(run).variances) * bonds_per_spin(run), dtype=np.float64)


def coupling_strength(run: MeasuredRun) -> tuple[FloatArray, float]:
    """Return sum_bonds J^2 / N of each sample and its exact disorder average W.

    It is the control variate of everything thermal: it moves the energy of a sample most, and its mean is known.
    """
    bonds = bonds_per_spin(run)
    return run.bond_variances @ bonds, float(np.dot(couplings_of(run).variances, bonds))
