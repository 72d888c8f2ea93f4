"""Command line of the predictions: ``python -m theory MODEL ...``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from theory.layered_sk import command as layered_sk
from theory.result import NotConvergedError


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; each model adds a subcommand whose ``run(args)`` prints the prediction."""
    parser = argparse.ArgumentParser(
        prog="mcsim-theory",
        description="Replica predictions for neural-network Hamiltonians.",
    )
    models = parser.add_subparsers(dest="model", required=True, metavar="MODEL")
    layered_sk.add_parser(models)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one prediction; exit code 2 for bad input, 3 where a solver did not converge."""
    parser = build_parser()
    args = parser.parse_args(argv)
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
