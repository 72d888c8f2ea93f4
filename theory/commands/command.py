"""What every command is made of, and the parser that reads a command's module only when it is asked for."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn


@dataclass(frozen=True)
class Command:
    """One command; every module of this package that is a command has one, called ``COMMAND``.

    Attributes
    ----------
    description, example : str
        What ``--help`` says above and below the options.
    add_options : callable
        Adds the options to the parser.
    run : callable
        Does what the options ask for and prints it. Raises ValueError for options that contradict each other,
        `theory.result.NotConvergedError` where a solver gives up.
    """

    description: str
    example: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaint is one line, without the usage in front of it."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and exit with code 2."""
        self.exit(2, f"{self.prog}: {message}\n")


class CommandParser(OneLineParser):
    """The parser of one command.

    The solvers of all commands together take seconds to import; so a command's module is imported when arguments are
    to be parsed, which happens to the command asked for alone.

    Parameters
    ----------
    module : str
        Name of the module that has the ``COMMAND``.
    """

    def __init__(self, *, module: str, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self._module: str | None = module

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as `argparse.ArgumentParser`; the result has the command's ``run``."""
        if self._module is not None:
            command: Command = import_module(self._module).COMMAND
            self.description, self.epilog = command.description, command.example
            command.add_options(self)
            self.set_defaults(run=command.run)
            self._module = None
        return super().parse_known_args(args, namespace)


def add_json_option(parser: argparse.ArgumentParser, what: str = "print JSON") -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help=what)


def as_json(record: object) -> str:
    """Return a record as JSON; infinities and NaN are refused."""
    return json.dumps(record, indent=2, allow_nan=False)


def null_if_nan(value: float) -> float | None:
    """Return a number for JSON, which has no NaN."""
    return None if math.isnan(value) else value


def columns(names: Sequence[str], rows: Iterable[Iterable[float]]) -> list[str]:
    """Return the lines of a table of numbers below their names."""
    lines = [" ".join(f"{name:>12}" for name in names)]
    return lines + [" ".join(f"{value:12.6g}" for value in row) for row in rows]
