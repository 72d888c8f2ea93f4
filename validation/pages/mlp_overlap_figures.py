"""Figures of overlaps of random MLPs: against beta, against depth, and their distributions."""

from __future__ import annotations

import numpy as np

from validation.pages.mlp_drawing import BETA_LABEL, points, shade_unstable, standard_error, theory_curve
from validation.pages.plots import INKS, figure, to_svg
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlps import MeasuredMlp

_PANELS = 4


def overlaps_figure(family: MlpFamily) -> str:
    """Draw overlaps, two replicas' and one's with itself: against beta, of deep networks against depth."""
    layers = family.largest.layers
    return _against_beta(family) if len(family.layers_compared) == layers else _against_depth(family)


def _against_depth(family: MlpFamily) -> str:
    run = family.largest
    layers = np.arange(run.layers, dtype=np.float64)
    with figure(2) as (drawing, axes):
        for i, slot in enumerate(_slots_shown(run)):
            ink = 2 * i
            solution = next(s for s in family.predictions if np.isclose(s.beta, run.betas[slot]))
            axes[0].plot(layers, [one.mean for one in solution.overlaps], color=INKS[ink])
            axes[1].plot(layers, [one.self_overlap for one in solution.overlaps], color=INKS[ink])
            label = rf"$\beta$ = {run.betas[slot]:.3g}"
            points(axes[0], layers, run.overlaps[:, slot], ink, label)
            points(axes[1], layers, run.self_overlaps[:, slot], ink, label)
        axes[0].set_ylabel(r"overlap of two replicas  $K^\ell_{ab}$")
        axes[1].set_ylabel(r"self-overlap  $K^\ell_{aa}$")
        for axis in axes:
            axis.set_xlabel(r"layer  $\ell$")
            axis.legend()
        return to_svg(drawing)


def _slots_shown(run: MeasuredMlp) -> list[int]:
    """Return the coldest slot, a hot one, and one between them."""
    slots = np.flatnonzero(run.betas > 0)
    return sorted({int(slots[0]), int(slots[slots.size // 2]), int(slots[int(0.8 * slots.size)])})


def _against_beta(family: MlpFamily) -> str:
    run, curve = family.largest, theory_curve(family)
    with figure(2) as (drawing, axes):
        for layer in range(run.layers):
            ink = layer % len(INKS)
            axes[0].plot(curve.beta, curve.mean[:, layer], color=INKS[ink])
            axes[1].plot(curve.beta, curve.self_overlap[:, layer], color=INKS[ink])
            name = "input" if layer == 0 else f"layer {layer}"
            points(axes[0], run.betas, run.overlaps[..., layer], ink, name)
            points(axes[1], run.betas, run.self_overlaps[..., layer], ink, name)
        axes[0].set_ylabel(r"overlap of two replicas  $K^\ell_{ab}$")
        axes[1].set_ylabel(r"self-overlap  $K^\ell_{aa}$")
        for axis in axes:
            axis.set_xlabel(BETA_LABEL)
            shade_unstable(axis, curve)
            axis.legend()
        return to_svg(drawing)


def histogram_figure(family: MlpFamily) -> str:
    """Draw the distribution of the overlap of two replicas in some layers, hot to cold, with the RS values."""
    run = family.largest
    chosen = _slots_shown(run)
    predicted = {s.beta: s for s in family.predictions}
    shown = family.layers_compared
    shown = [shown[round(i)] for i in np.linspace(0, len(shown) - 1, min(len(shown), _PANELS))]
    with figure(len(shown), 3.0) as (drawing, axes):
        for layer, axis in zip(shown, axes, strict=True):
            edges = run.data[f"edges_layer_{layer}"].values
            reach = [0.0, 0.0]
            for i, slot in enumerate(chosen):
                counts = run.data[f"histogram_layer_{layer}"].isel(slot=slot).values.astype(float)
                density = counts / counts.sum(axis=-1, keepdims=True) / np.diff(edges)
                mean, error = density.mean(axis=0), standard_error(density)
                axis.stairs(mean, edges, color=INKS[2 * i], lw=1.4, label=rf"$\beta$ = {run.betas[slot]:g}")
                axis.stairs(mean + error, edges, baseline=mean - error, fill=True, alpha=0.25, color=INKS[2 * i])
                seen = np.flatnonzero(mean > 0.002 * mean.max())
                reach = [min(reach[0], edges[seen[0]]), max(reach[1], edges[seen[-1] + 1])]
                solution = predicted.get(float(run.betas[slot]))
                if solution is not None:
                    axis.axvline(solution.overlaps[layer].mean, color=INKS[2 * i], ls="--", lw=1)
            axis.set_xlim(*reach)
            axis.set_ylim(bottom=0)
            axis.set_title("input" if layer == 0 else f"layer {layer}", fontsize=10)
            axis.set_xlabel(r"overlap  $K_{ab}$")
        axes[0].set_ylabel("density")
        axes[0].legend(loc="upper right")
        return to_svg(drawing)
