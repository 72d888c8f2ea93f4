"""Runs of four copies that nobody simulated: overlaps of a cascade, or of replica-symmetric copies, at every size.

The law is two steps of breaking, chosen here: the overlap over all spins has the levels `LEVELS` with probabilities
`WEIGHTS`, layer k the multiple `FACTORS[k]` of it, and every pair has noise of its own of N^-1/3, as large as a glass
has, and in each layer that of its spins, which are of size 1 whatever the overlap. Energies obey the identity with
overlaps on average.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from cascades import cascade_overlaps, flips, on_lattice
from numpy.typing import NDArray
from synthetic import run_config

from theory.layered_sk import LayeredCouplings
from theory.parisi import StepFunction
from validation.claims.overlap_law import OverlapLaw
from validation.runs.spin_family import SpinFamily
from validation.runs.spins import MeasuredRun

Array = NDArray[np.float64]
LAYERS, ROWS, COPIES = 3, 24, 4
M = (0.2, 0.5)
WEIGHTS = np.array([M[0], M[1] - M[0], 1.0 - M[1]])
LEVELS = np.array([0.10, 0.35, 0.60])
FACTORS = np.array([0.9, 1.2, 0.9])
NOISE = 0.25
# Three equal layers, fan-in: T_c^2 = 2 cos(pi/4), W = 2/3, worked out by hand.
T_C = float(np.sqrt(2.0 * np.cos(np.pi / 4.0)))
W = 2.0 / 3.0
TEMPERATURES = T_C * np.array([0.4, 0.5, 0.6, 1.6])
R = FACTORS[0] * FACTORS[1]


def levels_at(temperature: float) -> Array:
    """Return the overlaps of the levels, falling with temperature."""
    return LEVELS * (1.0 - (temperature / T_C - 0.4))


def broken(couplings: LayeredCouplings, temperature: float) -> OverlapLaw:
    """Return the law of the cascade, as a solver would."""
    return _law(M, levels_at(temperature), temperature)


def symmetric(couplings: LayeredCouplings, temperature: float) -> OverlapLaw:
    """Return a replica-symmetric law that nearly has the cascade's <q^2>."""
    return _law((), 0.95 * np.sqrt([WEIGHTS @ levels_at(temperature) ** 2]), temperature)


def _law(breakpoints: tuple[float, ...], levels: Array, temperature: float) -> OverlapLaw:
    q = StepFunction(np.array(breakpoints), levels[:, None] * FACTORS, plateau_start=max(breakpoints, default=0.0))
    energy = -W / temperature * (1.0 - R * float(q.weights @ levels**2))
    return OverlapLaw(q, np.full(LAYERS, 1.0 / LAYERS), energy)


def glass_run(
    width: int, samples: int, seed: int, *, breaking: bool = True, copies: int = COPIES, blur: float = 1.0
) -> MeasuredRun:
    """Return a run of random networks of three equal layers.

    Parameters
    ----------
    breaking : bool
        Whether overlaps are the cascade's, or replica-symmetric.
    blur : float
        On the noise of energies.
    """
    rng = np.random.default_rng([seed, width])
    spins, betas = LAYERS * width, 1.0 / TEMPERATURES
    variances = (1.0 + np.sqrt(2.0) / width * rng.standard_normal((samples, LAYERS - 1))) / width
    strength = variances.sum(axis=1) * width / LAYERS
    layers, energies = [], []
    for i, temperature in enumerate(TEMPERATURES):
        clean, mean_square = _overlaps(temperature, samples, seed + i, breaking, copies)
        noise = spins ** (-1.0 / 3.0) * NOISE if temperature < T_C else spins**-0.5
        common = (clean + noise * rng.standard_normal(clean.shape)) * flips(samples, ROWS, copies, rng)
        layers.append(_of_spins(common[..., None] * FACTORS, width, rng))
        energy = -betas[i] * (strength - W * R * (mean_square + noise**2))
        energies.append(energy + blur * 0.02 * spins**-0.5 * rng.standard_normal(samples))
    overlap = np.stack(layers, axis=1)
    energy = np.repeat(np.stack(energies, axis=1)[:, :, None, None], ROWS, axis=2).repeat(copies, axis=3) * spins
    config = run_config({"source": "gaussian", "widths": [width] * LAYERS}, samples, betas, seed=seed + width)
    config = config.model_copy(update={"run": config.run.model_copy(update={"copies": copies})})
    total = on_lattice(np.clip(overlap.mean(axis=-1), -1.0, 1.0), spins)
    data = xr.Dataset(
        {
            "energy": (("sample", "slot", "measurement", "copy"), energy),
            "overlap": (("sample", "slot", "overlap_measurement", "pair", "layer"), overlap),
            "overlap_total": (("sample", "slot", "overlap_measurement", "pair"), total),
            "bond_variance": (("sample", "bond"), variances),
        },
        coords={
            "sample": np.arange(samples),
            "beta": ("slot", betas),
            "temperature": ("slot", TEMPERATURES),
            "layer_size": ("layer", np.full(LAYERS, width)),
        },
    )
    return MeasuredRun(f"glass-{width}", config, data)


def _of_spins(means: Array, width: int, rng: np.random.Generator) -> Array:
    """Return overlaps of layers of `width` spins about their means, as if spins were independent."""
    return np.asarray(
        means + np.sqrt(np.maximum(0.0, 1.0 - np.square(means)) / width) * rng.standard_normal(means.shape)
    )


def _overlaps(temperature: float, samples: int, seed: int, breaking: bool, copies: int) -> tuple[Array, float]:
    """Return overlaps without noise, and their exact mean square."""
    if temperature > T_C:
        return np.zeros((samples, ROWS, copies * (copies - 1) // 2)), 0.0
    if not breaking:
        q = float(symmetric(None, temperature).total[0])  # type: ignore[arg-type]
        return np.full((samples, ROWS, copies * (copies - 1) // 2), q), q**2
    low, middle, high = levels_at(temperature)
    overlaps = cascade_overlaps(samples, ROWS, seed, m=M, q=(low, middle, high), copies=copies)
    return overlaps, float(WEIGHTS @ levels_at(temperature) ** 2)


def glass_family(
    samples: int = 600, widths: tuple[int, ...] = (64, 256, 1024), seed: int = 1, **law: object
) -> SpinFamily:
    """Return runs of several sizes as one family; sizes share no random numbers."""
    return SpinFamily(tuple(glass_run(n, samples, seed + 10 * n, **law) for n in widths))  # type: ignore[arg-type]
