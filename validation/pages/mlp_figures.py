"""Figures of random MLPs: theory as lines, data as points; grey where replica symmetry is unstable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from scipy.interpolate import PchipInterpolator

from theory.result import NotConvergedError
from validation.numbers.arrays import FloatArray
from validation.pages.plots import BETA_LABEL, INKS, averages, figure, label_of, standard_error, to_svg
from validation.pages.run_figures import draw_histogram
from validation.runs.mlp_family import MlpFamily
from validation.runs.mlps import MeasuredMlp

# MBAR takes a tenth of a second a network.
_DENSITY_SAMPLES = 16
_PANELS = 4


@dataclass(frozen=True)
class TheoryCurve:
    """The replica-symmetric branch between beta = 0 and the coldest slot, interpolated between slots for drawing."""

    beta: FloatArray  #: (points,)
    energy: FloatArray  #: (points,)
    entropy: FloatArray  #: (points,)
    mean: FloatArray  #: (points, layers)
    self_overlap: FloatArray  #: (points, layers)
    unstable_from: float  #: infinite where replica symmetry is stable throughout


def theory_curve(family: MlpFamily) -> TheoryCurve:
    """Return the replica-symmetric line of a family."""
    nodes = np.concatenate([[0.0], family.betas[::-1]])
    solutions = [*family.predict(np.zeros(1)), *reversed(family.predictions)]
    fine = np.linspace(0.0, nodes[-1], 200)

    def smooth(values: list[float] | list[list[float]]) -> FloatArray:
        return np.asarray(PchipInterpolator(nodes, np.array(values))(fine))

    try:
        limit = family.stability_limit()
    except NotConvergedError:
        limit = min((s.beta for s in solutions if s.replicon >= 1.0), default=None)
    return TheoryCurve(
        fine,
        smooth([s.energy for s in solutions]),
        smooth([s.entropy for s in solutions]),
        smooth([[o.mean for o in s.overlaps] for s in solutions]),
        smooth([[o.self_overlap for o in s.overlaps] for s in solutions]),
        np.inf if limit is None else limit,
    )


def _shade_unstable(axis: Axes, curve: TheoryCurve) -> None:
    if curve.unstable_from < curve.beta[-1]:
        axis.axvspan(curve.unstable_from, curve.beta[-1], color="0.88", zorder=0, label="RS unstable")


def thermodynamics_figure(family: MlpFamily) -> str:
    """Draw energy against beta and entropy against energy of the widest run."""
    run, curve = family.largest, theory_curve(family)
    rising = slice(None, None, -1)
    with figure(2) as (drawing, axes):
        left, right = axes
        left.plot(curve.beta, curve.energy, color=INKS[0], label="RS, infinite width")
        averages(left, run.betas[rising], run.energies[:, rising], 1, f"Monte Carlo, N = {run.size}")
        left.set_xlabel(BETA_LABEL)
        left.set_ylabel("energy per input  $e$  [coupling scale]")
        _shade_unstable(left, curve)
        left.legend()
        right.plot(curve.energy, curve.entropy, color=INKS[0], label="RS, infinite width")
        if run.reaches_prior:
            _entropy_points(right, run)
        right.set_xlabel("energy per input  $e$  [coupling scale]")
        right.set_ylabel("entropy relative to the prior  $s$  [nats]")
        right.legend()
        return to_svg(drawing)


def _entropy_points(axis: Axes, run: MeasuredMlp) -> None:
    """Draw s(e), each network at its own energies: at a common one the average would mix temperatures."""
    phi, energies = run.free_entropy_by_integration[0], run.energies[:, ::-1]
    _curve_points(axis, energies, phi + run.betas[::-1] * energies, 0, r"integration over $\beta$")
    few = run.first(_DENSITY_SAMPLES)
    own = few.energies[:, ::-2]
    micro = np.array([pooled.entropy_at(e) for pooled, e in zip(few.reweightings, own, strict=True)])
    seen = np.isfinite(micro).all(axis=0)
    _curve_points(axis, own[:, seen], micro[:, seen], 2, f"density of states (MBAR, {few.samples} networks)")


def _curve_points(axis: Axes, energies: FloatArray, entropies: FloatArray, ink: int, label: str) -> None:
    style = {"xerr": standard_error(energies), "color": INKS[ink + 1]}
    averages(axis, energies.mean(axis=0), entropies, ink, label, **style)


def overlaps_figure(family: MlpFamily) -> str:
    """Draw overlaps, two replicas' and one's with itself: against beta, of deep networks against depth."""
    run = family.largest
    with figure(2) as (drawing, axes):
        kinds = list(zip(axes, ("mean", "self_overlap"), (run.overlaps, run.self_overlaps), strict=True))
        if len(family.layers_compared) == run.layers:
            curve = theory_curve(family)
            for axis, name, samples in kinds:
                for k in range(run.layers):
                    axis.plot(curve.beta, getattr(curve, name)[:, k], color=INKS[k % len(INKS)])
                    averages(axis, run.betas, samples[..., k], k, "input" if k == 0 else f"layer {k}")
                axis.set_xlabel(BETA_LABEL)
                _shade_unstable(axis, curve)
        else:
            layers = np.arange(run.layers, dtype=np.float64)
            for axis, name, samples in kinds:
                for i, slot in enumerate(_slots_shown(run)):
                    solution = next(rs for rs in family.predictions if np.isclose(rs.beta, run.betas[slot]))
                    axis.plot(layers, [getattr(overlap, name) for overlap in solution.overlaps], color=INKS[2 * i])
                    averages(axis, layers, samples[:, slot], 2 * i, label_of(run.place(slot)))
                axis.set_xlabel(r"layer  $\ell$")
        axes[0].set_ylabel(r"overlap of two replicas  $K^\ell_{ab}$")
        axes[1].set_ylabel(r"self-overlap  $K^\ell_{aa}$")
        for axis in axes:
            axis.legend()
        return to_svg(drawing)


def _slots_shown(run: MeasuredMlp) -> list[int]:
    """Return the coldest slot, a hot one, and one between them."""
    slots = np.flatnonzero(run.betas > 0)
    return sorted({int(slots[0]), int(slots[slots.size // 2]), int(slots[int(0.8 * slots.size)])})


def distributions_figure(family: MlpFamily) -> str:
    """Draw the distribution of the overlap of two replicas in some layers, hot to cold, with the RS values."""
    run = family.largest
    slots = _slots_shown(run)
    solutions = {rs.beta: rs for rs in family.predictions}
    at_slots = [solutions.get(float(run.betas[slot])) for slot in slots]
    layers = family.layers_compared
    layers = [layers[round(i)] for i in np.linspace(0, len(layers) - 1, min(len(layers), _PANELS))]
    with figure(len(layers), 3.0) as (drawing, axes):
        for k, axis in zip(layers, axes, strict=True):
            predicted = [None if rs is None else rs.overlaps[k].mean for rs in at_slots]
            axis.set_xlim(*draw_histogram(axis, run, f"layer_{k}", slots, predicted))
            axis.set_title("input" if k == 0 else f"layer {k}", fontsize=10)
            axis.set_xlabel(r"overlap  $K_{ab}$")
        axes[0].set_ylabel("density")
        axes[0].legend(loc="upper right")
        return to_svg(drawing)
