"""Eigenvalue density of the bond matrix of random layers: the vector Dyson equation.

J couples neighbouring layers with independent entries of variance sigma_kk'^2. For large widths the resolvent
G(z) = (J - z)^{-1} becomes diagonal and constant on each layer, G_ii = g_k(z) on layer k, with (Schur's complement and
concentration)

    -1/g_k(z) = z + sum_k' S_kk' g_k'(z),   S_kk' = sigma_kk'^2 N_k' for neighbours,   Im g_k > 0 for Im z > 0
    rho(x) = (1/(pi N)) sum_k N_k Im g_k(x + i0)

(G's sign: with (z - J)^{-1} instead, g and rho's prefactor change sign.) J is bipartite, even layers against odd
ones, hence rho(-x) = rho(x). Two layers of N_0 = N_1 spins with sigma^2 = 1/N_0 give -1/g = z + g, the semicircle of
radius 2; unequal widths give Marchenko & Pastur's law of the singular values of one Gaussian matrix.

Outside the spectrum h = -g is real, positive and the least solution of h_k = 1/(z - sum S h); it ends, with a square
root, at the edge.

References
----------
Ajanki, Erdos & Kruger, Commun. Pure Appl. Math. 70, 1672 (2017); Barney, Winer & Galitski, arXiv 2408.06421.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.arrays import FloatArray
from theory.layered_sk import LayeredCouplings
from theory.result import NotConvergedError

Complex = NDArray[np.complex128]

_NEWTON = 25
_CONVERGED = 1e-13
_SHRINK, _SMALLEST_STEP = 0.25, 0.9  # of Im z from one step of the continuation to the next
_REAL_AXIS = 1e-10  # Im z, relative to the edge, that stands for i0
_CDF_POINTS = 2000


class RandomSpectrum:
    """Density of eigenvalues of J for random couplings of given widths and variances, in the limit of large widths.

    Parameters
    ----------
    couplings : LayeredCouplings
    """

    def __init__(self, couplings: LayeredCouplings) -> None:
        self.couplings = couplings
        layers = len(couplings.widths)
        self._from_neighbours = np.zeros((layers, layers))
        index = np.arange(layers - 1)
        self._from_neighbours[index, index + 1] = couplings.from_above
        self._from_neighbours[index + 1, index] = couplings.from_below

    def resolvents(self, z: ArrayLike) -> Complex:
        """Return g_k(z), shape (points, layers).

        Newton's method follows each point down from an Im z where the equation contracts.

        Parameters
        ----------
        z : complex array, shape (points,)
            Im z > 0.

        Raises
        ------
        ValueError
            If Im z is not positive.
        NotConvergedError
            If the equation is missed by more than 1e-8 relative, or a root of the wrong sign is all there is.
        """
        points = np.atleast_1d(np.asarray(z, dtype=np.complex128))
        if not np.all(points.imag > 0):
            raise ValueError("z: give points above the real axis, Im z > 0")
        height = np.maximum(points.imag, 4 * self._norm)
        at = points.real + 1j * height
        g = np.repeat(-1 / at[:, np.newaxis], len(self.couplings.widths), axis=1)
        for _ in range(40):
            g = -1 / (at[:, np.newaxis] + g @ self._from_neighbours.T)
        shrink = _SHRINK
        g = self._newton(at, g)
        while not np.array_equal(height, points.imag):
            lower = np.maximum(points.imag, shrink * height)
            try:
                g = self._newton(points.real + 1j * lower, g)
            except NotConvergedError:
                if shrink > _SMALLEST_STEP:
                    raise
                shrink = math.sqrt(shrink)
                continue
            height, shrink = lower, max(_SHRINK, shrink**2)
        return g

    def _newton(self, z: Complex, start: Complex) -> Complex:
        """Return the roots near a start; columns of the Jacobian are 1/g^2 on the diagonal minus S."""
        g: Complex = start.copy()
        identity = np.eye(g.shape[1])
        active = np.arange(len(g))
        for _ in range(_NEWTON):
            now = g[active]
            residual = z[active, np.newaxis] + now @ self._from_neighbours.T + 1 / now
            # Written for the relative change of g, which spans many orders of magnitude where J has zero modes.
            matrix = identity - now[:, :, np.newaxis] * self._from_neighbours * now[:, np.newaxis, :]
            change = np.linalg.solve(matrix, (now * residual)[..., np.newaxis])[..., 0]
            size = np.abs(change).max(axis=1, keepdims=True)
            now = now * (1 + change * np.minimum(1, 0.5 / np.maximum(size, 1e-300)))
            # A step across the real axis would end at another root: this one alone has every Im g > 0.
            g[active] = np.where(now.imag < 0, now.conj(), now)
            active = active[size[:, 0] >= _CONVERGED]
            if not active.size:
                return g
        left = np.abs(g * (z[:, np.newaxis] + g @ self._from_neighbours.T) + 1).max()
        if left > 1e-8:
            raise NotConvergedError(f"vector Dyson equation: relative residual {left:.2g} after {_NEWTON} steps")
        return g

    def density(self, x: ArrayLike) -> FloatArray:
        """Return rho(x) without the delta peak at zero, shape of x; it integrates to 1 - zero_weight.

        Raises
        ------
        NotConvergedError
            As `resolvents`.
        """
        points = np.abs(np.asarray(x, dtype=np.float64))
        rho = np.zeros(points.shape)
        inside = points < self.edge
        if inside.any():
            imaginary = self.resolvents(points[inside] + 1j * _REAL_AXIS * self.edge).imag
            rho[inside] = imaginary @ self.couplings.layer_fractions / math.pi
        # The peak's Lorentzian tail, w eta/(pi x^2), is none of the continuous part.
        eta = _REAL_AXIS * self.edge
        peak: FloatArray = self.zero_weight * eta / (math.pi * np.maximum(points**2 + eta**2, 1e-300))
        result: FloatArray = np.maximum(rho - np.where(inside, peak, 0.0), 0.0)
        return result

    @cached_property
    def _norm(self) -> float:
        return math.sqrt(float(self._from_neighbours.sum(axis=1).max()))

    @cached_property
    def edge(self) -> float:
        """The upper end of the spectrum, to some 1e-13 of its value; the lower one is its negative.

        Bisection on whether h exists, then Newton's method on the system that makes the edge a regular root: h, the
        null vector v of the linearised equation, and x.
        """
        # h is 1/x far out; the spectrum ends below 2 sqrt(max row sum of S).
        low, high = 0.0, 2.000001 * self._norm
        while high - low > 1e-7 * high:
            middle = (low + high) / 2
            low, high = (middle, high) if self._outside(middle) is None else (low, middle)
        h = self._outside(high)
        if h is None:
            raise NotConvergedError("edge of the random spectrum: no real resolvent outside it")
        return self._fold(high, h)

    def _fold(self, x: float, h: FloatArray) -> float:
        """Return the x near a start at which h (x - S h) = 1 has a double root."""
        S, n = self._from_neighbours, len(h)
        _, _, rows = np.linalg.svd(np.diag(x - S @ h) - h[:, np.newaxis] * S)
        v = norm = rows[-1]
        for _ in range(30):
            linear = np.diag(x - S @ h) - h[:, np.newaxis] * S
            jacobian = np.zeros((2 * n + 1, 2 * n + 1))
            jacobian[:n, :n], jacobian[:n, -1] = linear, h
            jacobian[n:-1, :n] = -v[:, np.newaxis] * S - np.diag(S @ v)
            jacobian[n:-1, n:-1], jacobian[n:-1, -1] = linear, v
            jacobian[-1, n:-1] = norm
            mismatch = np.concatenate([h * (x - S @ h) - 1, linear @ v, [norm @ v - 1]])
            step = np.linalg.solve(jacobian, mismatch)
            h, v, x = h - step[:n], v - step[n:-1], x - float(step[-1])
            if abs(step[-1]) <= 1e-14 * x:
                return x
        raise NotConvergedError(
            f"edge of the random spectrum near {x:g}: 30 Newton steps end with one of {step[-1]:.2g}"
        )

    def _outside(self, x: float) -> FloatArray | None:
        """Return h = -g at a real x above the edge, None below it: Newton from h = 0 rises to the least root."""
        h = np.zeros(len(self.couplings.widths))
        for _ in range(400):
            denominator = x - self._from_neighbours @ h
            if np.any(denominator <= 0):
                return None
            value = 1 / denominator
            # The map is convex: its Newton steps from below grow h, and do so for ever where there is no root.
            matrix = np.eye(len(h)) - value[:, np.newaxis] ** 2 * self._from_neighbours
            step = np.linalg.solve(matrix, value - h)
            if np.any(step < -1e-9 * value):
                return None
            h = h + step
            size = float((np.abs(step) / h).max())
            # Rising steps end where rounding turns one back: close to the edge before they are tiny.
            if size <= 1e-13 or (size < 1e-9 and np.any(step < 0)):
                return h
        return None

    def resolvents_outside(self, x: float) -> FloatArray:
        """Return the real g_k(x) at x above the edge, shape (layers,); all are negative.

        Raises
        ------
        ValueError
            If x is not above the edge.
        """
        h = self._outside(x) if x > 0 else None
        if h is None:
            raise ValueError(f"x: got {x!r}; give a point above the edge of the spectrum, {self.edge:.10g}")
        return -h

    @cached_property
    def zero_weight(self) -> float:
        """Weight of the delta peak at zero: the share of zero modes any such layers have.

        Half the rank of J is the largest number of disjoint pairs of neighbours; pairing layer after layer,
        leftovers first, is optimal on a path.
        """
        pairs, left = 0, self.couplings.widths[0]
        for width in self.couplings.widths[1:]:
            paired = min(left, width)
            pairs += paired
            left = width - paired
        return 1 - 2 * pairs / self.couplings.total_spins

    @cached_property
    def edge_stiffness(self) -> float:
        """Return gamma in rho(edge - x) = gamma^{3/2} sqrt(x)/pi: eigenvalues fluctuate by N^{-2/3}/gamma there."""
        x = 1e-5 * self.edge
        return float((math.pi * self.density(self.edge - x) / math.sqrt(x)) ** (2 / 3))

    @cached_property
    def _distribution(self) -> tuple[FloatArray, FloatArray]:
        # Angles, because the density ends in square roots; zero, where it may be singular, is an end as well.
        angle = (np.arange(_CDF_POINTS) + 0.5) * (math.pi / 2 / _CDF_POINTS)
        x = self.edge * (1 - np.cos(angle))
        weight = self.density(x) * self.edge * np.sin(angle) * (math.pi / 2 / _CDF_POINTS)
        ends = self.edge * (1 - np.cos(np.arange(_CDF_POINTS + 1) * (math.pi / 2 / _CDF_POINTS)))
        return ends, np.concatenate([[0.0], np.cumsum(weight)])

    def distribution(self, x: ArrayLike) -> FloatArray:
        """Return the share of eigenvalues <= x, the delta peak included."""
        points = np.asarray(x, dtype=np.float64)
        ends, mass = self._distribution
        above = np.interp(np.abs(points), ends, mass)
        value: FloatArray = 0.5 + np.sign(points) * (above + self.zero_weight / 2)
        return np.where(points == 0, 0.5 + self.zero_weight / 2, value)


def planted_eigenvalue(spectrum: RandomSpectrum, strength: float, bond_layer: int) -> float | None:
    """Return where a planted rank-one part of one weight matrix puts an eigenvalue outside the random ones.

    With theta a b^T added to W^k, a and b unit vectors, an eigenvalue x outside solves det(C^{-1} + U^T G U) = 0 with
    U = (a, b) and C = [[0, theta], [theta, 0]]; U^T G U becomes diag(g_{k-1}, g_k), hence

        1 = theta^2 g_{k-1}(x) g_k(x),

    and there is none if the right-hand side, falling with x, is below 1 at the edge (Baik, Ben Arous & Peche).

    Parameters
    ----------
    spectrum : RandomSpectrum
    strength : float
        theta, in units of energy.
    bond_layer : int
        k = 1..L.

    Raises
    ------
    ValueError
        For a strength that is not finite or a layer that is not there.

    References
    ----------
    Baik, Ben Arous & Peche, Ann. Probab. 33, 1643 (2005); Benaych-Georges & Nadakuditi, Adv. Math. 227, 494 (2011).
    """
    layers = len(spectrum.couplings.widths)
    if not math.isfinite(strength) or not 1 <= bond_layer < layers:
        raise ValueError(f"planted part: got strength {strength!r}, layer {bond_layer}; give 1..{layers - 1}")

    def excess(x: float) -> float:
        g = spectrum.resolvents_outside(x)
        return strength**2 * float(g[bond_layer - 1] * g[bond_layer]) - 1

    low, high = spectrum.edge * (1 + 1e-9), spectrum.edge + 2 * abs(strength)
    if excess(low) <= 0:
        return None
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2
