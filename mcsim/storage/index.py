"""The files of a run together: an index of external links, and one self-contained file made from it."""

from __future__ import annotations

import json
from pathlib import Path

import h5py

from mcsim.atomic import atomic_write
from mcsim.config import RunConfig
from mcsim.storage import schema


class ResultFileError(ValueError):
    """A file is not one of our results; the message is one line."""


def sample_path(folder: Path, sample: int) -> Path:
    """Return the file of one sample."""
    return folder / schema.sample_file_name(sample)


def open_result(path: Path) -> h5py.File:
    """Open a result file or an index for reading, also one whose writer was killed half way through a commit.

    Raises
    ------
    ResultFileError
        Where the file is missing, is not HDF5 or is not ours.
    """
    if not path.is_file():
        raise ResultFileError(f"{path}: no such result file")
    try:
        file = h5py.File(path, "r")
    except OSError:
        try:
            file = h5py.File(path, "r", libver="latest", swmr=True)
        except OSError as error:
            raise ResultFileError(f"{path}: cannot be opened as HDF5: {str(error).splitlines()[0]}") from None
    if file.attrs.get("schema") != schema.SCHEMA:
        file.close()
        raise ResultFileError(f"{path}: is HDF5, but not a result of mcsim (attribute schema = '{schema.SCHEMA}')")
    return file


def is_complete(path: Path) -> bool:
    """Return whether a sample's file exists and was finished."""
    try:
        with open_result(path) as file:
            return bool(file.attrs[schema.COMPLETE])
    except ResultFileError:
        return False


def same_run_but_for_samples(path: Path, config: RunConfig) -> bool:
    """Return whether an index or a sample's file belongs to this configuration, whatever its number of samples.

    Adding samples changes no earlier one, so a run can be extended.
    """
    with open_result(path) as file:
        stored = json.loads(file.attrs["config"])
    stored["samples"] = config.samples
    return bool(stored == json.loads(config.canonical_json()))


def weights_of(path: Path) -> str:
    """Return the fingerprint of the weights that a sample was computed with."""
    with open_result(path) as file:
        return str(file.attrs["weights_sha256"])


def write_index(folder: Path, config: RunConfig) -> Path:
    """Write ``index.h5``, with a link ``samples/00000`` to each sample's file, computed or not."""
    path = schema.index_path(folder)
    with atomic_write(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs.update(schema.root_attributes(config, None))
        for sample in range(config.samples):
            file[f"samples/{sample:05d}"] = h5py.ExternalLink(schema.sample_file_name(sample), "/")
    return path


def merge(index: Path, out: Path) -> int:
    """Copy an index and the samples it links to into one self-contained file; return the number of samples.

    Samples that were not computed are left out; interrupted ones are taken as they are.

    Raises
    ------
    ResultFileError
        Where `index` is no index, none of its samples was computed, or `out` cannot be a new file.
    """
    if out.exists() and out.samefile(index):
        raise ResultFileError(f"{out}: is the index that is to be merged; name another file")
    if out.is_dir() or not out.parent.is_dir():
        raise ResultFileError(f"{out}: cannot be written; name a file in a folder that exists")
    with open_result(index) as source:
        if "samples" not in source:
            raise ResultFileError(f"{index}: is one sample's file; merge takes the index.h5 of a run")
        links = linked_samples(source)
        if not links:
            raise ResultFileError(f"{index}: is merged already; merge takes the index.h5 of a run")
        names = [name for name in links if sample_path(index.parent, int(name)).exists()]
        if not names:
            raise ResultFileError(f"{index}: none of its {len(links)} samples has been computed")
        with atomic_write(out) as temporary, h5py.File(temporary, "w", libver="latest") as target:
            target.attrs.update(source.attrs)
            for name in names:
                with open_result(sample_path(index.parent, int(name))) as sample:
                    group = target.create_group(f"samples/{name}")
                    group.attrs.update(sample.attrs)
                    for child in sample:
                        sample.copy(child, group)
                    _attach_scales_as(sample, group)
    return len(names)


def linked_samples(file: h5py.File) -> list[str]:
    """Return the names of the samples that an index links to; none where they are inside the file."""
    return [name for name in file["samples"] if isinstance(file["samples"].get(name, getlink=True), h5py.ExternalLink)]


def _attach_scales_as(original: h5py.Group, copied: h5py.Group) -> None:
    """Attach the dimension scales of a copied sample anew: they are references, which a copy leaves dangling."""
    found: dict[str, h5py.Dataset] = {}

    def collect(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    original.visititems(collect)
    for name in found:
        for attribute in {"DIMENSION_LIST", "REFERENCE_LIST"} & set(copied[name].attrs):
            del copied[name].attrs[attribute]
    for name, dataset in found.items():
        for axis, dimension in enumerate(dataset.dims):
            for scale in dimension.values():
                copied[name].dims[axis].attach_scale(copied[scale.name.lstrip("/")])
