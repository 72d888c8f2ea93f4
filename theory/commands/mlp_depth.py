"""Command ``mlp-depth``: shaped networks of infinite depth, and how networks of finite depth approach them."""

from __future__ import annotations

import argparse

from theory.commands import mlp_network, readers
from theory.commands.command import Command, add_json_option, as_json
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

_SHAPED = readers.one_of(CORRECTIONS, " or ".join(CORRECTIONS), ", which has no limit of infinite depth")
_DEPTHS = readers.whole_numbers_in(
    1, 256, "at least two growing depths from 1 to 256, such as 8,16,32", fewest=2, growing=True
)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--activation", type=_SHAPED, required=True, help=f"{' or '.join(CORRECTIONS)}: they have such a limit"
    )
    mlp_network.add_shape(parser, 1e-3, 1e3, default=1.0)
    parser.add_argument(
        "--tilt",
        type=readers.number_in(0.0, 1e8, example="4"),
        required=True,
        metavar="B",
        help="b = L beta^2, zero or more",
    )
    parser.add_argument(
        "--points",
        type=readers.whole(3, 10_001),
        default=11,
        metavar="N",
        help="depths at which overlaps are printed (default 11)",
    )
    parser.add_argument(
        "--tolerance",
        type=readers.number_in(1e-11, 1e-2, example="1e-9"),
        default=1e-9,
        help="relative residual accepted in the differential equations (default 1e-9)",
    )
    parser.add_argument(
        "--depths", type=_DEPTHS, metavar="L1,L2,..", help="also solve networks of these depths, growing: 8,16,32"
    )
    parser.add_argument(
        "--critical", action="store_true", help="also find the smallest b up to 1e4 at which the replicon is 1"
    )
    add_json_option(parser)


def _run(args: argparse.Namespace) -> None:
    """Solve and print."""
    activation, shape, b = args.activation, args.shape, args.tilt
    if args.depths and b == 0.0:
        raise ValueError("--depths: nothing to compare at --tilt 0; give a positive tilt, such as 4")
    limit = solve_depth_limit(activation, shape, b, points=args.points, tolerance=args.tolerance)
    table = convergence(activation, shape, b, args.depths) if args.depths else None
    critical = {"critical_tilt": critical_tilt(activation, shape)} if args.critical else {}
    if args.json:
        record = {**_record(limit), **critical, **({"convergence": _table_record(table)} if table else {})}
        print(as_json(record))
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
        **limit.status.record(),
        "conserved_spread": limit.conserved_spread,
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


COMMAND = Command(
    description="Replica-symmetric prediction for the inputs of a random shaped MLP of infinite depth.",
    example=_EXAMPLE,
    add_options=_add_options,
    run=_run,
)
