"""Runs of random MLPs that nobody simulated: numbers around the saddle point, in the form that claims read."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mcsim.config import RunConfig, parse_config
from theory.mlp import MlpModel, solve_branch
from theory.mlp.exact.infinite_temperature import prior_self_overlaps
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlps import MeasuredMlp, measured_mlp

Array = NDArray[np.float64]
BETAS = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5])[::-1]
ROWS, COPIES = 256, 2


def mlp_config(width: int, samples: int, betas: Array = BETAS, **model: Any) -> RunConfig:
    """Return the configuration that such a run would have had."""
    return parse_config({
        "seed": width,
        "samples": samples,
        "model": {"kind": "mlp", "widths": [width] * 2, "activation": "tanh", **model},
        "ladder": {"betas": betas[::-1].tolist()},
        "run": {"copies": COPIES, "thermalization": 0, "measurements": ROWS},
    })  # fmt: skip


def heat_at(theory: MlpModel, betas: Array) -> Array:
    """Return -de/dbeta, by small steps of accurate solutions."""
    step = 1e-3 * betas
    below, above = ([s.energy for s in solve_branch(theory, b, tolerance=1e-10)] for b in (betas - step, betas + step))
    return np.asarray((np.array(below) - np.array(above)) / (2 * step))


def synthetic_mlp(
    config: RunConfig,
    *,
    scale: float = 1.0,
    overlap_scale: float = 1.0,
    disorder: float = 0.5,
    noise: float = 0.1,
    correction: float = 0.5,
    unrelated: float = 0.0,
    exact_heat: bool = False,
    heat_scale: float = 1.0,
    seed: int = 1,
) -> MeasuredMlp:
    """Return a run whose energies are Gaussian about the saddle point.

    Each network has a strength g_J = 1 + disorder / sqrt(N) xi that shows in its energies, (1 + correction / N) g_J e,
    in their fluctuations, -g_J de/dbeta / N, and half in the overlaps of the last layer: the two sides of the identity
    differ network by network, but not on average. For linear networks without corrections these are exact tilts of one
    prior.

    Parameters
    ----------
    scale : float
        On energies: other than 1 contradicts the theory, but not the identity.
    overlap_scale : float
        On the overlap of two replicas alone: contradicts the identity too.
    noise : float
        Spread of overlaps from network to network, over sqrt(N).
    unrelated : float
        Spread of energies from network to network that nothing else shows, over sqrt(N).
    exact_heat : bool
        Take -de/dbeta at each slot itself, not of energies interpolated between slots: of tanh networks that is off by
        7 % at the coldest and 1 % at others.
    heat_scale : float
        On the fluctuations.
    """
    rng = np.random.default_rng([seed, config.seed])
    width, samples = config.model.widths[0], config.samples  # type: ignore[union-attr]
    betas = config.ladder.inverse_temperatures()
    fine = np.linspace(0.0, betas[0], 400)
    family = MlpFamily((MeasuredMlp("", config, xr.Dataset({}, coords={"beta": ("slot", betas)})),))
    solutions = family.predict(betas)
    e = np.array([s.energy for s in solutions])
    heat = -np.interp(betas, fine, np.gradient(np.interp(fine, betas[::-1], e[::-1]), fine))
    if exact_heat:
        heat[betas > 0] = heat_at(family.theory, betas[betas > 0])
    layers = len(config.model.widths)  # type: ignore[union-attr]
    mean = np.array([[o.mean for o in s.overlaps] for s in solutions])
    at_prior = prior_self_overlaps(family.theory, config.model.widths)  # type: ignore[union-attr]
    own = np.array([[o.self_overlap for o in s.overlaps] for s in solutions])
    own[-1] = at_prior
    heat[-1] = at_prior[-1]
    g = 1.0 + disorder / np.sqrt(width) * rng.standard_normal(samples)
    finite = 1.0 + correction / width
    centre = scale * finite * g[:, None] * e + unrelated / np.sqrt(width) * rng.standard_normal((samples, 1)) * e
    thermal = np.sqrt(g[:, None] * heat_scale * heat / width)[:, :, None, None] * rng.standard_normal(
        (samples, betas.size, ROWS, COPIES)
    )
    k_ab = mean * (1.0 + noise / np.sqrt(width) * rng.standard_normal((samples, 1, layers)))
    gap = np.zeros_like(centre)
    half = 0.5 * (1.0 + g[:, None])
    gap[:, betas > 0] = -(scale * finite * half * e)[:, betas > 0] / betas[betas > 0]
    k_aa = own * (1.0 + noise / np.sqrt(width) * rng.standard_normal((samples, 1, layers)))
    k_aa[..., -1] = np.where(betas > 0, k_ab[..., -1] + gap, k_aa[..., -1])
    shape = (samples, betas.size, 1, 1, layers)
    own_shape = (samples, betas.size, 1, COPIES, layers)
    data = xr.Dataset(
        {
            "energy": (("sample", "slot", "measurement", "copy"), width * (centre[:, :, None, None] + thermal)),
            "overlap": (
                ("sample", "slot", "overlap_measurement", "pair", "layer"),
                np.broadcast_to(overlap_scale * k_ab[:, :, None, None], shape),
            ),
            "self_overlap": (
                ("sample", "slot", "overlap_measurement", "copy", "layer"),
                np.broadcast_to(k_aa[:, :, None, None], own_shape),
            ),
        },
        coords={"sample": np.arange(samples), "beta": ("slot", betas)},
    )  # fmt: skip
    return measured_mlp(f"width-{width}", config, data)


def mlp_family(widths: tuple[int, ...] = (24, 48, 96), samples: int = 32, **law: Any) -> MlpFamily:
    """Return synthetic runs at several widths as one family."""
    model = law.pop("model", {})
    return MlpFamily(tuple(synthetic_mlp(mlp_config(n, samples, **model), **law) for n in widths))
