"""What the tests share: small configurations, runs of the command line, comparison of result files."""

from __future__ import annotations

import copy
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mcsim.config import RunConfig, parse_config
from mcsim.parallel.communicator import LAUNCHER_VARIABLES
from mcsim.storage.index import ResultFileError, open_result

ROOT = Path(__file__).resolve().parents[1]
MCSIM = (sys.executable, "-m", "mcsim")
LEFT_OUT = object()

_SMALL: dict[str, Any] = {
    "seed": 11,
    "samples": 1,
    "model": {"kind": "layered-ising", "network": {"source": "gaussian", "widths": [7, 5, 6]}},
    "ladder": {"temperatures": [0.5, 1.0, 2.0]},
    "run": {"copies": 2, "thermalization": 4, "measurements": 6},
    "storage": {},
}


def small_document(changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the document of a short run with some dotted keys changed, or taken out where the value is LEFT_OUT."""
    document = copy.deepcopy(_SMALL)
    for key, value in (changes or {}).items():
        *sections, last = key.split(".")
        table = document
        for section in sections:
            table = table.setdefault(section, {})
        if value is LEFT_OUT:
            del table[last]
        else:
            table[last] = copy.deepcopy(value)
    return document


def small_config(changes: Mapping[str, Any] | None = None) -> RunConfig:
    """Return the checked configuration of a short run."""
    return parse_config(small_document(changes))


def write_config(folder: Path, changes: Mapping[str, Any] | None = None, name: str = "run.toml") -> Path:
    """Write the TOML file of a short run and return its path."""
    path = folder / name
    path.write_text(_as_toml(small_document(changes)), encoding="utf-8")
    return path


def _as_toml(table: Mapping[str, Any], prefix: str = "") -> str:
    plain = [f"{json.dumps(k)} = {_value(v)}\n" for k, v in table.items() if not isinstance(v, dict)]
    sections = [
        f"\n[{prefix}{json.dumps(k)}]\n{_as_toml(v, f'{prefix}{json.dumps(k)}.')}"
        for k, v in table.items()
        if isinstance(v, dict)
    ]
    return "".join(plain + sections)


def _value(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)


def environment() -> dict[str, str]:
    """Return the environment for a process that no launcher started, one thread of linear algebra."""
    kept = {name: value for name, value in os.environ.items() if name not in LAUNCHER_VARIABLES}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def run(command: Sequence[str | Path], timeout: float = 120.0) -> subprocess.CompletedProcess[str]:
    """Run a command from the top of the checkout and return what it printed; TimeoutExpired if it hangs."""
    return subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def start(command: Sequence[str | Path], stdin: int | None = None) -> subprocess.Popen[str]:
    """Start a command from the top of the checkout."""
    return subprocess.Popen(
        list(map(str, command)),
        cwd=ROOT,
        env=environment(),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 60.0) -> None:
    """Wait for a condition while a process runs; fail with what it said if it ends or takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None:
            raise AssertionError(f"ended with {process.returncode}: {process.communicate()}")
        if time.monotonic() > end:
            process.kill()
            raise AssertionError(f"nothing after {seconds} s: {process.communicate()}")
        time.sleep(0.02)


def committed_rows(path: Path) -> int:
    """Return the committed measurements of a sample's file, 0 while it is not there or just being written."""
    try:
        with open_result(path) as file:
            return int(file["committed/measurements"][()])
    except (ResultFileError, OSError, KeyError):
        return 0


def assert_same_file(one: Path, other: Path) -> None:
    """Assert that two HDF5 files have the same objects, numbers, types and attributes, bit by bit."""
    with h5py.File(one, "r") as a, h5py.File(other, "r") as b:
        names_a, names_b = _objects(a), _objects(b)
        assert names_a == names_b
        for name in names_a:
            _assert_same_object(a[name], b[name], f"{other.parent.name}/{other.name}:{name}")


def _objects(file: h5py.File) -> list[str]:
    names = ["/"]
    file.visit(names.append)
    return names


def _assert_same_object(a: Any, b: Any, where: str) -> None:
    assert type(a) is type(b), where
    assert set(a.attrs) == set(b.attrs), where
    for name in a.attrs:
        _assert_same_array(_comparable(a, name), _comparable(b, name), f"{where}, attribute {name}")
    if isinstance(a, h5py.Dataset):
        assert (a.chunks, a.compression, a.maxshape) == (b.chunks, b.compression, b.maxshape), where
        _assert_same_array(a[()], b[()], where)


def _comparable(item: Any, name: str) -> Any:
    """Return an attribute; instead of references to other objects, which are addresses, their names."""
    value = item.attrs[name]
    if name == "DIMENSION_LIST":
        return "; ".join(",".join(item.file[ref].name for ref in axis) for axis in value)
    if name == "REFERENCE_LIST":
        return "; ".join(f"{item.file[ref].name} {axis}" for ref, axis in value)
    return value


def _assert_same_array(a: Any, b: Any, where: str) -> None:
    a, b = np.asarray(a), np.asarray(b)
    assert (a.dtype, a.shape) == (b.dtype, b.shape), where
    if a.dtype.hasobject:
        assert a.tolist() == b.tolist(), where
        return
    if a.tobytes() != b.tobytes():
        differ = np.argwhere(np.atleast_1d(a != b))
        raise AssertionError(f"{where}: {len(differ)} of {a.size} entries differ, the first at {differ[:1].tolist()}")
