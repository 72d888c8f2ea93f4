"""Command ``mlp``: the replica prediction for inputs of a random MLP at given inverse temperatures."""

from __future__ import annotations

import argparse
import json

from theory.mlp import options
from theory.mlp.branch import solve_branch
from theory.mlp.model import MlpModel
from theory.mlp.rs import solve_rs
from theory.mlp.solution import RSSolution

_EXAMPLE = """\
example:
  %(prog)s --activation tanh --depth 2 --beta 4 --weight-variance 1 --width-ratios 1,1,1 --prior gaussian \\
      --ansatz rs --json

Free entropy, energy and entropy are per reference width N (N_l = alpha_l N), k_B = 1, relative to the prior;
overlaps are per neuron. A replicon above 1 means that the replica-symmetric solution is unstable.
Exit codes: 0 solved, 2 bad input, 3 not converged.
"""


def add_parser(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``mlp`` to the models of ``python -m theory``."""
    parser = models.add_parser(
        "mlp",
        help="inputs of a random MLP, weighted by exp(-beta H)",
        description="Replica prediction for the inputs of a random MLP, drawn from exp(-beta H) times a prior.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_network_options(parser)
    parser.add_argument(
        "--weight-variance", type=options.weight_variance, default=1.0, metavar="CW", help="C_W (default 1)"
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--beta", type=options.beta, help="one inverse temperature")
    where.add_argument(
        "--betas", type=options.betas, metavar="LO:HI:N", help="N equally spaced ones, LO to HI: the curve s(e)"
    )
    parser.add_argument("--ansatz", choices=["rs"], default="rs", help="rs: replica symmetric (the default)")
    parser.add_argument(
        "--tolerance",
        type=options.number_in(1e-11, 1e-2, example="1e-8"),
        default=1e-8,
        help="largest error accepted in the free entropy and the energy (default 1e-8)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON: an object, or a list of them for --betas")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Solve at the inverse temperature or temperatures asked for and print the result."""
    model = options.network(args, args.weight_variance)
    if args.betas:
        solutions = solve_branch(model, args.betas, tolerance=args.tolerance)
    else:
        solutions = [solve_rs(model, args.beta, tolerance=args.tolerance)]
    if args.json:
        records = [_record(args, solution) for solution in solutions]
        print(json.dumps(records if args.betas else records[0], indent=2, allow_nan=False))
    else:
        print(_heading(args, model) + (_table(solutions) if args.betas else _summary(solutions[0])))


def _record(args: argparse.Namespace, solution: RSSolution) -> dict[str, object]:
    return {
        "model": "mlp",
        "ansatz": args.ansatz,
        **options.network_record(args, solution.model),
        "weight_variance": solution.model.weight_variance,
        "beta": solution.beta,
        "free_entropy": solution.free_entropy,
        "energy": solution.energy,
        "entropy": solution.entropy,
        "overlaps": [{"self": layer.self_overlap, "mean": layer.mean} for layer in solution.overlaps],
        "replicon": solution.replicon,
        "converged": solution.status.converged,
        "error_estimate": solution.status.error_estimate,
        "residual": solution.status.residual,
        "iterations": solution.status.iterations,
    }


def _heading(args: argparse.Namespace, model: MlpModel) -> str:
    ratios = ",".join(f"{ratio:g}" for ratio in model.width_ratios)
    shape = f" (shape {args.shape or 1.0:g})" if options.network_record(args, model)["shape"] else ""
    return (
        f"Random MLP, replica symmetric: {model.activation.name}{shape}, depth {model.depth}, width ratios {ratios}, "
        f"{model.prior} prior\nC_W = {model.weight_variance:g}, C_b = {model.bias_variance:g}\n"
    )


def _summary(solution: RSSolution) -> str:
    stability = "unstable: replica symmetry is broken" if solution.replicon > 1 else "stable"
    overlaps = "\n".join(
        f"  {layer:5d} {overlap.self_overlap:16.10g} {overlap.mean:16.10g}"
        for layer, overlap in enumerate(solution.overlaps)
    )
    return (
        f"beta             {solution.beta:.10g}\n"
        f"free entropy     {solution.free_entropy:.10f}\n"
        f"energy           {solution.energy:.10f}\n"
        f"entropy          {solution.entropy:.10f}\n"
        f"replicon         {solution.replicon:.8g} ({stability})\n"
        f"error estimate   {solution.status.error_estimate:.2g} (free entropy and energy)\n"
        f"overlaps, layer             self             mean\n{overlaps}"
    )


def _table(solutions: list[RSSolution]) -> str:
    names = ["beta", "free_entropy", "energy", "entropy", "replicon"]
    names += [f"{kind}_{layer}" for layer in range(len(solutions[0].overlaps)) for kind in ("self", "mean")]
    lines = [" ".join(f"{name:>12}" for name in names)]
    for solution in solutions:
        values = [solution.beta, solution.free_entropy, solution.energy, solution.entropy, solution.replicon]
        values += [value for layer in solution.overlaps for value in (layer.self_overlap, layer.mean)]
        lines.append(" ".join(f"{value:12.6g}" for value in values))
    worst = max(solution.status.error_estimate for solution in solutions)
    return "\n".join([*lines, f"largest error estimate {worst:.2g} (free entropy and energy)"])
