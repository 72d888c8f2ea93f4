"""Command ``layered-sk``: the replica prediction for given widths, variances and temperatures."""

from __future__ import annotations

import argparse
import json
import math

import numpy as np

from theory.layered_sk.couplings import (
    LARGEST_WIDTH,
    SCALE_RANGE,
    VARIANCE_CONVENTIONS,
    LayeredCouplings,
)
from theory.layered_sk.rs import RSSolution, solve_rs

_MOST_TEMPERATURES = 100_000
# The replicon is 1 + O((1 - T/T_c)^2): closer than this to 1, rounding decides on which side it falls.
_MARGINAL = 1e-12
_EXAMPLE = """\
example:
  %(prog)s --widths 784,400,400,400,10 --variance fan-in --temperature 1.0 --ansatz rs --json

Energies and temperatures are in the unit of the couplings (k_B = 1); free energy, energy and entropy are per
spin. A replicon above 1 means that the replica-symmetric solution is unstable.
Exit codes: 0 solved, 2 bad input, 3 not converged.
"""


def add_parser(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``layered-sk`` to the models of ``python -m theory``."""
    parser = models.add_parser(
        "layered-sk",
        help="layers of Ising spins with random couplings (a network before training)",
        description="Replica prediction for layers of Ising spins with random Gaussian couplings.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--widths", type=_widths, required=True, help="spins per layer, such as 784,400,10")
    parser.add_argument(
        "--variance",
        choices=VARIANCE_CONVENTIONS,
        default="fan-in",
        help="sigma_k^2 = C/N_{k-1} (fan-in, the default) or C/sqrt(N_{k-1} N_k) (symmetric)",
    )
    parser.add_argument("--scale", type=_scale, default=1.0, metavar="C", help="C above (default 1)")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--temperature", type=_positive, metavar="T", help="one temperature")
    where.add_argument(
        "--temperatures",
        type=_temperatures,
        metavar="LO:HI:N",
        help="N equally spaced temperatures, LO to HI",
    )
    parser.add_argument("--ansatz", choices=["rs"], default="rs", help="rs: replica symmetric (the default)")
    parser.add_argument(
        "--tolerance",
        type=_positive,
        default=1e-10,
        help="largest error accepted in the free energy and energy, in units of max(T, T_c) (default 1e-10)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON: an object, or a list of them for LO:HI:N")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Solve at the temperature or temperatures asked for and print the result."""
    couplings = LayeredCouplings.from_convention(args.widths, args.variance, args.scale)
    asked: list[float] = args.temperatures or [args.temperature]
    solutions = [solve_rs(couplings, temperature, tolerance=args.tolerance) for temperature in asked]
    if args.json:
        records = [_record(solution, couplings, args.ansatz) for solution in solutions]
        print(json.dumps(records if args.temperatures else records[0], indent=2, allow_nan=False))
    elif args.temperatures:
        print(_heading(args, couplings, solutions[0]) + _table(solutions))
    else:
        print(_heading(args, couplings, solutions[0]) + _summary(solutions[0]))


def _record(solution: RSSolution, couplings: LayeredCouplings, ansatz: str) -> dict[str, object]:
    return {
        "model": "layered-sk",
        "ansatz": ansatz,
        "widths": list(couplings.widths),
        "variances": list(couplings.variances),
        "temperature": solution.temperature,
        "critical_temperature": solution.critical_temperature,
        "free_energy": solution.free_energy,
        "energy": solution.energy,
        "entropy": solution.entropy,
        "overlaps": list(solution.overlaps),
        "replicon": solution.replicon,
        "converged": solution.status.converged,
        "error_estimate": solution.status.error_estimate,
        "residual": solution.status.residual,
        "iterations": solution.status.iterations,
    }


def _heading(args: argparse.Namespace, couplings: LayeredCouplings, solution: RSSolution) -> str:
    widths = ",".join(map(str, couplings.widths))
    return (
        f"Layered SK, replica symmetric: widths {widths}, {args.variance} variance, C = {args.scale:g}\n"
        f"critical temperature   {solution.critical_temperature:.10g}\n"
    )


def _summary(solution: RSSolution) -> str:
    if abs(solution.replicon - 1) < _MARGINAL:
        stability = "marginal"
    else:
        stability = "unstable: replica symmetry is broken" if solution.replicon > 1 else "stable"
    return (
        f"temperature            {solution.temperature:.10g}\n"
        f"free energy per spin   {solution.free_energy:.10f}\n"
        f"energy per spin        {solution.energy:.10f}\n"
        f"entropy per spin       {solution.entropy:.10f}\n"
        f"overlaps per layer     {' '.join(f'{q:.8f}' for q in solution.overlaps)}\n"
        f"replicon               {solution.replicon:.8g} ({stability})\n"
        f"error estimate         {solution.status.error_estimate:.2g} (free energy and energy)"
    )


def _table(solutions: list[RSSolution]) -> str:
    names = ["temperature", "free_energy", "energy", "entropy", "replicon"]
    names += [f"q_{layer}" for layer in range(len(solutions[0].overlaps))]
    lines = [" ".join(f"{name:>12}" for name in names)]
    for solution in solutions:
        values = (
            solution.temperature,
            solution.free_energy,
            solution.energy,
            solution.entropy,
            solution.replicon,
            *solution.overlaps,
        )
        lines.append(" ".join(f"{value:12.6g}" for value in values))
    worst = max(solution.status.error_estimate for solution in solutions)
    return "\n".join([*lines, f"largest error estimate {worst:.2g} (free energy and energy)"])


def _widths(text: str) -> tuple[int, ...]:
    try:
        widths = tuple(int(part) for part in text.split(","))
    except ValueError:
        widths = ()
    if len(widths) < 2 or not all(1 <= width <= LARGEST_WIDTH for width in widths):
        raise argparse.ArgumentTypeError(
            f"got {text!r}; give at least two whole numbers from 1 to 1e15 with commas, such as 784,400,10"
        )
    return widths


def _positive(text: str) -> float:
    value = _number(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"got {text!r}; give a positive finite number, such as 0.5")
    return value


def _scale(text: str) -> float:
    value = _number(text)
    if not SCALE_RANGE[0] <= value <= SCALE_RANGE[1]:
        raise argparse.ArgumentTypeError(f"got {text!r}; give a positive number from 1e-200 to 1e200, such as 1")
    return value


def _temperatures(text: str) -> list[float]:
    low, high, count = [*text.split(":"), "", ""][:3]
    bounds = _number(low), _number(high)
    points = int(count) if count.isdecimal() and len(count) < 10 else 0
    ordered = 0 < bounds[0] < bounds[1] < math.inf
    if text.count(":") != 2 or not ordered or not 2 <= points <= _MOST_TEMPERATURES:
        raise argparse.ArgumentTypeError(
            f"got {text!r}; give LO:HI:N with 0 < LO < HI and N from 2 to 100000, such as 0.2:2:10"
        )
    return [float(temperature) for temperature in np.linspace(*bounds, points)]


def _number(text: str) -> float:
    """Return the number, or NaN, which every range check refuses."""
    try:
        return float(text)
    except ValueError:
        return math.nan
