"""Command ``mlp``: the replica prediction for inputs of a random MLP at given inverse temperatures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from theory.commands import mlp_network, readers
from theory.commands.command import Command, add_json_option, as_json, columns
from theory.mlp.model import MlpModel
from theory.mlp.rs.branch import solve_branch
from theory.mlp.rs.saddle import solve_rs
from theory.mlp.rs.solution import LayerOverlap, RSSolution
from theory.mlp.rsb import OverlapDistribution, RSBSolution, solve_frsb, solve_krsb, solve_rsb_branch
from theory.mlp.rsb.solver import MOST_STEPS

Solution = RSSolution | RSBSolution

_EXAMPLE = """\
example:
  %(prog)s --activation tanh --depth 2 --beta 4 --weight-variance 1 --width-ratios 1,1,1 --prior gaussian \\
      --ansatz rs --json
  %(prog)s --activation sin --beta 8 --ansatz krsb --steps 2
  %(prog)s --activation sin --beta 8 --ansatz frsb --json

Free entropy, energy and entropy are per reference width N (N_l = alpha_l N), k_B = 1, relative to the prior;
overlaps are per neuron, mean is int k dx over the overlap function k(x). A replicon above 1 means that the solution
is unstable; with broken replica symmetry it is the largest over the plateaus of k(x), 1 on a continuous part.
Exit codes: 0 solved, 2 bad input, 3 not converged.
"""


_TOLERANCES = {"rs": 1e-8, "krsb": 1e-6, "frsb": 1e-5}
_LEAST_RSB_TOLERANCE = 1e-9
_MARGINAL = 1e-6
_ANSATZ = {
    "rs": "replica symmetric",
    "krsb": "replica symmetry broken in steps",
    "frsb": "full replica symmetry breaking",
}


def _add_options(parser: argparse.ArgumentParser) -> None:
    mlp_network.add_network_options(parser)
    mlp_network.add_weight_variance(parser)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--beta", type=readers.beta, help="one inverse temperature")
    where.add_argument(
        "--betas", type=readers.betas, metavar="LO:HI:N", help="N equally spaced ones, LO to HI: the curve s(e)"
    )
    parser.add_argument(
        "--ansatz",
        choices=["rs", "krsb", "frsb"],
        default="rs",
        help="rs: replica symmetric (the default); krsb: K steps of replica symmetry breaking; frsb: full",
    )
    parser.add_argument(
        "--steps", type=readers.whole(1, MOST_STEPS), metavar="K", help="K of --ansatz krsb (default 1)"
    )
    parser.add_argument(
        "--tolerance",
        type=readers.number_in(1e-11, 1e-2, example="1e-8"),
        help="largest error accepted in the free entropy and the energy (default 1e-8; krsb 1e-6, frsb 1e-5)",
    )
    add_json_option(parser, "print JSON: an object, or a list of them for --betas")


def _run(args: argparse.Namespace) -> None:
    """Solve at the inverse temperature or temperatures asked for and print the result."""
    model = mlp_network.network(args, args.weight_variance)
    solutions = _solve(args, model)
    if args.json:
        records = [_record(args, solution) for solution in solutions]
        print(as_json(records if args.betas else records[0]))
    else:
        print(_heading(args, model) + (_table(solutions) if args.betas else _summary(solutions[0])))


def _solve(args: argparse.Namespace, model: MlpModel) -> Sequence[Solution]:
    if args.steps is not None and args.ansatz != "krsb":
        raise ValueError(f"--steps: got {args.steps} with --ansatz {args.ansatz}; give it with --ansatz krsb only")
    tolerance: float = args.tolerance or _TOLERANCES[args.ansatz]
    if args.ansatz == "rs":
        if args.betas:
            return solve_branch(model, args.betas, tolerance=tolerance)
        return [solve_rs(model, args.beta, tolerance=tolerance)]
    lowest = min(args.betas) if args.betas else args.beta
    if lowest <= 0.0:
        raise ValueError(f"--beta: got {lowest:g} with --ansatz {args.ansatz}; give one above 0, such as 4")
    if tolerance < _LEAST_RSB_TOLERANCE:
        raise ValueError(f"--tolerance: got {tolerance:g} with --ansatz {args.ansatz}; give at least 1e-09")
    steps = (args.steps or 1) if args.ansatz == "krsb" else None
    if args.betas:
        return solve_rsb_branch(model, args.betas, steps, tolerance=tolerance)
    if steps is None:
        return [solve_frsb(model, args.beta, tolerance=tolerance)]
    return [solve_krsb(model, args.beta, steps, tolerance=tolerance)]


def _record(args: argparse.Namespace, solution: Solution) -> dict[str, object]:
    return {
        "model": "mlp",
        "ansatz": args.ansatz,
        **mlp_network.network_record(args, solution.model),
        "weight_variance": solution.model.weight_variance,
        "beta": solution.beta,
        "free_entropy": solution.free_entropy,
        "energy": solution.energy,
        "entropy": solution.entropy,
        "overlaps": [{"self": layer.self_overlap, "mean": layer.mean} for layer in solution.overlaps],
        "replicon": solution.replicon,
        **solution.status.record(),
        **(_broken_record(solution) if isinstance(solution, RSBSolution) else {}),
    }


def _broken_record(solution: RSBSolution) -> dict[str, object]:
    overlaps = solution.overlaps
    return {
        "classification": solution.classification,
        "overlap_function": {
            "x": solution.breakpoints.tolist(),
            "weights": overlaps[0].weights.tolist(),
            "k": [layer.values.tolist() for layer in overlaps],
        },
        "replicons": solution.replicons.tolist(),
    }


def _heading(args: argparse.Namespace, model: MlpModel) -> str:
    ratios = ",".join(f"{ratio:g}" for ratio in model.width_ratios)
    shape = f" (shape {args.shape or 1.0:g})" if mlp_network.network_record(args, model)["shape"] else ""
    return (
        f"Random MLP, {_ANSATZ[args.ansatz]}: {model.activation.name}{shape}, depth {model.depth}, "
        f"width ratios {ratios}, {model.prior} prior\nC_W = {model.weight_variance:g}, C_b = {model.bias_variance:g}\n"
    )


def _summary(solution: Solution) -> str:
    stability = "unstable: replica symmetry is broken" if solution.replicon > 1 else "stable"
    broken = ""
    if isinstance(solution, RSBSolution):
        stability = "stable" if solution.replicon <= 1 + _MARGINAL else "breaks further"
        broken = "\n" + _overlap_table(solution)
    layers: Sequence[LayerOverlap | OverlapDistribution] = solution.overlaps
    overlaps = "\n".join(
        f"  {layer:5d} {overlap.self_overlap:16.10g} {overlap.mean:16.10g}" for layer, overlap in enumerate(layers)
    )
    return (
        f"beta             {solution.beta:.10g}\n"
        f"free entropy     {solution.free_entropy:.10f}\n"
        f"energy           {solution.energy:.10f}\n"
        f"entropy          {solution.entropy:.10f}\n"
        f"replicon         {solution.replicon:.8g} ({stability})\n"
        f"error estimate   {solution.status.error_estimate:.2g} (free entropy and energy)\n"
        f"overlaps, layer             self             mean\n{overlaps}{broken}"
    )


def _overlap_table(solution: RSBSolution) -> str:
    """Return P(overlap): weight and overlap of every plateau, layer by layer."""
    overlaps = solution.overlaps
    lines = [f"classification   {solution.classification}"]
    lines.append(
        "plateaus, weight" + "".join(f" {f'k_{layer}':>13}" for layer in range(len(overlaps))) + "      replicon"
    )
    for i, weight in enumerate(overlaps[0].weights):
        values = "".join(f" {layer.values[i]:13.8g}" for layer in overlaps)
        lines.append(f"  {weight:14.8f}{values} {solution.replicons[i]:13.6f}")
    return "\n".join(lines)


def _table(solutions: Sequence[Solution]) -> str:
    names = ["beta", "free_entropy", "energy", "entropy", "replicon"]
    names += [f"{kind}_{layer}" for layer in range(len(solutions[0].overlaps)) for kind in ("self", "mean")]
    rows = [
        (
            *(solution.beta, solution.free_entropy, solution.energy, solution.entropy, solution.replicon),
            *(value for layer in solution.overlaps for value in (layer.self_overlap, layer.mean)),
        )
        for solution in solutions
    ]
    worst = max(solution.status.error_estimate for solution in solutions)
    return "\n".join([*columns(names, rows), f"largest error estimate {worst:.2g} (free entropy and energy)"])


COMMAND = Command(
    description="Replica prediction for the inputs of a random MLP, drawn from exp(-beta H) times a prior.",
    example=_EXAMPLE,
    add_options=_add_options,
    run=_run,
)
