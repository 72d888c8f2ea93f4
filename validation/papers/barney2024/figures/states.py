"""The paper's figures of states: TAP solutions, the hidden order, Monte Carlo on single networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from validation.networks.figures import (
    binder_figure,
    energy_figure,
    epoch_axis,
    melting_figure,
    overlap_histograms_figure,
)
from validation.networks.order_figures import pattern_figure, projections_figure
from validation.pages.plots import INKS, figure, points, to_svg
from validation.papers.barney2024.evidence import Evidence
from validation.papers.barney2024.states import OVERLAPS_AT, MonteCarlo, OrderSeries, SolutionCount, Where
from validation.papers.paper import Section


def solutions(evidence: Evidence) -> str:
    """Draw the number of TAP solutions found just below melting and in the initial glass, against training time."""
    counts = [(network.kind, evidence.counts(network)) for network in evidence.main if network.seed == 0]
    shown = [(kind, censuses) for kind, censuses in counts if any(count.where == "glass" for count in censuses)]
    if not shown:
        return ""
    places: tuple[tuple[Where, str], ...] = (
        ("melting", "just below melting, 0.9 $T(t)$"),
        ("glass", "cold: most found at any of the temperatures"),
    )
    with figure(2) as (drawing, axes):
        for axis, (where, title) in zip(axes, places, strict=True):
            for i, (kind, censuses) in enumerate(shown):
                _solutions_of(axis, i, kind, _most_found(censuses, where))
            epoch_axis(axis, [count.epoch for _, censuses in shown for count in censuses])
            axis.set_title(title, fontsize=10, loc="left")
            axis.set_ylabel("pairs of solutions found")
            axis.yaxis.set_major_locator(MaxNLocator(integer=True))
            axis.set_ylim(-0.15, max(2.5, 1.35 * axis.get_ylim()[1]))
            axis.legend(loc="upper left", ncols=2, fontsize=8)
        return to_svg(drawing)


def _most_found(counts: Sequence[SolutionCount], where: Where) -> list[SolutionCount]:
    """Return one count an epoch, that of the temperature at which most solutions were found."""
    there = [count for count in counts if count.where == where]
    epochs = sorted({count.epoch for count in there})
    return [max((count for count in there if count.epoch == epoch), key=lambda count: count.pairs) for epoch in epochs]


def _solutions_of(axis: Axes, i: int, kind: str, counts: Sequence[SolutionCount]) -> None:
    epochs = np.array([count.epoch for count in counts])
    complete = np.array([count.verdict == "complete" for count in counts])
    pairs = np.array([count.pairs for count in counts])
    size = 9 - 4 * i  # kinds often agree: larger markers behind smaller ones
    axis.plot(epochs, pairs, ("-", "--")[i % 2], lw=0.8, color=INKS[i], zorder=1 + i)
    for chosen, filled, word in ((complete, True, "complete"), (~complete, False, "incomplete")):
        if chosen.any():
            points(axis, epochs[chosen], pairs[chosen], None, i, filled=filled, ms=size, zorder=1 + i,
                   label=f"{kind}, {word}")  # fmt: skip


def order_sections(evidence: Evidence) -> list[Section]:
    """Return the hidden order of one network of each kind: its pattern beside the images, and what it lies along."""
    sections = []
    for network, series in evidence.have(OrderSeries, [network for network in evidence.main if network.seed == 0]):
        control = evidence.of(OrderSeries, replace(network, shuffled=True))
        if series.in_class_means is None:
            continue
        title = f"Hidden order of {network.name}"
        sections += [
            Section(f"{title}: pattern", pattern_figure(series.orders, series.pixel_mean, series.in_class_means),
                    "Magnetisations of the input layer in the TAP solution at 0.9 T(t), beside the images; white up, "
                    "black down, each on its own scale. Last: the part of it in the span of the classes' means."),
            Section(f"{title}: what it lies along",
                    projections_figure(series.orders, [] if control is None else control.orders),
                    "Left: overlap of the TAP solution with the leading eigenvectors of J and the softest mode of "
                    "I - M. Middle: share of the input layer's pattern in the span of the classes' means, of the means "
                    "of shuffled classes, and along the mean image. Right: the output layer's pattern across "
                    "classes."),
        ]  # fmt: skip
    return sections


# Title, drawing and caption of what Monte Carlo finds on one network.
_SAMPLED: tuple[tuple[str, Callable[[MonteCarlo], str], str], ...] = (
    ("melting", melting_figure, "Where Monte Carlo sees the order along the softest mode melt: where the Binder ratio "
     "of the projection on it takes a mean-field ferromagnet's critical value, and where its spread is largest. Right: "
     "over the T_c of the TAP equations; dashed: a uniform ferromagnet with as many spins as take part in the mode."),
    ("moments", binder_figure, "All spins: Binder ratio of the overlap of two copies, and N times its mean square. "
     "Right: Binder ratio of the projection on the softest mode; 0.406 (dotted) is a mean-field ferromagnet's value at "
     "its transition."),
    ("overlaps", lambda stages: overlap_histograms_figure(stages, f"{OVERLAPS_AT:g} $T_c(t)$"), "P(q) between copies, "
     "layer by layer with its number of spins, from glass to hidden order; bars: spread between ladders."),
    ("energies", energy_figure, "Monte Carlo less theory. Left: the TAP energy alone, which lacks closed loops of "
     "bonds; right: with loops, where the state has a harmonic neighbourhood."),
)  # fmt: skip


def monte_carlo_sections(evidence: Evidence) -> list[Section]:
    """Return what Monte Carlo finds on each network sampled."""
    return [
        Section(f"Monte Carlo on {network.name}: {title}", draw(stages), caption)
        for network, stages in evidence.have(MonteCarlo, evidence.main)
        for title, draw, caption in _SAMPLED
    ]
