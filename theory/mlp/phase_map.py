"""Where replica symmetry holds, over inverse temperature and weight variance, and a picture of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from theory.mlp.model import MlpModel
from theory.mlp.rs import solve_rs
from theory.mlp.rsb.phases import Column, phase_column
from theory.result import NotConvergedError

FloatArray = NDArray[np.float64]

# Neither white, which means not converged, nor so dark that hatches and lines drown.
_GREYS = ListedColormap(colormaps["Greys"](np.linspace(0.1, 0.65, 256)), name="greys")


@dataclass(frozen=True)
class PhaseMap:
    """Stability of the replica-symmetric solution on a grid.

    Attributes
    ----------
    betas, weight_variances : float64 arrays
        The grid.
    replicon : float64 array of shape (weight variances, betas)
        Above 1 replica symmetry is unstable; NaN where the solver did not converge.
    failures : tuple of (weight variance, beta, reason)
        The points behind the NaN, and behind unknown phases.
    columns : tuple of Column, or None
        Lines and phases of broken replica symmetry at each weight variance (`theory.mlp.rsb.phases`), if asked for.
    """

    betas: FloatArray
    weight_variances: FloatArray
    replicon: FloatArray
    failures: tuple[tuple[float, float, str], ...]
    columns: tuple[Column, ...] | None = None

    def boundary(self) -> list[tuple[float, float]]:
        """Return (weight variance, beta) where the replicon crosses 1 between betas; its log is interpolated."""
        crossings = []
        for c_w, row in zip(self.weight_variances, np.log(np.maximum(self.replicon, 1e-300)), strict=True):
            for j in range(len(row) - 1):
                if row[j] * row[j + 1] < 0.0:
                    step = row[j] / (row[j] - row[j + 1])
                    crossings.append((float(c_w), float(self.betas[j] + step * (self.betas[j + 1] - self.betas[j]))))
        return crossings


def phase_map(
    model: MlpModel,
    betas: Sequence[float],
    weight_variances: Sequence[float],
    *,
    tolerance: float = 1e-5,
    breaking: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> PhaseMap:
    """Solve on a grid; at each weight variance the branch is followed through `betas` in their order.

    Parameters
    ----------
    model : MlpModel
        Its weight variance is replaced by those of the grid.
    betas, weight_variances : sequences of float
    tolerance : float
        Of each saddle point; see `solve_rs`.
    breaking : bool
        Also find where replica symmetry breaks with a jump, and whether one step of breaking is enough. Betas must
        then increase.
    progress : callable, optional
        Called with (points done, points in all).

    Returns
    -------
    PhaseMap
        A point that cannot be solved to the tolerance is NaN and listed with the reason, nothing is raised for it.

    Raises
    ------
    ValueError
        If a beta, a weight variance or the tolerance is out of range.
    """
    replicon = np.full((len(weight_variances), len(betas)), np.nan)
    failures: list[tuple[float, float, str]] = []
    columns: list[Column] = []
    for i, c_w in enumerate(weight_variances):
        here, start = replace(model, weight_variance=c_w), None
        for j, beta in enumerate(betas):
            try:
                solution = solve_rs(here, beta, tolerance=tolerance, start=start)
                replicon[i, j], start = solution.replicon, solution.order_parameters
            except NotConvergedError as error:
                failures.append((c_w, beta, str(error)))
            if progress:
                progress(i * len(betas) + j + 1, replicon.size)
        if breaking:
            columns.append(phase_column(here, betas, replicon[i].tolist()))
            failures.extend((c_w, beta, reason) for beta, reason in columns[-1].failures)
    return PhaseMap(
        np.array(betas), np.array(weight_variances), replicon, tuple(failures), tuple(columns) if breaking else None
    )


def draw(result: PhaseMap, title: str, path: Path) -> None:
    """Write the map as a PNG that survives grey print.

    Shades of grey for the replicon, the unstable region hatched, a line where the replicon is 1, the phases named on
    the map, and white squares with a cross where the solver did not converge.
    """
    figure = Figure(figsize=(6.4, 5.2), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    known = result.replicon[np.isfinite(result.replicon)]
    low = min(0.1, max(1e-3, float(known.min()))) if known.size else 0.1
    high = max(10.0, float(known.max())) if known.size else 10.0
    shown = np.ma.masked_invalid(np.clip(result.replicon.T, low, high))
    mesh = axes.pcolormesh(
        result.weight_variances, result.betas, shown, cmap=_GREYS, norm=LogNorm(low, high), shading="nearest"
    )
    figure.colorbar(mesh, label="replicon (spectral radius, no unit; above 1 unstable)")
    handles = _draw_boundary(axes, result, np.ma.log10(shown)) if known.size and known.min() < 1 < known.max() else []
    if result.columns is None:
        _name_phase(axes, result, result.replicon < 1.0, "RS stable")
        _name_phase(axes, result, result.replicon > 1.0, "RS unstable")
    else:
        handles += _draw_breaking(axes, result, result.columns)
    if result.failures:
        variances, betas, _ = zip(*result.failures, strict=True)
        handles += axes.plot(
            variances, betas, "kX", markersize=8, markeredgecolor="white", label="not converged", clip_on=False
        )
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=min(3, len(handles)))
    axes.set(
        xlim=(result.weight_variances.min(), result.weight_variances.max()),
        ylim=(result.betas.min(), result.betas.max()),
        xlabel="weight variance $C_W$ (no unit)",
        ylabel=r"inverse temperature $\beta$ (per unit of $H$)",
        title=title,
    )
    figure.savefig(path)


def _draw_boundary(axes: Axes, result: PhaseMap, log_replicon: NDArray[np.float64]) -> list[Artist]:
    """Draw the line replicon = 1 and hatch what lies beyond; return what the legend shows."""
    where = result.weight_variances, result.betas
    axes.contourf(*where, log_replicon, levels=[0.0, np.inf], colors="none", hatches=["//"])
    for color, width in (("white", 5.0), ("black", 2.5)):
        axes.contour(*where, log_replicon, levels=[0.0], colors=color, linewidths=width)
    hatched = Patch(facecolor="none", edgecolor="black", hatch="//", label="RS unstable")
    return [Line2D([], [], color="black", linewidth=2.5, label="replicon = 1"), hatched]


def _draw_breaking(axes: Axes, result: PhaseMap, columns: tuple[Column, ...]) -> list[Artist]:
    """Draw the lines of a jump, mark where replica symmetry is broken, and name the phases; return what to explain."""
    handles: list[Artist] = []
    for name, style in (("static", "--"), ("dynamical", ":")):
        line = [getattr(column.lines, name) or np.nan for column in columns]
        if np.any(np.isfinite(line)):
            axes.plot(result.weight_variances, line, color="white", linewidth=4.0)
            label = f"{name} line of 1RSB"
            handles += axes.plot(result.weight_variances, line, style, color="black", linewidth=2.0, label=label)
    phases = np.array([column.phases for column in columns])
    for phase, fill, label in (("1RSB", "white", "one step stable"), ("full", "black", "breaks further")):
        i, j = np.nonzero(phases == phase)
        if i.size:
            where = result.weight_variances[i], result.betas[j]
            marks = axes.plot(
                *where, "o", label=label, color="black", markerfacecolor=fill, markersize=5, clip_on=False
            )
            handles += marks
    for phase, label in (("RS", "RS"), ("1RSB", "1RSB"), ("full", "full RSB")):
        _name_phase(axes, result, phases == phase, label)
    return handles


def _name_phase(axes: Axes, result: PhaseMap, phase: NDArray[np.bool_], name: str) -> None:
    """Write the name of a phase at the point of it that lies deepest inside."""
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
