"""Command line of the sampler: ``python -m mcsim run|schema|info|merge``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from mcsim.config import RunConfig, load_config
from mcsim.parallel.agree import on_first_rank
from mcsim.parallel.communicator import Communicator, world
from mcsim.storage.index import merge
from mcsim.storage.summary import as_text, summarise

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class UsageError(ValueError):
    """The command line is off; the message is one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see '{self.prog} --help')")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = _Parser(
        prog="mcsim",
        description="Parallel-tempering Monte Carlo of neural-network Hamiltonians.",
        epilog="example: mpiexec -n 2 mcsim run scripts/examples/random.toml --out out/random",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run", help="sample a configuration", epilog="example: mpiexec -n 8 mcsim run glass.toml --out out/glass"
    )
    run.add_argument("config", type=Path, help="TOML file; 'mcsim schema' describes its keys")
    run.add_argument("--out", type=Path, required=True, help="folder for the results")
    run.add_argument("--groups", type=int, help="groups of ranks that work on different samples (default: all they can)")
    run.add_argument("--overwrite", action="store_true", help="replace the results the folder holds")
    run.add_argument("--blas-threads", type=int, default=1, help="threads of linear algebra a rank (default: 1)")
    run.add_argument("--json", action="store_true", help="print the outcome as JSON")
    run.set_defaults(action=_run)

    schema = commands.add_parser("schema", help="print the JSON schema of a configuration")
    schema.set_defaults(action=_schema)

    info = commands.add_parser("info", help="summarise a result", epilog="example: mcsim info out/glass/index.h5")
    info.add_argument("file", type=Path, help="a run's folder, its index.h5, a sample's file or a merged file")
    info.add_argument("--json", action="store_true", help="print the summary as JSON")
    info.set_defaults(action=_info)

    join = commands.add_parser(
        "merge", help="make one self-contained file", epilog="example: mcsim merge out/glass/index.h5 --out glass.h5"
    )
    join.add_argument("index", type=Path, help="index.h5 of a run")
    join.add_argument("--out", type=Path, required=True, help="file to write")
    join.set_defaults(action=_merge)
    return parser


def _run(args: argparse.Namespace, comm: Communicator) -> int:
    from mcsim.simulate import simulate

    if args.blas_threads < 1:
        raise UsageError(f"--blas-threads: {args.blas_threads} must be at least 1")
    config = on_first_rank(comm, lambda: load_config(args.config))
    outcome = simulate(
        config, args.out, comm, groups=args.groups, overwrite=args.overwrite, blas_threads=args.blas_threads
    )
    if comm.rank == 0:
        if args.json:
            print(json.dumps({**vars(outcome), "folder": str(outcome.folder)}))
        else:
            state = "interrupted; what was committed is kept in" if outcome.stopped else "results in"
            print(f"mcsim: {outcome.computed} of {outcome.samples} samples computed now, {state} {outcome.folder}")
    return EXIT_INTERRUPTED if outcome.stopped else 0


def _schema(args: argparse.Namespace, comm: Communicator) -> int:
    if comm.rank == 0:
        print(json.dumps(RunConfig.model_json_schema(), indent=2))
    return 0


def _info(args: argparse.Namespace, comm: Communicator) -> int:
    if comm.rank == 0:
        facts = summarise(args.file)
        print(json.dumps(facts) if args.json else as_text(facts))
    return 0


def _merge(args: argparse.Namespace, comm: Communicator) -> int:
    if comm.rank == 0:
        samples = merge(args.index, args.out)
        print(f"mcsim: {samples} sample(s) merged into {args.out}")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand on every rank; 0 done, 1 failed, 2 bad input, 130 interrupted.

    Bad input is found by all ranks alike and told once. Any other failure is told by the rank it happened on, which
    then ends every rank.
    """
    comm = world()
    try:
        args = build_parser().parse_args(argv)
        code: int = args.action(args, comm)
        return code
    except ValueError as error:
        if comm.rank == 0:
            print(f"mcsim: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print(f"mcsim: rank {comm.rank}: interrupted", file=sys.stderr)
        comm.abort(EXIT_INTERRUPTED)
        return EXIT_INTERRUPTED
    except Exception as error:
        if os.environ.get("MCSIM_DEBUG"):
            raise
        print(f"mcsim: rank {comm.rank}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        comm.abort(1)
        return 1


if __name__ == "__main__":
    sys.exit(main())
