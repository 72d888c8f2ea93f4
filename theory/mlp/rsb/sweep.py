"""Sweeps through the layers with broken replica symmetry at fixed breakpoints, and the iteration that settles them.

One sweep goes forward through K^0 .. K^L and backward through Q^{L-1} .. Q^0 (`theory.mlp.rsb.free_entropy` lists the
equations). The plain sweep keeps overlap functions non-decreasing in x, since each level's overlap is a mean square
of a martingale. It is slow near criticality, so that sweeps are combined by Anderson's method. Merged plateaus are a
fixed point of the equations even where they are unstable, so that a combination may not shrink an increment below a
quarter of what the plain sweep makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.model import MlpModel
from theory.mlp.rsb.grid import BrokenField, FieldGrid, Resolution, build_grid
from theory.mlp.rsb.parameters import ParisiParameters, input_overlaps
from theory.mlp.rsb.recursion import LevelAverages, level_averages
from theory.numerics.anderson import Anderson
from theory.numerics.gaussian_smoothing import UnresolvedError
from theory.result import NotConvergedError

_MAX_DRIFT = 0.1
_LOST = 1e-7
_WIDER = 1.25
_LONGEST_REACH = 20.0
_FINER = 0.7
_FINEST = 0.05
_LEAST_INCREMENT = 0.25
_FAR = 0.1


def broken_field(model: MlpModel, p: ParisiParameters, layer: int) -> BrokenField:
    """Return the field of one neuron of hidden layer `layer` (1..L)."""
    c_w = model.weight_variance
    h_variance = c_w * np.diff(p.k[layer - 1], prepend=0.0)
    h_variance[0] += model.bias_variance
    u_variance = np.diff(p.r[layer], prepend=0.0)
    sd = [np.sqrt(np.maximum(variance, 0.0)) for variance in (h_variance, u_variance)]
    return BrokenField(c_w * float(p.v[layer - 1]), float(p.rt[layer]), *sd)


class Layers:
    """The averages of every layer, on grids that are kept while the field has not moved far."""

    def __init__(self, model: MlpModel, resolution: Resolution) -> None:
        self.model = model
        self.resolution = resolution
        self._grids: dict[int, FieldGrid] = {}
        self._resolutions = [resolution] * (model.depth + 1)

    def averages(self, p: ParisiParameters, layer: int, *, curved: bool = False) -> LevelAverages:
        """Return the averages of one layer (1..L).

        Raises
        ------
        NotConvergedError
            If no grid holds the density, or none is fine enough.
        """
        field = broken_field(self.model, p, layer)
        while True:
            grid = self._grids.get(layer)
            if grid is None or grid.drift(field) > _MAX_DRIFT or not grid.fits(field):
                grid = self._grids[layer] = build_grid(self.model.activation, field, self._resolutions[layer])
            old = self._resolutions[layer]
            try:
                averages = level_averages(grid, field, p.x, curved=curved)
            except UnresolvedError as error:
                if old.eta < _FINEST:
                    raise NotConvergedError(f"layer {layer}: {error}") from error
                self._resolutions[layer] = replace(old, eta=_FINER * old.eta)
            else:
                if averages.lost < _LOST:
                    return averages
                if old.reach > _LONGEST_REACH:
                    raise NotConvergedError(
                        f"layer {layer}: a fraction {averages.lost:.1e} of the density leaves the grid"
                    )
                self._resolutions[layer] = replace(old, reach=_WIDER * old.reach)
            del self._grids[layer]

    def sweep(self, p: ParisiParameters) -> tuple[ParisiParameters, list[LevelAverages]]:
        """Return the parameters after one sweep, and the averages its backward part saw."""
        model, p = self.model, p.copy()
        k0, d0 = input_overlaps(model, p.x, p.r[0], float(p.r_d[0]))
        p.k[0], p.k_d[0] = k0, d0
        seen: list[LevelAverages] = []
        for layer in range(1, model.depth + 1):
            a = self.averages(p, layer)
            p.k[layer] = np.maximum.accumulate(a.overlap)
            p.k_d[layer] = a.overlap[-1] + a.var_phi
            seen.append(a)
        for layer in range(model.depth, 0, -1):
            if layer < model.depth:  # at the top nothing has changed since
                seen[layer - 1] = self.averages(p, layer)
            a = seen[layer - 1]
            factor = model.width_step(layer) * model.weight_variance
            p.r[layer - 1] = factor * np.maximum.accumulate(a.slope)
            p.r_d[layer - 1] = p.r[layer - 1, -1] + factor * a.d_hh
        return p, seen


def layer_averages(model: MlpModel, p: ParisiParameters, resolution: Resolution) -> list[LevelAverages]:
    """Return the averages of layers 1..L at any parameters."""
    layers = Layers(model, resolution)
    return [layers.averages(p, layer) for layer in range(1, model.depth + 1)]


@dataclass(frozen=True)
class Settled:
    """Where an iteration at fixed breakpoints has come to rest.

    Attributes
    ----------
    parameters : ParisiParameters
    averages : list of LevelAverages
        Of layers 1..L.
    step : float
        Largest change in the last sweep, overlaps relative to k_d, conjugates in units of 1/v.
    error : float
        What is left to go, from the step and the rate of the plain iteration.
    sweeps : int
    """

    parameters: ParisiParameters
    averages: list[LevelAverages]
    step: float
    error: float
    sweeps: int


def change(a: ParisiParameters, b: ParisiParameters) -> float:
    """Return the largest difference: overlaps relative to k_d, conjugates in units of 1/v of their layer."""
    overlaps = np.maximum(np.abs(a.k - b.k).max(axis=1), np.abs(a.k_d - b.k_d)) / b.k_d
    conjugates = np.maximum(np.abs(a.r - b.r).max(axis=1), np.abs(a.rt - b.rt)) * b.v
    return float(max(overlaps.max(), conjugates[:-1].max()))


def settle(layers: Layers, start: ParisiParameters, tolerance: float, max_sweeps: int) -> Settled:
    """Sweep until a sweep changes the parameters by less than `tolerance`.

    Raises
    ------
    NotConvergedError
        If they still move after the allowed number of sweeps; the message says by how much.
    """
    x, history = start, Anderson()
    step = np.inf
    for sweeps in range(1, max_sweeps + 1):
        y, averages = layers.sweep(x)
        step, before = change(x, y), step
        if step < tolerance:
            rate = min(history.rate(), 0.999)
            y, averages = layers.sweep(y)  # overlaps, conjugates and averages of one and the same point
            return Settled(y, averages, step, step / (1.0 - rate), sweeps + 1)
        if step > 3.0 * before:
            history.forget()
        x = y if step > _FAR else _accelerated(history, x, y)
    raise NotConvergedError(f"{max_sweeps} sweeps done, order parameters still move by {step:.1e} (relative)")


def _accelerated(history: Anderson, x: ParisiParameters, y: ParisiParameters) -> ParisiParameters:
    """Return y with conjugates combined with those of earlier sweeps; they alone determine the next sweep."""
    old, plain = _vector(x), _vector(y)
    unit = np.repeat(1.0 / y.v[:-1], y.r.shape[1] + 1)
    proposal = history.propose(old, plain, unit)
    increments = np.ones((y.r.shape[0] - 1, y.r.shape[1] + 1), dtype=bool)
    increments[:, 0] = False  # rt may have either sign
    positive = increments.ravel()
    proposal[positive] = np.maximum(proposal[positive], _LEAST_INCREMENT * plain[positive])
    rt, steps = np.split(proposal.reshape(increments.shape), [1], axis=1)
    r = np.vstack([np.cumsum(steps, axis=1), y.r[-1]])
    return ParisiParameters(y.x, y.k, y.k_d, r, r[:, -1] + np.append(rt[:, 0], y.rt[-1]))


def _vector(p: ParisiParameters) -> FloatArray:
    """Return rt, r_0 and the increments of r of layers 0..L-1, one after another."""
    return np.asarray(np.column_stack([p.rt[:-1], np.diff(p.r[:-1], prepend=0.0, axis=1)]).ravel())


def curvature_averages(layers: Layers, p: ParisiParameters) -> Sequence[LevelAverages]:
    """Return the averages of layers 1..L with their curvatures."""
    return [layers.averages(p, layer, curved=True) for layer in range(1, layers.model.depth + 1)]
