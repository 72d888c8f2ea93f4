"""Exact solution of the linear network, phi(z) = z, for any widths, depth, variances and both priors.

Every measure is Gaussian, so the saddle point closes on matrices in replica space. With S = C_W K^{l-1} + C_b
11^T,

    K^l = (S^{-1} - Q^l)^{-1},    Q^{l-1} = g C_W Q^l (I - S Q^l)^{-1},    g = alpha_l / alpha_{l-1}.

Insert K = v I + k0 11^T, Q = rt I + r0 11^T and n -> 0, where (a I + b 11^T)^{-1} = I / a - (b / a^2) 11^T.
The backward step gives rt^{l-1} = g C_W rt^l / (1 - C_W v^{l-1} rt^l), and rt^L = 0, so that all rt vanish
and what is left is

    r0^l = beta^2 C_W^{L-l+1} / alpha_l,    v^l = C_W^l v^0,    k0^l = C_W k0^{l-1} + C_b + (v^l)^2 r0^l,
    v^0 = 1 (gaussian prior), or r0^0 (v^0)^2 + v^0 = 1 (sphere);    k0^0 = r0^0 (v^0)^2,
    Phi = (alpha_0 / 2) [log v^0 + k0^0 / v^0 - v^0 - k0^0 + 1] + (1/2) beta^2 C_W^{L+1} v^0,
    e = -beta C_W^{L+1} v^0.

Gaussian prior: Phi = beta^2 C_W^{L+1} / 2 and e = -beta C_W^{L+1} whatever the widths: H is linear in x with
a gradient of squared length N C_W^{L+1}. With C_W = 1 and equal widths k0^l = (l + 1) beta^2, and l + 1 is
the second Fuss-Catalan moment of the product of the first l weight matrices; at any widths
`theory.mlp.exact.free_product` derives the overlaps from such moments, without replicas. Without curvature
(d_h^2 f = 0) no replicon mode feeds back: the replicon is 0.
"""

from __future__ import annotations

import math

import numpy as np

from theory.mlp.model import MlpModel, OrderParameters, input_overlap
from theory.mlp.rs.solution import RSSolution, rs_solution
from theory.result import SolverStatus


def solve_linear(model: MlpModel, beta: float) -> RSSolution:
    """Return the exact saddle point of a linear network.

    Parameters
    ----------
    model : MlpModel
        Its activation must be "linear".
    beta : float
        Inverse temperature, zero or more.

    Returns
    -------
    RSSolution
        Exact up to rounding, which is what its error estimate states.

    Raises
    ------
    ValueError
        If the activation is not linear, or beta is negative or not finite.
    """
    if model.activation.name != "linear":
        raise ValueError(f"activation {model.activation.name!r} is not linear; solve_rs takes any")
    if not (math.isfinite(beta) and beta >= 0.0):
        raise ValueError(f"beta {beta} must be a finite number, zero or more")
    c_w, depth = model.weight_variance, model.depth
    layers = np.arange(depth + 1)
    r0 = beta**2 * c_w ** (depth + 1.0 - layers) / np.array(model.width_ratios)
    v0, k0_input = input_overlap(model, 0.0, float(r0[0]))
    v = np.asarray(v0 * c_w**layers, dtype=np.float64)
    k0 = np.full(depth + 1, k0_input)
    for layer in range(1, depth + 1):
        k0[layer] = c_w * k0[layer - 1] + model.bias_variance + v[layer] ** 2 * r0[layer]
    x = OrderParameters(v, k0, np.zeros(depth + 1), r0)
    prior = 0.5 * model.width_ratios[0] * (math.log(v0) + k0_input / v0 - v0 - k0_input + 1.0)
    phi = prior + 0.5 * beta**2 * c_w * float(v[-1])
    rounding = 1e-15 * depth * max(abs(phi), beta * c_w * float(v[-1]))
    return rs_solution(model, beta, phi, x, 0.0, SolverStatus(True, 0.0, rounding, 0))
