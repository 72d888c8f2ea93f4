"""How solutions of the layered spin model are printed: JSON records, a text summary, a table over temperatures."""

from __future__ import annotations

from collections.abc import Sequence

from theory.commands.command import columns
from theory.layered_sk.couplings import LayeredCouplings
from theory.layered_sk.rs.saddle import RSSolution
from theory.layered_sk.rsb import RSBSolution
from theory.layered_sk.rsb.solution import FEWEST_FOR_DENSITY

Solution = RSSolution | RSBSolution

# The RS replicon is 1 + O((1 - T/T_c)^2): closer than this to 1, rounding decides on which side it falls.
_MARGINAL = 1e-12
# With broken symmetry it tends to 1 as the number of levels grows.
_NEARLY_MARGINAL = 0.1


def record(solution: Solution, couplings: LayeredCouplings, ansatz: str) -> dict[str, object]:
    """Return what ``--json`` prints."""
    common: dict[str, object] = {
        "model": "layered-sk",
        "ansatz": ansatz,
        "widths": list(couplings.widths),
        "variances": list(couplings.variances),
        "temperature": solution.temperature,
        "critical_temperature": solution.critical_temperature,
        "free_energy": solution.free_energy,
        "energy": solution.energy,
        "entropy": solution.entropy,
        "overlaps": largest_overlaps(solution),
        "replicon": solution.replicon,
        **solution.status.record(),
    }
    if isinstance(solution, RSSolution):
        return common
    function, q = solution.overlap_function, solution.overlaps.T.tolist()
    return common | {
        "steps": solution.steps,
        "mean_overlaps": function.moments(1).tolist(),
        "overlap_function": {"x": [0.0, *solution.breakpoints.tolist()], "q": q},
        "overlap_distribution": {"weight": function.weights.tolist(), "q": q},
        "overlap_density": _densities(solution) if ansatz == "frsb" else None,
        "replicon_per_level": solution.replicons.tolist(),
        "marginality": solution.marginality,
    }


def _densities(solution: RSBSolution) -> list[dict[str, object]] | None:
    """Return dx/dq of each layer, or None where there are too few levels for a smooth one."""
    if solution.steps < FEWEST_FOR_DENSITY:
        return None
    densities = [solution.overlap_density(layer) for layer in range(solution.overlaps.shape[1])]
    return [{"q": q.tolist(), "density": density.tolist(), "atom": atom} for q, density, atom in densities]


def largest_overlaps(solution: Solution) -> list[float]:
    """The overlap of each layer within one state: q, or q(1)."""
    if isinstance(solution, RSSolution):
        return list(solution.overlaps)
    return [float(q) for q in solution.overlaps[-1]]


def heading(ansatz: str, title: str, solution: Solution) -> str:
    """Return the lines above a summary or table."""
    names = {
        "rs": "replica symmetric",
        "krsb": f"{0 if isinstance(solution, RSSolution) else solution.steps} steps of replica symmetry breaking",
        "frsb": "full replica symmetry breaking",
    }
    return f"Layered SK, {names[ansatz]}: {title}\ncritical temperature   {solution.critical_temperature:.10g}\n"


def summary(solutions: Sequence[Solution]) -> str:
    """Return the first solution as labelled lines."""
    solution = solutions[0]
    lines = [
        f"temperature            {solution.temperature:.10g}",
        f"free energy per spin   {solution.free_energy:.10f}",
        f"energy per spin        {solution.energy:.10f}",
        f"entropy per spin       {solution.entropy:.10f}",
    ]
    lines += _order_parameters(solution)
    lines.append(f"error estimate         {solution.status.error_estimate:.2g} (free energy and energy)")
    return "\n".join(lines)


def _order_parameters(solution: Solution) -> list[str]:
    overlaps = f"overlaps per layer     {_row(largest_overlaps(solution))}"
    if isinstance(solution, RSSolution) or not solution.steps:
        return [overlaps, f"replicon               {solution.replicon:.8g} ({_stability(solution.replicon)})"]
    low, high = float(solution.replicons.min()), solution.replicon
    levels = zip(solution.overlap_function.weights, solution.overlaps, strict=True)
    return [
        f"{overlaps} (largest)",
        f"mean overlaps          {_row(solution.overlap_function.moments(1).tolist())} (integral of q over x)",
        f"replicon               {low:.8g} to {high:.8g} over the levels ({_broken_stability(high)})",
        f"P(q): {'weight':>16}   overlap of each layer",
        *(f"      {weight:16.8f}   {_row(row)}" for weight, row in levels),
    ]


def _row(values: Sequence[float]) -> str:
    return " ".join(f"{value:.8f}" for value in values)


def _stability(replicon: float) -> str:
    if abs(replicon - 1) < _MARGINAL:
        return "marginal"
    return "unstable: replica symmetry is broken" if replicon > 1 else "stable"


def _broken_stability(replicon: float) -> str:
    return "nearly marginal" if replicon < 1 + _NEARLY_MARGINAL else "unstable: more steps are needed"


def table(solutions: Sequence[Solution]) -> str:
    """Return one line per temperature; the replicon is the largest of all levels."""
    names = ["temperature", "free_energy", "energy", "entropy", "replicon"]
    names += [f"q_{layer}" for layer in range(len(largest_overlaps(solutions[0])))]
    rows = [
        (
            solution.temperature,
            solution.free_energy,
            solution.energy,
            solution.entropy,
            solution.replicon,
            *largest_overlaps(solution),
        )
        for solution in solutions
    ]
    worst = max(solution.status.error_estimate for solution in solutions)
    return "\n".join([*columns(names, rows), f"largest error estimate {worst:.2g} (free energy and energy)"])
