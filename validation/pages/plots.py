"""Figures: theory as a line, data as points with error bars, greys that differ without colour."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Place

# Dark to light, so that the order survives a grey print; markers differ as well.
INKS = ("#1b1b3a", "#9c2c5a", "#2f7ea8", "#e08a3c", "#7d9f4a", "#8c8c8c", "#c9a7d6")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
BETA_LABEL = r"inverse temperature  $\beta$"
_STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "svg.fonttype": "none",
    "axes.formatter.useoffset": False,
    "svg.hashsalt": "mcsim",
}


@contextmanager
def figure(columns: int, height: float = 3.4) -> Iterator[tuple[Figure, NDArray[np.object_]]]:
    """Yield a figure with a row of axes in the house style."""
    with mpl.rc_context(_STYLE):
        width = 4.6 * columns
        drawing = Figure(figsize=(width, height))
        FigureCanvasSVG(drawing)
        axes = np.atleast_1d(drawing.subplots(1, columns))
        # Fixed margins in inches: an automatic layout draws every figure several times.
        drawing.subplots_adjust(
            left=0.85 / width, right=1 - 0.1 / width, bottom=0.55 / height, top=1 - 0.45 / height, wspace=0.3
        )
        yield drawing, axes


def to_svg(drawing: Figure) -> str:
    """Return a figure as an <svg> element."""
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        drawing.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def temperature_axis(axis: Axes, *, logarithmic: bool = True) -> None:
    """Label a temperature axis with plain numbers."""
    axis.set_xlabel("temperature  $T$  [coupling scale]")
    if logarithmic:
        low, high = axis.get_xlim()
        log_axis(axis, "x", [t for t in (0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20, 50) if low <= t <= high])
        axis.set_xlim(max(low, 1e-3), high)


def label_of(place: Place) -> str:
    """Return a temperature for a legend, nothing where there is none."""
    if place.temperature is not None:
        return f"$T$ = {place.temperature:.3g}"
    return "" if place.beta is None else rf"$\beta$ = {place.beta:g}"


def standard_error(samples: FloatArray) -> FloatArray:
    """Return the standard error over the first axis, zero for a single sample."""
    if samples.shape[0] < 2:
        return np.zeros(samples.shape[1:])
    return np.asarray(samples.std(axis=0, ddof=1) / np.sqrt(samples.shape[0]))


def points(
    axis: Axes, x: ArrayLike, y: ArrayLike, errors: ArrayLike | None, ink: int, label: str | None = None,
    *, line: str = "", filled: bool = False, **style: Any,
) -> None:  # fmt: skip
    """Draw data in one of the inks and its marker, with error bars or None; `line` is how they are joined."""
    color, marker = INKS[ink % len(INKS)], MARKERS[ink % len(MARKERS)]
    usual: dict[str, Any] = {"color": color, "ms": 4, "mfc": color if filled else "white", "label": label}
    if errors is None:
        axis.plot(x, y, marker + line, **(usual | style))
    else:
        styled: dict[str, Any] = {"fmt": marker + line, "capsize": 2} | usual | style
        axis.errorbar(x, y, errors, **styled)


def averages(axis: Axes, x: ArrayLike, samples: FloatArray, ink: int, label: str, **style: Any) -> None:
    """Draw means over samples (samples, points) with their standard errors."""
    points(axis, x, samples.mean(axis=0), standard_error(samples), ink, label, **style)


def log_axis(axis: Axes, name: Literal["x", "y"], ticks: Sequence[float] | None = None) -> None:
    """Make one axis logarithmic with its numbers written out, and with ticks at given values alone."""
    axis.set(**{f"{name}scale": "log"})
    line = axis.xaxis if name == "x" else axis.yaxis
    line.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
    if ticks is not None:
        line.set_ticks(ticks)
        line.set_minor_locator(mpl.ticker.NullLocator())
