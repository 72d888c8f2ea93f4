"""What depth does to the landscape of a random MLP: energy, entropy and the line where replica symmetry breaks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from theory import activations
from theory.arrays import FloatArray, IntArray
from theory.mlp.depth.propagation import Propagation, correlation_profile, propagate
from theory.mlp.model import MlpModel
from theory.mlp.rs.branch import critical_beta
from theory.mlp.rs.saddle import solve_rs


@dataclass(frozen=True)
class DepthEffect:
    """One activation at several depths and one inverse temperature; arrays of shape (depths,).

    Attributes
    ----------
    activation : str
    weight_variance, beta : float
    depths : int64 array
        Hidden layers, equal widths.
    free_entropy, energy, entropy, replicon : float64 arrays
        Replica symmetric, as in `theory.mlp.RSSolution`; no prediction where the replicon is above 1.
    hot_energy_slope : float64 array
        lim -e / beta as beta -> 0, from order and chaos alone.
    critical_beta : float64 array
        Where the replicon first reaches 1; NaN where it stays below 1 up to `beta_max`, or was not asked for.
    beta_max : float
        0 if critical betas were not asked for.
    seconds : float64 array
        Time on the clock spent on each depth.
    propagation : Propagation
        Order or chaos at this weight variance.
    """

    activation: str
    weight_variance: float
    beta: float
    depths: IntArray
    free_entropy: FloatArray
    energy: FloatArray
    entropy: FloatArray
    replicon: FloatArray
    hot_energy_slope: FloatArray
    critical_beta: FloatArray
    beta_max: float
    seconds: FloatArray
    propagation: Propagation


def depth_effect(
    activation: str,
    weight_variance: float,
    beta: float,
    depths: Sequence[int],
    *,
    beta_max: float = 0.0,
    tolerance: float = 1e-5,
    progress: Callable[[int, int], None] | None = None,
) -> DepthEffect:
    """Solve networks of several depths at one inverse temperature, and find where each loses replica symmetry.

    Parameters
    ----------
    activation : str
        One that has no shape: tanh, relu, sin, erf or linear.
    weight_variance, beta : float
        C_W and the inverse temperature.
    depths : sequence of int
        Numbers of hidden layers, at least 1.
    beta_max : float
        Look for the critical beta up to here; 0: do not look.
    tolerance : float
        Of each saddle point, as in `solve_rs`.
    progress : callable, optional
        Called with (depths done, depths in all).

    Raises
    ------
    ValueError
        If an argument is out of range.
    NotConvergedError
        If a saddle point cannot be solved.

    Notes
    -----
    A saddle point takes a fraction of a second at depth 1 to several seconds at depth 16; a critical beta 10 to 30
    times as long: at depth 8 half a minute (tanh) to a minute and a half (sin, relu). `seconds` tells.
    """
    if activations.is_shaped(activation):
        raise ValueError(f"activation {activation!r} is shaped: its limit of infinite depth is solve_depth_limit")
    if not depths or min(depths) < 1:
        raise ValueError(f"depths {tuple(depths)} must be whole numbers of hidden layers, at least 1")
    phi = activations.get(activation)
    q, c = correlation_profile(phi, weight_variance, max(depths))
    rows = []
    for done, depth in enumerate(depths, start=1):
        started = time.perf_counter()
        model = MlpModel(phi, (1.0,) * (depth + 1), weight_variance)
        found = solve_rs(model, beta, tolerance=tolerance)
        critical = critical_beta(model, beta_max=beta_max, precision=1e-4, tolerance=tolerance) if beta_max else None
        spent = time.perf_counter() - started
        critical = np.nan if critical is None else critical
        rows.append([found.free_entropy, found.energy, found.entropy, found.replicon, critical, spent])
        if progress:
            progress(done, len(depths))
    phi_s, energy, entropy, replicon, criticals, seconds = np.array(rows).T
    return DepthEffect(
        activation=activation,
        weight_variance=weight_variance,
        beta=beta,
        depths=np.array(depths, dtype=np.int64),
        free_entropy=phi_s,
        energy=energy,
        entropy=entropy,
        replicon=replicon,
        hot_energy_slope=weight_variance * q[list(depths)] * (1.0 - c[list(depths)]),
        critical_beta=criticals,
        beta_max=beta_max,
        seconds=seconds,
        propagation=propagate(phi, weight_variance),
    )
