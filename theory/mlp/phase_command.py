"""Command ``phase-map``: where replica symmetry is stable, and how it breaks, as JSON and PNG."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from theory.mlp import options
from theory.mlp.phase_map import PhaseMap, draw, phase_map

_EXAMPLE = """\
example:
  %(prog)s --activation sin --depth 1 --betas 0.5:8:16 --weight-variances 0.5:4:8 --out sin-depth-1

writes sin-depth-1.json and sin-depth-1.png. replicon[i][j] belongs to weight_variances[i] and betas[j]; above 1
the replica-symmetric solution is unstable, null where the solver did not converge (see failures). Stability is
local: where replica symmetry breaks with a jump, another solution can win before the replicon reaches 1. With
--breaking, phases[i][j] is RS, 1RSB (one step of breaking is stable), full (it breaks further) or unknown, and jump
lists, for each weight variance, the beta from which on many states exist (dynamical) and the one from which on they
decide (static); where breaking is continuous both are where the replicon is 1. Takes seconds to a minute a point.
Exit codes: 0 done, 2 bad input.
"""


def add_parser(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``phase-map`` to the commands of ``python -m theory``."""
    parser = models.add_parser(
        "phase-map",
        help="stability of replica symmetry of a random MLP over beta and C_W",
        description="Map where the replica-symmetric solution of a random MLP is stable, over beta and C_W.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_network_options(parser)
    parser.add_argument("--betas", type=options.betas, required=True, metavar="LO:HI:N", help="N equally spaced betas")
    parser.add_argument(
        "--weight-variances",
        type=options.weight_variances,
        required=True,
        metavar="LO:HI:N",
        help="N equally spaced C_W",
    )
    parser.add_argument(
        "--tolerance",
        type=options.number_in(1e-11, 1e-2, example="1e-5"),
        default=1e-5,
        help="largest error accepted in the free entropy and the energy at each point (default 1e-5)",
    )
    parser.add_argument(
        "--breaking", action="store_true", help="tell replica symmetric, one-step and full breaking apart"
    )
    parser.add_argument(
        "--out", type=Path, metavar="STEM", help="write STEM.json and STEM.png (default phase-map-ACTIVATION-depth-L)"
    )
    parser.add_argument("--json", action="store_true", help="also print the JSON, instead of a summary")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Solve on the grid, write both files and say what they show."""
    model = options.network(args, 1.0)
    stem: Path = args.out or Path(f"phase-map-{args.activation}-depth-{model.depth}")
    if not stem.parent.is_dir() or not stem.name:
        raise ValueError(f"--out: got '{stem}'; give a file name without ending in a directory that exists")
    progress = _show_progress if sys.stderr.isatty() else None
    result = phase_map(
        model,
        args.betas,
        args.weight_variances,
        tolerance=args.tolerance,
        breaking=args.breaking,
        progress=progress,
    )
    text = json.dumps(_record(result, options.network_record(args, model)), indent=2, allow_nan=False)
    data, picture = (stem.with_name(f"{stem.name}.{ending}") for ending in ("json", "png"))
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
        "ansatz": "rs",
        **network,
        "betas": result.betas.tolist(),
        "weight_variances": result.weight_variances.tolist(),
        "replicon": [[None if value != value else value for value in row] for row in result.replicon.tolist()],
        "boundary": [{"weight_variance": c_w, "beta": beta} for c_w, beta in result.boundary()],
        "failures": [{"weight_variance": c_w, "beta": beta, "reason": reason} for c_w, beta, reason in result.failures],
        **(_breaking_record(result) if result.columns is not None else {}),
    }


def _breaking_record(result: PhaseMap) -> dict[str, object]:
    columns = result.columns or ()
    return {
        "phases": [list(column.phases) for column in columns],
        "breakpoints": [[None if x != x else x for x in column.breakpoints] for column in columns],
        "jump": [
            {"weight_variance": float(c_w), **asdict(column.lines)}
            for c_w, column in zip(result.weight_variances, columns, strict=True)
        ],
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
        if column.lines.static is not None and column.lines.gap is not None:
            lines.append(
                f"at C_W = {c_w:g} states exist from beta {column.lines.dynamical:.4g} and decide from "
                f"{column.lines.static:.4g}, with a jump of {100 * column.lines.gap:.0f} % of k_d - k_0"
            )
    return lines


def _show_progress(done: int, total: int) -> None:
    print(f"\r{done} of {total} points", end="\n" if done == total else "", file=sys.stderr, flush=True)
