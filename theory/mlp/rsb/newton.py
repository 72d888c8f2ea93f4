"""Newton's method on the saddle-point equations with broken replica symmetry.

Where replica symmetry breaks continuously every level is marginal, and an iteration of sweeps loses as many digits as
there are levels. The unknowns here are, layer by layer, rt, r_0 and the logarithms of the increments of the
conjugates: they alone determine a sweep. The equation of an increment is log(image / increment) = 0, the log of a
growth rate, which does not vanish where levels merge: merged levels are no solution of it, but levels whose increment
the iteration takes to nothing, and are dropped.

Breakpoints extremise Phi, which among solutions at given breakpoints is smallest there: more levels lower Phi. Newton
steps in x use the second derivative of Phi along those solutions, with its negative eigenvalues turned round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.rsb.free_entropy import breakpoint_slopes_of_averages, free_entropy_of_averages
from theory.mlp.rsb.parameters import ParisiParameters
from theory.mlp.rsb.recursion import LevelAverages
from theory.mlp.rsb.sweep import Layers
from theory.result import NotConvergedError

_TINY = 1e-300
_SLACK = 1e-8  # by which Phi may rise in a step: its slopes are those of Phi up to the error of the grids
_SMALLEST_UNIT = 1e-5
_DIFFERENCE = 1e-6
_WIDE_DIFFERENCE = 1e-4  # for second derivatives in breakpoints, small sums of large terms
_LONGEST_STEP = 0.7  # in any logarithm
_SHORTEST = 1e-3
_WORTHWHILE = 0.2
_MERGED = 1e-5  # of the span of the input's conjugates
_LEAST_SPAN = 1e-2  # of 1/v; narrower spans count as if they were this wide
_NEAREST = 0.3  # of the distance to the next breakpoint


@dataclass(frozen=True)
class Saddle:
    """A solution at given breakpoints, with what was computed on the way.

    Attributes
    ----------
    parameters : ParisiParameters
        Overlaps are those of a sweep with these conjugates.
    image : ParisiParameters
        With the conjugates after the sweep.
    averages : list of LevelAverages
        Of layers 1..L.
    residual : float
        Largest mismatch of the equations: conjugates in units of 1/v, increments relative to themselves.
    sweeps : int
    """

    parameters: ParisiParameters
    image: ParisiParameters
    averages: list[LevelAverages]
    residual: float
    sweeps: int

    def free_entropy(self, layers: Layers, beta: float) -> float:
        """Return Phi."""
        return free_entropy_of_averages(layers.model, beta, self.parameters, self.averages)

    def slopes(self, layers: Layers, beta: float) -> FloatArray:
        """Return dPhi/dx_i, shape (K,)."""
        return breakpoint_slopes_of_averages(layers.model, beta, self.parameters, self.averages)


class _Equations:
    """The equations at given breakpoints as a function of one vector."""

    def __init__(self, layers: Layers, start: ParisiParameters) -> None:
        self.layers = layers
        self._start = start
        self._unit = 1.0 / start.v[:-1]
        self.sweeps = 0

    def vector(self, p: ParisiParameters) -> FloatArray:
        """Return the unknowns: rt, r_0 and log increments of layers 0..L-1."""
        steps = np.log(np.maximum(np.diff(p.r[:-1], axis=1), _TINY))
        return np.column_stack([p.rt[:-1] / self._unit, p.r[:-1, 0] / self._unit, steps]).ravel()

    def parameters(self, z: FloatArray, x: FloatArray) -> ParisiParameters:
        """Return the conjugates of a vector, at breakpoints x; overlaps are those of the start."""
        old = self._start
        table = z.reshape(old.r.shape[0] - 1, -1)
        r = np.cumsum(np.column_stack([table[:, 1] * self._unit, np.exp(table[:, 2:])]), axis=1)
        r_d = np.append(r[:, -1] + table[:, 0] * self._unit, old.r_d[-1])
        return ParisiParameters(x, old.k, old.k_d, np.vstack([r, old.r[-1]]), r_d)

    def at(self, z: FloatArray, x: FloatArray) -> tuple[FloatArray, Saddle]:
        """Return the mismatch and the point itself."""
        self.sweeps += 1
        p = self.parameters(z, x)
        image, averages = self.layers.sweep(p)
        miss = self.vector(image) - z
        settled = ParisiParameters(p.x, image.k, image.k_d, p.r, p.r_d)
        return miss, Saddle(settled, image, averages, float(np.abs(miss).max()), self.sweeps)

    def derivative(self, z: FloatArray, x: FloatArray) -> FloatArray:
        """Return d(mismatch)/dz by finite differences."""
        miss, columns = self.at(z, x)[0], []
        for j in range(z.size):
            moved = z.copy()
            moved[j] += _DIFFERENCE
            columns.append((self.at(moved, x)[0] - miss) / _DIFFERENCE)
        return np.array(columns).T


def solve_fixed(
    layers: Layers,
    start: ParisiParameters,
    tolerance: float,
    *,
    coarse: Layers | None = None,
    max_steps: int = 40,
) -> Saddle:
    """Solve at given breakpoints, from a start close enough; breakpoints where the overlap stops changing are dropped.

    Parameters
    ----------
    layers : Layers
    start : ParisiParameters
        With conjugates that increase in x.
    tolerance : float
        Largest residual accepted.
    coarse : Layers, optional
        Where to take derivatives, if not from `layers`.
    max_steps : int
        Newton steps allowed.

    Raises
    ------
    NotConvergedError
        If the equations still miss by more than the tolerance; the message says by how much.
    """
    start, sweeps, steps = without_merged(start), 0, 0
    while True:
        search = _Newton(_Equations(layers, start), _Equations(coarse or layers, start), start)
        while search.saddle.residual >= tolerance:
            if steps == max_steps:
                raise NotConvergedError(
                    f"{max_steps} Newton steps done with {start.x.size} breakpoints, the equations still miss by "
                    f"{search.saddle.residual:.1e}"
                )
            search.advance()
            steps += 1
            kept = without_merged(search.saddle.image)
            if kept.x.size < start.x.size:
                break
        else:
            return replace(search.saddle, sweeps=sweeps + search.sweeps)
        sweeps += search.sweeps
        start = kept


class _Newton:
    """Newton's method at given breakpoints; a derivative serves until a step with it brings little."""

    def __init__(self, equations: _Equations, coarse: _Equations, start: ParisiParameters) -> None:
        self._equations = equations
        self._coarse = coarse
        self._x = start.x
        self._z = equations.vector(start)
        self._miss, self.saddle = equations.at(self._z, self._x)
        self._derivative: FloatArray | None = None

    @property
    def sweeps(self) -> int:
        """Sweeps done, derivatives included."""
        return self._equations.sweeps + (self._coarse.sweeps if self._coarse is not self._equations else 0)

    def advance(self) -> None:
        """Go one step, shorter where it leaves the domain."""
        before = self.saddle.residual
        if self._derivative is None:
            self._derivative = self._coarse.derivative(self._z, self._x)
        step = np.linalg.lstsq(self._derivative, -self._miss, rcond=1e-13)[0]
        # Each by itself: a level on its way to nothing must not hold up the others.
        step = np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        fraction = 1.0
        while True:
            try:
                miss, saddle = self._equations.at(self._z + fraction * step, self._x)
                if np.all(np.isfinite(miss)):
                    break
            except NotConvergedError:
                if fraction < _SHORTEST:
                    raise
            fraction *= 0.5
        self._z, self._miss, self.saddle = self._z + fraction * step, miss, saddle
        if not saddle.residual < _WORTHWHILE * before:
            self._derivative = None


def without_merged(p: ParisiParameters) -> ParisiParameters:
    """Return the parameters without breakpoints at which the input's conjugate does not change."""
    steps = np.diff(p.r[0])
    scale = max(float(p.r[0, -1] - p.r[0, 0]), _LEAST_SPAN / float(p.v[0]))
    keep = np.flatnonzero(steps > _MERGED * scale)
    if keep.size == steps.size:
        return p
    # A plateau that ends with a dropped breakpoint goes on with the value it had.
    plateau = np.concatenate([[0], keep + 1])
    k, r = p.k[:, plateau], p.r[:, plateau]
    return ParisiParameters(p.x[keep], k, p.k_d, r, p.rt + r[:, -1])


def extremise(layers: Layers, beta: float, start: ParisiParameters, tolerance: float, *, max_steps: int = 40) -> Saddle:
    """Solve with breakpoints that extremise Phi, from a start close enough.

    Parameters and errors are those of `solve_fixed`; the tolerance also bounds the derivative in each breakpoint,
    relative to sum_l alpha_l Delta k_i Delta r_i / 2.
    """
    saddle = solve_fixed(layers, start, 1e-2 * tolerance)
    sweeps = saddle.sweeps
    for _ in range(max_steps):
        residual, slopes = extremal_residual(layers, beta, saddle), saddle.slopes(layers, beta)
        if residual < tolerance:
            return replace(saddle, residual=residual, sweeps=sweeps)
        saddle, used = _with_better_breakpoints(layers, beta, saddle, slopes, 1e-2 * tolerance)
        sweeps += used
    raise NotConvergedError(
        f"{sweeps} sweeps done, breakpoints {np.round(saddle.parameters.x, 4).tolist()} still miss by {residual:.1e}"
    )


def extremal_residual(layers: Layers, beta: float, saddle: Saddle) -> float:
    """Return the largest mismatch, derivatives in the breakpoints included."""
    slopes = saddle.slopes(layers, beta) / _unit(layers, saddle.parameters)
    return max(saddle.residual, float(np.abs(slopes).max(initial=0.0)))


def _unit(layers: Layers, p: ParisiParameters) -> FloatArray:
    """Return the size of a breakpoint's derivative: sum_l alpha_l Delta k_i Delta r_i / 2 over layers, shape (K,).

    Steps so small that rounding of Phi decides count as if they were a bit larger.
    """
    ratios = np.asarray(layers.model.width_ratios)[:, None]
    return np.asarray(0.5 * np.sum(ratios * np.diff(p.k, axis=1) * np.diff(p.r, axis=1), axis=0) + _SMALLEST_UNIT)


def _with_better_breakpoints(
    layers: Layers, beta: float, saddle: Saddle, slopes: FloatArray, tolerance: float
) -> tuple[Saddle, int]:
    """Return the solution after a step of the breakpoints that does not raise Phi, and the sweeps that took."""
    p, phi = saddle.parameters, saddle.free_entropy(layers, beta)
    equations = _Equations(layers, p)
    dz, dx = _breakpoint_step(equations, beta, saddle, slopes)
    z, used = equations.vector(p), equations.sweeps
    for fraction in (1.0, 0.3, 0.1, 0.03):
        new = solve_fixed(layers, equations.parameters(z + fraction * dz, p.x + fraction * dx), tolerance)
        used += new.sweeps
        if new.parameters.x.size < p.x.size or new.free_entropy(layers, beta) < phi + _SLACK * max(1.0, abs(phi)):
            break
    return new, used


def _breakpoint_step(
    equations: _Equations, beta: float, saddle: Saddle, slopes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return a Newton step along the solutions, of the unknowns and of the breakpoints, short enough to keep order."""
    p, layers = saddle.parameters, equations.layers
    z = equations.vector(p)
    point = np.concatenate([z, p.x])

    def at(moved: FloatArray) -> tuple[FloatArray, FloatArray]:
        miss, there = equations.at(moved[: z.size], moved[z.size :])
        return miss, there.slopes(layers, beta)

    by_z, slopes_by_z = [], []
    for unit in np.eye(point.size):
        (high, high_slopes), (low, low_slopes) = (at(point + sign * _WIDE_DIFFERENCE * unit) for sign in (1.0, -1.0))
        by_z.append((high - low) / (2.0 * _WIDE_DIFFERENCE))
        slopes_by_z.append((high_slopes - low_slopes) / (2.0 * _WIDE_DIFFERENCE))
    jacobian, gradient = np.array(by_z).T, np.array(slopes_by_z).T
    # Along solutions dz = -J_z^{-1} J_x dx.
    response = -np.linalg.lstsq(jacobian[:, : z.size], jacobian[:, z.size :], rcond=1e-13)[0]
    hessian = gradient[:, z.size :] + gradient[:, : z.size] @ response
    values, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
    dx = -vectors @ ((vectors.T @ slopes) / np.maximum(np.abs(values), 1e-10 * np.abs(values).max()))
    edges = np.concatenate([[0.0], p.x, [1.0]])
    room = np.minimum(np.diff(edges)[:-1], np.diff(edges)[1:])
    fraction = min(
        1.0, float(_NEAREST / np.max(np.abs(dx) / room)), _LONGEST_STEP / float(np.abs(response @ dx).max() + _TINY)
    )
    return fraction * response @ dx, fraction * dx
