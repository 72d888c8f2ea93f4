"""What the report shows of a run of spins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mcsim.config import FileNetwork
from validation.pages import spin_figures
from validation.pages.run_figures import ladder_figure, sampling
from validation.runs.spin_family import couplings_of, own_couplings
from validation.runs.spins import MeasuredRun


def run_section(run: MeasuredRun) -> dict[str, Any]:
    """Return what the report shows of one run of spins."""
    if run.is_gaussian:
        couplings, name = couplings_of(run), "replica-symmetric prediction"
    else:
        couplings, name = own_couplings(run), "RS, random with these variances"
    return {
        "name": run.name,
        "facts": _facts(run),
        "figures": [
            (
                spin_figures.run_figure(run, couplings, name),
                "Energy and overlaps. Below T_c (dotted) the RS line is not expected to hold: that is the glass. "
                "At finite N the measured overlap does not vanish above T_c: it is of order N^(-1/2).",
            ),
            (
                spin_figures.overlaps_figure(run),
                "Distribution of the overlap of two replicas; bands are standard errors over samples.",
            ),
        ],
        "folded": [("the ladder: exchange rates and flow of replicas", ladder_figure(run))],
    }


def _facts(run: MeasuredRun) -> list[tuple[str, str]]:
    network = run.network
    if isinstance(network, FileNetwork):
        epoch = "" if network.epoch is None else f", epoch {network.epoch:g}"
        source = f"{Path(network.path).name}{epoch}; {run.samples} independent repeat(s)"
    else:
        source = f"Gaussian, {network.variance}, C = {network.scale:g}; {run.samples} disorder samples"
    return [
        ("network", source),
        ("widths", ", ".join(str(n) for n in run.widths)),
        ("spins", str(run.size)),
        ("sampling", sampling(run)),
        ("largest deviation of fields and energies", f"{float(run.data.dynamics_drift.max()):.1e} of their scale"),
    ]
