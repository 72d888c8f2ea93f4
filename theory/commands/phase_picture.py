"""A picture of a phase map, legible in grey print."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from numpy.typing import ArrayLike, NDArray

from theory.arrays import FloatArray
from theory.mlp.phases.column import ONSETS, PHASES, Column
from theory.mlp.phases.phase_map import PhaseMap

# Neither white, which means not converged, nor so dark that hatches and lines drown.
_GREYS = ListedColormap(colormaps["Greys"](np.linspace(0.1, 0.65, 256)), name="greys")
# Phase: legend, shade, hatch.
_CELLS = {
    "RS": ("RS", "white", ""),
    "1RSB": ("1RSB (one step stable)", "0.85", "//"),
    "full": ("full (breaks further)", "0.65", "xx"),
    "unknown": ("unknown", "white", ".."),
}


def draw(result: PhaseMap, title: str, path: Path) -> None:
    """Write the map as a PNG that survives grey print.

    With phases: each grid point's cell shaded and hatched by its phase, and lines of continuous, dynamical and static
    onset, told apart by dashes and markers. Without: shades of grey for the replicon, the unstable region hatched.
    Crosses where a solver did not converge.
    """
    figure = Figure(figsize=(6.4, 5.2), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    if result.columns is None:
        handles = _draw_stability(figure, axes, result)
    else:
        handles = [*_draw_phases(axes, result, result.columns), *_draw_lines(axes, result, result.columns)]
    unsolved = _unsolved(result)
    if unsolved:
        crosses = axes.plot(*zip(*unsolved, strict=True), "kX", markersize=8, markeredgecolor="white", clip_on=False)
        crosses[0].set_label("not converged" if result.columns is None else "not solved (see failures)")
        handles += crosses
    if handles:
        figure.legend(
            handles=handles, loc="outside upper center", ncols=2 if result.columns is not None else min(3, len(handles))
        )
    axes.set(
        xlim=_range(result.weight_variances, result.columns is not None),
        ylim=_range(result.betas, result.columns is not None),
        xlabel="weight variance $C_W$ (no unit)",
        ylabel=r"inverse temperature $\beta$ (per unit of $H$)",
        title=title,
    )
    figure.savefig(path)


def _unsolved(result: PhaseMap) -> list[tuple[float, float]]:
    """Return the points (weight variance, beta) of failures; with phases, of unknown ones: a line is no point."""
    if result.columns is None:
        return [(c_w, beta) for c_w, beta, _ in result.failures]
    return [
        (float(c_w), float(beta))
        for c_w, column in zip(result.weight_variances, result.columns, strict=True)
        for beta, phase in zip(result.betas, column.phases, strict=True)
        if phase == PHASES[3]
    ]


def _range(values: FloatArray, cells: bool) -> tuple[float, float]:
    """Return the limits of an axis: the values', or their cells'."""
    edges = _edges(values) if cells and values.size > 1 else values
    return max(0.0, float(edges[0])), float(edges[-1])


def _edges(values: FloatArray) -> FloatArray:
    """Return the edges of cells around values in growing order, the outermost as wide as their neighbours."""
    middle = 0.5 * (values[1:] + values[:-1])
    return np.asarray(np.concatenate([[2 * values[0] - middle[0]], middle, [2 * values[-1] - middle[-1]]]))


def _draw_phases(axes: Axes, result: PhaseMap, columns: tuple[Column, ...]) -> list[Artist]:
    """Shade and hatch each point's cell by its phase; return what the legend shows."""
    phases = np.array([column.phases for column in columns])
    handles: list[Artist] = []
    for phase, (label, shade, hatch) in _CELLS.items():
        inside = phases == phase
        if not inside.any():
            continue
        patches = [
            Rectangle((x[0], y[0]), x[1] - x[0], y[1] - y[0], facecolor=shade, edgecolor="0.35", hatch=hatch, lw=0.0)
            for i, x in enumerate(pairwise(_edges(result.weight_variances)))
            for j, y in enumerate(pairwise(_ends(result.betas, columns[i])))
            if inside[i, j]
        ]
        for patch in patches:
            axes.add_patch(patch)
        handles.append(Patch(facecolor=shade, edgecolor="0.35", hatch=hatch, label=label))
    points = np.meshgrid(result.weight_variances, result.betas)
    axes.plot(points[0].ravel(), points[1].ravel(), ".", color="black", markersize=2, clip_on=False)
    return handles


def _ends(betas: FloatArray, column: Column) -> FloatArray:
    """Return the edges of a column's cells, with the end of replica symmetry where the lines say it is."""
    edges = _edges(betas)
    ends = [beta for beta in (column.continuous, column.lines.static) if beta is not None]
    broken = next((j for j, phase in enumerate(column.phases) if phase != PHASES[0]), 0)
    if ends and broken > 0 and betas[broken - 1] < min(ends) <= betas[broken]:
        edges[broken] = min(ends)
    return edges


def _draw_lines(axes: Axes, result: PhaseMap, columns: tuple[Column, ...]) -> list[Artist]:
    """Draw where breaking sets in; the lines of a jump are drawn where it jumps, and to where they end on the other."""
    x = result.weight_variances
    continuous = [np.nan if column.continuous is None else column.continuous for column in columns]
    handles: list[Artist] = []
    if np.any(np.isfinite(continuous)):
        handles += _line(axes, x, continuous, "-s", "continuous line (replicon = 1)")
    jumps = np.array([column.onset == ONSETS[1] for column in columns])
    beside = jumps | np.append(jumps[1:], False) | np.insert(jumps[:-1], 0, False)
    for name, style in (("static", "--^"), ("dynamical", ":o")):
        values = [
            getattr(column.lines, name) if jump else column.continuous
            for column, jump in zip(columns, jumps, strict=True)
        ]
        line = np.where(beside, np.array([np.nan if value is None else value for value in values]), np.nan)
        if np.any(np.isfinite(line[jumps])):
            marked = np.flatnonzero(jumps).tolist()
            handles += _line(axes, x, line, style, f"{name} line (jump)", marked)
    return handles


def _line(
    axes: Axes, x: FloatArray, y: ArrayLike, style: str, label: str, marked: list[int] | None = None
) -> list[Line2D]:
    axes.plot(x, y, color="white", linewidth=4.0)
    return axes.plot(
        x, y, style, label=label, markevery=marked, color="black", linewidth=2.0, markersize=7, markerfacecolor="white"
    )


def _draw_stability(figure: Figure, axes: Axes, result: PhaseMap) -> list[Artist]:
    """Draw the replicon; return what the legend shows."""
    known = result.replicon[np.isfinite(result.replicon)]
    low = min(0.1, max(1e-3, float(known.min()))) if known.size else 0.1
    high = max(10.0, float(known.max())) if known.size else 10.0
    shown = np.ma.masked_invalid(np.clip(result.replicon.T, low, high))
    mesh = axes.pcolormesh(
        result.weight_variances, result.betas, shown, cmap=_GREYS, norm=LogNorm(low, high), shading="nearest"
    )
    figure.colorbar(mesh, label="replicon (spectral radius, no unit; above 1 unstable)")
    _name_region(axes, result, result.replicon < 1.0, "RS stable")
    _name_region(axes, result, result.replicon > 1.0, "RS unstable")
    return _draw_boundary(axes, result, np.ma.log10(shown)) if known.size and known.min() < 1 < known.max() else []


def _draw_boundary(axes: Axes, result: PhaseMap, log_replicon: FloatArray) -> list[Artist]:
    """Draw the line replicon = 1 and hatch what lies beyond; return what the legend shows."""
    where = result.weight_variances, result.betas
    axes.contourf(*where, log_replicon, levels=[0.0, np.inf], colors="none", hatches=["//"])
    for color, width in (("white", 5.0), ("black", 2.5)):
        axes.contour(*where, log_replicon, levels=[0.0], colors=color, linewidths=width)
    hatched = Patch(facecolor="none", edgecolor="black", hatch="//", label="RS unstable")
    return [Line2D([], [], color="black", linewidth=2.5, label="replicon = 1"), hatched]


def _name_region(axes: Axes, result: PhaseMap, phase: NDArray[np.bool_], name: str) -> None:
    """Write the name of a region at the point of it that lies deepest inside."""
    if not phase.any():
        return
    # Distance, in grid steps, of each point of the phase from the nearest point outside it or beyond the frame.
    padded = np.pad(phase, 1)
    outside = np.argwhere(~padded)
    inside = np.argwhere(padded)
    distance = ((inside[:, None, :] - outside[None, :, :]) ** 2).sum(axis=2).min(axis=1)
    i, j = inside[distance.argmax()] - 1
    # Beside the frame rather than across it.
    across = "left" if i == 0 else "right" if i == phase.shape[0] - 1 else "center"
    along = "bottom" if j == 0 else "top" if j == phase.shape[1] - 1 else "center"
    box = {"facecolor": "white", "edgecolor": "black", "pad": 3}
    where = result.weight_variances[i], result.betas[j]
    shift = {"left": 8, "right": -8, "bottom": 8, "top": -8, "center": 0}
    axes.annotate(name, where, (shift[across], shift[along]), textcoords="offset points", ha=across, va=along, bbox=box)
