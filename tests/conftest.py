"""Fixtures of all tests."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mpiexec() -> list[str]:
    """Return the launcher beside this interpreter or on the path; skip where there is none."""
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        pytest.skip("no mpiexec: install the 'mpi' extra (pip install 'mcsim[mpi]') to run MPI tests")
    return [found]
