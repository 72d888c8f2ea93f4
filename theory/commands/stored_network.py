"""Options of the commands that read one network from a file of weights, ``tap`` and ``spectrum``."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from theory.arrays import FloatArray
from theory.commands import readers
from theory.weights import StoredNetwork, read_network, stored_epochs


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Add the file and the epochs to read from it."""
    parser.add_argument("weights", type=Path, help="file of weights in the layout mcsim-weights (.h5)")
    parser.add_argument(
        "--epoch",
        type=readers.epochs,
        metavar="E[,E...]|all",
        help="one epoch, several with commas, or all of those stored (default the last)",
    )


def networks(args: argparse.Namespace) -> list[StoredNetwork]:
    """Return the networks asked for.

    Raises
    ------
    ValueError
        If the file cannot be read or an epoch is not stored; the message lists those that are.
    """
    if args.epoch is None:
        return [read_network(args.weights)]
    epochs = stored_epochs(args.weights) if args.epoch == readers.EVERY_EPOCH else args.epoch
    return [read_network(args.weights, epoch) for epoch in epochs]


def one_or_list(args: argparse.Namespace, records: list[dict[str, object]], *, many: bool = False) -> object:
    """Return the record itself for one epoch, a list where several were asked for."""
    several = many or args.epoch == readers.EVERY_EPOCH or (args.epoch is not None and len(args.epoch) > 1)
    return records if several else records[0]


def read_states(path: Path, spins: int) -> FloatArray:
    """Return magnetisations from a .npy file stored as (states, spins), transposed to (spins, states).

    Raises
    ------
    ValueError
        One line: not a .npy file of numbers from -1 to 1 with one per spin.
    """
    try:
        stored = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        words = " ".join(str(error).split())[:160]
        raise ValueError(f"--from-states: '{path}' cannot be read ({words}); give a .npy file") from error
    if not isinstance(stored, np.ndarray) or stored.dtype.kind not in "fiu" or stored.ndim not in (1, 2):
        raise ValueError(f"--from-states: '{path}' holds no 1-d or 2-d array of numbers; give shape (states, {spins})")
    states = np.atleast_2d(stored.astype(np.float64))
    if states.shape[1] != spins or not states.size:
        raise ValueError(f"--from-states: '{path}' has shape {stored.shape}; give (states, {spins}), one number a spin")
    if not np.all(np.abs(states) <= 1):
        raise ValueError(f"--from-states: '{path}' has an entry that is not from -1 to 1; give spins or magnetisations")
    return np.ascontiguousarray(states.T)
