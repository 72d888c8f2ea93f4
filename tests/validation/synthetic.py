"""Runs that nobody simulated: numbers drawn around a law that the test chooses, in the form that claims read."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mcsim.config import RunConfig, parse_config
from validation.runs.spin_family import SpinFamily
from validation.runs.spins import MeasuredRun

Array = NDArray[np.float64]
LAYERS = 4
# Widths n, four layers, fan-in: sigma^2 = 1/n, so W = 3 n / (4 n) = 3/4 and T_c^2 = 2 cos(pi/5), worked out by hand.
W = 0.75
T_C = float(np.sqrt(2.0 * np.cos(np.pi / 5.0)))
BETAS = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9,
                  1.0, 1.2, 1.5, 1.8, 2.2, 2.6])[::-1]  # fmt: skip


def run_config(network: dict[str, Any], samples: int, betas: Array, seed: int = 1) -> RunConfig:
    """Return the configuration that such a run would have had."""
    return parse_config({
        "seed": seed,
        "samples": samples,
        "model": {"kind": "layered-ising", "network": network},
        "ladder": {"betas": betas[::-1].tolist()},
        "run": {"copies": 2, "thermalization": 0, "measurements": 1},
    })  # fmt: skip


def synthetic_run(
    name: str,
    config: RunConfig,
    widths: tuple[int, ...],
    energies: Array,
    *,
    bond_variances: Array,
    overlaps: Array | None = None,
    squared_overlaps: Array | None = None,
    series: Array | None = None,
) -> MeasuredRun:
    """Return a run with these values for each sample and slot.

    Parameters
    ----------
    energies : float64 (samples, slots)
        Per spin.
    bond_variances : float64 (samples, bond layers)
    overlaps : float64 (samples, slots), optional
        The overlap of every layer, so that the product of neighbours is its square.
    squared_overlaps : float64 (samples, slots), optional
        <q^2> over all spins.
    series : float64 (rows,), optional
        Fluctuations about the energies in the course of a run; none by default.
    """
    samples, slots = energies.shape
    layers = np.zeros_like(energies) if overlaps is None else overlaps
    total = layers if squared_overlaps is None else np.sqrt(squared_overlaps)
    rows = np.zeros(1) if series is None else series - series.mean()
    betas = config.ladder.inverse_temperatures()
    with np.errstate(divide="ignore"):
        temperatures = 1.0 / betas
    energy = np.repeat((energies[:, :, None] + rows)[..., None], 2, axis=3) * sum(widths)
    layer_overlaps = np.repeat(layers[:, :, None, None, None], len(widths), axis=4)
    data = xr.Dataset(
        {
            "energy": (("sample", "slot", "measurement", "copy"), energy),
            "overlap": (("sample", "slot", "overlap_measurement", "pair", "layer"), layer_overlaps),
            "overlap_total": (("sample", "slot", "overlap_measurement", "pair"), total[:, :, None, None]),
            "bond_variance": (("sample", "bond"), bond_variances),
        },
        coords={
            "sample": np.arange(samples),
            "beta": ("slot", betas),
            "temperature": ("slot", temperatures),
            "layer_size": ("layer", np.array(widths)),
        },
    )
    assert betas.size == slots
    return MeasuredRun(name, config, data)


def gaussian_run(width: int, samples: int, betas: Array, energies: Array, **values: Any) -> MeasuredRun:
    """Return a run of random networks of four equal layers."""
    network = {"source": "gaussian", "widths": [width] * LAYERS}
    return synthetic_run(
        f"width-{width}", run_config(network, samples, betas), (width,) * LAYERS, energies, **values
    )  # fmt: skip


def drawn_variances(width: int, samples: int, rng: np.random.Generator) -> Array:
    """Return mean squared couplings as Gaussian networks have them: 1/n within sqrt(2) / n per layer of bonds."""
    return (1.0 + np.sqrt(2.0) / width * rng.standard_normal((samples, LAYERS - 1))) / width


def strengths(width: int, variances: Array) -> Array:
    """Return sum J^2 / N of each sample, whose average is W."""
    return np.asarray(variances.sum(axis=1) * width**2 / (LAYERS * width))


def family_of(*runs: MeasuredRun) -> SpinFamily:
    """Return runs as one family."""
    return SpinFamily(tuple(runs))
