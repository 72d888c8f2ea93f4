"""What the report shows of random MLPs."""

from __future__ import annotations

from typing import Any

from theory.result import NotConvergedError
from validation.pages import mlp_figures
from validation.pages.run_figures import ladder_figure, sampling
from validation.runs.mlp_family import MlpFamily


def family_section(family: MlpFamily) -> dict[str, Any]:
    """Return figures of the widest run and facts about all, as the template expects."""
    sampled = [(f"{run.name} (widths {', '.join(map(str, run.model.widths))})", sampling(run)) for run in family.runs]
    return {
        "name": family.label,
        "facts": [*_facts(family), *sampled],
        "figures": [
            (
                mlp_figures.thermodynamics_figure(family),
                "Energy and entropy of the widest run against the replica-symmetric line at infinite width. Where "
                "replica symmetry is unstable (grey) the line is not expected to hold.",
            ),
            (
                mlp_figures.overlaps_figure(family),
                "Overlaps of the layers; lines: replica symmetric, infinite width. Errors are over networks.",
            ),
            (
                mlp_figures.distributions_figure(family),
                "Distribution of the overlap of two replicas; dashed: replica-symmetric values. Bands are standard "
                "errors over networks.",
            ),
        ],
        "folded": [("the ladder: exchange and acceptance rates", ladder_figure(family.largest))],
    }


def _facts(family: MlpFamily) -> list[tuple[str, str]]:
    model = family.largest.model
    top = float(family.largest.betas[0])
    try:
        line = family.stability_limit()
        stability = f"up to beta = {top:g}" if line is None else f"below beta = {line:.3f} (replicon 1)"
    except NotConvergedError as error:
        stability = f"not known: {error}"
    return [
        ("network", f"{model.activation}, {model.depth} hidden layer(s), C_W = {model.weight_variance:g}"),
        ("prior", "N(0, 1) inputs" if model.prior == "gaussian" else "inputs on the sphere |x|² = N"),
        ("replica symmetry is stable", stability),
    ]
