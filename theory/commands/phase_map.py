"""Command ``phase-map``: where replica symmetry is stable, and how it breaks, as JSON and PNG."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from theory.commands import mlp_network, readers
from theory.commands.command import Command, add_json_option, as_json, null_if_nan
from theory.mlp.phases.column import PHASES
from theory.mlp.phases.phase_map import PhaseMap, phase_map
from theory.mlp.phases.scaling import Scaling

_EXAMPLE = """\
example:
  %(prog)s --activation sin --depth 1 --betas 2:14:7 --weight-variances 1:4:4 --out sin-depth-1
  %(prog)s --activation tanh --width-ratios 1,2,1 --betas 2:14:4 --weight-variances 1:4:4
  %(prog)s --activation sin --depth 1 --betas 0.5:8:16 --weight-variances 0.5:4:8 --stability-only

writes STEM.json and STEM.png. Entry [i][j] of a table belongs to weight_variances[i] and betas[j]:
  replicon   of the replica-symmetric solution; above 1 it is unstable, null where the solver did not converge
  phases     RS; 1RSB, one step of breaking is stable; full, its plateaus break further; or unknown (see failures)
  one_step   breakpoint x and plateau replicons of the one-step solution, with their error estimate
lines lists, for each weight variance, the beta of the continuous line (replicon = 1), the dynamical one (a one-step
solution first exists) and the static one (its free energy crosses that of replica symmetry), and the onset: continuous,
jump, none below the largest beta, or unknown. For relu and other positively homogeneous activations without biases one
column is solved and the others follow (scaling). Takes seconds to a minute a point, more at depth 3;
--stability-only gives the replicon alone, in a fraction of the time; another solution can win before it reaches 1.
Exit codes: 0 done, 2 bad input, 3 not converged.
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    mlp_network.add_network_options(parser)
    parser.add_argument("--betas", type=readers.betas, required=True, metavar="LO:HI:N", help="N equally spaced betas")
    parser.add_argument(
        "--weight-variances",
        type=readers.weight_variances,
        required=True,
        metavar="LO:HI:N",
        help="N equally spaced C_W",
    )
    parser.add_argument(
        "--tolerance",
        type=readers.number_in(1e-11, 1e-2, example="1e-5"),
        default=1e-5,
        help="largest error accepted in the free entropy and the energy at each point (default 1e-5)",
    )
    parser.add_argument(
        "--stability-only", action="store_true", help="only where replica symmetry is stable: the quick map"
    )
    parser.add_argument(
        "--out", type=Path, metavar="STEM", help="write STEM.json and STEM.png (default phase-map-ACTIVATION-depth-L)"
    )
    add_json_option(parser, "also print the JSON, instead of a summary")


def _run(args: argparse.Namespace) -> None:
    """Solve on the grid, write both files and say what they show."""
    model = mlp_network.network(args, 1.0)
    stem: Path = args.out or Path(f"phase-map-{args.activation}-depth-{model.depth}")
    if not stem.parent.is_dir() or not stem.name:
        raise ValueError(f"--out: got '{stem}'; give a file name without ending in a directory that exists")
    progress = _show_progress if sys.stderr.isatty() else None
    result = phase_map(
        model,
        args.betas,
        args.weight_variances,
        tolerance=args.tolerance,
        breaking=not args.stability_only,
        progress=progress,
    )
    text = as_json(_record(result, mlp_network.network_record(args, model)))
    data, picture = (stem.with_name(f"{stem.name}.{ending}") for ending in ("json", "png"))
    from theory.commands.phase_picture import draw  # matplotlib, which only this needs

    try:
        data.write_text(text + "\n", encoding="utf-8")
        draw(result, f"{model.activation.name}, depth {model.depth}, {model.prior} prior", picture)
    except OSError as error:
        raise ValueError(
            f"--out: cannot write '{stem}' ({error.strerror}); give a place that can be written"
        ) from error
    print(text if args.json else _summary(result, data, picture))


def _record(result: PhaseMap, network: dict[str, object]) -> dict[str, object]:
    return {
        "model": "mlp",
        "ansatz": "rs" if result.columns is None else "rs, krsb",
        **network,
        "betas": result.betas.tolist(),
        "weight_variances": result.weight_variances.tolist(),
        "replicon": [[null_if_nan(value) for value in row] for row in result.replicon.tolist()],
        "boundary": [{"weight_variance": c_w, "beta": beta} for c_w, beta in result.boundary()],
        "failures": [{"weight_variance": c_w, "beta": beta, "reason": reason} for c_w, beta, reason in result.failures],
        **(_breaking_record(result) if result.columns is not None else {}),
    }


def _breaking_record(result: PhaseMap) -> dict[str, object]:
    columns = result.columns or ()
    return {
        "phases": [list(column.phases) for column in columns],
        "one_step": [[None if point is None else asdict(point) for point in column.one_step] for column in columns],
        "lines": [
            {
                "weight_variance": float(c_w),
                "onset": column.onset,
                "continuous": column.continuous,
                **asdict(column.lines),
            }
            for c_w, column in zip(result.weight_variances, columns, strict=True)
        ],
        "scaling": None if result.scaling is None else _scaling_record(result.scaling),
    }


def _scaling_record(scaling: Scaling) -> dict[str, object]:
    c_w, beta, phi, scaled_phi = scaling.checked
    return {
        "statement": "solved at C_W = 1; phases, replicons and breakpoints depend on beta * C_W**((L+1)/2) alone",
        "betas_at_unit_weight_variance": list(scaling.betas),
        "checked_at": {"weight_variance": c_w, "beta": beta, "free_entropy": phi, "free_entropy_scaled": scaled_phi},
    }


def _summary(result: PhaseMap, data: Path, picture: Path) -> str:
    solved = result.replicon[result.replicon == result.replicon]
    lines = [
        f"{solved.size} of {result.replicon.size} points solved; RS stable at {int((solved < 1).sum())}, "
        f"unstable at {int((solved > 1).sum())}",
        *_jump_lines(result),
        *(f"replicon = 1 at C_W = {c_w:g}, beta = {beta:.4g}" for c_w, beta in result.boundary()),
        f"wrote {data} and {picture}",
    ]
    return "\n".join(lines)


def _jump_lines(result: PhaseMap) -> list[str]:
    lines = []
    for c_w, column in zip(result.weight_variances, result.columns or (), strict=bool(result.columns)):
        counts = ", ".join(f"{name} {column.phases.count(name)}" for name in PHASES if name in column.phases)
        text = f"C_W = {c_w:g}: points {counts}; breaking sets in: {column.onset}"
        if column.onset == "jump" and column.lines.dynamical is not None:
            text += f", states exist from beta {column.lines.dynamical:.4g}"
            if column.lines.static is not None and column.lines.gap is not None:
                text += f" and decide from {column.lines.static:.4g}, {100 * column.lines.gap:.0f} % of k_d - k_0 apart"
        lines.append(text)
    return lines


def _show_progress(done: int, total: int) -> None:
    print(f"\r{done} of {total} weight variances", end="\n" if done == total else "", file=sys.stderr, flush=True)


COMMAND = Command(
    description="Tell replica symmetric, one-step and full breaking of a random MLP apart, over beta and C_W.",
    example=_EXAMPLE,
    add_options=_add_options,
    run=_run,
)
