"""An MLP run is bit-identical on one process, two ranks and four, whichever dynamics, activation and precision."""

from __future__ import annotations

import sys

import pytest
from support import assert_same_file, run

CONFIG = """
seed = 7
samples = 1
[model]
kind = "mlp"
widths = [20, 30, 10]
tile_columns = 6
{model}
[ladder]
betas = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5]
[run]
copies = 2
thermalization = 40
measurements = 30
sweeps_per_measurement = 2
"""
VARIANTS = {
    "hmc": 'activation = "tanh"\nbias_variance = 0.2',
    "hmc-radii": 'activation = "relu"',
    "hmc-sphere-double": 'activation = "tanh"\nbias_variance = 0.2\nprior = "sphere"\nprecision = "float64"',
    "pcn": 'activation = "tanh"\nbias_variance = 0.2\ndynamics = "pcn"',
    "coordinates": 'activation = "tanh"\nbias_variance = 0.2\ndynamics = "single-coordinate"',
}
SCRIPT = """
import sys
from pathlib import Path
from mcsim.config import load_config
from mcsim.parallel.communicator import world
from mcsim.simulate import simulate
comm = world()
assert comm.size == int(sys.argv[1])
for path in map(Path, sys.argv[3:]):
    simulate(load_config(path), Path(sys.argv[2]) / path.stem, comm, show_progress=False)
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory, mpiexec):
    """Run every variant on one, two and four ranks; return the folder that holds all."""
    folder = tmp_path_factory.mktemp("layouts")
    configs = [folder / f"{name}.toml" for name in VARIANTS]
    for path in configs:
        path.write_text(CONFIG.format(model=VARIANTS[path.stem]), encoding="utf-8")
    for ranks in (1, 2, 4):
        launcher = [*mpiexec, "-n", str(ranks)] if ranks > 1 else []
        outcome = run([*launcher, sys.executable, "-c", SCRIPT, str(ranks), folder / str(ranks), *configs])
        assert outcome.returncode == 0, outcome.stderr
    return folder


@pytest.mark.mpi
@pytest.mark.parametrize("ranks", ["2", "4"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_layouts_agree_bit_by_bit(variant, ranks, results):
    assert_same_file(*(results / folder / variant / "sample_00000.h5" for folder in ("1", ranks)))
