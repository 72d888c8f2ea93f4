"""Replica-symmetric free entropy of the random MLP as a function of all order parameters.

    Phi = alpha_0 [ (1/2) log v^0 + k0^0 / (2 v^0) - k_d^0 / 2 + 1/2 ]
        + sum_{l=1..L} alpha_l [ -(1/2) (r_d k_d - r0 k0)^l + E f^l ]  +  (1/2) beta^2 C_W v^L,

with k_d = v + k0, r_d = rt + r0 and f^l the tilted free energy of one neuron (`theory.mlp.neuron.tilted`). The
saddle point is where every derivative vanishes; for l = 1..L (E over the fields h, u of layer l, or of layer
l + 1 where it says so)

    dPhi/dr_d^l = (alpha_l / 2) (E <phi^2> - k_d^l),    dPhi/dr0^l = (alpha_l / 2) (k0^l - E <phi>^2),
    dPhi/dk_d^l = (alpha_l / 2) (R_d - r_d^l),          dPhi/dk0^l = (alpha_l / 2) (r0^l - R_0),

R_0 = g C_W E (d_h f^{l+1})^2, R_d = R_0 + g C_W E d_h^2 f^{l+1} for l < L; R_0 = R_d = beta^2 C_W / alpha_L
for l = L. On the sphere the input has k_d^0 = 1 and one free number. dPhi/dbeta = beta C_W v^L = -e. Source:
arXiv 2503.23982, n -> 0 of its replicated action.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from theory.mlp.model import MlpModel, OrderParameters
from theory.mlp.neuron.layer import LayerAverages, build_layer_rule


def free_entropy_of_averages(
    model: MlpModel, beta: float, x: OrderParameters, averages: Sequence[LayerAverages]
) -> float:
    """Return Phi at any order parameters, given the averages of layers 1..L there."""
    v0, k00 = float(x.v[0]), float(x.k0[0])
    total = 0.5 * model.width_ratios[0] * (math.log(v0) + k00 / v0 - (v0 + k00) + 1.0)
    for layer, average in enumerate(averages, start=1):
        # r_d k_d - r0 k0 without the large terms that cancel.
        conjugate = float(x.rt[layer] * x.k_d[layer] + x.r0[layer] * x.v[layer])
        total += model.width_ratios[layer] * (average.f - 0.5 * conjugate)
    return total + 0.5 * beta**2 * model.weight_variance * float(x.v[-1])


def free_entropy(model: MlpModel, beta: float, x: OrderParameters, *, tolerance: float = 1e-10) -> float:
    """Return Phi at any order parameters, on the saddle point or off it.

    Parameters
    ----------
    model : MlpModel
    beta : float
        Inverse temperature.
    x : OrderParameters
        Entry 0 of the conjugates is not used.
    tolerance : float
        Relative tolerance of the averages over h and u.

    Raises
    ------
    NotConvergedError
        If an average cannot be computed to the tolerance.
    """
    fields = [x.site_field(model, layer) for layer in range(1, model.depth + 1)]
    rules = [build_layer_rule(model.activation, field, tolerance) for field in fields]
    averages = [rule.averages(field) for rule, field in zip(rules, fields, strict=True)]
    return free_entropy_of_averages(model, beta, x, averages)
