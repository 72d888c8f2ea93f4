"""Options that say what a random MLP is, shared by ``mlp``, ``phase-map``, ``mlp-depth`` and ``depth-map``."""

from __future__ import annotations

import argparse

from theory import activations
from theory.commands import readers
from theory.mlp.model import PRIORS, MlpModel

_LARGEST_DEPTH = 1000
_RATIOS = readers.numbers_in(
    1e-6, 1e6, "at least two numbers from 1e-06 to 1e+06 with commas, input layer first, such as 1,1,1", fewest=2
)


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Add every option that describes the network except the weight variance."""
    names = f"one of {', '.join(activations.names())}"
    parser.add_argument("--activation", type=readers.one_of(activations.names(), names), required=True, help=names)
    add_shape(parser, 1e-6, 1e6)
    parser.add_argument(
        "--depth",
        type=readers.whole(1, _LARGEST_DEPTH),
        metavar="L",
        help="hidden layers (default 1, or from --width-ratios)",
    )
    parser.add_argument(
        "--width-ratios",
        type=_RATIOS,
        metavar="A0,..,AL",
        help="alpha_l = N_l/N for the input and every hidden layer (default all 1)",
    )
    parser.add_argument(
        "--bias-variance",
        type=readers.bias_variance,
        default=0.0,
        metavar="CB",
        help="C_b, added to every covariance of pre-activations (default 0)",
    )
    parser.add_argument(
        "--prior",
        type=readers.one_of(PRIORS, " or ".join(PRIORS)),
        default="gaussian",
        help="of the inputs: gaussian, N(0, 1) each (the default), or sphere, uniform on |x|^2 = N_0",
    )


def add_shape(parser: argparse.ArgumentParser, low: float, high: float, default: float | None = None) -> None:
    """Add ``--shape``, from `low` to `high`."""
    parser.add_argument(
        "--shape",
        type=readers.number_in(low, high),
        default=default,
        metavar="A",
        help="a of shaped-tanh, (sqrt(L)/a) tanh(a z/sqrt(L)), or c of shaped-relu, slopes 1 +- c/sqrt(L) (default 1)",
    )


def add_weight_variance(parser: argparse.ArgumentParser) -> None:
    """Add ``--weight-variance``."""
    parser.add_argument(
        "--weight-variance", type=readers.weight_variance, default=1.0, metavar="CW", help="C_W (default 1)"
    )


def network(args: argparse.Namespace, weight_variance: float) -> MlpModel:
    """Return the model the options describe.

    Raises
    ------
    ValueError
        If options contradict each other.
    """
    ratios: tuple[float, ...] | None = args.width_ratios
    depth: int = args.depth or (len(ratios) - 1 if ratios else 1)
    if ratios and len(ratios) != depth + 1:
        raise ValueError(
            f"--width-ratios: got {len(ratios)} numbers with --depth {depth}; give {depth + 1}, input layer first"
        )
    if args.shape is not None and not activations.is_shaped(args.activation):
        raise ValueError(f"--shape: {args.activation} has none; leave it out, or choose shaped-tanh or shaped-relu")
    return MlpModel(
        activation=activations.get(args.activation, depth=depth, shape=args.shape or 1.0),
        width_ratios=ratios or (1.0,) * (depth + 1),
        weight_variance=weight_variance,
        bias_variance=args.bias_variance,
        prior=args.prior,
    )


def network_record(args: argparse.Namespace, model: MlpModel) -> dict[str, object]:
    """Return the network for a JSON record, without its weight variance."""
    return {
        "activation": model.activation.name,
        "shape": (args.shape or 1.0) if activations.is_shaped(args.activation) else None,
        "depth": model.depth,
        "width_ratios": list(model.width_ratios),
        "bias_variance": model.bias_variance,
        "prior": model.prior,
    }
