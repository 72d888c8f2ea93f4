"""The paper's page besides its verdicts: figures, the table of networks, and the same with all fits as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mcsim.estimators.jackknife import mean_and_error
from validation.networks.sampled_order import SampledOrder
from validation.numbers.json_values import to_json
from validation.papers.barney2024.couplings import SpectrumSeries
from validation.papers.barney2024.evidence import Evidence, by_condition, crossings
from validation.papers.barney2024.figures import couplings, states, training
from validation.papers.barney2024.fits import Growth
from validation.papers.barney2024.plan import NetworkSpec
from validation.papers.barney2024.states import MonteCarlo
from validation.papers.barney2024.tasks import Trained
from validation.papers.paper import Content, Section

_FIGURES: list[tuple[str, Callable[[Evidence], str], str]] = [
    ("Phase diagram", training.phase_diagram, "Critical temperature of single networks against training time: "
     "points, mean over seeds with their spread. Filled: the paramagnet's I - M crosses zero (hidden order below); "
     "open: it nearly touches zero and turns back (before the order, no transition of one network). Dashed: T_c "
     "of random couplings of the initial variances, below which the untrained network is a glass. The axis is "
     "linear below the first stage stored."),
    ("Stability at initialisation", couplings.initial_stability, "Left: least eigenvalue of the Hessian of the "
     "replicated action (replicon sector), at q = 0 and at the replica-symmetric saddle point. Right: least "
     "eigenvalue of I - M of one network. Dotted: 1/T_c. Both vanish or nearly vanish there."),
    ("Where random networks come closest to instability", couplings.finite_size, "Means over random networks "
     "against N^(-2/3), less the theory's T_c on the left; filled: the limit."),
    ("Validation error", training.error_rates, "Mean over seeds. The axis is linear below the first stage stored."),
    ("Stability before and after training", couplings.stability_before_after, "Least eigenvalue of I - M of one "
     "network of each kind."),
    ("Growth of the critical temperature", training.growth, "Points: mean over seeds. Lines: power law (solid) and "
     "logarithm (dotted) fitted from epoch 1 on. Right: deviation from the power law; bars: noise of the shape."),
    ("TAP solutions", states.solutions, "Pairs of ordered solutions that random starts "
     "led to; T(t) is T_c, or the closest approach before there is one. Open: the census is incomplete, many "
     "starts having found no solution, as in a glass."),
    ("Spectrum of the bond matrix", couplings.spectra, "Positive half, before (line: density of random couplings) "
     "and after training."),
    ("Rich against lazy learning", couplings.rich_lazy, "Distance of the spectrum from the initial one, and motion "
     "of the weights relative to their size. A small output scale is rich, a large one lazy."),
]  # fmt: skip


def content(evidence: Evidence) -> Content:
    """Return what the page shows."""
    drawn = [Section(title, draw(evidence), caption) for title, draw, caption in _FIGURES]
    rows, orders = table(evidence), sampled_orders(evidence)
    return Content(
        [*drawn, *states.order_sections(evidence), *states.monte_carlo_sections(evidence)],
        values={"rows": rows, "orders": orders},
        document={"networks": rows, "fits": fits_as_json(evidence), "sampled_orders": orders},
    )


def table(evidence: Evidence) -> list[dict[str, Any]]:
    """Return one row for each condition: errors, T_c, exponents and spectra, with their spread over seeds."""
    fits = evidence.growths()
    return [
        {"condition": str(condition), **_row(evidence, networks, fits.get(condition))}
        for condition, networks in by_condition([*evidence.main, *evidence.side]).items()
        if evidence.have(Trained, networks)
    ]


def _row(evidence: Evidence, networks: Sequence[NetworkSpec], fit: Growth | None) -> dict[str, Any]:
    trained = [stages[-1] for _, stages in evidence.have(Trained, networks)]
    series = evidence.critical(networks)
    spectra = [spectrum.stages[-1] for _, spectrum in evidence.have(SpectrumSeries, networks)]
    first = crossings(series)[0] if series else np.array([])
    return {
        "seeds": len(trained),
        "error": _mean([100 * (stage.validation_error or 0.0) for stage in trained]),
        "initial": _mean([network.stages[0].temperature for network in series]),
        "crossing": f"{first[0]:.3g}" if first.size else "none",
        "final": _mean([network.stages[-1].temperature for network in series]),
        "exponent": f"{fit.exponent:.3f} ± {fit.error:.3f}" if fit else "",
        "best": fit.best if fit else "",
        "outliers": _mean([stage.outliers for stage in spectra], 1),
        "tail": _mean([stage.tail_exponent for stage in spectra], 1),
        "moved": _mean([stage.moved for stage in spectra]),
    }


def sampled_orders(evidence: Evidence) -> list[dict[str, Any]]:
    """Return one row for each epoch sampled by Monte Carlo that has a TAP solution: how much of its order is that."""
    return [
        {"network": network.name, "epoch": stage.epoch, **to_json(SampledOrder, stage.order)}
        for network, stages in evidence.have(MonteCarlo, evidence.main)
        for stage in stages
        if stage.order is not None
    ]


def _mean(values: Sequence[float], digits: int = 2) -> str:
    if not values:
        return ""
    mean, error = mean_and_error(np.array(values))
    return f"{mean:.{digits}f}" + (f" ± {error:.{digits}f}" if len(values) > 1 else "")


def fits_as_json(evidence: Evidence) -> dict[str, Any]:
    """Return the fits to T_c(t) from epoch 1 and from the first crossing."""
    return {
        label: {str(condition): _fit_as_json(fit) for condition, fit in evidence.growths(earliest).items()}
        for label, earliest in (("from_epoch_1", 1.0), ("from_first_crossing", 0.0))
    }


def _fit_as_json(fit: Growth) -> dict[str, Any]:
    return {
        "epochs": fit.epochs.tolist(),
        "exponent": fit.exponent,
        "error": fit.error,
        "exponents_of_seeds": fit.exponents.tolist(),
        "noise": fit.noise,
        "goodness": fit.goodness,
        "reduced_chi_squared": fit.reduced,
        "laws": {law.name: {**vars(law), "parameters": list(law.parameters)} for law in fit.laws.values()},
    }
