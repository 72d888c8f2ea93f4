"""What activations a random MLP may have, and how each behaves; `mcsim.kernels.mlp_activations` has their formulas."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Activation:
    """How an activation phi(z, t) behaves; bounds and slopes only set the default range of overlap histograms.

    Attributes
    ----------
    bound : float
        Largest abs(phi), infinite where there is none; of a shaped activation at t = 1, to be divided by t.
    steepest : (float, float)
        Largest abs(phi') as (constant, coefficient of t).
    shaped : bool
        Whether it has a shape parameter t, which is a / sqrt(L) or c / sqrt(L) with L hidden layers, and 1 otherwise.
    """

    bound: float = math.inf
    steepest: tuple[float, float] = (1.0, 0.0)
    shaped: bool = False


ACTIVATIONS = {
    "linear": Activation(),
    "tanh": Activation(bound=1.0),
    "sin": Activation(bound=1.0),
    "relu": Activation(),
    "erf": Activation(bound=1.0, steepest=(1.13, 0.0)),
    "shaped-tanh": Activation(bound=1.0, shaped=True),
    "shaped-relu": Activation(steepest=(1.0, 1.0), shaped=True),
}
