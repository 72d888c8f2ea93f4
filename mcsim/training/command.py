"""The command ``mcsim train``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from mcsim.command_line import refuse_to_replace
from mcsim.networks.files import check_output
from mcsim.parallel.agree import on_first_rank
from mcsim.parallel.communicator import Communicator
from mcsim.training.config import TrainConfig, load_training
from mcsim.training.progress import TrainingProgress
from mcsim.training.train import TrainingOutcome, total_steps, train


def add_train_command(commands: Any) -> None:
    """Add the command to the subcommands of a parser."""
    command = commands.add_parser(
        "train",
        help="train a network and keep its weights from the first step on",
        epilog="example: mcsim train scripts/examples/train_digits.toml --out weights.h5",
    )
    command.add_argument("config", type=Path, metavar="CONFIG", help="TOML file; 'mcsim schema train' lists its keys")
    command.add_argument("--out", type=Path, required=True, help="HDF5 file of weights to write (.h5)")
    command.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")
    command.set_defaults(action=_train)


def _train(args: argparse.Namespace, comm: Communicator) -> int:
    # One training has nothing to share: other ranks, if somebody started any, wait for the first.
    outcome = on_first_rank(comm, lambda: _trained(load_training(args.config), args.out, args.overwrite))
    if comm.rank == 0:
        print(json.dumps(as_facts(outcome)) if args.json else _as_text(outcome), flush=True)
    return 0


def _trained(config: TrainConfig, out: Path, overwrite: bool) -> TrainingOutcome:
    check_output(out)
    refuse_to_replace(out, overwrite)
    data = config.data.load()
    with TrainingProgress(total_steps(config, data)) as progress:
        return train(config, out, data=data, watcher=progress)


def as_facts(outcome: TrainingOutcome) -> dict[str, Any]:
    """Return what a program wants to know of a training; errors are fractions."""
    return {
        "file": str(outcome.path),
        "widths": list(outcome.widths),
        "seconds": round(outcome.seconds, 3),
        "stages": [vars(stage) for stage in outcome.stages],
    }


def _as_text(outcome: TrainingOutcome) -> str:
    last = outcome.stages[-1]
    wrong = f"validation error {100 * (last.validation_error or 0.0):.2f} %"
    widths = "-".join(map(str, outcome.widths))
    return (
        f"mcsim: {widths} trained in {outcome.seconds:.0f} s, {wrong}; {len(outcome.stages)} stages in {outcome.path}"
    )
