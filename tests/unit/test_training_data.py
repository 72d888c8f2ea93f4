"""Labelled images: what IDX files say is checked against what they hold; MNIST is known by its contents."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from mcsim.networks import datasets
from mcsim.networks.datasets import DatasetError, digits, idx_dataset, mnist, with_shuffled_labels
from mcsim.networks.idx import read_idx

on_disk = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MNIST_FOLDER = os.environ.get("MCSIM_MNIST")
needs_mnist = pytest.mark.skipif(not MNIST_FOLDER, reason="set MCSIM_MNIST to the folder of MNIST's four IDX files")


def idx_bytes(values: NDArray[np.uint8]) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


def images(count: int = 6, side: int = 3, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side), dtype=np.uint8)


def labels(count: int = 6) -> NDArray[np.uint8]:
    return (np.arange(count) % 3).astype(np.uint8)


def write(path: Path, values: NDArray[np.uint8]) -> Path:
    path.write_bytes(idx_bytes(values))
    return path


def pair(folder: Path, name: str, count: int = 6, side: int = 3) -> tuple[Path, Path]:
    return write(folder / f"{name}-x", images(count, side)), write(folder / f"{name}-y", labels(count))


# --- the format --------------------------------------------------------------------------------------------


@settings(on_disk)
@given(values=arrays(np.uint8, array_shapes(min_dims=1, max_dims=4, max_side=5)), zipped=st.booleans())
def test_idx_files_are_read_as_written(tmp_path: Path, values: NDArray[np.uint8], zipped: bool) -> None:
    content = idx_bytes(values)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if zipped else content)
    read = read_idx(path, values.ndim)
    assert np.array_equal(read.values, values)
    assert read.values.shape == values.shape
    assert read.sha256 == hashlib.sha256(content).hexdigest()


GOOD = idx_bytes(images())
BAD: dict[str, tuple[bytes, list[str]]] = {
    "empty": (b"", ["not an IDX file", "nothing"]),
    "text": (b"P5 28 28", ["not an IDX file", "50 35"]),
    "labels-as-images": (idx_bytes(labels()), ["magic number 2049", "images have 2051"]),
    "floats": (b"\0\0\x0d\x03" + GOOD[4:], ["magic number 3331", "2051"]),
    "header-cut": (GOOD[:9], ["ends after 9 bytes", "header of 16"]),
    "cut": (GOOD[:-1], ["has 69 bytes", "promises 70", "(6, 3, 3)"]),
    "longer": (GOOD + b"\0", ["has 71 bytes", "promises 70"]),
    "shape-that-overflows": (b"\0\0\x08\x03" + b"\xff" * 12, ["has 16 bytes", "promises"]),
    "gzip-cut": (gzip.compress(GOOD)[:-9], ["damaged", "decompressed"]),
    "gzip-header-only": (b"\x1f\x8b", ["damaged"]),
    "gzip-bit-flipped": (gzip.compress(GOOD)[:-5] + b"\x55" + gzip.compress(GOOD)[-4:], ["cannot be read", "CRC"]),
}


@pytest.mark.parametrize("name", BAD)
def test_corrupted_idx_files_are_named_in_one_line(tmp_path: Path, name: str) -> None:
    content, words = BAD[name]
    path = tmp_path / "train-images"
    path.write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        read_idx(path, 3)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    assert all(word in text for word in words), text


@settings(on_disk, max_examples=100)
@given(place=st.integers(0, len(GOOD) - 1), bit=st.integers(0, 7), zipped=st.booleans())
def test_a_flipped_bit_is_an_error_or_another_fingerprint(tmp_path: Path, place: int, bit: int, zipped: bool) -> None:
    path = tmp_path / "images"
    content = bytearray(gzip.compress(GOOD, mtime=0) if zipped else GOOD)
    place = place % len(content)
    content[place] ^= 1 << bit
    path.write_bytes(content)
    try:
        read = read_idx(path, 3)
    except DatasetError:
        return
    # Bits of gzip's own header (a time, a system) change nothing that is read.
    assert read.sha256 != hashlib.sha256(GOOD).hexdigest() or (zipped and place < 10)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"absent: cannot be read \(No such file"):
        read_idx(tmp_path / "absent", 3)


# --- images and labels that belong together ----------------------------------------------------------------


def test_idx_pairs_become_a_data_set(tmp_path: Path) -> None:
    data = idx_dataset(pair(tmp_path, "train"), pair(tmp_path, "test", count=4))
    assert data.train.pixels.shape == (6, 9)
    assert data.validation.pixels.shape == (4, 9)
    assert (data.classes, data.pixel_maximum) == (3, 255)
    assert np.array_equal(data.train.pixels[2], images()[2].ravel())
    assert data.train.labels.tolist() == [0, 1, 2, 0, 1, 2]


def test_parts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    train, test = pair(tmp_path, "train"), pair(tmp_path, "test", count=4)
    with pytest.raises(DatasetError, match=r"test-y: has 4 labels, but train-x 6 images"):
        idx_dataset((train[0], test[1]), test)
    wide = pair(tmp_path, "wide", side=5)
    with pytest.raises(DatasetError, match=r"wide-x: has images of \(5, 5\), but those of train-x \(3, 3\)"):
        idx_dataset(train, wide)
    with pytest.raises(DatasetError, match="holds no pixels"):
        idx_dataset(pair(tmp_path, "none", count=0), test)
    one = write(tmp_path / "one", np.zeros(6, np.uint8)), write(tmp_path / "one-test", np.zeros(4, np.uint8))
    with pytest.raises(DatasetError, match="one label only"):
        idx_dataset((train[0], one[0]), (test[0], one[1]))


def test_the_fingerprint_tells_data_sets_apart(tmp_path: Path) -> None:
    train, test = pair(tmp_path, "train"), pair(tmp_path, "test", count=4)
    data = idx_dataset(train, test)
    again = idx_dataset(train, test)
    swapped = idx_dataset(test, train)
    assert data.sha256() == again.sha256() != swapped.sha256()


def test_shuffled_labels_are_the_same_labels_on_other_images() -> None:
    data = digits()
    shuffled = with_shuffled_labels(data, np.random.default_rng(1))
    assert np.array_equal(shuffled.train.pixels, data.train.pixels)
    assert np.array_equal(np.bincount(shuffled.train.labels), np.bincount(data.train.labels))
    # By chance one in ten stays; 1400 images: sigma is 0.8 %.
    assert abs(np.mean(shuffled.train.labels == data.train.labels) - 0.1) < 0.04
    assert np.array_equal(shuffled.validation.labels, data.validation.labels)
    assert shuffled.sha256() != data.sha256()


# --- the packaged digits and MNIST -------------------------------------------------------------------------


def test_the_packaged_digits_are_whole() -> None:
    data = digits()
    assert data.train.pixels.shape == (1400, 64)
    assert data.validation.pixels.shape == (397, 64)
    assert (data.train.pixels.min(), data.train.pixels.max(), data.classes) == (0, 16, 10)
    for part in (data.train, data.validation):
        share = np.bincount(part.labels, minlength=10) / len(part.labels)
        assert np.all(abs(share - 0.1) < 0.01)


def test_the_packaged_digits_are_those_of_scikit_learn() -> None:
    source = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed (extra 'dev')")
    pixels, names = source.load_digits(return_X_y=True)
    data = digits()
    mine = np.vstack([data.train.pixels, data.validation.pixels])
    mine = np.column_stack([mine, np.concatenate([data.train.labels, data.validation.labels])])
    theirs = np.column_stack([pixels, names]).astype(np.int64)
    assert sorted(map(tuple, mine.tolist())) == sorted(map(tuple, theirs.tolist()))


def fake_mnist(folder: Path, monkeypatch: pytest.MonkeyPatch, *, zipped: bool) -> None:
    """Write small files of MNIST's names and publish their checksums instead of MNIST's."""
    published = {}
    for name in list(datasets.MNIST_SHA256):
        content = idx_bytes(images() if "images" in name else labels())
        published[name] = hashlib.sha256(content).hexdigest()
        (folder / (f"{name}.gz" if zipped else name)).write_bytes(gzip.compress(content) if zipped else content)
    monkeypatch.setattr(datasets, "MNIST_SHA256", published)


@pytest.mark.parametrize("zipped", [False, True])
def test_mnist_is_read_gzipped_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool) -> None:
    fake_mnist(tmp_path, monkeypatch, zipped=zipped)
    assert mnist(tmp_path).train.pixels.shape == (6, 9)


def test_other_data_under_mnists_names_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_mnist(tmp_path, monkeypatch, zipped=False)
    write(tmp_path / "t10k-labels-idx1-ubyte", labels()[::-1])
    with pytest.raises(DatasetError, match=r"t10k-labels-idx1-ubyte: has SHA-256 .* not MNIST's.*source = 'idx'"):
        mnist(tmp_path)


def test_missing_mnist_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"holds neither train-images-idx3-ubyte nor train-images-idx3-ubyte\.gz"):
        mnist(tmp_path)
    with pytest.raises(DatasetError, match="no such folder"):
        mnist(tmp_path / "absent")


@needs_mnist
def test_mnist_is_whole() -> None:
    data = mnist(Path(MNIST_FOLDER or ""))
    assert data.train.pixels.shape == (60000, 784)
    assert data.validation.pixels.shape == (10000, 784)
    assert np.bincount(data.train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
