"""Stability of replica symmetry (replicon, de Almeida-Thouless) of the random MLP at any depth.

Perturb the overlaps in the replicon sector, dK_ab with zero row sums and zero diagonal. At fixed fields (h,
u) the replicas of a layer are independent, so the response of <phi_a phi_b> to dQ_cd and dK_cd leaves in that
sector the square of a one-replica response, and the saddle-point equations linearise to

    dK^0 = (v^0)^2 dQ^0,    dK^l = a_l dK^{l-1} + b_l dQ^l,    dQ^{l-1} = c_l dK^{l-1} + g_l a_l dQ^l,    dQ^L = 0,
    a = C_W E (d_h d_u f)^2,    b = E (d_u^2 f)^2,    c = g C_W^2 E (d_h^2 f)^2,    g_l = alpha_l / alpha_{l-1}.

`replicon` is the spectral radius of one zipper sweep of this map: forward, each dK from the new dK below and
the old dQ; backward, each dQ from the new dQ above. All coefficients are non-negative, so by the
Stein-Rosenberg theorem it lies on the same side of 1 as that of the map with all updates at once. One hidden
layer: replicon = c_1 (v^0)^2. For one layer of C_W = 1 and equal widths it reaches 1 at beta = 3.571 (sin),
5.203 (relu) and 58.4 (tanh). Where z jumps from one peak of its tilted measure to another, d_h^2 f is a
narrow front, and a rule whose nodes miss it underestimates the replicon. Source: arXiv 2503.23982, derived
again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from theory.mlp.model import MlpModel, OrderParameters
from theory.mlp.neuron.layer import LayerAverages


def replicon(model: MlpModel, x: OrderParameters, averages: Sequence[LayerAverages]) -> float:
    """Return the spectral radius of the replicon map.

    Parameters
    ----------
    model : MlpModel
    x : OrderParameters
        The saddle point; only v^0 is used.
    averages : sequence of LayerAverages
        Averages of layers 1..L at the saddle point.

    Returns
    -------
    float
        Below 1 replica symmetry is stable, above 1 it is not.
    """
    c_w = model.weight_variance
    depth = model.depth
    step = np.array([model.width_step(layer) for layer in range(1, depth + 1)])
    a = c_w * np.array([average.d_hu_squared for average in averages])
    b = np.array([average.d_uu_squared for average in averages])
    c = step * c_w**2 * np.array([average.d_hh_squared for average in averages])
    # Row l of `forward` gives dK^l in terms of the old dQ^0 .. dQ^{L-1}; row l of `sweep` the new dQ^l.
    forward = np.zeros((depth, depth))
    forward[0, 0] = x.v[0] ** 2
    for layer in range(1, depth):
        forward[layer] = a[layer - 1] * forward[layer - 1]
        forward[layer, layer] += b[layer - 1]
    sweep = np.zeros((depth + 1, depth))
    for layer in range(depth, 0, -1):
        sweep[layer - 1] = c[layer - 1] * forward[layer - 1] + step[layer - 1] * a[layer - 1] * sweep[layer]
    return float(np.abs(np.linalg.eigvals(sweep[:depth])).max())
