"""Command line of the predictions: ``python -m theory MODEL ...``."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from theory.commands import depth_map, layered_sk, mlp, mlp_depth, phase_map, spectrum, tap
from theory.result import NotConvergedError

_READER_GONE = 128 + 13  # what a shell reports for a program that SIGPIPE ends


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaint is one line, without the usage in front of it."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and exit with code 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; each model adds a subcommand whose ``run(args)`` prints the prediction."""
    parser: argparse.ArgumentParser = OneLineParser(
        prog="mcsim-theory",
        description="Replica predictions for neural-network Hamiltonians.",
    )
    models = parser.add_subparsers(dest="model", required=True, metavar="MODEL")
    layered_sk.add_parser(models)
    mlp.add_parser(models)
    phase_map.add_parser(models)
    mlp_depth.add_parser(models)
    depth_map.add_parser(models)
    tap.add_parser(models)
    spectrum.add_parser(models)
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
