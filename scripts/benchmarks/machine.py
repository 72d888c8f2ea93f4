"""The machine and the versions behind a report."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np  # noqa: F401  (its linear algebra is asked about)
import scipy.linalg.cython_blas  # noqa: F401  (loaded here, so that threadpool_info sees what numba will call)
from threadpoolctl import threadpool_info

from benchmarks.figures import Machine

_ASKED_ABOUT = ("mcsim", "numpy", "scipy", "numba", "dwave-samplers", "openjij", "blackjax", "jax", "pysa")


def this_machine() -> Machine:
    """Return where this process runs, with what, and what else ran before it."""
    versions = {name: found for name in _ASKED_ABOUT if (found := installed(name))}
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return Machine(
        date=time.strftime("%Y-%m-%d"),
        processor=_processor(),
        cores=os.cpu_count() or 1,
        load=round(load, 1),
        blas=tuple(sorted(_blas())),
        versions={"python": platform.python_version(), **versions},
    )


def installed(package: str) -> str | None:
    """Return the version of an installed package, None where it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _blas() -> set[str]:
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return {f"{lib['internal_api']} {lib['version']}, {lib.get('architecture', 'kernel unknown')}" for lib in libraries}


def _processor() -> str:
    """Return the processor's name, its family and model where the name does not tell generations apart, its vectors."""
    facts: dict[str, str] = {}
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines():
            name, _, value = line.partition(":")
            facts[name.strip()] = value.strip()
    except OSError:
        return platform.processor() or platform.machine()
    if "model name" not in facts:
        return platform.machine()
    flags = facts.get("flags", "").split()
    vectors = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    return f"{facts['model name']} (family {facts.get('cpu family')}, model {facts.get('model')}, {vectors})"
