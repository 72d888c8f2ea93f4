"""Command line of the sampler: ``python -m mcsim run|train|import|schema|info|merge``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcsim.command_line import EXIT_FAILED, EXIT_INTERRUPTED, OneLineParser, UsageError, run_command
from mcsim.config import RunConfig, load_config
from mcsim.import_command import add_import_command
from mcsim.networks.source import weights_in_file
from mcsim.parallel.agree import on_first_rank
from mcsim.parallel.communicator import Communicator
from mcsim.storage.index import merge
from mcsim.storage.summary import as_text, summarise
from mcsim.training.command import add_train_command
from mcsim.training.config import TrainConfig
from mcsim.training.errors import TrainingError

if TYPE_CHECKING:
    from mcsim.simulate import RunOutcome

_SCHEMAS: dict[str, type[RunConfig] | type[TrainConfig]] = {"run": RunConfig, "train": TrainConfig}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = OneLineParser(
        prog="mcsim",
        description="Parallel-tempering Monte Carlo of neural-network Hamiltonians.",
        epilog="example: mpiexec -n 2 mcsim run scripts/examples/random.toml --out out/random",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run", help="sample a configuration", epilog="example: mpiexec -n 8 mcsim run glass.toml --out out/glass"
    )
    run.add_argument(
        "configs", type=Path, nargs="+", metavar="CONFIG", help="TOML file; 'mcsim schema' describes its keys"
    )
    run.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder for the results; of several configurations, one folder each in it",
    )
    run.add_argument(
        "--groups", type=int, help="groups of ranks that work on different samples (default: all they can)"
    )
    run.add_argument("--overwrite", action="store_true", help="replace the results the folder holds")
    run.add_argument(
        "--restart-interrupted", action="store_true", help="compute interrupted samples again, keep the complete ones"
    )
    run.add_argument("--blas-threads", type=int, default=1, help="threads of linear algebra a rank (default: 1)")
    run.add_argument("--json", action="store_true", help="print the outcome as JSON")
    run.set_defaults(action=_run)

    add_train_command(commands)
    add_import_command(commands)

    schema = commands.add_parser("schema", help="print the JSON schema of a configuration")
    schema.add_argument("of", nargs="?", choices=_SCHEMAS, default="run", help="whose configuration (default: run)")
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
    # Numba and SciPy are loaded by those who sample; --help, info and schema answer sooner without them.
    from mcsim.simulate import simulate

    if args.blas_threads < 1:
        raise UsageError(f"--blas-threads: {args.blas_threads} must be at least 1")
    configs = on_first_rank(comm, lambda: [_checked(path) for path in args.configs])
    folders = [args.out] if len(configs) == 1 else [args.out / path.stem for path in args.configs]
    if len(set(folders)) < len(folders):
        raise UsageError("CONFIG: several configurations need different file names, which name their folders")
    for config, folder in zip(configs, folders, strict=True):
        outcome = simulate(
            config,
            folder,
            comm,
            groups=args.groups,
            overwrite=args.overwrite,
            restart_interrupted=args.restart_interrupted,
            blas_threads=args.blas_threads,
        )
        if comm.rank == 0:
            _tell(outcome, as_json=args.json)
        if outcome.stopped:
            return EXIT_INTERRUPTED
    return 0


def _checked(path: Path) -> RunConfig:
    """Return a configuration whose weights file, if it names one, has been read and found usable."""
    config = load_config(path)
    weights_in_file(config)
    return config


def _tell(outcome: RunOutcome, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**vars(outcome), "folder": str(outcome.folder)}), flush=True)
        return
    state = "interrupted; what was committed is kept in" if outcome.stopped else "results in"
    print(f"mcsim: {outcome.computed} of {outcome.samples} samples computed now, {state} {outcome.folder}", flush=True)


def _schema(args: argparse.Namespace, comm: Communicator) -> int:
    if comm.rank == 0:
        print(json.dumps(_SCHEMAS[args.of].model_json_schema(), indent=2))
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
    """Run a subcommand on every rank; 0 done, 1 failed, 2 bad input, 130 interrupted."""
    return run_command(build_parser(), argv, {TrainingError: EXIT_FAILED})


if __name__ == "__main__":
    sys.exit(main())
