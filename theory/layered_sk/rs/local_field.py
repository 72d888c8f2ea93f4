"""Averages over the Gaussian field of one spin, accurate from the critical point down to zero temperature.

A spin of layer k feels the reduced field x = a xi, with a = beta sqrt(R_k) and xi ~ N(0, 1). When a is large
tanh(x) turns over within |xi| ~ 1/a, narrower than the spacing of any fixed Gauss-Hermite rule, which then is
silently wrong. Here each layer has its own uniform grid: it ends where the Gaussian or the hyperbolic factor
is below 1e-18, whichever comes first, so a given number of nodes resolves both for every a. The trapezoid
rule converges exponentially for such integrands (analytic up to the poles at x = +-i pi/2, error ~
exp(-pi^2/step in x)), and every second node is a coarser rule whose difference bounds the error.

That needs integrands that vanish at large |x|. E log cosh does not; integration by parts gives it through two
that do: E log(2 cosh x) = E [log(2 cosh x) - x tanh x] + a^2 E sech^2 x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory.arrays import FloatArray

DEFAULT_NODES = 192
# Each end drops less than 1e-18: a Gaussian beyond 9.5 standard deviations, or 50 exp(-2 x) beyond x = 24.
_GAUSSIAN_END = 9.5
_HYPERBOLIC_END = 24.0
# A sum of positive terms, each good to a few units in the last place.
_ROUNDING = 16 * float(np.finfo(np.float64).eps)
# Stands for a field of zero, so that ratios keep their limits.
_SMALLEST_STRENGTH = 1e-300


@dataclass(frozen=True)
class FieldAverages:
    """Averages over xi ~ N(0, 1) with x = a xi; every array has shape (layers,).

    Attributes
    ----------
    tanh2 : float64 array
        E tanh^2 x, the overlap this field produces.
    sech2 : float64 array
        E sech^2 x = 1 - tanh2, with its own relative accuracy when it is small.
    sech4 : float64 array
        E sech^4 x.
    slope : float64 array
        d(tanh2)/d(a^2) = E [xi tanh x sech^2 x] / a.
    entropy : float64 array
        E [log(2 cosh x) - x tanh x], the entropy of a spin in this field.
    """

    tanh2: FloatArray
    sech2: FloatArray
    sech4: FloatArray
    slope: FloatArray
    entropy: FloatArray


def field_averages(strengths: FloatArray, nodes: int = DEFAULT_NODES) -> FieldAverages:
    """Return the averages for field strengths a = beta sqrt(R), shape (layers,).

    Parameters
    ----------
    strengths : float64 array, shape (layers,)
        Non-negative and finite.
    nodes : int
        Even number of intervals on the half line.
    """
    integrands, weights = _on_grid(strengths, nodes)
    return _collect((integrands * weights).sum(axis=-1), strengths)


def field_averages_with_error(strengths: FloatArray, nodes: int = DEFAULT_NODES) -> tuple[FieldAverages, FieldAverages]:
    """Return the averages and, in the same form, a bound on their absolute errors.

    The bound is the difference from the rule on every second node (the error of that coarser rule, far above
    the finer one's) plus rounding. Parameters as `field_averages`, but with fewer than 16 nodes neither rule
    resolves the integrands and their difference bounds nothing.
    """
    integrands, weights = _on_grid(strengths, nodes)
    fine = (integrands * weights).sum(axis=-1)
    coarse = 2 * (integrands * weights)[:, :, ::2].sum(axis=-1)
    averages, coarse_averages = _collect(fine, strengths), _collect(coarse, strengths)
    errors = {
        name: np.abs(value - getattr(coarse_averages, name)) + _ROUNDING * value
        for name, value in vars(averages).items()
    }
    return averages, FieldAverages(**errors)


def _on_grid(strengths: FloatArray, nodes: int) -> tuple[FloatArray, FloatArray]:
    """Return the integrands, shape (5, layers, nodes + 1), and weights, shape (layers, nodes + 1)."""
    strength = np.maximum(strengths, _SMALLEST_STRENGTH)[:, np.newaxis]
    step = np.minimum(_GAUSSIAN_END, _HYPERBOLIC_END / strength) / nodes
    xi = step * np.arange(nodes + 1)
    weights = step * np.sqrt(2 / np.pi) * np.exp(-0.5 * xi**2)
    weights[:, 0] /= 2
    x = strength * xi
    decay = np.exp(-2 * x)
    tanh = np.tanh(x)
    sech2 = 4 * decay / (1 + decay) ** 2
    entropy = 2 * x * decay / (1 + decay) + np.log1p(decay)
    return np.stack([tanh**2, sech2, sech2**2, xi * tanh * sech2 / strength, entropy]), weights


def _collect(sums: FloatArray, strengths: FloatArray) -> FieldAverages:
    tanh2, sech2, sech4, slope, entropy = sums
    # The grid of a strong field stops where tanh^2 is one, not zero; that of a weak one covers the whole
    # Gaussian.
    return FieldAverages(np.where(strengths < 1, tanh2, 1 - sech2), sech2, sech4, slope, entropy)
