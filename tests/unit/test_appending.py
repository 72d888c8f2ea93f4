"""Rows that are packed by us are what HDF5's own filters would have stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from mcsim.storage import appending
from mcsim.storage.appending import append_rows


def make_dataset(file: h5py.File, level: int | None, dtype: str) -> h5py.Dataset:
    return file.create_dataset(
        "x", shape=(5, 0, 3), maxshape=(5, None, 3), chunks=(2, 10, 3), dtype=dtype,
        compression=None if level is None else "gzip", compression_opts=level, shuffle=level is not None,
    )  # fmt: skip


@pytest.mark.parametrize("dtype", ["f8", "f4", "i2"])
@pytest.mark.parametrize("level", [None, 1, 4])
# Whole chunks, a last one that is shorter, and rows that begin within a chunk or fill more than one.
@pytest.mark.parametrize("commits", [[10, 10, 10], [10, 10, 3], [10, 4, 10, 2], [1], [25]])
def test_rows_are_read_back(commits: list[int], level: int | None, dtype: str, tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(scale=50, size=(5, sum(commits), 3))
    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
        dataset = make_dataset(file, level, dtype)
        at = 0
        for rows in commits:
            append_rows(dataset, values[:, at : at + rows], 1)
            at += rows
    with h5py.File(tmp_path / "x.h5") as file:
        assert np.array_equal(file["x"][...], values.astype(dtype))
        assert np.array_equal(file["x"][3, at // 2 :, 1], values.astype(dtype)[3, at // 2 :, 1])


@pytest.mark.parametrize(("level", "packed"), [(1, 3), (4, 0)])
def test_only_the_fastest_level_is_packed_by_us(
    level: int, packed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks: list[Any] = []
    honest = appending._packed
    monkeypatch.setattr(appending, "_packed", lambda chunk: chunks.append(chunk) or honest(chunk))
    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
        append_rows(make_dataset(file, level, "f4"), np.ones((5, 10, 3)), 1)
    assert len(chunks) == packed


def test_overlaps_are_packed_as_tightly_as_by_a_search_for_repetitions(tmp_path: Path) -> None:
    overlaps = np.random.default_rng(1).binomial(256, 0.6, size=(5, 1000, 3)) / 128 - 1
    sizes = {}
    for level in (1, 4):
        with h5py.File(tmp_path / f"{level}.h5", "w", libver="latest") as file:
            dataset = make_dataset(file, level, "f4")
            for at in range(0, 1000, 10):
                append_rows(dataset, overlaps[:, at : at + 10], 1)
            sizes[level] = dataset.id.get_storage_size()
    assert sizes[1] < 1.1 * sizes[4]
