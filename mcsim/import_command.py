"""The command ``mcsim import``: a network made elsewhere, or its checkpoints, as a file of ours."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from mcsim.command_line import UsageError, refuse_to_replace
from mcsim.networks.checkpoints import ImportedSeries, import_series
from mcsim.networks.files import stored_epochs
from mcsim.parallel.agree import on_first_rank
from mcsim.parallel.communicator import Communicator

_LEFT_SHOWN = 20


def add_import_command(commands: Any) -> None:
    """Add the command to the subcommands of a parser."""
    command = commands.add_parser(
        "import",
        help="read a network made elsewhere",
        description="Takes the linear layers of .safetensors, .pt, .pth (a state_dict; PyTorch is not needed) or .npz"
        " files: the longest run of 2-d arrays whose shapes continue each other. Says what it took and what it left.",
        epilog="example: mcsim import checkpoints/ --out weights.h5",
    )
    command.add_argument("files", type=Path, nargs="+", metavar="FILE", help="files, or one folder, of one network")
    command.add_argument("--out", type=Path, required=True, help="HDF5 file of weights to write (.h5)")
    command.add_argument("--layers", help="names of the weights, first to last, separated by commas")
    command.add_argument(
        "--order",
        choices=("auto", "in-out", "out-in"),
        default="auto",
        help="how matrices are stored; PyTorch's are out-in (default: as shapes and biases demand, else by the format)",
    )
    command.add_argument(
        "--biases", action=argparse.BooleanOptionalAction, help="take biases or leave them (default: if there are any)"
    )
    command.add_argument(
        "--epochs", help="epoch of each file in natural order of names, separated by commas (default: from the names)"
    )
    command.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    command.add_argument("--json", action="store_true", help="print what was taken as JSON")
    command.set_defaults(action=_import)


def _import(args: argparse.Namespace, comm: Communicator) -> int:
    series = on_first_rank(comm, lambda: _imported(args))
    if comm.rank == 0:
        print(json.dumps(as_facts(series, args.out)) if args.json else as_text(series, args.out))
    return 0


def _imported(args: argparse.Namespace) -> ImportedSeries:
    refuse_to_replace(args.out, args.overwrite)
    series = import_series(
        args.files,
        args.out,
        epochs=None if args.epochs is None else _numbers(args.epochs),
        layers=None if args.layers is None else args.layers.split(","),
        order=args.order,
        biases=args.biases,
    )
    # What is told is what a reader will find.
    assert stored_epochs(args.out) == series.epochs
    return series


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--epochs: {text!r} must be numbers separated by commas") from None


def as_facts(series: ImportedSeries, out: Path) -> dict[str, Any]:
    """Return what a program wants to know of an import."""
    first = series.first
    return {
        "file": str(out),
        "widths": list(first.network.widths),
        "layers": list(first.layers),
        "biases": list(first.biases),
        "order": first.order,
        "doubt": first.doubt,
        "left": [{"name": left.name, "shape": list(left.shape), "why": left.why} for left in first.left],
        "stages": [
            {"file": str(path), "epoch": epoch} for path, epoch in zip(series.sources, series.epochs, strict=True)
        ],
    }


def as_text(series: ImportedSeries, out: Path) -> str:
    """Return what was taken and what was left, one line each."""
    first = series.first
    doubt = f"; {first.doubt}, so check it (--order)" if first.doubt else ""
    lines = [f"mcsim: {'-'.join(map(str, first.network.widths))}, stored {first.order}{doubt}"]
    biases = first.biases or (None,) * len(first.layers)
    for number, (name, bias) in enumerate(zip(first.layers, biases, strict=True), start=1):
        lines.append(f"  layer {number}: {name}" + (f", bias {bias}" if bias else ""))
    lines += [f"  left: {left.name} {left.shape}: {left.why}" for left in first.left[:_LEFT_SHOWN]]
    if len(first.left) > _LEFT_SHOWN:
        lines.append(f"  left: {len(first.left) - _LEFT_SHOWN} more (--json lists all)")
    lines += [f"  epoch {epoch:g}: {path.name}" for path, epoch in zip(series.sources, series.epochs, strict=True)]
    return "\n".join([*lines, f"mcsim: {len(series.epochs)} stage(s) in {out}"])
