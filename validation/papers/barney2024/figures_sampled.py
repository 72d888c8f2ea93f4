"""Figures of single networks sampled by Monte Carlo: overlaps from glass to hidden order, energies beside TAP."""

from __future__ import annotations

from validation.networks.figures import energy_figure, overlap_histograms_figure
from validation.networks.histograms import OverlapHistogram
from validation.networks.plain import restored
from validation.papers.barney2024.claims_energy import energy_points_of
from validation.papers.barney2024.evidence import Evidence
from validation.papers.barney2024.measure import OVERLAPS_AT


def overlap_figures(evidence: Evidence) -> dict[str, str]:
    """Return P(q) per layer at every stage sampled, a figure a network."""
    where = f"{OVERLAPS_AT:g} $T_c(t)$"
    return {
        network.name: overlap_histograms_figure(
            [
                (stage["epoch"], [restored(OverlapHistogram, one) for one in stage["histograms"]])
                for stage in result["stages"]
            ],
            where,
        )
        for network, result in evidence.have("melting", evidence.main)
        if result["stages"]
    }


def energy_figures(evidence: Evidence) -> dict[str, str]:
    """Return Monte Carlo energies less those of TAP, a figure a network."""
    return {name: energy_figure(stages) for name, stages in energy_points_of(evidence).items() if stages}
