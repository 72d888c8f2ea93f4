"""Activations of the random MLP for compiled code. Adding one takes three lines here::

    register("softsign",
             lambda z, t: z / (ONE + abs(z)),
             lambda z, p, t, k: (ONE - abs(p)) * (ONE - abs(p)))

and one in `mcsim.config.activations`, which says how it behaves: ``"softsign": Activation(bound=1.0)``.

phi(z, t) and its derivative phi'(z, p, t, k), which is also given p = phi(z). All numbers have one type, float32 or
float64; literal constants must keep it (float64 ones would turn a float32 loop into a slow mixed one), so build them
from the float32 names below or from `elementary`. t is the shape of a shaped activation, a / sqrt(L) or c / sqrt(L)
with L hidden layers, and 1 otherwise.

k is for activations with a kink at 0, where phi' jumps: theirs rises from end to end of the jump over a width of 1/k
instead. Forces of HMC then feel a kink before z crosses it, which an integrator of finite step needs (see `mlp_hmc`);
at k = infinity the derivative is exact but at z = 0.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from mcsim.kernels.elementary import cosine, erf, erf_slope, sine, tanh

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)


class Formula(NamedTuple):
    """A registered activation.

    code : int, how compiled code names it
    phi, slope : njit functions
    """

    code: int
    phi: Callable[..., Any]
    slope: Callable[..., Any]


REGISTRY: dict[str, Formula] = {}


def register(name, phi, slope):
    """Add an activation under `name`."""
    # A division that might raise would keep the loops below from vectorising.
    compiled = njit(error_model="numpy")
    REGISTRY[name] = Formula(len(REGISTRY), compiled(phi), compiled(slope))


register("linear", lambda z, t: z, lambda z, p, t, k: ONE)
register("tanh", lambda z, t: tanh(z), lambda z, p, t, k: ONE - p * p)
register("sin", lambda z, t: sine(z), lambda z, p, t, k: cosine(z))
register("relu", lambda z, t: max(z, ZERO), lambda z, p, t, k: min(max(HALF + k * z, ZERO), ONE))
register("erf", lambda z, t: erf(z), lambda z, p, t, k: erf_slope(z))
register("shaped-tanh", lambda z, t: tanh(t * z) / t, lambda z, p, t, k: ONE - (t * p) * (t * p))
register("shaped-relu", lambda z, t: z + t * abs(z), lambda z, p, t, k: ONE + t * min(max((k + k) * z, -ONE), ONE))


def _loop(entry):
    """Return a loop z -> (phi(z), phi'(z)) over rows; z is overwritten by phi."""
    phi, slope = entry.phi, entry.slope

    @njit(error_model="numpy")
    def loop(t, values, slopes, sharpness):
        for c in range(values.shape[0]):
            k = sharpness[c]
            for i in range(values.shape[1]):
                z = values[c, i]
                p = phi(z, t)
                values[c, i] = p
                slopes[c, i] = slope(z, p, t, k)

    return loop


def _choose(entries):
    """Return one njit function that runs the loop of the activation whose code it is given.

    Each loop is compiled with its phi inlined; passing functions to compiled code instead would defeat its cache.
    """
    if not entries:
        return njit(lambda code, t, values, slopes, sharpness: None)
    here, loop, others = entries[0].code, _loop(entries[0]), _choose(entries[1:])

    @njit
    def choose(code, t, values, slopes, sharpness):
        if code == here:
            loop(t, values, slopes, sharpness)
        else:
            others(code, t, values, slopes, sharpness)

    return choose


# (code, t, values, slopes, sharpness): values (rows, width) hold z on entry and phi(z) on return; sharpness (rows,) is
# k; everything of one float type.
activate = _choose(list(REGISTRY.values()))
