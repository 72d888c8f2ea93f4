"""The Parisi recursion of one neuron of a hidden layer, from the tilted measure outward and back in.

With independent Gaussian increments d_0 .. d_K of the fields (h, u),

    f_{K+1}(h, u) = the log of the tilted measure's normalisation (`theory.mlp.neuron.tilted`),
    f_i(h, u) = (1/x_i) log E exp(x_i f_{i+1}((h, u) + d_i)),     i = K .. 1,
    P_0 = the density of d_0,   P_i = exp(x_i f_{i+1}) [ (P_{i-1} exp(-x_i f_i)) * the density of d_i ].

d_u f_i and d_h f_i are martingales of that measure: they are carried along as averages, nothing is differentiated
numerically. Second derivatives obey f_i'' = E_w[f_{i+1}'' + x_i f_{i+1}' f_{i+1}'] - x_i f_i' f_i', w the weights of
the step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.neuron.tilted import TiltedMoments
from theory.mlp.rsb.grid import BrokenField, FieldGrid
from theory.numerics.gaussian_smoothing import Smoother


@dataclass(frozen=True)
class Curvatures:
    """Mean squares of second derivatives on plateau i, int P_i (d_h^2 f_{i+1})^2 and so on, of shape (K + 1,)."""

    hh: FloatArray
    hu: FloatArray
    uu: FloatArray


@dataclass(frozen=True)
class LevelAverages:
    """Averages of one layer over its fields.

    Attributes
    ----------
    f : float64 array of shape (K + 1,)
        int P_i f_{i+1}, i = 0 .. K.
    overlap, slope : float64 arrays of shape (K + 1,)
        int P_i (d_u f_{i+1})^2 and int P_i (d_h f_{i+1})^2.
    var_phi, d_hh : float
        int P_K d_u^2 f_{K+1} and int P_K d_h^2 f_{K+1}.
    lost : float
        Probability that left the grid or reached its outermost twentieth.
    curvatures : Curvatures or None
    """

    f: FloatArray
    overlap: FloatArray
    slope: FloatArray
    var_phi: float
    d_hh: float
    lost: float
    curvatures: Curvatures | None


class _Step:
    """One step of the recursion in both fields, h first."""

    def __init__(self, grid: FieldGrid, h_sd: float, u_sd: float) -> None:
        self._h = Smoother(grid.h_step, h_sd)
        self._u = Smoother(grid.u_step, u_sd) if u_sd > 0.0 else None
        self._between: tuple[FloatArray, FloatArray] | None = None

    def outward(self, x: float, f: FloatArray, fields: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return f_i and the fields averaged; fields[0] is d_u f, fields[1] is d_h f."""
        f, fields = self._h.forward(x, f, fields[1][[0, -1]], fields)
        if self._u is None:
            return f, fields
        self._between = f, fields[0]
        smooth, averaged = self._u.forward(x, f.T, fields[0].T[[0, -1]], fields.transpose(0, 2, 1))
        return smooth.T, averaged.transpose(0, 2, 1)

    def inward(self, x: float, f: FloatArray, d_h: FloatArray, smooth: FloatArray, density: FloatArray) -> FloatArray:
        """Return P_i from P_{i-1}, f = f_{i+1} and smooth = f_i."""
        if self._u is not None and self._between is not None:
            between, d_u = self._between
            density = self._u.adjoint(x, between.T, d_u.T[[0, -1]], smooth.T, density.T).T
            smooth = between
        return self._h.adjoint(x, f, d_h[[0, -1]], smooth, density)


def level_averages(grid: FieldGrid, field: BrokenField, x: FloatArray, *, curved: bool = False) -> LevelAverages:
    """Run the recursion.

    Parameters
    ----------
    grid : FieldGrid
    field : BrokenField
        With as many increments beyond the static one as there are breakpoints.
    x : float64 array of shape (K,)
        Breakpoints.
    curved : bool
        Also return the curvatures, at twice the cost.
    """
    moments = grid.moments(field)
    steps = [_Step(grid, float(h), float(u)) for h, u in zip(field.h_sd[1:], field.u_sd[1:], strict=True)]
    f, fields = _outward(moments, steps, x, curved)
    densities = [grid.start(field)]
    for i, step in enumerate(steps):
        densities.append(step.inward(float(x[i]), f[i + 1], fields[i + 1][1], f[i], densities[-1]))

    def mean(values: list[FloatArray]) -> FloatArray:
        return np.array([float(np.sum(p * value)) for p, value in zip(densities, values, strict=True)])

    squares = [mean([level[j] ** 2 for level in fields]) for j in range(len(fields[0]))]
    last = densities[-1]
    return LevelAverages(
        f=mean(f),
        overlap=squares[0],
        slope=squares[1],
        var_phi=float(np.sum(last * moments.var_phi)),
        d_hh=float(np.sum(last * moments.d_hh)),
        lost=_lost(last, grid.u_weight is None),
        curvatures=Curvatures(*squares[2:]) if curved else None,
    )


def _outward(
    moments: TiltedMoments, steps: list[_Step], x: FloatArray, curved: bool
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return f_1 .. f_{K+1} and their derivatives (d_u, d_h and, if curved, d_h^2, d_h d_u, d_u^2)."""
    first = [moments.mean_phi, moments.d_h]
    second = [moments.d_hh, moments.d_hu, moments.var_phi] if curved else []
    f, fields = [moments.f], [np.stack([*first, *second])]
    for step, x_i in zip(reversed(steps), x[::-1], strict=True):
        carried = fields[0].copy()
        if curved:
            carried[2:] += x_i * _products(carried)
        smooth, averaged = step.outward(float(x_i), f[0], carried)
        if curved:
            averaged[2:] -= x_i * _products(averaged)
        f.insert(0, smooth)
        fields.insert(0, averaged)
    return f, fields


def _products(fields: FloatArray) -> FloatArray:
    d_u, d_h = fields[0], fields[1]
    return np.stack([d_h * d_h, d_h * d_u, d_u * d_u])


def _lost(density: FloatArray, dynamic_u: bool) -> float:
    """Return the mass outside the grid and near its edges."""
    edge = max(1, density.shape[0] // 20)
    lost = abs(1.0 - float(density.sum())) + float(density[:edge].sum() + density[-edge:].sum())
    if dynamic_u:
        edge = max(1, density.shape[1] // 20)
        lost += float(density[:, :edge].sum() + density[:, -edge:].sum())
    return lost
