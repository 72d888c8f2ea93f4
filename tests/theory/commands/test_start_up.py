"""A solution of milliseconds does not wait seconds for libraries it does not use."""

import os
import subprocess
import sys

import pytest
from support import ROOT

PRINT_MODULES = "import sys; from theory.__main__ import main; main(sys.argv[1:]); print(*sys.modules)"
HEAVY = {"matplotlib", "numba", "scipy.optimize", "scipy.integrate", "scipy.interpolate", "scipy.special"}


def modules_after(*words):
    """Return what a new process has imported when the command is done."""
    command = [sys.executable, "-c", PRINT_MODULES, *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("line", "unused"),
    [
        ("layered-sk --widths 784,400,10 --temperature 0.5 --json", {*HEAVY, "h5py", "theory.mlp"}),
        ("mlp --activation tanh --beta 1 --json", {"matplotlib", "scipy.optimize", "scipy.integrate", "h5py"}),
    ],
)
def test_a_replica_symmetric_solution_imports_what_it_uses(line, unused):
    loaded = modules_after(*line.split())
    assert {"theory.result", "numpy"} <= loaded
    assert unused & loaded == set()


def test_what_is_heavy_is_seen_where_it_is_used():
    loaded = modules_after("layered-sk", "--widths", "9,9", "--temperature", "0.5", "--ansatz", "krsb")
    assert "numba" in loaded
