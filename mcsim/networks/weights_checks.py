"""What every format of weights shares: stored arrays in, one network out, or one clear line of error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.networks.layered import LayeredWeights

_NAMES_SHOWN = 24


class WeightsError(ValueError):
    """A file of weights that cannot be used; its message is one line naming the file and the fault."""


@dataclass(frozen=True)
class StoredArray:
    """One array of a file: what its header says, and how to fetch its numbers.

    Attributes
    ----------
    name : str
        Name inside the file.
    shape : tuple of int
        Shape as stored.
    dtype : str
        Type of number, in the words of the file's own format.
    floating : bool
        Whether the numbers are real floating point.
    read : callable
        Fetch the numbers (only then are they read from disk).
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    floating: bool
    read: Callable[[], NDArray[Any]]


def fault(path: Path, text: str) -> WeightsError:
    """Return the error that says `text` about the file, on one line whatever the names in it contain."""
    return WeightsError(" ".join(f"{path}: {text}".splitlines()))


def reason(error: BaseException) -> str:
    """Return what a library's exception says, or its type where it says nothing, on one short line."""
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 160 else words[:157] + "..."


@contextmanager
def readable(path: Path, what: str) -> Iterator[None]:
    """Turn whatever a library raises inside the block into a WeightsError; `what` cannot be read."""
    try:
        yield
    except WeightsError:
        raise
    except Exception as error:  # bad bytes raise zlib.error, struct.error, KeyError, ...: no common base
        raise fault(path, f"{what} cannot be read ({reason(error)})") from error


def listed(names: Iterable[str]) -> str:
    """Return the names for a message, the first few where there are many."""
    quoted = [repr(name) for name in names]
    if len(quoted) > _NAMES_SHOWN:
        quoted[_NAMES_SHOWN:] = [f"and {len(quoted) - _NAMES_SHOWN} more"]
    return ", ".join(quoted) or "none"


def assemble(
    path: Path,
    weights: Sequence[StoredArray],
    biases: Sequence[StoredArray] | None = None,
    *,
    transpose: bool = False,
    fixed: bool = False,
) -> LayeredWeights:
    """Return the network whose layers 1..L are `weights`, after checking all that can be wrong with it.

    Parameters
    ----------
    path : Path
        The file, for messages.
    weights : sequence of StoredArray
        One per layer 1..L, shapes (N_{k-1}, N_k), or (N_k, N_{k-1}) with `transpose`.
    biases : sequence of StoredArray, optional
        One per layer 0..L, or one per layer 1..L (layer 0 then gets zeros).
    transpose : bool
        Whether the file stores (out, in).
    fixed : bool
        Whether the format fixes order and orientation: then no message suggests to change them.
    """
    for layer, array in enumerate(weights, start=1):
        _check_header(path, f"layer {layer}: weight {array.name!r}", array, dimensions=2)
    hint = "" if fixed else _hint(weights, biases, transpose)
    widths = _chained_widths(path, weights, transpose, hint)
    matrices = tuple(
        _numbers(path, f"layer {layer}: weight {array.name!r}", array, transpose)
        for layer, array in enumerate(weights, start=1)
    )
    if biases is None:
        return LayeredWeights(matrices)
    return LayeredWeights(matrices, _bias_vectors(path, biases, widths, hint))


def _check_header(path: Path, label: str, array: StoredArray, *, dimensions: int) -> None:
    if len(array.shape) != dimensions:
        found = f"is {len(array.shape)}-d, shape {array.shape}"
        raise fault(path, f"{label} {found}; it must be {dimensions}-d")
    if not array.floating:
        raise fault(path, f"{label} has dtype {array.dtype}; it must be real floating point")
    if 0 in array.shape:
        raise fault(path, f"{label} is empty, shape {array.shape}; every layer needs at least one neuron")


def _oriented(weights: Sequence[StoredArray], transpose: bool) -> list[tuple[int, ...]]:
    return [array.shape[::-1] if transpose else array.shape for array in weights]


def _hint(weights: Sequence[StoredArray], biases: Sequence[StoredArray] | None, transpose: bool) -> str:
    """Return what to try should the shapes not fit: the other orientation if that fits, else the order."""
    shapes = _oriented(weights, not transpose)
    widths = [shapes[0][0], *(shape[1] for shape in shapes)]
    # One matrix chains both ways: then the bias alone tells which way it is stored.
    lengths = [array.shape[0] for array in biases or () if len(array.shape) == 1]
    fits = all(before[1] == after[0] for before, after in pairwise(shapes))
    if fits and lengths == widths[len(widths) - len(lengths) :]:
        return f"; every layer fits if you set transpose = {'false' if transpose else 'true'}"
    return f"; the arrays were taken in the order {listed(array.name for array in weights)}"


def _chained_widths(path: Path, weights: Sequence[StoredArray], transpose: bool, hint: str) -> tuple[int, ...]:
    """Return N_0..N_L, or raise if a layer's inputs are not the outputs of the layer before."""
    shapes = _oriented(weights, transpose)
    side = "columns" if transpose else "rows"
    for layer, (before, after) in enumerate(pairwise(shapes), start=2):
        if before[1] != after[0]:
            label = f"layer {layer}: weight {weights[layer - 1].name!r}"
            neurons = f"layer {layer - 1} has {before[1]} neurons"
            raise fault(path, f"{label} has {after[0]} {side}, but {neurons}{hint}")
    return (shapes[0][0], *(shape[1] for shape in shapes))


def _bias_vectors(
    path: Path, biases: Sequence[StoredArray], widths: tuple[int, ...], hint: str
) -> tuple[NDArray[np.float64], ...]:
    """Return one vector per layer 0..L, zeros for layer 0 if `biases` begins at layer 1."""
    depth = len(widths) - 1
    if len(biases) not in (depth, depth + 1):
        wanted = f"{depth} (layers 1..{depth}) or {depth + 1} (layers 0..{depth})"
        raise fault(path, f"number of biases is {len(biases)}; {depth} layers of weights need {wanted}")
    first = depth + 1 - len(biases)
    vectors = [np.zeros(widths[0])] if first else []
    for layer, array in enumerate(biases, start=first):
        label = f"layer {layer}: bias {array.name!r}"
        _check_header(path, label, array, dimensions=1)
        if array.shape[0] != widths[layer]:
            neurons = f"the layer has {widths[layer]} neurons"
            raise fault(path, f"{label} has {array.shape[0]} entries, but {neurons}{hint}")
        vectors.append(_numbers(path, label, array, False))
    return tuple(vectors)


def _numbers(path: Path, label: str, array: StoredArray, transpose: bool) -> NDArray[np.float64]:
    with readable(path, label):
        stored = np.asarray(array.read())
    with np.errstate(over="ignore"):  # long double beyond float64 becomes inf, refused below
        values = stored.astype(np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        index = tuple(int(i) for i in bad[0])
        where = ", ".join(map(str, index))
        raise fault(path, f"{label} is {values[index]} at [{where}]; every entry must be finite")
    return np.ascontiguousarray(values.T if transpose else values)
