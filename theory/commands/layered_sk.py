"""Command ``layered-sk``: the replica prediction for given widths, variances and temperatures."""

from __future__ import annotations

import argparse

from theory.commands import readers
from theory.commands.command import Command, add_json_option, as_json
from theory.commands.layered_sk_text import Solution, heading, record, summary, table
from theory.layered_sk.couplings import (
    LARGEST_WIDTH,
    SCALE_RANGE,
    VARIANCE_CONVENTIONS,
    VARIANCE_RANGE,
    LayeredCouplings,
)
from theory.layered_sk.rs.saddle import solve_rs
from theory.layered_sk.rsb import solve_frsb, solve_krsb
from theory.layered_sk.rsb.solve import MOST_STEPS

_MOST_TEMPERATURES = 100_000
_WIDTHS = readers.whole_numbers_in(
    1, LARGEST_WIDTH, "at least two whole numbers from 1 to 1e15 with commas, such as 784,400,10", fewest=2
)
_VARIANCES = readers.numbers_in(
    *VARIANCE_RANGE, "positive finite numbers with commas, one per bond layer, such as 0.002,0.05"
)
_SCALE = readers.number_in(*SCALE_RANGE, wanted="a positive number from 1e-200 to 1e200, such as 1")
_TEMPERATURES = readers.temperatures("0.2:2:10", most=_MOST_TEMPERATURES)
_TOLERANCES = {"rs": 1e-10, "krsb": 1e-9, "frsb": 1e-7}
_EXAMPLE = """\
examples:
  %(prog)s --widths 784,400,400,400,10 --variance fan-in --temperature 1.0 --ansatz rs --json
  %(prog)s --widths 784,400,400,400,10 --temperature 0.3 --ansatz krsb --steps 2
  %(prog)s --widths 500,500 --temperatures 0.1:0.9:5 --ansatz frsb
  %(prog)s --widths 784,256,10 --variances 0.002,0.05 --temperature 0.3 --ansatz frsb --json

Energies and temperatures are in the unit of the couplings (k_B = 1); free energy, energy and entropy are per
spin. A replicon above 1 means that the solution is unstable; with full replica symmetry breaking it is 1, here to 1 %%
on the continuous part of q(x). The last level, its plateau, may be off by 10 %% when very cold. "replicon" is the
largest of all levels.
In the JSON of krsb and frsb, overlap_function gives q(x) of each layer as steps: q[layer][i] holds from x[i] to the
next x (the last one to 1); "overlaps" are the largest, q(1), and mean_overlaps the integrals of q(x).
overlap_distribution is P(|q|): an atom of weight[i] at q[layer][i]. For frsb overlap_density is its continuous limit,
per layer: the density at q, and the weight of the atom at the largest q.
Exit codes: 0 solved, 2 bad input, 3 not converged.
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    _add_couplings(parser)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--temperature", type=readers.positive, metavar="T", help="one temperature")
    where.add_argument(
        "--temperatures",
        type=_TEMPERATURES,
        metavar="LO:HI:N",
        help="N equally spaced temperatures, LO to HI",
    )
    parser.add_argument(
        "--ansatz",
        choices=list(_TOLERANCES),
        default="rs",
        help="rs: replica symmetric (the default), krsb: K steps of replica symmetry breaking, frsb: full",
    )
    parser.add_argument(
        "--steps",
        type=readers.whole(1, MOST_STEPS, 2),
        metavar="K",
        help="steps of krsb (default 1), or levels of frsb (default: as many as the tolerance needs, at least 32)",
    )
    parser.add_argument(
        "--tolerance",
        type=readers.positive,
        help="largest error accepted in the free energy and energy, in units of max(T, T_c) (default 1e-10 for rs, "
        "1e-9 for krsb, 1e-7 for frsb)",
    )
    add_json_option(parser, "print JSON: an object, or a list of them for LO:HI:N")


def _add_couplings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--widths", type=_WIDTHS, required=True, help="spins per layer, such as 784,400,10")
    variances = parser.add_mutually_exclusive_group()
    variances.add_argument(
        "--variance",
        choices=VARIANCE_CONVENTIONS,
        default="fan-in",
        help="sigma_k^2 = C/N_{k-1} (fan-in, the default) or C/sqrt(N_{k-1} N_k) (symmetric)",
    )
    variances.add_argument(
        "--variances",
        type=_VARIANCES,
        metavar="V1,V2,..",
        help="sigma_1^2,sigma_2^2,.. themselves, one between each two neighbouring layers",
    )
    parser.add_argument("--scale", type=_SCALE, metavar="C", help="C of --variance (default 1)")


def _run(args: argparse.Namespace) -> None:
    """Solve at the temperature or temperatures asked for and print the result."""
    couplings, rule = _couplings(args)
    asked: list[float] = args.temperatures or [args.temperature]
    solutions = [_solve(args, couplings, temperature) for temperature in asked]
    if args.json:
        records = [record(solution, couplings, args.ansatz) for solution in solutions]
        print(as_json(records if args.temperatures else records[0]))
        return
    title = f"widths {','.join(map(str, couplings.widths))}, {rule}"
    print(heading(args.ansatz, title, solutions[0]) + (table if args.temperatures else summary)(solutions))


def _couplings(args: argparse.Namespace) -> tuple[LayeredCouplings, str]:
    """Return the couplings asked for and how to name them."""
    if args.variances is None:
        scale = 1.0 if args.scale is None else args.scale
        couplings = LayeredCouplings.from_convention(args.widths, args.variance, scale)
        return couplings, f"{args.variance} variance, C = {scale:g}"
    if args.scale is not None:
        raise ValueError(f"scale: got {args.scale:g} with --variances; give it with --variance, or leave it out")
    couplings = LayeredCouplings.from_variances(args.widths, args.variances)
    return couplings, f"variances {','.join(f'{value:g}' for value in args.variances)}"


def _solve(args: argparse.Namespace, couplings: LayeredCouplings, temperature: float) -> Solution:
    tolerance = args.tolerance or _TOLERANCES[args.ansatz]
    if args.ansatz == "krsb":
        return solve_krsb(couplings, temperature, steps=args.steps or 1, tolerance=tolerance)
    if args.ansatz == "frsb":
        return solve_frsb(couplings, temperature, steps=args.steps, tolerance=tolerance)
    if args.steps is not None:
        raise ValueError(f"steps: got {args.steps} with --ansatz rs; give --ansatz krsb or frsb, or leave --steps out")
    return solve_rs(couplings, temperature, tolerance=tolerance)


COMMAND = Command(
    description="Replica prediction for layers of Ising spins with random Gaussian couplings.",
    example=_EXAMPLE,
    add_options=_add_options,
    run=_run,
)
