"""Figures of random linear networks beside free probability: the spectrum of the weight product, overlaps of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from theory.mlp.exact.free_product import product_density, product_support
from validation.claims.linear import SpectraFigure
from validation.numbers.arrays import FloatArray
from validation.pages.plots import INKS, averages, figure, points, to_svg
from validation.runs.mlp_family import MlpFamily

_BINS = 24
_GRID = 2000
_LINE: Any = {"color": "0.4", "lw": 1.2, "label": "free probability"}
# Of the largest: what is smaller is rounding of the eigenvalues that a narrow layer makes vanish.
_VANISHING = 1e-10


def spectra_figure(drawn: SpectraFigure) -> str:
    """Draw singular values of products of weights, and overlaps of layers."""
    with figure(2) as (drawing, axes):
        _draw_spectra(axes[0], drawn.family, drawn.spectra)
        _draw_overlaps(axes[1], drawn)
        return to_svg(drawing)


def _draw_spectra(axis: Axes, family: MlpFamily, spectra: Sequence[FloatArray]) -> None:
    c_w, ratios = family.largest.model.weight_variance, family.theory.width_ratios
    for i, eigenvalues in enumerate(spectra):
        factors = i + 1
        its_ratios, scale = ratios[: factors + 1], np.sqrt(c_w**factors)
        low, high = (float(scale * np.sqrt(edge)) for edge in product_support(its_ratios))
        edges = np.linspace(low, high, _BINS + 1)
        axis.plot(*_binned_law(its_ratios, scale, edges), color=INKS[i % len(INKS)], lw=1.2)
        label = f"{factors} factor{'s' if i else ''}, N = {family.largest.size}"
        averages(axis, 0.5 * (edges[1:] + edges[:-1]), _histograms(eigenvalues, edges), i, label)
    axis.plot([], [], **_LINE)
    axis.set_ylim(0, 1.3 * axis.get_ylim()[1])  # room for the legend
    axis.set_xlabel(r"singular value of the product of weights  $\sigma$")
    axis.set_ylabel("density, averaged over bins")
    axis.legend(loc="upper right")


def _binned_law(ratios: tuple[float, ...], scale: float, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return points and there the density of singular values, averaged over one bin like the data.

    At a hard edge it diverges, and the average over a bin is not the value at its centre.
    """
    low, high, width = edges[0], edges[-1], edges[1] - edges[0]
    u = (np.arange(_GRID) + 0.5) / _GRID
    sigma, slope = low + (high - low) * u**4, 4 * (high - low) * u**3
    weights = 2 * sigma / scale**2 * product_density(ratios, (sigma / scale) ** 2) * slope / _GRID
    below = np.concatenate([[0.0], np.cumsum(weights)])
    ends = low + (high - low) * (np.arange(_GRID + 1) / _GRID) ** 4
    at = np.linspace(low + 0.5 * width, high - 0.5 * width, 200)
    return at, (np.interp(at + 0.5 * width, ends, below) - np.interp(at - 0.5 * width, ends, below)) / width


def _histograms(eigenvalues: FloatArray, edges: FloatArray) -> FloatArray:
    """Return the density of singular values of each network, (networks, bins); zeros count in its total alone."""
    rows = []
    for spectrum in eigenvalues:
        seen = np.sqrt(spectrum[spectrum > _VANISHING * spectrum.max()])
        rows.append(np.histogram(seen, edges)[0] / (spectrum.size * np.diff(edges)))
    return np.array(rows)


def _draw_overlaps(axis: Axes, drawn: SpectraFigure) -> None:
    rows = [(drawn.means, 0, r"$K^\ell_{ab} / \beta^2$"), (drawn.differences, 1, r"$K^\ell_{aa} - K^\ell_{ab}$")]
    for i, (of_layers, first, label) in enumerate(rows):
        layers, limits = np.arange(first, first + len(of_layers)), [point.comparison for point in of_layers]
        axis.plot(layers, [limit.predicted for limit in limits], "-", color=INKS[i], lw=1.2)
        points(axis, layers, [limit.measured for limit in limits], [limit.error for limit in limits], i, label, ms=5)
    axis.plot([], [], **_LINE)
    axis.set_xticks(np.arange(len(drawn.means)))
    axis.set_ylim(bottom=0)
    axis.set_xlabel(r"layer  $\ell$")
    axis.set_ylabel(r"overlap,  $N \to \infty$")
    axis.legend()
