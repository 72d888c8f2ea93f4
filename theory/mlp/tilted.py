"""The tilted measure of one neuron: every moment the replica-symmetric equations need, for any activation.

At fixed fields h and u, a pre-activation z = h + sqrt(variance) zeta, zeta standard normal, is reweighted by
exp(rt phi(z)^2 / 2 + u phi(z)). With f(h, u) the log of the weight's mean,

    d_u f = <phi>,    d_u^2 f = <phi^2> - <phi>^2,    d_h d_u f = (<zeta phi> - <zeta><phi>) / sqrt(variance),
    d_h f = <zeta> / sqrt(variance),    d_h^2 f = (<zeta^2> - <zeta>^2 - 1) / variance.

Gauss-Hermite nodes in zeta miss the integrand as soon as the tilt moves or sharpens it. Here z lives on Gauss-Legendre
panels that cover whatever any (h, u) of the problem reaches, cut until each is resolved: kinks and narrow peaks get small
panels by themselves. One such mesh serves every (h, u), and exponents are taken relative to their maximum.
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
MAX_PANELS = 20_000
_PROBES = (0, 6, 11)
_PROBES_PER_PANEL = len(_PROBES)
_NEGLIGIBLE = 40.0  # exp(-40) is below the rounding of a sum of weights
_TILTS = np.array([-1.0, -0.5, -0.125, 0.0, 0.125, 0.5, 1.0])


@dataclass(frozen=True)
class SiteField:
    """What one neuron sees: h and u are centred Gaussians, z = h + sqrt(variance) zeta, tilt rt phi^2 / 2 + u phi.

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

    f is the log normalisation; d_h and d_hh its derivatives in h, mean_phi = d_u f, var_phi = d_u^2 f, d_hu the mixed one.
    """

    f: FloatArray
    mean_phi: FloatArray
    var_phi: FloatArray
    d_h: FloatArray
    d_hh: FloatArray
    d_hu: FloatArray


def _moments(h, u, z, weight, phi, z_probe, phi_probe, variance, rt, out):  # type: ignore[no-untyped-def]
    order = _PANEL_ORDER
    probes = _PROBES_PER_PANEL
    probed = np.empty(z_probe.size)
    exponent = np.empty(z.size)
    half = 0.5 / variance
    log_norm = 0.5 * math.log(2.0 * math.pi * variance)
    for i in range(h.size):
        hi, ui = h[i], u[i]
        for k in range(z_probe.size):
            d = z_probe[k] - hi
            probed[k] = (0.5 * rt * phi_probe[k] + ui) * phi_probe[k] - half * d * d
        top = -np.inf
        for k in range(z_probe.size):
            top = max(top, probed[k])
        first = 0
        while probed[first] < top - 60.0:
            first += 1
        last = z_probe.size - 1
        while probed[last] < top - 60.0:
            last -= 1
        start, stop = (first // probes) * order, (last // probes + 1) * order
        for k in range(start, stop):
            d = z[k] - hi
            exponent[k] = (0.5 * rt * phi[k] + ui) * phi[k] - half * d * d
        best = start + exponent[start:stop].argmax()
        zb, pb = z[best], phi[best]
        w0 = wp = wz = wpp = wzz = wpz = 0.0
        for k in range(start, stop):
            dp, dz = phi[k] - pb, z[k] - zb
            # Relative to the peak, differences are exact where the exponents themselves are large and rounded.
            x = (0.5 * rt * (phi[k] + pb) + ui) * dp - half * dz * (z[k] + zb - 2.0 * hi)
            w = weight[k] * _exp(x)
            w0 += w
            wp += w * dp
            wz += w * dz
            wpp += w * dp * dp
            wzz += w * dz * dz
            wpz += w * dp * dz
        mp, mz = wp / w0, wz / w0
        d = zb - hi
        out[0, i] = (0.5 * rt * pb + ui) * pb - half * d * d + math.log(w0) - log_norm
        out[1, i] = pb + mp
        out[2, i] = wpp / w0 - mp * mp
        out[3, i] = (d + mz) / variance
        out[4, i] = ((wzz / w0 - mz * mz) / variance - 1.0) / variance
        out[5, i] = (wpz / w0 - mp * mz) / variance


def _exp_non_positive(x):  # type: ignore[no-untyped-def]
    """exp(x) for -45 < x < 3 to 2e-14, as arithmetic alone, so that the loop over nodes becomes vector instructions."""
    y = max(x, -45.0) * 0.015625
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


_FAST = {"nnan", "nsz", "contract", "reassoc"}
_exp = njit(cache=True, fastmath=_FAST)(_exp_non_positive)
_compiled_moments = cast(Callable[..., None], njit(cache=True, fastmath=_FAST)(_moments))


def tilted_moments(mesh: TiltedMesh, field: SiteField, h: FloatArray, u: FloatArray) -> TiltedMoments:
    """Return the moments of the tilted measure at fields h, u of shape (points,)."""
    out = np.empty((6, h.size))
    by_panel = mesh.z.reshape(-1, _PANEL_ORDER), mesh.phi.reshape(-1, _PANEL_ORDER)
    probes = tuple(np.ascontiguousarray(values[:, _PROBES]).ravel() for values in by_panel)
    _compiled_moments(h, u, mesh.z, mesh.weight, mesh.phi, *probes, field.variance, field.rt, out)
    return TiltedMoments(*out)


def build_mesh(activation: Activation, field: SiteField) -> TiltedMesh:
    """Return a mesh in z that resolves the tilted measure for |h|, |u| up to 8 standard deviations.

    Raises
    ------
    NotConvergedError
        If no bounded range of z holds the tilted weight (rt phi^2 outgrows the Gaussian), or panels stay unresolved.
    """
    low, high = _starting_panels(*_interval(activation, field), math.sqrt(field.variance))
    kept_low: list[FloatArray] = []
    kept_high: list[FloatArray] = []
    while low.size:
        coarse = _unresolved(activation, field, low, high)
        kept_low.append(low[~coarse])
        kept_high.append(high[~coarse])
        low, high = low[coarse], high[coarse]
        middle = 0.5 * (low + high)
        if np.any((middle <= low) | (middle >= high)) or low.size + sum(map(len, kept_low)) > MAX_PANELS:
            raise NotConvergedError(f"the integral over z is not resolved by {MAX_PANELS} panels")
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
        seen = np.flatnonzero((exponent > exponent.max(axis=1, keepdims=True) - _NEGLIGIBLE - 5.0).any(axis=0))
        if seen[0] > 0 and seen[-1] < z.size - 1:
            return float(z[seen[0] - 1]), float(z[seen[-1] + 1])
        reach *= 1.6
    raise NotConvergedError(
        f"the tilted measure has no bounded range: rt = {field.rt:.3g}, variance = {field.variance:.3g}"
    )


def _starting_panels(low: float, high: float, sd: float) -> tuple[FloatArray, FloatArray]:
    """Cut [low, high] into panels of at most two standard deviations, with an edge at zero, where kinks usually are."""
    if low < 0.0 < high:
        left = np.linspace(low, 0.0, 1 + math.ceil(-low / (2.0 * sd)))
        edges = np.concatenate([left, np.linspace(0.0, high, 1 + math.ceil(high / (2.0 * sd)))[1:]])
    else:
        edges = np.linspace(low, high, 2 + math.ceil((high - low) / (2.0 * sd)))
    return edges[:-1], edges[1:]


def _unresolved(
    activation: Activation, field: SiteField, low: FloatArray, high: FloatArray
) -> NDArray[np.bool_]:
    """Tell which panels change the weight integral when cut, at the fields that make them matter most."""
    middle = 0.5 * (low + high)
    h, u = _probing_fields(activation, field, low, high)

    def exponent(z: FloatArray) -> FloatArray:
        phi = activation.phi(z)
        return np.asarray(
            (0.5 * field.rt * phi + u[:, :, None]) * phi - (z - h[:, :, None]) ** 2 / (2.0 * field.variance)
        )

    pieces = [panels(a, b, _PANEL_ORDER) for a, b in ((low, high), (low, middle), (middle, high))]
    exponents = [exponent(z) for z, _ in pieces]
    elsewhere = exponent(middle[None, :: 1 + middle.size // 64])
    top = np.max([e.max(axis=2) for e in (*exponents, elsewhere)], axis=0)
    whole, left, right = (
        np.sum(np.exp(e - top[:, :, None]) * w, axis=2) for e, (_, w) in zip(exponents, pieces, strict=True)
    )
    rounding = 1e-13 + 1e-15 * np.abs(top)
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
