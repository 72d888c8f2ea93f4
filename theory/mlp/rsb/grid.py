"""The grid in the fields (h, u) of one hidden layer on which its Parisi recursion runs.

h is evenly spaced, so that a step of the recursion is a convolution. u is evenly spaced where it takes part in the
recursion; where it is a static Gaussian (the last layer, whose conjugate is one constant) it is a quadrature rule,
denser near zero, where the tilted measure changes fastest: u = scale sinh(t) at evenly spaced t.

The tilted free energy of a neuron jumps from one slope to another across fronts: near a front it is like log cosh(s
h), with singularities pi/(2 s) away from the real axis, s^2 its largest second derivative. A rule with steps eta
pi/(2 s) errs by about exp(-2 pi/eta).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field as dataclass_field

import numpy as np

from theory.activations import Activation
from theory.arrays import FloatArray
from theory.mlp.neuron.mesh import SiteField, TiltedMesh, build_mesh
from theory.mlp.neuron.tilted import TiltedMoments, tilted_moments
from theory.numerics.gaussian_stencil import gaussian_stencil
from theory.numerics.quadrature import GAUSSIAN_RANGE
from theory.result import NotConvergedError

_SMALLEST_SD = 1e-150
_SAME = 3e-14  # relative: what r_d - r_K loses to rounding, with room
_KEPT = 3


@dataclass(frozen=True)
class BrokenField:
    """What one neuron sees when replica symmetry is broken.

    Attributes
    ----------
    variance, rt : float
        C_W (k_d - k_K) of the layer below and r_d - r_K of this one, the innermost level.
    h_sd, u_sd : float64 arrays of shape (K + 1,)
        Standard deviations of the independent Gaussian increments of h and u, level 0 (static) first.
    """

    variance: float
    rt: float
    h_sd: FloatArray
    u_sd: FloatArray

    @property
    def static_u(self) -> bool:
        """Whether u has no increments beyond the static one."""
        return not np.any(self.u_sd[1:] > 0.0)

    @property
    def h_total(self) -> float:
        """Standard deviation of h with all its increments."""
        return float(np.sqrt(np.sum(self.h_sd**2)))

    @property
    def u_total(self) -> float:
        """Standard deviation of u with all its increments."""
        return float(np.sqrt(np.sum(self.u_sd**2)))


@dataclass(frozen=True)
class Resolution:
    """How fine a grid is and how far it reaches.

    Attributes
    ----------
    eta : float
        Step in units of the distance of the nearest singularity from the real axis.
    reach : float
        Range of h and u in standard deviations.
    most_points : int
        Where a grid is refused.
    """

    eta: float = 0.4
    reach: float = 6.5
    most_points: int = 2_000_000

    def refined(self) -> Resolution:
        """Return a finer, wider one."""
        return Resolution(self.eta / 1.5, self.reach + 0.75, self.most_points)


@dataclass(frozen=True)
class FieldGrid:
    """Nodes h of shape (nodes,) and u of shape (columns,), with the quadrature weights of a static u (else None)."""

    field: BrokenField
    mesh: TiltedMesh
    h: FloatArray
    u: FloatArray
    u_weight: FloatArray | None
    _recent: list[tuple[float, float, TiltedMoments]] = dataclass_field(default_factory=list, repr=False, compare=False)

    @property
    def h_step(self) -> float:
        """Distance of neighbouring h."""
        return float(self.h[1] - self.h[0])

    @property
    def u_step(self) -> float:
        """Distance of neighbouring u, where they are evenly spaced."""
        return float(self.u[1] - self.u[0])

    def moments(self, field: BrokenField) -> TiltedMoments:
        """Return the tilted moments on the grid, each of shape (nodes, columns).

        They depend on `variance` and `rt` alone, which most of the derivatives that Newton's method takes leave as
        they are up to rounding: the last few are kept.
        """
        for variance, rt, known in self._recent:
            close = abs(field.variance - variance) < _SAME * variance
            if close and abs(field.rt - rt) * variance < _SAME * max(1.0, abs(rt) * variance):
                return known
        moments = self._new_moments(field)
        self._recent.insert(0, (field.variance, field.rt, moments))
        del self._recent[_KEPT:]
        return moments

    def _new_moments(self, field: BrokenField) -> TiltedMoments:
        site = SiteField(field.variance, 1.0, 1.0, field.rt)
        h, u = (axis.ravel() for axis in np.meshgrid(self.h, self.u, indexing="ij"))
        flat = tilted_moments(self.mesh, site, h, u)
        return TiltedMoments(
            *(getattr(flat, name).reshape(self.h.size, -1) for name in TiltedMoments.__dataclass_fields__)
        )

    def start(self, field: BrokenField) -> FloatArray:
        """Return the density of the static fields on the grid, of total mass 1, shape (nodes, columns)."""
        along_u = (
            self.u_weight if self.u_weight is not None else _centred(self.u.size, self.u_step, float(field.u_sd[0]))
        )
        return np.outer(_centred(self.h.size, self.h_step, float(field.h_sd[0])), along_u)

    def drift(self, field: BrokenField) -> float:
        """Return by how much the scales of the field have changed, relative."""
        old = self.field
        pairs = ((old.variance, field.variance), (old.h_total, field.h_total), (old.u_total, field.u_total))
        tilt = abs(old.rt - field.rt) * max(old.variance, field.variance)
        return max([tilt, *(abs(a - b) / max(a, b, _SMALLEST_SD) for a, b in pairs)])

    def fits(self, field: BrokenField) -> bool:
        """Tell whether u is static in both fields, with the same variance, or dynamic in both."""
        if self.u_weight is None:
            return True
        return field.static_u and abs(field.u_total / self.field.u_total - 1.0) < 1e-12


def build_grid(activation: Activation, field: BrokenField, resolution: Resolution) -> FieldGrid:
    """Return a grid adapted to a field.

    Raises
    ------
    NotConvergedError
        If it would have too many points.
    """
    h_range, u_range = resolution.reach * field.h_total, resolution.reach * field.u_total
    site = SiteField(field.variance, h_range / GAUSSIAN_RANGE, u_range / GAUSSIAN_RANGE, field.rt)
    mesh = build_mesh(activation, site)
    h_scale, u_scale = _scales(mesh, site, h_range, u_range)
    h = _even_nodes(h_range, min(resolution.eta * h_scale, h_range / 8.0))
    if field.static_u:
        u, weight = _static_rule(activation, field.u_total, u_range, u_scale, resolution.eta)
        grid = FieldGrid(field, mesh, h, u, weight)
    else:
        grid = FieldGrid(field, mesh, h, _even_nodes(u_range, min(resolution.eta * u_scale, u_range / 8.0)), None)
    if grid.h.size * grid.u.size > resolution.most_points:
        raise NotConvergedError(
            f"a layer needs {grid.h.size} x {grid.u.size} points in (h, u) (limit {resolution.most_points}); "
            f"its fronts are {h_scale:.2g} wide in h, {u_scale:.2g} in u"
        )
    return grid


def _scales(mesh: TiltedMesh, site: SiteField, h_range: float, u_range: float) -> tuple[float, float]:
    """Return the distances of the nearest singularities in h and u from the real axis, from a scan of the curvature."""
    h, u = np.meshgrid(np.linspace(-h_range, h_range, 161), u_range * np.linspace(-1.0, 1.0, 25) ** 3)
    m = tilted_moments(mesh, site, h.ravel(), u.ravel())
    bend_h = float(np.max(m.d_hh)) + 1.0 / site.variance
    bend_u = max(float(np.max(m.var_phi)), 1e-300)
    return 0.5 * math.pi / math.sqrt(bend_h), 0.5 * math.pi / math.sqrt(bend_u)


def _even_nodes(reach: float, step: float) -> FloatArray:
    """Return evenly spaced nodes with one at zero."""
    half = math.ceil(reach / step)
    return np.asarray(np.arange(-half, half + 1) * (reach / half), dtype=np.float64)


def _static_rule(
    activation: Activation, sd: float, reach: float, scale: float, eta: float
) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights (of sum 1) for a centred Gaussian u.

    For an odd activation (h, u) -> -(h, u) changes no average, and the nodes above zero are enough.
    """
    if sd <= 0.0:
        return np.zeros(1), np.ones(1)
    scale = min(scale, sd)
    end = math.asinh(reach / scale)
    count = math.ceil(2.0 * end / eta)
    t = (np.arange(count) + 0.5) * end / count
    u, weight = scale * np.sinh(t), np.cosh(t)
    if not is_odd(activation):
        u, weight = np.concatenate([-u[::-1], u]), np.concatenate([weight[::-1], weight])
    weight = weight * np.exp(-0.5 * (u / sd) ** 2)
    return u, weight / weight.sum()


def is_odd(activation: Activation) -> bool:
    """Tell whether phi(-z) = -phi(z)."""
    z = np.linspace(0.01, 7.0, 64)
    return bool(np.all(activation.phi(-z) == -activation.phi(z)))


def _centred(size: int, step: float, sd: float) -> FloatArray:
    """Return a Gaussian density at the middle of `size` nodes."""
    _, kernel = gaussian_stencil(sd**2, step)
    excess = kernel.size - size
    if excess > 0:  # tails beyond the grid
        kernel = kernel[(excess + 1) // 2 : kernel.size - excess // 2]
    out = np.zeros(size)
    low = size // 2 - kernel.size // 2
    out[low : low + kernel.size] = kernel
    return np.asarray(out / out.sum())
