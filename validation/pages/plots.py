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
from matplotlib.ticker import FormatStrFormatter, NullLocator
from numpy.typing import NDArray

# Dark to light, so that the order survives a grey print; markers differ as well.
INKS = ("#1b1b3a", "#9c2c5a", "#2f7ea8", "#e08a3c", "#7d9f4a", "#8c8c8c", "#c9a7d6")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
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


def log_axis(axis: Axes, name: Literal["x", "y"], ticks: Sequence[float] | None = None) -> None:
    """Make one axis logarithmic with its numbers written out, and with ticks at given values alone."""
    axis.set(**{f"{name}scale": "log"})
    line = axis.xaxis if name == "x" else axis.yaxis
    line.set_major_formatter(FormatStrFormatter("%g"))
    if ticks is not None:
        line.set_ticks(ticks)
        line.set_minor_locator(NullLocator())
