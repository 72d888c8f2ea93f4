"""The documented memory of a large run: 10^4 spins, 32 slots, 4 copies in under 4 GiB a rank."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import h5py
from support import run, write_config

LIMIT_BYTES = 4 * 2**30
# Runs the command line and prints the largest memory this process ever held; Linux counts it in KiB.
MEASURE = """
import resource, sys
from mcsim.__main__ import main

code = main(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak if sys.platform == "darwin" else 1024 * peak)
sys.exit(code)
"""


def test_ten_thousand_spins_stay_under_four_gibibytes(tmp_path: Path) -> None:
    changes = {
        "model.network.widths": [3334, 3333, 3333],
        "ladder": {"lowest": 0.3, "highest": 3.0, "slots": 32},
        "run": {"copies": 4, "thermalization": 0, "measurements": 1},
    }
    out = tmp_path / "out"
    began = time.monotonic()
    done = run([sys.executable, "-c", MEASURE, "run", write_config(tmp_path, changes), "--out", out])
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 60
    peak = int(done.stdout.splitlines()[-1])
    with h5py.File(out / "sample_00000.h5") as file:
        assert file["series/energy"].shape == (32, 1, 4)
        assert file["layer/size"][...].sum() == 10_000
        assert (file["dynamics/drift"][...] > 0).any()
    # The float64 originals and the smallest tables that any processor uses cannot be less than this.
    assert peak > 16 * 2 * 3333 * 3333
    assert peak < LIMIT_BYTES
    print(f"peak memory {peak / 2**30:.2f} GiB")
