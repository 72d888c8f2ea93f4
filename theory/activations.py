"""Activations of the random MLP: a name, phi and phi', nothing else.

Adding one is one registration::

    register("softsign",
             lambda z: z / (1 + np.abs(z)),
             lambda z: 1 / (1 + np.abs(z)) ** 2)

`register_shaped` does the same for a family phi(z, t) that flattens to phi(z) = z with depth, t = shape /
sqrt(depth). Nothing in the solvers knows one activation from another: kinks and parity are found by the
quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy

from theory.arrays import FloatArray

Function = Callable[[FloatArray], FloatArray]
ShapedFunction = Callable[[FloatArray, float], FloatArray]


@dataclass(frozen=True)
class Activation:
    """An activation function with its derivative.

    Attributes
    ----------
    name : str
        The registered name.
    phi, dphi : callable
        Map a float64 array of pre-activations to phi(z), phi'(z) of the same shape. At a kink any value
        between the one-sided derivatives will do: phi' only guides where the quadrature looks.
    """

    name: str
    phi: Function
    dphi: Function


_PLAIN: dict[str, Activation] = {}
_SHAPED: dict[str, tuple[ShapedFunction, ShapedFunction]] = {}


def register(name: str, phi: Function, dphi: Function) -> None:
    """Add an activation phi(z) with derivative phi'(z) under `name`."""
    _PLAIN[name] = Activation(name, phi, dphi)


def register_shaped(name: str, phi: ShapedFunction, dphi: ShapedFunction) -> None:
    """Add a family phi(z, t), dphi(z, t) with t = shape / sqrt(depth) under `name`."""
    _SHAPED[name] = (phi, dphi)


def names() -> list[str]:
    """Return every registered name, sorted."""
    return sorted([*_PLAIN, *_SHAPED])


def is_shaped(name: str) -> bool:
    """Return whether `name` takes a shape parameter and the depth."""
    return name in _SHAPED


def get(name: str, *, depth: int = 1, shape: float = 1.0) -> Activation:
    """Return a registered activation.

    Parameters
    ----------
    name : str
        One of `names()`.
    depth : int
        Number of hidden layers L; only the shaped activations depend on it.
    shape : float
        a of the shaped tanh (sqrt(L)/a) tanh(a z/sqrt(L)), or c of the shaped relu, whose slopes are 1 +
        c/sqrt(L) for z > 0 and 1 - c/sqrt(L) for z < 0. Ignored by the others.

    Raises
    ------
    ValueError
        If the name is unknown, the depth is below 1, or the shape is not a positive finite number.
    """
    if name in _PLAIN:
        return _PLAIN[name]
    if name not in _SHAPED:
        raise ValueError(f"activation {name!r} is unknown; choose one of {', '.join(names())}")
    if depth < 1:
        raise ValueError(f"depth {depth} is not possible; give at least 1")
    if not (math.isfinite(shape) and shape > 0):
        raise ValueError(f"shape {shape} is not possible; give a positive number")
    return _at_scale(name, *_SHAPED[name], shape / math.sqrt(depth))


@lru_cache(maxsize=1024)
def _at_scale(name: str, phi: ShapedFunction, dphi: ShapedFunction, t: float) -> Activation:
    """Return one member of a family, the same object each time, so that models of it are equal."""
    return Activation(name, lambda z: phi(z, t), lambda z: dphi(z, t))


register("linear", lambda z: z, lambda z: np.ones_like(z))
register("tanh", lambda z: np.tanh(z), lambda z: 1.0 - np.tanh(z) ** 2)
register("sin", lambda z: np.sin(z), lambda z: np.cos(z))
register("relu", lambda z: np.maximum(z, 0.0), lambda z: np.heaviside(z, 0.5))
register("erf", lambda z: np.asarray(scipy.special.erf(z)), lambda z: 2.0 / math.sqrt(math.pi) * np.exp(-(z**2)))
register_shaped("shaped-tanh", lambda z, t: np.tanh(t * z) / t, lambda z, t: 1.0 - np.tanh(t * z) ** 2)
register_shaped("shaped-relu", lambda z, t: z + t * np.abs(z), lambda z, t: 1.0 + t * np.sign(z))
