"""Command line of the predictions: ``python -m theory MODEL ...``."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence

from theory.commands.command import CommandParser, OneLineParser
from theory.result import NotConvergedError

_READER_GONE = 128 + 13  # what a shell reports for a program that SIGPIPE ends

# What each module of `theory.commands` that is a command does, by the command's name.
COMMANDS = {
    "layered-sk": "layers of Ising spins with random couplings (a network before training)",
    "mlp": "inputs of a random MLP, weighted by exp(-beta H)",
    "phase-map": "phases of a random MLP over beta and C_W: replica symmetric, one-step or full breaking",
    "mlp-depth": "shaped MLPs in the limit of infinite depth",
    "depth-map": "energy, entropy, order and chaos of random MLPs against depth",
    "tap": "states of one network: TAP solutions, their number, and its critical temperature",
    "spectrum": "eigenvalues of one network's bond matrix: edge, outliers, tail, distance from random couplings",
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; the arguments it parses have ``run(args)``, which prints the prediction."""
    parser: argparse.ArgumentParser = OneLineParser(
        prog="mcsim-theory",
        description="Replica predictions for neural-network Hamiltonians.",
    )
    models = parser.add_subparsers(dest="model", required=True, metavar="MODEL", parser_class=CommandParser)
    for name, what in COMMANDS.items():
        models.add_parser(name, help=what, module=f"theory.commands.{name.replace('-', '_')}")
    return parser


def attach_negative_values(argv: Sequence[str]) -> list[str]:
    """Join ``--option -5,3`` into ``--option=-5,3``.

    argparse takes such a value for an option and says only that one is missing; joined, it reaches the check
    that names it.
    """
    joined: list[str] = []
    for word in argv:
        negative = re.match(r"-(\d|\.\d|inf|nan)", word, re.IGNORECASE)
        if negative and joined and re.fullmatch(r"--[a-z][a-z-]*", joined[-1]):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def main(argv: Sequence[str] | None = None) -> int:
    """Run one prediction; exit code 2 for bad input, 3 where a solver did not converge, 141 if the reader has gone."""
    try:
        try:
            return _predict(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # `| head` has read enough. Python flushes once more when it ends, which must not find the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE


def _predict(argv: Sequence[str] | None) -> int:
    parser = build_parser()
    args = parser.parse_args(attach_negative_values(sys.argv[1:] if argv is None else argv))
    try:
        args.run(args)
    except ValueError as error:
        print(f"mcsim-theory: {error}", file=sys.stderr)
        return 2
    except NotConvergedError as error:
        print(f"mcsim-theory: not converged: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
