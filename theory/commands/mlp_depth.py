"""Command ``mlp-depth``: shaped networks of infinite depth, and how networks of finite depth approach them."""

from __future__ import annotations

import argparse
import json
from itertools import pairwise

from theory.commands import mlp_options
from theory.mlp.depth import DepthConvergence, DepthSolution, convergence, critical_tilt, solve_depth_limit
from theory.mlp.depth.convergence import QUANTITIES
from theory.mlp.depth.correction import CORRECTIONS

_EXAMPLE = """\
examples:
  %(prog)s --activation shaped-tanh --shape 1.0 --tilt 4.0 --json
  %(prog)s --activation shaped-tanh --shape 1.0 --tilt 4.0 --depths 8,16,32
  %(prog)s --activation shaped-relu --shape 1.0 --tilt 16 --critical

Equal widths, C_W = 1, beta^2 = b / L, t = l / L, L -> infinity; both priors have this limit. Free entropy and entropy
are L times, energy sqrt(L) times the value per reference width N, k_B = 1, relative to the prior; overlaps are
per neuron. A replicon above 1 means that the replica-symmetric solution is unstable.
--depths also solves networks of those depths layer by layer, and extrapolates them in 1/L: seconds up to depth 32,
half a minute for shaped-relu at large b.
Exit codes: 0 solved, 2 bad input, 3 not converged.
"""

_SHAPES = (1e-3, 1e3)


def add_parser(models: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``mlp-depth`` to the commands of ``python -m theory``."""
    parser = models.add_parser(
        "mlp-depth",
        help="shaped MLPs in the limit of infinite depth",
        description="Replica-symmetric prediction for the inputs of a random shaped MLP of infinite depth.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--activation", type=_shaped, required=True, help=f"{' or '.join(CORRECTIONS)}: they have such a limit"
    )
    parser.add_argument(
        "--shape",
        type=mlp_options.number_in(*_SHAPES),
        default=1.0,
        metavar="A",
        help="a of shaped-tanh, (sqrt(L)/a) tanh(a z/sqrt(L)), or c of shaped-relu, slopes 1 +- c/sqrt(L) (default 1)",
    )
    parser.add_argument(
        "--tilt",
        type=mlp_options.number_in(0.0, 1e8, example="4"),
        required=True,
        metavar="B",
        help="b = L beta^2, zero or more",
    )
    parser.add_argument(
        "--points", type=_points, default=11, metavar="N", help="depths at which overlaps are printed (default 11)"
    )
    parser.add_argument(
        "--tolerance",
        type=mlp_options.number_in(1e-11, 1e-2, example="1e-9"),
        default=1e-9,
        help="relative residual accepted in the differential equations (default 1e-9)",
    )
    parser.add_argument(
        "--depths", type=_depths, metavar="L1,L2,..", help="also solve networks of these depths, growing: 8,16,32"
    )
    parser.add_argument(
        "--critical", action="store_true", help="also find the smallest b up to 1e4 at which the replicon is 1"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Solve and print."""
    activation, shape, b = args.activation, args.shape, args.tilt
    if args.depths and b == 0.0:
        raise ValueError("--depths: nothing to compare at --tilt 0; give a positive tilt, such as 4")
    limit = solve_depth_limit(activation, shape, b, points=args.points, tolerance=args.tolerance)
    table = convergence(activation, shape, b, args.depths) if args.depths else None
    critical = {"critical_tilt": critical_tilt(activation, shape)} if args.critical else {}
    if args.json:
        record = {**_record(limit), **critical, **({"convergence": _table_record(table)} if table else {})}
        print(json.dumps(record, indent=2, allow_nan=False))
        return
    print(_summary(limit))
    if args.critical:
        b_c = critical["critical_tilt"]
        print(f"replicon = 1 at b = {b_c:.8g}" if b_c else "replicon below 1 at every b looked at up to 1e4")
    if table:
        print(_table(table))


def _record(limit: DepthSolution) -> dict[str, object]:
    return {
        "model": "mlp-depth",
        "ansatz": "rs",
        "activation": limit.activation,
        "shape": limit.shape,
        "tilt": limit.b,
        "scaled_free_entropy": limit.scaled_free_entropy,
        "scaled_energy": limit.scaled_energy,
        "scaled_entropy": limit.scaled_entropy,
        "replicon": limit.replicon,
        "overlaps": [
            {"t": t, "self": k_d, "mean": k0} for t, k_d, k0 in zip(*map(list, _profiles(limit)), strict=True)
        ],
        "converged": limit.status.converged,
        "error_estimate": limit.status.error_estimate,
        "residual": limit.status.residual,
        "conserved_spread": limit.conserved_spread,
        "iterations": limit.status.iterations,
    }


def _profiles(limit: DepthSolution) -> tuple[list[float], list[float], list[float]]:
    return limit.t.tolist(), limit.k_d.tolist(), limit.k0.tolist()


def _table_record(table: DepthConvergence) -> dict[str, object]:
    return {
        "depths": table.depths.tolist(),
        "quantities": {
            name: {
                "layered": table.layered[name].tolist(),
                "limit": table.limit[name],
                "extrapolated": table.extrapolated[name],
                "extrapolation_error": table.extrapolation_error[name],
            }
            for name in QUANTITIES
        },
    }


def _summary(limit: DepthSolution) -> str:
    stability = "unstable: replica symmetry is broken" if limit.replicon > 1 else "stable"
    rows = "\n".join(f"  {t:8.4f} {k_d:16.10g} {k0:16.10g}" for t, k_d, k0 in zip(*_profiles(limit), strict=True))
    return (
        f"Random MLP of infinite depth, replica symmetric: {limit.activation} (shape {limit.shape:g}), C_W = 1, "
        f"beta^2 = b / L\n"
        f"b                {limit.b:.10g}\n"
        f"L free entropy   {limit.scaled_free_entropy:.10g}\n"
        f"sqrt(L) energy   {limit.scaled_energy:.10g}\n"
        f"L entropy        {limit.scaled_entropy:.10g}\n"
        f"replicon         {limit.replicon:.8g} ({stability})\n"
        f"error estimate   {limit.status.error_estimate:.2g} (free entropy and energy)\n"
        f"overlaps, t = l/L            self             mean\n{rows}"
    )


def _table(table: DepthConvergence) -> str:
    names = [f"L = {depth}" for depth in table.depths]
    lines = [f"{'':>13}" + "".join(f"{name:>14}" for name in [*names, "extrapolated", "+-", "infinite"])]
    for name in QUANTITIES:
        values = [*table.layered[name], table.extrapolated[name], table.extrapolation_error[name], table.limit[name]]
        lines.append(f"{name:>13}" + "".join(f"{value:14.7g}" for value in values))
    return "\n".join(lines)


def _shaped(text: str) -> str:
    if text not in CORRECTIONS:
        raise argparse.ArgumentTypeError(
            f"got {text!r}, which has no limit of infinite depth; give {' or '.join(CORRECTIONS)}"
        )
    return text


def _points(text: str) -> int:
    points = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 3 <= points <= 10_001:
        raise argparse.ArgumentTypeError(f"got {text!r}; give a whole number from 3 to 10001")
    return points


def _depths(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    depths = tuple(int(part) if part.isdecimal() and len(part) < 5 else 0 for part in parts)
    growing = all(low < high for low, high in pairwise(depths))
    if len(depths) < 2 or not growing or depths[0] < 1 or depths[-1] > 256:
        raise argparse.ArgumentTypeError(
            f"got {text!r}; give at least two growing depths from 1 to 256, such as 8,16,32"
        )
    return depths
