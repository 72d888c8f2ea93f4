"""The picture of a spectrum: the random density as a line, the eigenvalues as steps, outliers marked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from theory.arrays import FloatArray
from theory.spectrum.dyson import RandomSpectrum
from theory.spectrum.observed import Outliers

_BINS = (12, 80)


def draw(values: FloatArray, spectrum: RandomSpectrum, beyond: Outliers, title: str, path: Path) -> None:
    """Write a PNG of the positive half of a symmetric spectrum.

    Parameters
    ----------
    values : float64 array, shape (N,)
        All eigenvalues.
    spectrum : RandomSpectrum
        The density they are set against.
    beyond : Outliers
    title : str
    path : Path
    """
    figure = Figure(figsize=(6.4, 4.2), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    end = 1.05 * max(float(values.max()), spectrum.edge)
    positive = values[values > 1e-9 * spectrum.edge]
    bins = int(np.clip(2.5 * np.sqrt(len(positive)), *_BINS))
    counts, edges = np.histogram(positive, bins=bins, range=(0.0, end))
    heights = counts / (len(values) * np.diff(edges))
    axes.stairs(heights, edges, color="0.35", fill=True, alpha=0.35, label="eigenvalues")
    axes.stairs(heights, edges, color="0.35", linewidth=1)
    x = spectrum.edge * (1 - np.cos(np.linspace(1e-3, np.pi / 2, 800)))
    density = spectrum.density(x)
    axes.plot(x, density, color="black", linewidth=1.8, label="random couplings")
    axes.axvline(spectrum.edge, color="black", linewidth=0.8, linestyle=":")
    top = 1.15 * max(float(heights.max()), float(np.quantile(density, 0.97)))
    if beyond.count:
        axes.plot(
            beyond.values,
            np.full(beyond.count, 0.03 * top),
            linestyle="none",
            marker="v",
            color="C3",
            label=f"beyond the edge: {beyond.count}",
        )
    zeros = np.count_nonzero(np.abs(values) <= 1e-9 * spectrum.edge) / len(values)
    note = f"at zero: {zeros:.1%} of the eigenvalues (random: {spectrum.zero_weight:.1%})"
    axes.set(xlim=(0, end), ylim=(0, top), xlabel="eigenvalue (symmetric about 0)", ylabel="density", title=title)
    axes.legend(title=note, loc="upper right", title_fontsize="small")
    figure.savefig(path)
