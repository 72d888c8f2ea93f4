"""The tilted measure of one neuron: every moment the replica-symmetric equations need, for any activation.

At fixed fields h and u, a pre-activation z = h + sqrt(variance) zeta, zeta standard normal, is reweighted by
exp(rt phi(z)^2 / 2 + u phi(z)). With f(h, u) the log of the weight's mean,

    d_u f = <phi>,    d_u^2 f = <phi^2> - <phi>^2,    d_h d_u f = (<zeta phi> - <zeta><phi>) / sqrt(variance),
    d_h f = <zeta> / sqrt(variance),    d_h^2 f = (<zeta^2> - <zeta>^2 - 1) / variance.

Sums run over the nodes of `theory.mlp.neuron.mesh`, which serve every (h, u); exponents are taken relative to their
maximum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numba import njit

from theory.arrays import FloatArray
from theory.mlp.neuron.mesh import NEGLIGIBLE, PANEL_ORDER, SiteField, TiltedMesh

_PROBES = (0, 4, 7, 11)
_PROBES_PER_PANEL = len(_PROBES)
_WINDOW = 60.0  # a panel whose probes lie this far below the highest has no node within exp(-36) of the peak


@dataclass(frozen=True)
class TiltedMoments:
    """Moments of the tilted measure at each (h, u), all of shape (points,).

    f is the log normalisation; d_h and d_hh its derivatives in h, mean_phi = d_u f, var_phi = d_u^2 f, d_hu
    the mixed one.
    """

    f: FloatArray
    mean_phi: FloatArray
    var_phi: FloatArray
    d_h: FloatArray
    d_hh: FloatArray
    d_hu: FloatArray


def _highest_of(values: FloatArray, count: int) -> float:
    """Maximum of the first `count` values, a multiple of four: four running maxima do not wait for each other."""
    a = b = c = d = values[0]
    for k in range(0, count, 4):
        a, b = max(a, values[k]), max(b, values[k + 1])
        c, d = max(c, values[k + 2]), max(d, values[k + 3])
    return float(max(max(a, b), max(c, d)))


def _bounds_of(values: FloatArray, count: int, floor: float) -> tuple[int, int]:
    """First and last of the first `count` values that reach `floor`."""
    first, last = 0, count - 1
    while values[first] < floor:
        first += 1
    while values[last] < floor:
        last -= 1
    return first, last


def _exponents_of(z: FloatArray, phi: FloatArray, h: float, u: float, half: float, rt: float, out: FloatArray) -> None:
    for k in range(z.size):
        d = z[k] - h
        out[k] = (0.5 * rt * phi[k] + u) * phi[k] - half * d * d


def _moments(
    h: FloatArray,
    u: FloatArray,
    z: FloatArray,
    phi: FloatArray,
    weight: FloatArray,
    z_probe: FloatArray,
    phi_probe: FloatArray,
    variance: float,
    rt: float,
    out: FloatArray,
) -> None:
    scratch = np.empty(z.size)
    half = 0.5 / variance
    for i in range(h.size):
        hi, ui = h[i], u[i]
        _exponents(z_probe, phi_probe, hi, ui, half, rt, scratch)
        first, last = _bounds(scratch, z_probe.size, _highest(scratch, z_probe.size) - _WINDOW)
        start = (first // _PROBES_PER_PANEL) * PANEL_ORDER
        stop = (last // _PROBES_PER_PANEL + 1) * PANEL_ORDER
        _exponents(z[start:stop], phi[start:stop], hi, ui, half, rt, scratch)
        top = _highest(scratch, stop - start)
        first, last = _bounds(scratch, stop - start, top - NEGLIGIBLE)
        best = first
        while scratch[best] < top:
            best += 1
        zs, ps, ws = (
            z[start + first : start + last + 1],
            phi[start + first : start + last + 1],
            weight[start + first : start + last + 1],
        )
        _moments_of_window(zs, ps, ws, best - first, hi, ui, half, rt, out[:, i])


def _moments_of_window_of(
    z: FloatArray,
    phi: FloatArray,
    weight: FloatArray,
    best: int,
    h: float,
    u: float,
    half: float,
    rt: float,
    out: FloatArray,
) -> None:
    zb, pb = z[best], phi[best]
    w0 = wp = wz = wpp = wzz = wpz = 0.0
    for k in range(z.size):
        dp, dz = phi[k] - pb, z[k] - zb
        # Relative to the peak, differences are exact where the exponents themselves are large and rounded.
        x = (0.5 * rt * (phi[k] + pb) + u) * dp - half * dz * (z[k] + zb - 2.0 * h)
        w = weight[k] * _exp(x)
        w0 += w
        wp += w * dp
        wz += w * dz
        wpp += w * dp * dp
        wzz += w * dz * dz
        wpz += w * dp * dz
    mp, mz = wp / w0, wz / w0
    d, precision = zb - h, 2.0 * half
    out[0] = (0.5 * rt * pb + u) * pb - half * d * d + math.log(w0) - 0.5 * math.log(math.pi / half)
    out[1] = pb + mp
    out[2] = wpp / w0 - mp * mp
    out[3] = (d + mz) * precision
    out[4] = ((wzz / w0 - mz * mz) * precision - 1.0) * precision
    out[5] = (wpz / w0 - mp * mz) * precision


def _exp_of(x: float) -> float:
    """exp(x) for x < 3 to 2e-14, as arithmetic alone: the loop over nodes becomes vector instructions.

    The Taylor series of exp(x / 64), squared six times; below -45 the result is exp(-45), which adds nothing to a sum
    that contains exp(0).
    """
    y = max(x, -45.0) / 64.0
    e = 1.0 / 479001600.0
    e = 1.0 / 39916800.0 + y * e
    e = 1.0 / 3628800.0 + y * e
    e = 1.0 / 362880.0 + y * e
    e = 1.0 / 40320.0 + y * e
    e = 1.0 / 5040.0 + y * e
    e = 1.0 / 720.0 + y * e
    e = 1.0 / 120.0 + y * e
    e = 1.0 / 24.0 + y * e
    e = 1.0 / 6.0 + y * e
    e = 0.5 + y * e
    e = 1.0 + y * e
    e = 1.0 + y * e
    e *= e
    e *= e
    e *= e
    e *= e
    e *= e
    return e * e


_jit = njit(cache=True, fastmath={"nnan", "nsz", "contract", "reassoc"})
_exp = _jit(_exp_of)
_highest = _jit(_highest_of)
_bounds = _jit(_bounds_of)
_exponents = _jit(_exponents_of)
_moments_of_window = _jit(_moments_of_window_of)
_compiled_moments = cast(Callable[..., None], _jit(_moments))


def tilted_moments(mesh: TiltedMesh, field: SiteField, h: FloatArray, u: FloatArray) -> TiltedMoments:
    """Return the moments of the tilted measure at fields h, u of shape (points,)."""
    out = np.empty((6, h.size))
    by_panel = mesh.z.reshape(-1, PANEL_ORDER), mesh.phi.reshape(-1, PANEL_ORDER)
    z_probe, phi_probe = (np.ascontiguousarray(values[:, _PROBES]).ravel() for values in by_panel)
    _compiled_moments(h, u, mesh.z, mesh.phi, mesh.weight, z_probe, phi_probe, field.variance, field.rt, out)
    return TiltedMoments(*out)
