"""What is measured on one trained network's couplings, stage by stage: T_c of its paramagnet, and its spectrum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.files import load_weights, stored_epochs
from theory.bonds import LayeredBonds
from theory.layered_sk import critical_temperature
from theory.spectrum import RandomSpectrum, eigenvalues, fit_tail, outliers, spectral_distance
from theory.tap import Instability, instability
from theory.tap.critical import ParamagnetStability
from validation.networks.state import bonds_of
from validation.numbers.arrays import FloatArray


@dataclass(frozen=True)
class CriticalStage:
    """One stage: where the paramagnet turns unstable, and T_c of random networks of the same variances."""

    epoch: float
    instability: Instability
    random: float

    @property
    def temperature(self) -> float:
        """T_c, or where the paramagnet comes closest to instability."""
        return self.instability.temperature

    @property
    def crosses(self) -> bool:
        """Whether there is a T_c."""
        return self.instability.kind == "crossing"


@dataclass(frozen=True)
class CriticalSeries:
    """The instability of the paramagnet at every stage."""

    stages: tuple[CriticalStage, ...]

    @property
    def epochs(self) -> FloatArray:
        """Return when the stages were, (stages,)."""
        return np.array([stage.epoch for stage in self.stages])

    @property
    def temperatures(self) -> FloatArray:
        """Return T_c or the closest approach of each stage, (stages,)."""
        return np.array([stage.temperature for stage in self.stages])

    @property
    def crosses(self) -> NDArray[np.bool_]:
        """Return at which stages there is a T_c, (stages,)."""
        return np.array([stage.crosses for stage in self.stages])

    def at(self, epoch: float) -> CriticalStage:
        """Return one stage."""
        return next(stage for stage in self.stages if stage.epoch == epoch)


@dataclass(frozen=True, eq=False)
class StabilityCurves:
    """Least eigenvalue of I - M against beta before and after training."""

    beta: FloatArray  #: (n,)
    reference: float  #: T_c of random couplings of the initial variances
    epoch: float  #: of the end of training
    before: FloatArray  #: (n,)
    after: FloatArray  #: (n,)


@dataclass(frozen=True)
class SpectrumStage:
    """The eigenvalues of J at one stage, against the random density before training."""

    epoch: float
    outliers: int  #: beyond the edge of random couplings
    distance: float  #: from the random density
    moved: float  #: motion of the weights, relative to their size
    tail_exponent: float  #: of a power law
    tail_p: float | None  #: of the same, at the first and the last stage only


@dataclass(frozen=True, eq=False)
class Histogram:
    """A density in bins."""

    edges: FloatArray  #: (bins + 1,)
    density: FloatArray  #: (bins,)


@dataclass(frozen=True, eq=False)
class SpectrumSeries:
    """The spectrum at every stage."""

    stages: tuple[SpectrumStage, ...]
    before: Histogram  #: positive eigenvalues at the first stage
    after: Histogram  #: and at the last
    at: FloatArray  #: abscissae of the random density, (n,)
    random_density: FloatArray  #: of random couplings of the initial variances, (n,)


def bonds_at(weights: Path, epoch: float) -> LayeredBonds:
    """Return the couplings of one stage."""
    return bonds_of(load_weights(weights, epoch=epoch))


def critical_series(weights: Path) -> CriticalSeries:
    """Return the instability of the paramagnet at every stage of a file."""
    stages = []
    for epoch in stored_epochs(weights):
        bonds = bonds_at(weights, epoch)
        stages.append(CriticalStage(epoch, instability(bonds), critical_temperature(bonds.variances())))
    return CriticalSeries(tuple(stages))


def stability_curves(weights: Path, points: int = 40) -> StabilityCurves:
    """Return the least eigenvalue of I - M against beta at the first and the last stage of a file."""
    epochs = stored_epochs(weights)
    reference = critical_temperature(bonds_at(weights, epochs[0]).variances())
    betas = np.linspace(0.1, 2.0, points) / reference
    before, after = (
        np.array([stability.least_eigenvalue(1 / beta) for beta in betas.tolist()])
        for stability in (ParamagnetStability(bonds_at(weights, epoch)) for epoch in (epochs[0], epochs[-1]))
    )
    return StabilityCurves(betas, reference, epochs[-1], before, after)


def spectrum_series(weights: Path, tail_samples: int) -> SpectrumSeries:
    """Return what training does to the eigenvalues of J; tails' p-values come from `tail_samples` synthetic samples."""
    epochs = stored_epochs(weights)
    first = bonds_at(weights, epochs[0])
    random = RandomSpectrum(first.variances())
    stages, histograms = [], []
    for epoch in epochs:
        bonds, end = bonds_at(weights, epoch), epoch in (epochs[0], epochs[-1])
        values = eigenvalues(bonds)
        stages.append(_spectrum(epoch, first, bonds, values, random, tail_samples if end else 0))
        if end:
            histograms.append(_histogram(values, random.edge))
    x = np.linspace(1e-3, 1.02, 120) * random.edge
    return SpectrumSeries(tuple(stages), histograms[0], histograms[-1], x, random.density(x))


def _spectrum(
    epoch: float, first: LayeredBonds, bonds: LayeredBonds, values: FloatArray, random: RandomSpectrum, samples: int
) -> SpectrumStage:
    tail = fit_tail(values[values > 1e-9 * random.edge], samples=samples)
    moved = sum(float(np.square(a - b).sum()) for a, b in zip(bonds.weights, first.weights, strict=True))
    size = sum(float(np.square(b).sum()) for b in first.weights)
    return SpectrumStage(
        epoch=epoch,
        outliers=outliers(values, random).count,
        distance=spectral_distance(values, random),
        moved=math.sqrt(moved / size),
        tail_exponent=tail.exponent,
        tail_p=tail.p_value if samples else None,
    )


def _histogram(values: FloatArray, edge: float) -> Histogram:
    positive = values[values > 1e-9 * edge]
    bins = round(2 * math.sqrt(len(positive)))
    edges = np.linspace(0, float(max(positive.max(), edge)) * 1.02, bins + 1)
    counts, _ = np.histogram(positive, edges)
    return Histogram(edges, counts / (len(values) * np.diff(edges)))
