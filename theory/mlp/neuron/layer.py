"""Averages of one hidden layer over its static fields h and u: all that saddle point and stability need.

With f(h, u) the tilted free energy of one neuron (`theory.mlp.neuron.tilted`) and E over independent centred
Gaussians h, u:

    K^l:      v = E d_u^2 f,  k0 = E (d_u f)^2
    Q^{l-1}:  rt = g C_W E d_h^2 f,  r0 = g C_W E (d_h f)^2,     g = alpha_l / alpha_{l-1}
    replicon: E (d_h d_u f)^2,  E (d_u^2 f)^2,  E (d_h^2 f)^2
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np

from theory.activations import Activation
from theory.arrays import FloatArray
from theory.mlp.neuron.mesh import SiteField, TiltedMesh, build_mesh, refined
from theory.mlp.neuron.tilted import tilted_moments
from theory.numerics.quadrature import GaussianRule, gaussian_rule

_CURVATURE_FACTOR = 1e3  # the replicon averages only have to tell stable from unstable
_MESH_CHECK_STRIDE = 7  # coprime to the nodes per direction of a cell


@dataclass(frozen=True)
class LayerAverages:
    """Averages over h and u; see the module's docstring for the names."""

    f: float
    v: float
    k0: float
    d_h_squared: float
    d_hh: float
    d_hu_squared: float
    d_uu_squared: float
    d_hh_squared: float

    def __add__(self, other: LayerAverages) -> LayerAverages:
        return LayerAverages(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: LayerAverages) -> LayerAverages:
        return LayerAverages(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class LayerRule:
    """A mesh in z and a rule in (h, u), adapted to one field and good in its neighbourhood.

    `spread` is the standard deviation of phi(z) before the tilt.
    """

    activation: Activation
    field: SiteField
    mesh: TiltedMesh
    rule: GaussianRule
    spread: float

    def averages(self, field: SiteField) -> LayerAverages:
        """Return the averages at a field close to the one this rule was adapted to."""
        values = _integrand(self.mesh, field, self.rule.xi, self.rule.eta)
        return LayerAverages(*(float(x) for x in values @ self.rule.weight))

    def error(self, field: SiteField) -> LayerAverages:
        """Return the estimated absolute error of each average: of the rule in (h, u), and of the mesh in z."""
        # The mesh errs alike everywhere: some nodes tell as much as all.
        some = slice(None, None, _MESH_CHECK_STRIDE)
        xi, eta, weight = self.rule.xi[some], self.rule.eta[some], self.rule.weight[some]
        finer = _integrand(refined(self.activation, self.mesh), field, xi, eta)
        change = np.abs(finer - _integrand(self.mesh, field, xi, eta)) @ weight / weight.sum()
        return LayerAverages(*(float(x) for x in change + self.rule.error))

    def drift(self, field: SiteField) -> float:
        """Return how far the field has moved from the one this rule was adapted to.

        Relative, and in units of the width of the fronts where the tilted measure jumps from one peak to another,
        which narrow as 1 / (u_sd spread): a rule adapted to a front is worth nothing beside it.
        """
        old = self.field
        pairs = ((old.variance, field.variance), (old.h_sd, field.h_sd), (old.u_sd, field.u_sd))
        moved = max(abs(a - b) / max(a, b, 1e-8) for a, b in pairs)
        slope_squared = self.spread**2 / (old.variance + old.h_sd**2)
        moved = max(moved, abs(old.rt - field.rt) * old.variance * slope_squared)
        return moved * (1.0 + old.u_sd * self.spread / 3.0)


def _integrand(mesh: TiltedMesh, field: SiteField, xi: FloatArray, eta: FloatArray) -> FloatArray:
    m = tilted_moments(mesh, field, field.h_sd * xi, field.u_sd * eta)
    squares = (m.d_hu**2, m.var_phi**2, m.d_hh**2)
    return np.stack([m.f, m.var_phi, m.mean_phi**2, m.d_h**2, m.d_hh, *squares])


def _is_odd(activation: Activation) -> bool:
    z = np.linspace(0.01, 7.0, 64)
    return bool(np.all(activation.phi(-z) == -activation.phi(z)))


def _spread(mesh: TiltedMesh, field: SiteField) -> float:
    """Return the standard deviation of phi(z) before the tilt."""
    density = np.exp(-0.5 * mesh.z**2 / (field.variance + field.h_sd**2)) * mesh.weight
    mean = density @ mesh.phi / density.sum()
    return math.sqrt(density @ (mesh.phi - mean) ** 2 / density.sum())


def build_layer_rule(activation: Activation, field: SiteField, tolerance: float) -> LayerRule:
    """Adapt the quadrature of one layer until its averages have relative error `tolerance`.

    Raises
    ------
    NotConvergedError
        If the tilted measure has no bounded range, or the averages need too many nodes.
    """
    mesh = build_mesh(activation, field)

    def integrand(xi: FloatArray, eta: FloatArray) -> FloatArray:
        return _integrand(mesh, field, xi, eta)

    spread = _spread(mesh, field)
    # Scales of phi^2 and of (d_h)^2: deep networks can shrink signals by many powers of ten.
    square, inverse = max(spread**2, 1e-100), 1.0 / field.variance
    floor = np.array([1.0, square, square, inverse, inverse, square * inverse, square**2, inverse**2])
    floor *= np.array([1.0, 1e-12, 1e-12, 1e-12, 1.0, 1e-9, 1e-12, 1e-3])
    targets = np.full(8, tolerance)
    targets[5:] = min(1e-4, _CURVATURE_FACTOR * tolerance)
    # f(h, u) then varies by little over one standard deviation of h and of u.
    smooth = field.h_sd < 1.5 * math.sqrt(field.variance) and field.u_sd * spread < 3.0
    # phi odd: (h, u, zeta) -> -(h, u, zeta) changes no average, and half the plane is enough.
    rule = gaussian_rule(integrand, targets, floor, even=_is_odd(activation), smooth=smooth)
    return LayerRule(activation, field, mesh, rule, spread)
