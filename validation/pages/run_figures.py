"""What pages show of runs of spins and of inputs alike: distributions of overlaps, rates along the ladder, sampling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from validation.numbers.arrays import FloatArray
from validation.numbers.compare import LEVEL
from validation.pages.plots import BETA_LABEL, INKS, figure, label_of, standard_error, temperature_axis, to_svg
from validation.runs.mlps import MeasuredMlp
from validation.runs.spins import AnyRun


def draw_histogram(
    axis: Axes, run: AnyRun, name: str, slots: Sequence[int], predicted: Sequence[float | None] = ()
) -> tuple[float, float]:
    """Draw the distribution of an overlap at some slots, with standard errors over samples and predicted values.

    Returns the limits between which nearly all of it is.
    """
    edges, reach = run.data[f"edges_{name}"].values, [0.0, 0.0]
    for i, slot in enumerate(slots):
        counts, ink = run.data[f"histogram_{name}"].isel(slot=slot).values.astype(float), INKS[2 * i]
        density = counts / counts.sum(axis=-1, keepdims=True) / np.diff(edges)
        mean, error = density.mean(axis=0), standard_error(density)
        axis.stairs(mean, edges, color=ink, lw=1.4, label=label_of(run.place(slot)))
        if run.samples > 1:
            axis.stairs(mean + error, edges, baseline=mean - error, fill=True, alpha=0.22, color=ink)
        seen = np.flatnonzero(mean > 0.002 * mean.max())
        reach = [min(reach[0], edges[seen[0]]), max(reach[1], edges[seen[-1] + 1])]
    for i, value in enumerate(predicted):
        if value is not None:
            axis.axvline(value, color=INKS[2 * i], ls="--", lw=1)
    axis.set_ylim(bottom=0)
    return reach[0], reach[1]


def ladder_figure(run: AnyRun) -> str:
    """Draw exchange rates along the ladder, beside the acceptance of moves or, of spins, the flow of replicas."""
    attempts = run.data.exchange_attempts.values[:, :, None]
    exchange = (run.data.exchange_accepted.values / np.maximum(attempts, 1)).mean(axis=(0, 2))
    if isinstance(run, MeasuredMlp):
        x, second = run.betas, run.data.dynamics_acceptance_rate.values.mean(axis=0)
        label = "acceptance rate of moves"
    else:
        keep = np.isfinite(run.temperatures)
        x, second, label = run.temperatures[keep], _flow(run)[keep], "replicas that came from the hot end"
    with figure(2, 2.8) as (drawing, axes):
        axes[0].plot(x[: exchange.size], exchange[: x.size], "o-", ms=4, color=INKS[0])
        axes[0].set_ylabel("exchange rate with the next slot")
        axes[1].plot(x, second, "s-", ms=4, color=INKS[1])
        axes[1].set_ylabel(label)
        for axis in axes:
            axis.set_ylim(0, 1.02)
            if isinstance(run, MeasuredMlp):
                axis.set_xlabel(BETA_LABEL)
            else:
                axis.set_xlim(x[0] * 0.93, x[-1] * 1.07)
                temperature_axis(axis)
        return to_svg(drawing)


def sampling(run: AnyRun) -> str:
    """Return how a run was sampled, and whether it has settled."""
    settings, coldest, p = run.config.run, run.energy_blocking(0, 0), run.equilibration_p_value()
    sweeps = settings.thermalization + run.data.sizes["measurement"] * settings.sweeps_per_measurement
    return (
        f"{run.samples} sample(s), {sweeps} sweeps in each of {settings.copies} ladders of {run.betas.size} slots; "
        f"energies of the 2nd quarter and the 2nd half agree with p = {p:.2g} "
        f"({'settled' if p >= LEVEL else 'NOT SETTLED, thermalise longer'}); autocorrelation of the coldest energy "
        f"{coldest.tau:.1f} rows{'' if coldest.converged else ' at least (blocking still rising)'}; "
        f"{int(run.data.exchange_round_trips.values.sum())} round trips"
    )


def _flow(run: AnyRun) -> FloatArray:
    """Return the share of replicas at each slot that were at the hot end last."""
    visits = run.data.exchange_visits.values.sum(axis=(0, 2))
    return np.asarray(run.data.exchange_visits_from_hot.values.sum(axis=(0, 2)) / np.maximum(visits, 1))
