"""Figure of replica symmetry breaking: the distribution of overlaps at every size, beside full breaking's."""

from __future__ import annotations

from matplotlib.axes import Axes

from validation.claims.glass import DistributionFigure
from validation.claims.overlap_law import OverlapLaw
from validation.numbers.lattice import density_of_magnitude, lattice_distribution
from validation.pages.plots import MARKERS, averages, figure, label_of, to_svg
from validation.runs.spin_overlaps import slot_overlaps

# Bins of P(|q|).
BINS = 20


def distribution_figure(drawn: DistributionFigure) -> str:
    """Draw P(|q|) over all spins at every size, with full replica symmetry breaking's density and atom."""
    family, law = drawn.family, drawn.law
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, (run, slot) in enumerate(family.at(drawn.entry)):
            shares = lattice_distribution(slot_overlaps(run, slot).total, run.size)
            edges, density = density_of_magnitude(shares, run.size, BINS)
            middles = 0.5 * (edges[1:] + edges[:-1])
            style = {"fmt": f"{MARKERS[i]}-", "lw": 0.6, "ms": 3.5, "capsize": 1.5}
            for axis in axes:
                averages(axis, middles, density, i, f"N = {run.size}", **style)
        top = left.get_ylim()[1]
        for axis in axes:
            _show_law(axis, law, top)
            axis.set_xlabel("overlap over all spins  $|q|$")
        left.set_ylabel(f"density  $P(|q|)$,  {label_of(family.place(drawn.entry))}")
        left.set_ylim(0, top)
        left.set_xlim(0, 1.02)
        left.legend(loc="upper left")
        right.set_title("near $q = 0$", fontsize=10)
        right.set_xlim(0, 0.5 * law.largest)
        right.set_ylim(0, 2.5 * float(law.q.density(law.fractions)[1][0]))
        return to_svg(drawing)


def _show_law(axis: Axes, law: OverlapLaw, top: float) -> None:
    """Draw the smooth part of P(|q|) and its atom at q_EA."""
    q, density, atom = law.q.density(law.fractions)
    axis.plot(q, density, color="0.1", lw=2, label="full RSB")
    axis.plot([law.largest] * 2, [0.0, 0.9 * top], color="0.1", lw=2)
    axis.annotate(f"atom {atom:.2f}", (law.largest, 0.9 * top), ha="center", va="bottom", fontsize=9,
                  annotation_clip=True)  # fmt: skip
