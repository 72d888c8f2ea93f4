"""Results as labelled arrays.

>>> run = read_run("out/index.h5")                                        # doctest: +SKIP
>>> run.energy.mean("measurement").sel(sample=0)                          # doctest: +SKIP
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from mcsim.storage import schema
from mcsim.storage.index import ResultFileError, open_result, sample_path


def read_sample(path: str | Path) -> xr.Dataset:
    """Return the committed part of one sample's file.

    Returns
    -------
    xarray.Dataset
        Variables ``energy`` (slot, measurement, copy), ``overlap`` (slot, overlap_measurement, pair, layer),
        ``overlap_total``, ``magnetization``; ``histogram_NAME`` (slot, bin_NAME) with edges ``edges_NAME``; the
        counters of exchange and dynamics. Coordinates: temperature and beta of each slot, sweep of each row.
        Units and descriptions are attributes of the variables; the file's own are attributes of the dataset.

    Raises
    ------
    ResultFileError
        Where the file is not a sample's result.
    """
    with open_result(Path(path)) as file:
        if "series" not in file:
            raise ResultFileError(f"{path}: is an index; read_run reads all of its samples")
        return _dataset(file)


def read_run(path: str | Path) -> xr.Dataset:
    """Return all computed samples of a run along a new axis ``sample``.

    Takes a run's folder, its ``index.h5`` or a merged file. Where some samples are longer than others, as after an
    interruption, all are cut to the shortest; use `read_sample` for each one's whole.
    """
    with _sample_groups(Path(path)) as groups:
        datasets = [_dataset(group) for group in groups]
    for dim in ("measurement", "overlap_measurement"):
        rows = min(dataset.sizes[dim] for dataset in datasets)
        datasets = [dataset.isel({dim: slice(rows)}) for dataset in datasets]
    samples = xr.DataArray([dataset.attrs["sample"] for dataset in datasets], dims="sample", name="sample")
    constant = [name for name in datasets[0].data_vars if str(name).startswith("edges_")]
    varying = [name for name in datasets[0].data_vars if name not in constant]
    joined = xr.concat(
        [dataset[varying] for dataset in datasets], dim=samples, combine_attrs="override", coords="minimal",
        compat="override", join="override",
    )  # fmt: skip
    whole = joined.merge(datasets[0][constant], combine_attrs="override")
    # The last sample knows the final number of samples of a run that was extended.
    whole.attrs = {name: value for name, value in datasets[-1].attrs.items() if name not in schema.OWN_TO_A_SAMPLE}
    return whole


@contextmanager
def _sample_groups(path: Path) -> Iterator[list[h5py.Group]]:
    """Yield the root groups of every computed sample of a folder, an index or a merged file."""
    path = schema.index_path(path) if path.is_dir() else path
    with open_result(path) as file:
        if "series" in file:
            yield [file]
            return
        names = list(file["samples"])
        linked = [n for n in names if isinstance(file["samples"].get(n, getlink=True), h5py.ExternalLink)]
        if not linked:
            yield [file["samples"][name] for name in names]
            return
        found = [sample_path(path.parent, int(name)) for name in linked]
        opened = [open_result(sample) for sample in found if sample.exists()]
        if not opened:
            raise ResultFileError(f"{path}: none of its {len(linked)} samples has been computed")
        try:
            yield opened
        finally:
            for sample_file in opened:
                sample_file.close()


def _dataset(file: h5py.Group) -> xr.Dataset:
    committed = int(file[schema.COMMITTED][()])
    every = int(json.loads(file.attrs["config"])["storage"]["overlap_every"])
    rows = {"measurement": committed, "overlap_measurement": -(-committed // every)}
    variables: dict[str, tuple[tuple[str, ...], Any, dict[str, Any]]] = {}
    for room in ("series", "exchange", "dynamics"):
        for name, dataset in file[room].items():
            prefix = "" if room == "series" else f"{room}_"
            variables[prefix + name] = _variable(dataset, rows)
    for name, group in file["histogram"].items():
        counts = group["counts"]
        variables[f"histogram_{name}"] = (("slot", f"bin_{name}"), counts[...], _texts(counts))
        variables[f"edges_{name}"] = ((f"edge_{name}",), group["edges"][...], _texts(group["edges"]))
    if schema.BOND_VARIANCES in file.attrs:
        texts = {"units": "coupling scale squared", "description": "mean squared coupling of each layer of bonds"}
        variables["bond_variance"] = (("bond",), file.attrs[schema.BOND_VARIANCES], texts)
    sweep, overlap_sweep = file["measurement/sweep"], file["measurement/overlap_sweep"]
    coordinates = {
        "temperature": ("slot", file["slot/temperature"][...], _texts(file["slot/temperature"])),
        "beta": ("slot", file["slot/beta"][...], _texts(file["slot/beta"])),
        "sweep": ("measurement", sweep[: rows["measurement"]], _texts(sweep)),
        "overlap_sweep": (
            "overlap_measurement", overlap_sweep[: rows["overlap_measurement"]], _texts(overlap_sweep),
        ),
        "layer_size": ("layer", file["layer/size"][...], _texts(file["layer/size"])),
    }  # fmt: skip
    return xr.Dataset(variables, coords=coordinates, attrs=dict(file.attrs))


def _variable(
    dataset: h5py.Dataset, rows: dict[str, int]
) -> tuple[tuple[str, ...], np.ndarray[Any, Any], dict[str, Any]]:
    """Return one dataset with the names of its axes, cut to the committed rows."""
    dims = tuple(str(dim.label) for dim in dataset.dims)
    where = tuple(slice(rows.get(dim)) for dim in dims)
    return dims, dataset[where], _texts(dataset)


def _texts(dataset: h5py.Dataset) -> dict[str, Any]:
    return {name: str(dataset.attrs[name]) for name in ("units", "description")}
