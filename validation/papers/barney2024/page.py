"""The paper's page: verdicts, figures and the table of networks in one self-contained HTML file, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from mcsim import __version__
from validation.claims.base import Finding
from validation.numbers.compare import LEVEL, POWER
from validation.pages.report import Untested, as_json
from validation.papers.barney2024 import figures
from validation.papers.barney2024.claims import CLAIMS
from validation.papers.barney2024.claims_growth import growths
from validation.papers.barney2024.evidence import Evidence, crossings
from validation.papers.barney2024.figures_sampled import energy_figures, overlap_figures
from validation.papers.paper import Failure
from validation.papers.parts import write_atomically


def write_page(
    page: Path,
    evidence: Evidence,
    findings: Sequence[Finding],
    untested: Sequence[Untested],
    failures: Sequence[Failure],
) -> None:
    """Write the page, and the findings, fits, table and failures beside it as JSON."""
    environment = Environment(
        loader=PackageLoader("validation.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    rows = table(evidence)
    html = environment.get_template("barney.html").render(
        title="Neural networks as spin models",
        version=__version__,
        label=evidence.label,
        level=LEVEL,
        power=POWER,
        findings=findings,
        sources={name: claim.source for name, claim in CLAIMS.items()},
        untested=untested,
        failures=failures,
        sections=sections(evidence),
        rows=rows,
    )
    document = {
        **as_json(findings, untested),
        "label": evidence.label,
        "networks": rows,
        "fits": fits_as_json(evidence),
        "failed_parts": [vars(failure) for failure in failures],
    }
    write_atomically(page, html)
    write_atomically(page.with_suffix(".json"), json.dumps(document, indent=2))


def sections(evidence: Evidence) -> list[dict[str, str]]:
    """Return title, figure and caption of everything there are data for."""
    drawn: list[tuple[str, Callable[[Evidence], str], str]] = [
        ("Phase diagram", figures.phase_diagram, "Critical temperature of single networks against training time: "
         "points, mean over seeds with their spread. Filled: the paramagnet's I - M crosses zero (hidden order below); "
         "open: it nearly touches zero and turns back (before the order, no transition of one network). Dashed: T_c "
         "of random couplings of the initial variances, below which the untrained network is a glass. The axis is "
         "linear below the first stage stored."),
        ("Stability at initialisation", figures.initial_stability, "Left: least eigenvalue of the Hessian of the "
         "replicated action (replicon sector), at q = 0 and at the replica-symmetric saddle point. Right: least "
         "eigenvalue of I - M of one network. Dotted: 1/T_c. Both vanish or nearly vanish there."),
        ("Where random networks come closest to instability", figures.finite_size, "Means over random networks "
         "against N^(-2/3); filled: the limit; line at the theory."),
        ("Validation error", figures.error_rates, "Mean over seeds. The axis is linear below the first stage stored."),
        ("Stability before and after training", figures.stability_before_after, "Least eigenvalue of I - M of one "
         "network of each kind."),
        ("Growth of the critical temperature", figures.growth, "Points: mean over seeds. Lines: power law (solid) and "
         "logarithm (dotted) fitted from epoch 1 on. Right: deviation from the power law; bars: noise of the shape."),
        ("TAP solutions", figures.solutions, "Pairs of ordered solutions that random starts "
         "led to; T(t) is T_c, or the closest approach before there is one. Open: the census is incomplete, many "
         "starts having found no solution, as in a glass."),
        ("Spectrum of the bond matrix", figures.spectra, "Positive half, before (line: density of random couplings) "
         "and after training."),
        ("Rich against lazy learning", figures.rich_lazy, "Distance of the spectrum from the initial one, and motion "
         "of the weights relative to their size. A small output scale is rich, a large one lazy."),
        ("Monte Carlo: melting", figures.melting, "Binder ratio of the projection on the softest mode against T/T_c; "
         "0.406 (dotted) is a mean-field ferromagnet's value at its transition."),
        ("Monte Carlo: overlaps", figures.susceptibility, "N times the mean squared overlap of two copies, all spins."),
    ]  # fmt: skip
    found = [{"title": title, "svg": draw(evidence), "caption": caption} for title, draw, caption in drawn]
    for name, svg in overlap_figures(evidence).items():
        found.append({"title": f"Overlaps of {name}", "svg": svg, "caption": "P(q) between copies, layer by layer with "
                      "its number of spins, from glass to hidden order; bars: spread between ladders."})  # fmt: skip
    for name, svg in energy_figures(evidence).items():
        found.append({"title": f"Energies of {name}", "svg": svg, "caption": "Monte Carlo less theory. Left: the TAP "
                      "energy alone, which lacks closed loops of bonds; right: with loops, where the state has a "
                      "harmonic neighbourhood."})  # fmt: skip
    return [section for section in found if section["svg"]]


def table(evidence: Evidence) -> list[dict[str, Any]]:
    """Return one row for each condition: errors, T_c, exponents and spectra, with their spread over seeds."""
    fits = growths(evidence)
    rows = []
    for name, networks in evidence.conditions([*evidence.main, *evidence.side]).items():
        trained = [result["stages"][-1] for _, result in evidence.have("train", networks)]
        if not trained:
            continue
        series = [result["stages"] for _, result in evidence.have("critical", networks)]
        spectra = [result["stages"][-1] for _, result in evidence.have("spectrum", networks)]
        first = crossings(series)[0] if series else np.array([])
        fit = fits.get(name)
        rows.append({
            "condition": name,
            "seeds": len(trained),
            "error": _mean([100 * stage["validation_error"] for stage in trained]),
            "initial": _mean([stages[0]["temperature"] for stages in series]),
            "crossing": f"{first[0]:.3g}" if first.size else "none",
            "final": _mean([stages[-1]["temperature"] for stages in series]),
            "exponent": f"{fit.exponent:.3f} ± {fit.error:.3f}" if fit else "",
            "best": fit.best if fit else "",
            "outliers": _mean([stage["outliers"] for stage in spectra], 1),
            "tail": _mean([stage["tail_exponent"] for stage in spectra], 1),
            "moved": _mean([stage["moved"] for stage in spectra]),
        })  # fmt: skip
    return rows


def _mean(values: Sequence[float], digits: int = 2) -> str:
    if not values:
        return ""
    text = f"{np.mean(values):.{digits}f}"
    return text + (f" ± {np.std(values, ddof=1) / np.sqrt(len(values)):.{digits}f}" if len(values) > 1 else "")


def fits_as_json(evidence: Evidence) -> dict[str, Any]:
    """Return the fits to T_c(t) from epoch 1 and from the first crossing."""
    return {
        label: {
            name: {
                "epochs": fit.epochs.tolist(),
                "exponent": fit.exponent,
                "error": fit.error,
                "exponents_of_seeds": fit.exponents.tolist(),
                "noise": fit.noise,
                "goodness": fit.goodness,
                "reduced_chi_squared": fit.reduced,
                "laws": {law.name: {**vars(law), "parameters": list(law.parameters)} for law in fit.laws.values()},
            }
            for name, fit in growths(evidence, earliest).items()
        }
        for label, earliest in (("from_epoch_1", 1.0), ("from_first_crossing", 0.0))
    }
