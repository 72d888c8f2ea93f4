"""Command line: ``scripts/benchmark [--quick] [--only SUBJECTS] [--json FILE] [--show FILE] [--pages]``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from threadpoolctl import threadpool_limits

from benchmarks.figures import Figure, Report
from benchmarks.machine import this_machine
from benchmarks.pages import table, write_pages
from benchmarks.race import pin_to_one_core
from benchmarks.settings import QUICK, Settings

ROOT = Path(__file__).resolve().parents[2]
# Each is a file beside this one, with a function `measure`.
SUBJECTS = ("spins", "tempering", "inputs", "moves", "products", "shares", "solvers", "starts", "memory", "ranks")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the subjects asked for; 0 done, 1 where a goal's peer samples something else, 2 bad arguments."""
    args = _arguments(argv)
    report = Report.read(args.show) if args.show else _measured_report(args)
    print(table(report))
    if args.json:
        report.write(args.json)
    if args.pages:
        for page in write_pages(report, ROOT):
            print(f"benchmark: wrote {page}", file=sys.stderr)
    return int(any("DISAGREE" in figure.note for figure in report.figures))


def _measured_report(args: argparse.Namespace) -> Report:
    settings = QUICK if args.quick else Settings()
    machine = this_machine()
    pin_to_one_core()
    with threadpool_limits(1):
        figures = [figure for subject in args.only for figure in _measured(subject, settings)]
    return Report(machine, {"quick": args.quick, "subjects": list(args.only), **asdict(settings)}, tuple(figures))


def _measured(subject: str, settings: Settings) -> list[Figure]:
    begin = time.monotonic()
    print(f"benchmark: {subject}", end="", file=sys.stderr, flush=True)
    figures: list[Figure] = import_module(f"benchmarks.{subject}").measure(settings)
    print(f": {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    return figures


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description="Measure speed, memory and start-up.")
    parser.add_argument("--quick", action="store_true", help="some four minutes: rough figures, smaller networks")
    parser.add_argument("--only", type=_subjects, default=SUBJECTS, metavar="A,B", help=f"some of {','.join(SUBJECTS)}")
    parser.add_argument("--show", type=Path, metavar="JSON", help="measure nothing, show this earlier report")
    parser.add_argument("--json", type=Path, help="write everything measured here")
    parser.add_argument("--pages", action="store_true", help="put the tables into README.md and docs/benchmarks.md")
    return parser.parse_args(argv)


def _subjects(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; choose of {','.join(SUBJECTS)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
