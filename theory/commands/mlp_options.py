"""Command-line options shared by ``mlp`` and ``phase-map``: what a network is, and how numbers are read."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np

from theory import activations
from theory.mlp.model import PRIORS, MlpModel
from theory.mlp.rsb.solver import MOST_STEPS

LARGEST_BETA = 1e4
_LARGEST_DEPTH = 1000
_VARIANCES = (1e-6, 1e6)
_MOST_POINTS = 10_000


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Add every option that describes the network except the weight variance."""
    parser.add_argument(
        "--activation", type=_activation, required=True, help=f"one of {', '.join(activations.names())}"
    )
    parser.add_argument(
        "--shape",
        type=number_in(1e-6, 1e6),
        metavar="A",
        help="a of shaped-tanh, (sqrt(L)/a) tanh(a z/sqrt(L)), or c of shaped-relu, slopes 1 +- c/sqrt(L) (default 1)",
    )
    parser.add_argument("--depth", type=_depth, metavar="L", help="hidden layers (default 1, or from --width-ratios)")
    parser.add_argument(
        "--width-ratios",
        type=_ratios,
        metavar="A0,..,AL",
        help="alpha_l = N_l/N for the input and every hidden layer (default all 1)",
    )
    parser.add_argument(
        "--bias-variance",
        type=number_in(0.0, _VARIANCES[1]),
        default=0.0,
        metavar="CB",
        help="C_b, added to every covariance of pre-activations (default 0)",
    )
    parser.add_argument(
        "--prior",
        type=_prior,
        default="gaussian",
        help="of the inputs: gaussian, N(0, 1) each (the default), or sphere, uniform on |x|^2 = N_0",
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


def number_in(low: float, high: float, example: str = "1") -> Callable[[str], float]:
    """Return a reader of numbers from `low` to `high`."""

    def read(text: str) -> float:
        value = _number(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"got {text!r}; give a number from {low:g} to {high:g}, such as {example}")
        return value

    return read


def range_in(low: float, high: float, example: str) -> Callable[[str], list[float]]:
    """Return a reader of LO:HI:N, N equally spaced numbers from LO to HI."""

    def read(text: str) -> list[float]:
        parts = text.split(":")
        bounds = [_number(part) for part in parts[:2]]
        points = int(parts[2]) if len(parts) == 3 and parts[2].isdecimal() and len(parts[2]) < 9 else 0
        if not (len(parts) == 3 and low <= bounds[0] < bounds[1] <= high and 2 <= points <= _MOST_POINTS):
            raise argparse.ArgumentTypeError(
                f"got {text!r}; give LO:HI:N with {low:g} <= LO < HI <= {high:g} and N from 2 to {_MOST_POINTS}, "
                f"such as {example}"
            )
        return [float(value) for value in np.linspace(bounds[0], bounds[1], points)]

    return read


weight_variance = number_in(*_VARIANCES)
weight_variances = range_in(*_VARIANCES, example="0.5:4:8")
beta = number_in(0.0, LARGEST_BETA, example="4")
betas = range_in(0.0, LARGEST_BETA, example="0.5:8:16")


def _number(text: str) -> float:
    """Return the number, or NaN, which every range check refuses."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _activation(text: str) -> str:
    if text not in activations.names():
        raise argparse.ArgumentTypeError(f"got {text!r}; give one of {', '.join(activations.names())}")
    return text


def _prior(text: str) -> str:
    if text not in PRIORS:
        raise argparse.ArgumentTypeError(f"got {text!r}; give {' or '.join(PRIORS)}")
    return text


def _depth(text: str) -> int:
    depth = int(text) if text.isdecimal() and len(text) < 9 else 0
    if not 1 <= depth <= _LARGEST_DEPTH:
        raise argparse.ArgumentTypeError(f"got {text!r}; give a whole number from 1 to {_LARGEST_DEPTH}")
    return depth


def _ratios(text: str) -> tuple[float, ...]:
    ratios = tuple(_number(part) for part in text.split(","))
    if len(ratios) < 2 or not all(1e-6 <= ratio <= 1e6 for ratio in ratios):
        raise argparse.ArgumentTypeError(
            f"got {text!r}; give at least two numbers from 1e-06 to 1e+06 with commas, input layer first, such as 1,1,1"
        )
    return ratios


def steps(text: str) -> int:
    """Read a number of steps of replica symmetry breaking."""
    count = int(text) if text.isdecimal() and len(text) < 9 else 0
    if not 1 <= count <= MOST_STEPS:
        raise argparse.ArgumentTypeError(f"got {text!r}; give a whole number from 1 to {MOST_STEPS}")
    return count
