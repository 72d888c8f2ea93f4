"""Command ``depth-map``: what depth does to a random MLP whose activation is not shaped."""

from __future__ import annotations

import argparse
import math

from theory import activations
from theory.commands import mlp_network, readers
from theory.commands.command import Command, add_json_option, as_json, null_if_nan
from theory.mlp.depth.effect import DepthEffect, depth_effect
from theory.mlp.depth.propagation import edge_of_chaos

_EXAMPLE = """\
example:
  %(prog)s --activation sin --weight-variance 1.5 --beta 2 --depths 1,2,4 --critical-up-to 16 --json

chi is the factor by which a layer of the untilted network multiplies the squared distance of nearby inputs: order
below 1, chaos above; the depth scale is 1 / |log chi| layers. At the edge of chaos, an activation's own C_W, signals
from small inputs neither grow nor vanish. Energies and entropies are replica symmetric, per width,
k_B = 1; hot slope is -e / beta as beta -> 0. critical beta is where the replicon first reaches 1, n/a where it stays
below up to the beta asked for. Depth 16 takes seconds, a critical beta ten to thirty times as long, relu most.
Exit codes: 0 solved, 2 bad input, 3 not converged.
"""

_LARGEST_DEPTH = 64
_DEPTHS = readers.whole_numbers_in(
    1, _LARGEST_DEPTH, f"whole numbers from 1 to {_LARGEST_DEPTH} with commas, such as 1,2,4,8"
)


def _add_options(parser: argparse.ArgumentParser) -> None:
    plain = [name for name in activations.names() if not activations.is_shaped(name)]
    parser.add_argument("--activation", choices=plain, required=True, help=f"one of {', '.join(plain)}", metavar="NAME")
    mlp_network.add_weight_variance(parser)
    parser.add_argument("--beta", type=readers.beta, default=1.0, help="inverse temperature (default 1)")
    parser.add_argument("--depths", type=_DEPTHS, default=(1, 2, 4, 8), metavar="L1,L2,..", help="default 1,2,4,8")
    parser.add_argument(
        "--critical-up-to",
        type=readers.number_in(0.2, readers.LARGEST_BETA, example="16"),
        default=0.0,
        metavar="BETA",
        help="also find where the replicon reaches 1, up to this inverse temperature",
    )
    parser.add_argument(
        "--tolerance",
        type=readers.number_in(1e-11, 1e-2, example="1e-5"),
        default=1e-5,
        help="largest error accepted in free entropy and energy (default 1e-5)",
    )
    add_json_option(parser)


def _run(args: argparse.Namespace) -> None:
    """Solve and print."""
    effect = depth_effect(
        args.activation,
        args.weight_variance,
        args.beta,
        args.depths,
        beta_max=args.critical_up_to,
        tolerance=args.tolerance,
    )
    print(as_json(_record(effect)) if args.json else _summary(effect))


def _rows(effect: DepthEffect) -> list[dict[str, float | int | None]]:
    names = ("energy", "entropy", "free_entropy", "replicon", "hot_energy_slope", "critical_beta", "seconds")
    columns = [getattr(effect, name).tolist() for name in names]
    return [
        {"depth": depth, **{name: null_if_nan(value) for name, value in zip(names, row, strict=True)}}
        for depth, *row in zip(effect.depths.tolist(), *columns, strict=True)
    ]


def _record(effect: DepthEffect) -> dict[str, object]:
    limit = effect.propagation
    return {
        "model": "depth-map",
        "ansatz": "rs",
        "activation": effect.activation,
        "weight_variance": effect.weight_variance,
        "beta": effect.beta,
        "chi": limit.chi,
        "phase": limit.phase,
        # Infinite is no number in JSON.
        "self_overlap": limit.self_overlap if math.isfinite(limit.self_overlap) else None,
        "depth_scale": limit.depth_scale if math.isfinite(limit.depth_scale) else None,
        "edge_of_chaos": edge_of_chaos(activations.get(effect.activation)),
        "critical_up_to": effect.beta_max or None,
        "depths": _rows(effect),
    }


def _summary(effect: DepthEffect) -> str:
    limit = effect.propagation
    lines = [
        f"Random MLP, replica symmetric: {effect.activation}, equal widths, C_W = {effect.weight_variance:g}, "
        f"beta = {effect.beta:g}",
        f"chi = {limit.chi:.6g} ({limit.phase}), depth scale {limit.depth_scale:.4g} layers, "
        f"self-overlap after many layers {limit.self_overlap:.6g}; edge of chaos at "
        f"C_W = {edge_of_chaos(activations.get(effect.activation)):.6g}",
        "depth        energy       entropy    replicon   hot slope  critical beta  seconds",
    ]
    for row in _rows(effect):
        critical = "n/a" if row["critical_beta"] is None else f"{row['critical_beta']:.5g}"
        lines.append(
            f"{row['depth']:5d} {row['energy']:13.8f} {row['entropy']:13.8f} {row['replicon']:11.5g} "
            f"{row['hot_energy_slope']:11.5g} {critical:>14} {row['seconds']:8.2f}"
        )
    return "\n".join(lines)


COMMAND = Command(
    description="What depth does to a random MLP: order or chaos, energy, entropy, loss of replica symmetry.",
    example=_EXAMPLE,
    add_options=_add_options,
    run=_run,
)
