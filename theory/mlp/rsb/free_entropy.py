"""Free entropy of the random MLP with broken replica symmetry, at any order parameters and breakpoints.

    Phi = alpha_0 (1/2) [ log det K^0 - tr K^0 + n ] / n
          + sum_l alpha_l [ -(1/2) (r_d k_d - sum_i (x_{i+1} - x_i) r_i k_i)^l + int P_0^l f_1^l ]
          + (1/2) beta^2 C_W ( k_d^L - sum_i (x_{i+1} - x_i) k_i^L )

with the input term of `theory.mlp.rsb.parameters.input_entropy` and the recursion of `theory.mlp.rsb.recursion`. It is
stationary in every overlap, conjugate and breakpoint; writing w_i = x_{i+1} - x_i, for l = 1..L

    dPhi/dr_i = (alpha_l / 2) w_i (k_i - int P_i (d_u f_{i+1})^2),   dPhi/dr_d = (alpha_l / 2) (int P_K <phi^2> - k_d),
    dPhi/dk_i = (alpha_l / 2) w_i (r_i - R_i),                       dPhi/dk_d = (alpha_l / 2) (R_d - r_d),

R the conjugate from the layer above, R_i = g C_W int P_i (d_h f_{i+1})^2, R_d - R_K = g C_W int P_K d_h^2 f_{K+1}, or
beta^2 C_W / alpha_L at the top; and

    dPhi/dx_i = alpha_0 d(input)/dx_i
                + sum_l alpha_l { (1/x_i) [int P_i f_{i+1} - int P_{i-1} f_i] - (r_i k_i - r_{i-1} k_{i-1}) / 2 }
                + (1/2) beta^2 C_W (k_i - k_{i-1})^L.

dPhi/dbeta = beta C_W (k_d - int k dx)^L = -e. Source: n -> 0 of the replicated action of arXiv 2503.23982 on Parisi
matrices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.model import MlpModel
from theory.mlp.rsb.grid import Resolution
from theory.mlp.rsb.parameters import ParisiParameters, input_entropy, input_entropy_slopes
from theory.mlp.rsb.recursion import LevelAverages
from theory.mlp.rsb.sweep import layer_averages


def free_entropy_of_averages(
    model: MlpModel, beta: float, p: ParisiParameters, averages: Sequence[LevelAverages]
) -> float:
    """Return Phi at any order parameters, given the averages of layers 1..L there."""
    total = model.width_ratios[0] * input_entropy(p.x, p.k[0], float(p.k_d[0]))
    for layer, average in enumerate(averages, start=1):
        # r_d k_d - int r k dx without the large terms that cancel.
        conjugate = p.rt[layer] * p.k_d[layer] + float(
            p.weights @ (p.r[layer, -1] * p.k_d[layer] - p.r[layer] * p.k[layer])
        )
        total += model.width_ratios[layer] * (float(average.f[0]) - 0.5 * float(conjugate))
    return total + 0.5 * beta**2 * model.weight_variance * float(p.k_d[-1] - p.mean[-1])


def breakpoint_slopes_of_averages(
    model: MlpModel, beta: float, p: ParisiParameters, averages: Sequence[LevelAverages]
) -> FloatArray:
    """Return dPhi/dx_i at fixed overlaps and conjugates, shape (K,)."""
    slopes = model.width_ratios[0] * input_entropy_slopes(p.x, p.k[0], float(p.k_d[0]))
    for layer, average in enumerate(averages, start=1):
        own = np.diff(average.f) / p.x - 0.5 * np.diff(p.r[layer] * p.k[layer])
        slopes = slopes + model.width_ratios[layer] * own
    return np.asarray(slopes + 0.5 * beta**2 * model.weight_variance * np.diff(p.k[-1]))


def free_entropy_at(
    model: MlpModel, beta: float, parameters: ParisiParameters, *, resolution: Resolution | None = None
) -> float:
    """Return Phi at any order parameters and breakpoints, on the saddle point or off it.

    Parameters
    ----------
    model : MlpModel
    beta : float
        Inverse temperature.
    parameters : ParisiParameters
        Entry 0 of the conjugates is not used.
    resolution : Resolution, optional
        Of the grids in the fields; the default is good to about 1e-9.

    Raises
    ------
    NotConvergedError
        If a layer cannot be resolved.
    """
    averages = layer_averages(model, parameters, resolution or Resolution(0.25, 7.5))
    return free_entropy_of_averages(model, beta, parameters, averages)


def breakpoint_slopes(
    model: MlpModel, beta: float, parameters: ParisiParameters, *, resolution: Resolution | None = None
) -> FloatArray:
    """Return dPhi/dx_i at fixed overlaps and conjugates, shape (K,); parameters and errors as in `free_entropy_at`."""
    averages = layer_averages(model, parameters, resolution or Resolution(0.25, 7.5))
    return breakpoint_slopes_of_averages(model, beta, parameters, averages)
