"""What all command lines share: one line for every error, told once, with an exit code that says what kind it was."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from mcsim.parallel.communicator import Communicator, world

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class UsageError(ValueError):
    """The command line is off; the message is one line."""


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints are one line and are raised, so that only one rank prints them."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the arguments."""
        raise UsageError(f"{message} (see '{self.prog} --help')")


def refuse_to_replace(path: Path, overwrite: bool) -> None:
    """Raise a UsageError where a file to write is there already and --overwrite was not given."""
    if path.exists() and not overwrite:
        raise UsageError(f"{path}: is there already; --overwrite replaces it")


def run_command(
    parser: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    expected: dict[type[Exception], int] | None = None,
) -> int:
    """Parse arguments, call ``args.action(args, comm)`` on every rank and return its exit code.

    Bad input (ValueError, and the `expected` exceptions with their own exit codes) is found by all ranks alike and
    told by the first. Any other failure is told by the rank it happened on, which then ends every rank. Set
    MCSIM_DEBUG to see where an error came from.
    """
    comm = world()
    codes: dict[type[Exception], int] = {ValueError: EXIT_BAD_INPUT}
    codes.update(expected or {})
    try:
        args = parser.parse_args(argv)
        action: Callable[[argparse.Namespace, Communicator], int] = args.action
        code: int = action(args, comm)
        return code
    except KeyboardInterrupt:
        _tell(f"{parser.prog}: rank {comm.rank}: interrupted")
        comm.abort(EXIT_INTERRUPTED)
        return EXIT_INTERRUPTED
    except Exception as error:
        if os.environ.get("MCSIM_DEBUG"):
            traceback.print_exc()
        for kind, code in codes.items():
            if isinstance(error, kind):
                if comm.rank == 0:
                    _tell(f"{parser.prog}: {error}")
                return code
        _tell(f"{parser.prog}: rank {comm.rank}: {type(error).__name__}: {error}")
        comm.abort(EXIT_FAILED)
        return EXIT_FAILED


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
