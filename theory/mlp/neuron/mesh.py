"""The nodes in z on which tilted averages are taken: Gauss-Legendre panels cut until every tilt is resolved.

Gauss-Hermite nodes in zeta = (z - h) / sqrt(variance) miss the integrand as soon as the tilt moves or
sharpens it. Here z lives on panels that cover whatever any (h, u) of the problem reaches, cut until each is
resolved: kinks and narrow peaks get small panels by themselves. One such mesh serves every (h, u).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.activations import Activation
from theory.arrays import FloatArray
from theory.numerics.quadrature import GAUSSIAN_RANGE, panels
from theory.result import NotConvergedError

PANEL_ORDER = 12
NEGLIGIBLE = 36.0  # exp(-36) is below the rounding of a sum of weights
MAX_PANELS = 5_000
_PANEL_WIDTH = 3.0  # standard deviations; 12 nodes then integrate a Gaussian to 1e-14
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
    z, weight = panels(low, high, PANEL_ORDER)
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
        seen = np.flatnonzero((exponent >= exponent.max(axis=1, keepdims=True) - NEGLIGIBLE - 9.0).any(axis=0))
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

    pieces = [panels(a, b, PANEL_ORDER) for a, b in ((low, high), (low, middle), (middle, high))]
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
