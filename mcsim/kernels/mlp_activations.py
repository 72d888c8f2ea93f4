"""Activations of the random MLP for compiled code. Adding one takes three lines here::

    register("softsign",
             lambda z, t: z / (ONE + abs(z)),
             lambda z, p, t: (ONE - abs(p)) * (ONE - abs(p)))

and one in `mcsim.config.activations`, which says how it behaves: ``"softsign": Activation(bound=1.0)``.

phi(z, t) and its derivative phi'(z, p, t), which is also given p = phi(z). All three numbers have one type, float32 or
float64; literal constants must keep it (float64 ones would turn a float32 loop into a slow mixed one), so build them
from the float32 names below or from `elementary`. t is the shape of a shaped activation, a / sqrt(L) or c / sqrt(L)
with L hidden layers, and 1 otherwise.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from mcsim.kernels.elementary import cosine, erf, erf_slope, sine, tanh

ZERO = np.float32(0.0)
ONE = np.float32(1.0)


class Formula(NamedTuple):
    """A registered activation.

    code : int, how compiled code names it
    phi, slope : njit functions
    """

    code: int
    phi: object
    slope: object


REGISTRY: dict[str, Formula] = {}


def register(name, phi, slope):
    """Add an activation under `name`."""
    REGISTRY[name] = Formula(len(REGISTRY), njit(phi), njit(slope))


register("linear", lambda z, t: z, lambda z, p, t: ONE)
register("tanh", lambda z, t: tanh(z), lambda z, p, t: ONE - p * p)
register("sin", lambda z, t: sine(z), lambda z, p, t: cosine(z))
register("relu", lambda z, t: max(z, ZERO), lambda z, p, t: ONE if z > ZERO else ZERO)
register("erf", lambda z, t: erf(z), lambda z, p, t: erf_slope(z))
register("shaped-tanh", lambda z, t: tanh(t * z) / t, lambda z, p, t: ONE - (t * p) * (t * p))
register("shaped-relu", lambda z, t: z + t * abs(z), lambda z, p, t: ONE + t if z > ZERO else ONE - t)


def _with_slope(entry):
    """Return a loop z -> (phi(z), phi'(z)); z is overwritten by phi."""
    phi, slope = entry.phi, entry.slope

    @njit(error_model="numpy")
    def loop(t, values, slopes):
        for i in range(values.shape[0]):
            z = values[i]
            p = phi(z, t)
            values[i] = p
            slopes[i] = slope(z, p, t)

    return loop


def _without_slope(entry):
    """Return a loop z -> phi(z) in place."""
    phi = entry.phi

    @njit(error_model="numpy")
    def loop(t, values, slopes):
        for i in range(values.shape[0]):
            values[i] = phi(values[i], t)

    return loop


def _choose(make_loop, entries):
    """Return one njit function that runs the loop of the activation whose code it is given.

    Each loop is compiled with its phi inlined; passing functions to compiled code instead would defeat its cache.
    """
    if not entries:
        return njit(lambda code, t, values, slopes: None)
    here, loop, others = entries[0].code, make_loop(entries[0]), _choose(make_loop, entries[1:])

    @njit
    def choose(code, t, values, slopes):
        if code == here:
            loop(t, values, slopes)
        else:
            others(code, t, values, slopes)

    return choose


# (code, t, values, slopes): values hold z on entry and phi(z) on return; flat arrays of one float type, t of that type.
# The second one leaves `slopes` alone.
activate = _choose(_with_slope, list(REGISTRY.values()))
activate_only = _choose(_without_slope, list(REGISTRY.values()))
