"""Writing one sample's file: rows are appended in commits, and a file cut off between commits stays readable."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from mcsim.atomic import atomic_write
from mcsim.config import RunConfig
from mcsim.models.base import Model, Observable
from mcsim.storage import schema
from mcsim.storage.appending import append_rows

# The start of a compressor costs as much as compressing some 5 kB.
_CHUNK_BYTES = 2**17


class SampleWriter:
    """The file of one sample, open only while a commit is written.

    Between commits the file is closed. During a commit it is in HDF5's single-writer mode (SWMR), whose ordering of
    writes keeps the file readable if the process is killed half way.
    """

    def __init__(self, path: Path, config: RunConfig, model: Model, sample: int) -> None:
        self.path = path
        self._observables = model.observables
        self._every = config.storage.overlap_every
        with atomic_write(path) as temporary, h5py.File(temporary, "w", libver="latest") as file:
            file.attrs.update(schema.root_attributes(config, sample))
            file.attrs.update(schema.realisation_attributes(model.realisation))
            _create_scales(file, config, model)
            _create_series(file, config, model)
            _create_counters(file, config, model)

    def commit(
        self,
        sweeps: Sequence[int],
        series: Mapping[str, NDArray[Any]],
        histograms: Mapping[str, NDArray[np.int64]],
        counters: Mapping[str, NDArray[Any]],
    ) -> None:
        """Append rows to the series and replace histograms and counters by their current values.

        Parameters
        ----------
        sweeps : sequence of int
            Sweeps done at each new row.
        series : mapping of arrays (slots, rows, ...)
            By observable; the thinned ones hold only every ``overlap_every``-th row.
        histograms : mapping of int64 arrays (slots, bins)
        counters : mapping of arrays
            By path in the file, e.g. ``exchange/accepted``.
        """
        with _open_for_commit(self.path) as file:
            committed = int(file[schema.COMMITTED][()])
            rows = np.arange(committed, committed + len(sweeps))
            append_rows(file["measurement/sweep"], np.asarray(sweeps), 0)
            append_rows(file["measurement/overlap_sweep"], np.asarray(sweeps)[rows % self._every == 0], 0)
            for name, values in series.items():
                append_rows(file[f"series/{name}"], values, 1)
            for name, counts in histograms.items():
                _replace(file, f"histogram/{name}/counts", counts)
            for path, current in counters.items():
                _replace(file, path, current)
            file.flush()
            file[schema.COMMITTED][()] = committed + len(sweeps)
            file.flush()

    def finish(self) -> None:
        """Mark the file complete."""
        with _open_for_commit(self.path) as file:
            file.attrs.modify(schema.COMPLETE, True)


def _open_for_commit(path: Path) -> h5py.File:
    """Open a file in single-writer mode from the first byte on, whoever may be reading it.

    To open it as "r+" and switch the mode afterwards would leave a moment in which the file is marked as open for
    ordinary writing: a process killed then would leave a file that nobody can open. And with HDF5's locks, a reader
    who looks at a run in progress would make its next commit fail.
    """
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_file_locking(False, True)
    access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    return h5py.File(h5py.h5f.open(os.fsencode(path), h5py.h5f.ACC_RDWR | h5py.h5f.ACC_SWMR_WRITE, access))


def _replace(file: h5py.File, path: str, values: NDArray[Any]) -> None:
    """Write a whole dataset, past the selections that h5py would make of it."""
    dataset = h5py.h5d.open(file.id, path.encode())
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(values))


def _described(dataset: h5py.Dataset, units: str, description: str) -> h5py.Dataset:
    dataset.attrs["units"] = units
    dataset.attrs["description"] = description
    return dataset


def _create(file: h5py.File, path: str, **options: Any) -> h5py.Dataset:
    return _described(file.create_dataset(path, **options), *schema.DESCRIPTIONS[path])


def _create_scales(file: h5py.File, config: RunConfig, model: Model) -> None:
    betas = config.ladder.inverse_temperatures()
    with np.errstate(divide="ignore"):
        _create(file, "slot/temperature", data=1.0 / betas).make_scale("temperature")
    _create(file, "slot/beta", data=betas).make_scale("beta")
    _create(file, "layer/size", data=np.array(model.layer_sizes, dtype=np.int64)).make_scale("layer")
    rows = {"shape": (0,), "maxshape": (None,), "chunks": (max(64, config.storage.commit_every),), "dtype": "i8"}
    _create(file, "measurement/sweep", **rows).make_scale("sweep")
    _create(file, "measurement/overlap_sweep", **rows).make_scale("overlap_sweep")
    _create(file, schema.COMMITTED, data=np.int64(0))
    file.attrs[schema.COMPLETE] = False


def _attach(file: h5py.File, dataset: h5py.Dataset, dims: Sequence[str]) -> None:
    scales = {
        "slot": ("slot/temperature", "slot/beta"),
        "layer": ("layer/size",),
        "measurement": ("measurement/sweep",),
        "overlap_measurement": ("measurement/overlap_sweep",),
    }
    for axis, name in enumerate(dims):
        dataset.dims[axis].label = name
        for scale in scales.get(name, ()):
            dataset.dims[axis].attach_scale(file[scale])


def _create_series(file: h5py.File, config: RunConfig, model: Model) -> None:
    units, description = schema.DESCRIPTIONS["series/energy"]
    energy = Observable("energy", ("copy",), (config.run.copies,), "f8", units, description)
    slots = config.ladder.inverse_temperatures().size
    for observable in (energy, *model.observables):
        every = config.storage.overlap_every if observable.thinned else 1
        dataset = file.create_dataset(
            f"series/{observable.name}",
            shape=(slots, 0, *observable.shape),
            maxshape=(slots, None, *observable.shape),
            chunks=_chunks(slots, -(-config.storage.commit_every // every), observable),
            dtype=observable.dtype,
            compression="gzip" if config.storage.compression else None,
            compression_opts=config.storage.compression or None,
            shuffle=bool(config.storage.compression),
        )
        _described(dataset, observable.units, observable.description)
        rows_dim = "overlap_measurement" if observable.thinned else "measurement"
        _attach(file, dataset, ("slot", rows_dim, *observable.dims))


def _chunks(slots: int, rows: int, observable: Observable) -> tuple[int, ...]:
    """Return the shape of a chunk: the rows of a commit, for as many slots as keep it small enough to read one slot."""
    shape = tuple(max(1, n) for n in observable.shape)
    own = rows * math.prod(shape) * np.dtype(observable.dtype).itemsize
    return (min(slots, max(1, _CHUNK_BYTES // own)), rows, *shape)


def _create_counters(file: h5py.File, config: RunConfig, model: Model) -> None:
    slots, copies = config.ladder.inverse_temperatures().size, config.run.copies
    shapes: dict[str, tuple[tuple[int, ...], str, tuple[str, ...]]] = {
        "exchange/attempts": ((slots - 1,), "i8", ("slot_pair",)),
        "exchange/accepted": ((slots - 1, copies), "i8", ("slot_pair", "copy")),
        "exchange/round_trips": ((slots, copies), "i8", ("replica", "copy")),
        "exchange/visits": ((slots, copies), "i8", ("slot", "copy")),
        "exchange/visits_from_hot": ((slots, copies), "i8", ("slot", "copy")),
    }
    for path, (shape, dtype, dims) in shapes.items():
        _attach(file, _create(file, path, shape=shape, dtype=dtype), dims)
    for figure in model.diagnostics:
        dataset = file.create_dataset(f"dynamics/{figure.name}", shape=(slots,), dtype=figure.dtype)
        _attach(file, _described(dataset, figure.units, figure.description), ("slot",))
    for histogram in model.histograms(config.storage.max_bins):
        group = f"histogram/{histogram.name}"
        scale = file.create_dataset(f"{group}/edges", data=histogram.edges)
        _described(scale, "1", f"bin edges of the overlap histogram, {histogram.name}")
        counts = file.create_dataset(f"{group}/counts", shape=(slots, histogram.bins), dtype="i8")
        _described(counts, "1", f"overlaps of all pairs of copies at all measurements, {histogram.name}")
        _attach(file, counts, ("slot", "bin"))
