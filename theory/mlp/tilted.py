"""The tilted measure of one neuron: every moment the replica-symmetric equations need, for any activation.

At fixed fields h and u, a pre-activation z = h + sqrt(variance) zeta, zeta standard normal, is reweighted by
exp(rt phi(z)^2 / 2 + u phi(z)). With f(h, u) the log of the weight's mean,

    d_u f = <phi>,    d_u^2 f = <phi^2> - <phi>^2,    d_h d_u f = (<zeta phi> - <zeta><phi>) / sqrt(variance),
    d_h f = <zeta> / sqrt(variance),    d_h^2 f = (<zeta^2> - <zeta>^2 - 1) / variance.

Gauss-Hermite nodes in zeta miss the integrand as soon as the tilt moves or sharpens it. Here z lives on
Gauss-Legendre panels that cover whatever any (h, u) of the problem reaches, cut until each is resolved: kinks
and narrow peaks get small panels by themselves. One such mesh serves every (h, u), and exponents are taken
relative to their maximum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from theory.activations import Activation
from theory.quadrature import GAUSSIAN_RANGE, panels
from theory.result import NotConvergedError

FloatArray = NDArray[np.float64]

_PANEL_ORDER = 12
_PANEL_WIDTH = 3.0  # standard deviations; 12 nodes then integrate a Gaussian to 1e-14
MAX_PANELS = 5_000
_PROBES = (0, 4, 7, 11)
_PROBES_PER_PANEL = len(_PROBES)
_WINDOW = 60.0  # a panel whose probes lie this far below the highest has no node within exp(-36) of the peak
_NEGLIGIBLE = 36.0  # exp(-36) is below the rounding of a sum of weights
_TILTS = np.array([-1.0, -0.5, -0.125, 0.0, 0.125, 0.5, 1.0])


@dataclass(frozen=True)
class SiteField:
    """What one neuron sees: centred Gaussians h, u; z = h + sqrt(variance) zeta; tilt rt phi^2 / 2 + u phi.

    Attributes
    ----------
    variance : float
        C_W v of the layer below, positive.
    h_sd, u_sd : float
        Standard deviations of the static fields h and u.
    rt : float
        Coefficient of phi^2 / 2; either sign.
    """

    variance: float
    h_sd: float
    u_sd: float
    rt: float


@dataclass(frozen=True)
class TiltedMesh:
    """Nodes, weights and phi at the nodes, shape (nodes,), and the panels (low, high) they come from."""

    z: FloatArray
    weight: FloatArray
    phi: FloatArray
    low: FloatArray
    high: FloatArray


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
        start = (first // _PROBES_PER_PANEL) * _PANEL_ORDER
        stop = (last // _PROBES_PER_PANEL + 1) * _PANEL_ORDER
        _exponents(z[start:stop], phi[start:stop], hi, ui, half, rt, scratch)
        top = _highest(scratch, stop - start)
        first, last = _bounds(scratch, stop - start, top - _NEGLIGIBLE)
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
    by_panel = mesh.z.reshape(-1, _PANEL_ORDER), mesh.phi.reshape(-1, _PANEL_ORDER)
    z_probe, phi_probe = (np.ascontiguousarray(values[:, _PROBES]).ravel() for values in by_panel)
    _compiled_moments(h, u, mesh.z, mesh.phi, mesh.weight, z_probe, phi_probe, field.variance, field.rt, out)
    return TiltedMoments(*out)


def build_mesh(activation: Activation, field: SiteField) -> TiltedMesh:
    """Return a mesh in z that resolves the tilted measure for |h|, |u| up to 8.5 standard deviations.

    Raises
    ------
    NotConvergedError
        If no bounded range of z holds the tilted weight (rt phi^2 outgrows the Gaussian), or panels stay
        unresolved.
    """
    low, high = _starting_panels(*_interval(activation, field), math.sqrt(field.variance))
    kept_low: list[FloatArray] = []
    kept_high: list[FloatArray] = []
    while low.size:
        if low.size + sum(map(len, kept_low)) > MAX_PANELS or np.any(low + 0.5 * (high - low) <= low):
            raise NotConvergedError(f"the integral over z is not resolved by {MAX_PANELS} panels")
        coarse = _unresolved(activation, field, low, high)
        kept_low.append(low[~coarse])
        kept_high.append(high[~coarse])
        low, high = low[coarse], high[coarse]
        middle = 0.5 * (low + high)
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    low, high = np.sort(np.concatenate(kept_low)), np.sort(np.concatenate(kept_high))
    return mesh_on_panels(activation, low, high)


def mesh_on_panels(activation: Activation, low: FloatArray, high: FloatArray) -> TiltedMesh:
    """Return the mesh with Gauss-Legendre nodes on given panels."""
    z, weight = panels(low, high, _PANEL_ORDER)
    return TiltedMesh(z.ravel(), weight.ravel(), activation.phi(z.ravel()), low, high)


def refined(activation: Activation, mesh: TiltedMesh) -> TiltedMesh:
    """Return the mesh with every panel cut in two, to estimate the error of the first."""
    middle = 0.5 * (mesh.low + mesh.high)
    low, high = np.concatenate([mesh.low, middle]), np.concatenate([middle, mesh.high])
    return mesh_on_panels(activation, np.sort(low), np.sort(high))


def _interval(activation: Activation, field: SiteField) -> tuple[float, float]:
    """Return the range of z outside of which no (h, u) puts weight."""
    h_max, u_max = GAUSSIAN_RANGE * field.h_sd, GAUSSIAN_RANGE * field.u_sd
    corners = np.meshgrid(np.linspace(-h_max, h_max, 9), np.linspace(-u_max, u_max, 9))
    h, u = (axis.reshape(-1, 1) for axis in corners)
    reach = h_max + 10.0 * math.sqrt(field.variance)
    for _ in range(40):
        z = np.linspace(-reach, reach, 1001)
        phi = activation.phi(z)
        exponent = (0.5 * field.rt * phi + u) * phi - (z - h) ** 2 / (2.0 * field.variance)
        seen = np.flatnonzero((exponent >= exponent.max(axis=1, keepdims=True) - _NEGLIGIBLE - 9.0).any(axis=0))
        if seen[0] > 0 and seen[-1] < z.size - 1:
            return float(z[seen[0] - 1]), float(z[seen[-1] + 1])
        reach *= 1.6
    raise NotConvergedError(
        f"the tilted measure has no bounded range: rt = {field.rt:.3g}, variance = {field.variance:.3g}"
    )


def _starting_panels(low: float, high: float, sd: float) -> tuple[FloatArray, FloatArray]:
    """Cut [low, high] into panels of at most `_PANEL_WIDTH`, with an edge at zero, where kinks often are."""
    if low < 0.0 < high:
        left = np.linspace(low, 0.0, 1 + math.ceil(-low / (_PANEL_WIDTH * sd)))
        edges = np.concatenate([left, np.linspace(0.0, high, 1 + math.ceil(high / (_PANEL_WIDTH * sd)))[1:]])
    else:
        edges = np.linspace(low, high, 2 + math.ceil((high - low) / (_PANEL_WIDTH * sd)))
    return edges[:-1], edges[1:]


def _unresolved(activation: Activation, field: SiteField, low: FloatArray, high: FloatArray) -> NDArray[np.bool_]:
    """Tell which panels change the weight integral when cut, at the fields that make them matter most."""
    middle = 0.5 * (low + high)
    h, u = _probing_fields(activation, field, low, high)

    phi_middle = activation.phi(middle)
    u_3, h_3 = u[:, :, None], h[:, :, None]

    def exponent(z: FloatArray) -> FloatArray:
        """Relative to the middle of the panel: small numbers, where the exponents themselves are large and rounded."""
        phi, centre = activation.phi(z), phi_middle[:, None]
        quadratic = (z - middle[:, None]) * (z + middle[:, None] - 2.0 * h_3) / (2.0 * field.variance)
        return np.asarray((0.5 * field.rt * (phi + centre) + u_3) * (phi - centre) - quadratic)

    def absolute(z: FloatArray, phi: FloatArray) -> FloatArray:
        return np.asarray((0.5 * field.rt * phi + u_3) * phi - (z - h_3) ** 2 / (2.0 * field.variance))

    pieces = [panels(a, b, _PANEL_ORDER) for a, b in ((low, high), (low, middle), (middle, high))]
    exponents = [exponent(z) for z, _ in pieces]
    stride = 1 + middle.size // 64
    here = absolute(middle[:, None], phi_middle[:, None])[:, :, 0]
    elsewhere = absolute(middle[::stride], phi_middle[::stride]).max(axis=2) - here
    top = np.max([elsewhere, *(e.max(axis=2) for e in exponents)], axis=0)
    whole, left, right = (
        np.sum(np.exp(e - top[:, :, None]) * w, axis=2) for e, (_, w) in zip(exponents, pieces, strict=True)
    )
    terms = np.abs(u * phi_middle) + np.abs(field.rt) * phi_middle**2 + np.abs(middle * (middle - h)) / field.variance
    rounding = 1e-13 + 1e-15 * terms
    scale = np.maximum(np.maximum(whole, left + right), 1e-2 * (high - low).min())
    return np.asarray((np.abs(whole - left - right) > rounding * scale).any(axis=0))


def _probing_fields(
    activation: Activation, field: SiteField, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return h of shape (probes, panels) and u of shape (probes, 1): a grid, and the h that put a peak on the panel."""
    h_max = GAUSSIAN_RANGE * field.h_sd
    u = GAUSSIAN_RANGE * field.u_sd * _TILTS[:, None]
    candidates = [np.full((_TILTS.size, low.size), h) for h in np.linspace(-h_max, h_max, 5)]
    for fraction in (0.1, 0.5, 0.9):
        z = low + fraction * (high - low)
        phi, slope = activation.phi(z), activation.dphi(z)
        candidates.append(np.clip(z - field.variance * (field.rt * phi + u) * slope, -h_max, h_max))
    return np.concatenate(candidates), np.tile(u, (len(candidates), 1))
