"""Somebody else's checkpoints as one file of ours: a stage of training for each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from mcsim.networks.files import FOREIGN_SUFFIXES, check_output, natural_order, save_weights
from mcsim.networks.importing import ImportedNetwork, OrderChoice, import_network
from mcsim.networks.layered import LayeredWeights
from mcsim.networks.weights_checks import WeightsError, fault
from mcsim.networks.weights_hdf5 import Stage

_NUMBER = r"\d+(?:\.\d+)?"


@dataclass(frozen=True, eq=False)
class ImportedSeries:
    """What an import did.

    Attributes
    ----------
    sources : tuple of Path
        The files, in order of epoch.
    epochs : tuple of float
    first : ImportedNetwork
        How the first was read; the others have the same layers.
    """

    sources: tuple[Path, ...]
    epochs: tuple[float, ...]
    first: ImportedNetwork


def import_series(
    paths: Sequence[Path],
    out: Path,
    *,
    epochs: Sequence[float] | None = None,
    layers: Sequence[str] | None = None,
    order: OrderChoice = "auto",
    biases: bool | None = None,
) -> ImportedSeries:
    """Read one network or several checkpoints of one, and write them to an HDF5 file, whole or not at all.

    Parameters
    ----------
    paths : sequence of Path
        Files, or one folder, whose files of a known suffix are taken.
    out : Path
        File to write (.h5 or .hdf5); an existing one is replaced.
    epochs : sequence of float, optional
        Epoch of each file, in natural order of the names. By default the number that follows "epoch" in each
        name, else the last number in it; 0 for a single file without a number.
    layers, order, biases
        As in `import_network`. What is found in the first file is asked of the others.

    Raises
    ------
    WeightsError
        One line naming the file, where something does not fit.
    """
    check_output(out)
    files = checkpoint_files(paths)
    given = [epoch_in_name(path, alone=len(files) == 1) for path in files] if epochs is None else list(epochs)
    if len(given) != len(files):
        raise WeightsError(f"{len(given)} epochs for {len(files)} files; give one for each, in natural order of names")
    dated = sorted(zip(given, files, strict=True), key=lambda pair: pair[0])
    for (epoch, path), (next_epoch, next_path) in pairwise(dated):
        if epoch == next_epoch:
            raise fault(next_path, f"is of epoch {epoch:g} like {path.name}; give the epochs of all files")
    first = import_network(dated[0][1], layers=layers, order=order, biases=biases)

    def stages() -> Iterator[tuple[Stage, LayeredWeights]]:
        yield Stage(dated[0][0]), first.network
        for epoch, path in dated[1:]:
            found = import_network(path, layers=first.layers, order=first.order, biases=bool(first.biases))
            yield Stage(epoch), found.network

    save_weights(
        out,
        stages(),
        description="imported by mcsim import",
        source_files=[path.name for _, path in dated],
        source_sha256=[hashlib.sha256(path.read_bytes()).hexdigest() for _, path in dated],
        source_layers=list(first.layers),
        source_biases=[name or "" for name in first.biases] or "none",
        source_order=first.order,
    )
    return ImportedSeries(tuple(path for _, path in dated), tuple(epoch for epoch, _ in dated), first)


def checkpoint_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files to read in natural order of their names; of a folder, those of a known suffix."""
    if len(paths) == 1 and paths[0].is_dir():
        inside = [path for path in paths[0].iterdir() if path.suffix.lower() in FOREIGN_SUFFIXES]
        if not inside:
            raise fault(paths[0], f"holds no file of weights ({', '.join(FOREIGN_SUFFIXES)})")
        return sorted(inside, key=lambda path: natural_order(path.name))
    return sorted(paths, key=lambda path: natural_order(path.name))


def epoch_in_name(path: Path, *, alone: bool) -> float:
    """Return the epoch that a file's name tells: the number after "epoch", else the last one."""
    after_word = re.findall(rf"epoch[^a-z0-9]*({_NUMBER})", path.stem, re.IGNORECASE)
    numbers = after_word or re.findall(_NUMBER, path.stem)
    if numbers:
        return float(numbers[-1])
    if alone:
        return 0.0
    raise fault(path, "has no number in its name to take as its epoch; give the epochs of all files")
