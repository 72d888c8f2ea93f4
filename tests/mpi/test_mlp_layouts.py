"""An MLP run is bit-identical on one process and on two ranks, whichever dynamics and precision."""

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
activation = "tanh"
bias_variance = 0.2
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
    "hmc": "",
    "hmc-sphere-double": 'prior = "sphere"\nprecision = "float64"',
    "pcn": 'dynamics = "pcn"',
    "coordinates": 'dynamics = "single-coordinate"',
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
    """Run every variant in one process and on two ranks; return the folder that holds both."""
    folder = tmp_path_factory.mktemp("layouts")
    configs = [folder / f"{name}.toml" for name in VARIANTS]
    for path in configs:
        path.write_text(CONFIG.format(model=VARIANTS[path.stem]), encoding="utf-8")
    for ranks, launcher in ((1, []), (2, [*mpiexec, "-n", "2"])):
        outcome = run([*launcher, sys.executable, "-c", SCRIPT, str(ranks), folder / str(ranks), *configs])
        assert outcome.returncode == 0, outcome.stderr
    return folder


@pytest.mark.mpi
@pytest.mark.parametrize("variant", VARIANTS)
def test_layouts_agree_bit_by_bit(variant, results):
    assert_same_file(*(results / ranks / variant / "sample_00000.h5" for ranks in ("1", "2")))
