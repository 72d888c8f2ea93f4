"""The number of ranks and groups changes nothing in the files; a rank that fails ends all; one process needs no MPI."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from spin_support import RUNNABLE
from support import MCSIM, assert_same_file, run, write_config

from mcsim.storage.schema import sample_file_name

SAMPLES = 2
# Widths that fill no whole words, columns that fill no whole vectors on any number of ranks, and a check of fields and
# energies, which comes every 2048 sweeps, on the way.
CHANGES: dict[str, Any] = {
    "samples": SAMPLES,
    "model.network.widths": [70, 45, 33, 12],
    "ladder": {"lowest": 0.2, "highest": 2.0, "slots": 11},
    "run": {"copies": 3, "thermalization": 2000, "measurements": 60, "sweeps_per_measurement": 2},
    "storage": {"commit_every": 25, "overlap_every": 4},
}

# Runs mcsim with what follows on its command line, after a change made on rank 1 alone.
ON_RANK_1 = """
import sys
from mpi4py import MPI
from mcsim.models.layer_block_walkers import LayerBlockWalkers
from mcsim.__main__ import main

right = LayerBlockWalkers.sweep

def wrong(self, first_sweep, n_sweeps):
    if first_sweep >= 20:
        raise {error}("planted fault")
    right(self, first_sweep, n_sweeps)

if MPI.COMM_WORLD.rank == 1:
    LayerBlockWalkers.sweep = wrong
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("config"), CHANGES)


@pytest.fixture(scope="module")
def without_mpiexec(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the run on one process that no launcher started."""
    folder = tmp_path_factory.mktemp("serial") / "out"
    done = run([*MCSIM, "run", config, "--out", folder])
    assert done.returncode == 0, done.stderr
    return folder


def test_the_reference_run_moves_states_between_all_slots(without_mpiexec: Path) -> None:
    for sample in range(SAMPLES):
        with h5py.File(without_mpiexec / sample_file_name(sample)) as file:
            rates = file["dynamics/flip_rate"][...]
            assert 0.0 < rates[0] < 0.1
            assert rates[-1] > 0.3
            assert np.all(file["dynamics/drift"][...] > 0)
            assert np.all(file["exchange/accepted"][...].sum(axis=1) > 0)


@pytest.mark.parametrize("name", RUNNABLE)
def test_files_are_the_same_with_every_implementation(
    name: str, config: Path, without_mpiexec: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    done = run(["env", f"MCSIM_SPIN_KERNEL={name}", *MCSIM, "run", config, "--out", folder])
    assert done.returncode == 0, done.stderr
    for sample in range(SAMPLES):
        assert_same_file(without_mpiexec / sample_file_name(sample), folder / sample_file_name(sample))


@pytest.mark.parametrize(("name", "problem"), [("sse", "must be one of"), ("", "must be one of")])
def test_an_implementation_that_does_not_exist_is_refused(
    name: str, problem: str, config: Path, tmp_path: Path
) -> None:
    done = run(["env", f"MCSIM_SPIN_KERNEL={name}", *MCSIM, "run", config, "--out", tmp_path / "out"])
    assert done.returncode == 2
    assert done.stderr == f"mcsim: MCSIM_SPIN_KERNEL={name}: {problem} avx512, avx2, portable\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.mpi
@pytest.mark.parametrize(("ranks", "groups"), [(1, 1), (2, 1), (3, 1), (4, 1), (2, 2), (4, 2)])
def test_files_are_the_same_on_every_layout(
    ranks: int, groups: int, mpiexec: list[str], config: Path, without_mpiexec: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    done = run([*mpiexec, "-n", str(ranks), *MCSIM, "run", config, "--out", folder, "--groups", str(groups)])
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"mcsim: {SAMPLES} of {SAMPLES} samples computed now, results in {folder}\n"
    assert sorted(path.name for path in folder.iterdir()) == sorted(p.name for p in without_mpiexec.iterdir())
    for sample in range(SAMPLES):
        assert_same_file(without_mpiexec / sample_file_name(sample), folder / sample_file_name(sample))


@pytest.mark.mpi
def test_ranks_may_use_different_implementations(
    mpiexec: list[str], config: Path, without_mpiexec: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    command = [*MCSIM, "run", config, "--out", folder, "--groups", "1"]
    best, plain = (
        ["env", f"MCSIM_SPIN_KERNEL={name}", *command] for name in (max(RUNNABLE, key=RUNNABLE.get), "portable")
    )
    done = run([*mpiexec, "-n", "1", *best, ":", "-n", "1", *plain])
    assert done.returncode == 0, done.stderr
    for sample in range(SAMPLES):
        assert_same_file(without_mpiexec / sample_file_name(sample), folder / sample_file_name(sample))


@pytest.mark.mpi
def test_comparison_sees_the_last_bit(without_mpiexec: Path, tmp_path: Path) -> None:
    path, changed = without_mpiexec / sample_file_name(0), tmp_path / "changed.h5"
    changed.write_bytes(path.read_bytes())
    with h5py.File(changed, "r+") as file:
        energy = file["series/energy"][10, 59, 1]
        file["series/energy"][10, 59, 1] = np.nextafter(energy, np.inf)
    with pytest.raises(AssertionError, match=r"/?series/energy: 1 of 1980 entries differ"):
        assert_same_file(path, changed)
    changed.write_bytes(path.read_bytes())
    with h5py.File(changed, "r+") as file:
        file.attrs["root_seed"] = 12
    with pytest.raises(AssertionError, match="attribute root_seed"):
        assert_same_file(path, changed)


@pytest.mark.mpi
def test_by_default_ranks_share_samples_first(
    mpiexec: list[str], config: Path, without_mpiexec: Path, tmp_path: Path
) -> None:
    """Three ranks on two samples: groups of two ranks and of one."""
    folder = tmp_path / "out"
    done = run([*mpiexec, "-n", "3", *MCSIM, "run", config, "--out", folder])
    assert done.returncode == 0, done.stderr
    for sample in range(SAMPLES):
        assert_same_file(without_mpiexec / sample_file_name(sample), folder / sample_file_name(sample))


def test_one_process_imports_no_mpi4py(config: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from mcsim.__main__ import main; code = main(sys.argv[1:]); "
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'mpi4py')); sys.exit(code)"
    )
    done = run([sys.executable, "-c", code, "run", config, "--out", tmp_path / "out"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.mpi
@pytest.mark.parametrize("error", ["RuntimeError", "ValueError"])
@pytest.mark.parametrize("groups", [1, 2])
def test_one_ranks_failure_ends_all(error: str, groups: int, mpiexec: list[str], config: Path, tmp_path: Path) -> None:
    """ValueError is what bad input raises too, which all ranks see alike and only the first one tells."""
    wrapper = tmp_path / "wrapper.py"
    wrapper.write_text(ON_RANK_1.format(error=error))
    start = time.monotonic()
    done = run(
        [*mpiexec, "-n", "2", sys.executable, wrapper, "run", config, "--out", tmp_path / "out", "--groups", groups],
        timeout=60,
    )
    assert time.monotonic() - start < 30
    assert done.returncode != 0
    told = [line for line in done.stderr.splitlines() if line.startswith("mcsim: ")]
    assert len(told) == 1, done.stderr
    assert "rank 1" in told[0]
    assert error in told[0]
    assert told[0].endswith("planted fault")
    assert "Traceback" not in done.stderr


@pytest.mark.mpi
def test_bad_input_is_told_once(mpiexec: list[str], tmp_path: Path) -> None:
    bad = write_config(tmp_path, {"run.copies": 0}, "bad.toml")
    short = write_config(tmp_path, {"ladder": {"temperatures": [1.0]}}, "short.toml")
    weights = {"model.network": {"source": "file", "path": "w.npz"}}
    missing = write_config(tmp_path, weights, "missing.toml")
    for config, expected in [
        (bad, "run.copies: 0: must be at least 2"),
        (short, "2 ranks share one sample, but its ladder of 1 slots is all to deal"),
        (missing, "w.npz: no such file"),
    ]:
        done = run([*mpiexec, "-n", "2", *MCSIM, "run", config, "--out", tmp_path / "out"], timeout=60)
        assert done.returncode == 2, done.stderr
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1, done.stderr
        assert expected in done.stderr
        assert not (tmp_path / "out").exists()


def test_linear_algebra_has_one_thread(config: Path, tmp_path: Path) -> None:
    """More threads would change the order of sums, and the libraries are loaded at different times."""
    code = """
import os, sys
from threadpoolctl import threadpool_info
from mcsim import simulate as module
from mcsim.__main__ import main

right = module._simulate_sample

def watched(*args):
    right(*args)
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    print(len(pools) > 0, {pool["num_threads"] for pool in pools})

module._simulate_sample = watched
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    assert os.environ.pop(name) == "4"
sys.exit(main(sys.argv[1:]))
"""
    wrapper = tmp_path / "wrapper.py"
    wrapper.write_text(code)
    command = ["env", "OPENBLAS_NUM_THREADS=4", "OMP_NUM_THREADS=4", sys.executable, wrapper]
    done = run([*command, "run", config, "--out", tmp_path / "out"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:SAMPLES] == ["True {1}"] * SAMPLES
