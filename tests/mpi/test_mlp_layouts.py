"""An MLP run is bit-identical on one process, one rank and two ranks, whichever dynamics and precision."""

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


@pytest.mark.mpi
@pytest.mark.parametrize("variant", VARIANTS)
def test_layouts_agree_bit_by_bit(variant, tmp_path, mpiexec):
    config = tmp_path / "run.toml"
    config.write_text(CONFIG.format(model=VARIANTS[variant]), encoding="utf-8")
    mcsim = [sys.executable, "-m", "mcsim", "run", config, "--out"]
    for name, launcher in (("alone", []), ("one", [*mpiexec, "-n", "1"]), ("two", [*mpiexec, "-n", "2"])):
        outcome = run([*launcher, *mcsim, tmp_path / name])
        assert outcome.returncode == 0, outcome.stderr
    for name in ("one", "two"):
        assert_same_file(tmp_path / "alone" / "sample_00000.h5", tmp_path / name / "sample_00000.h5")
