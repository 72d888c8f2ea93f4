"""Ctrl-C, SIGTERM and SIGKILL: a run ends soon, and its files open and hold whole rows of the uninterrupted chain."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import MCSIM, ROOT, committed_rows, environment, run, small_config, start, wait_until, write_config

from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate
from mcsim.storage.index import is_complete, sample_path
from mcsim.storage.reader import read_sample

SECONDS_TO_END = 15.0
PLANNED = 1_000_000
CHANGES: dict[str, Any] = {
    "samples": 2,
    "model.network.widths": [24, 16, 20],
    "ladder": {"lowest": 0.3, "highest": 3.0, "slots": 10},
    # Minutes of sweeping, were it not interrupted.
    "run": {"copies": 2, "thermalization": 10, "measurements": PLANNED},
    "storage": {"commit_every": 10, "overlap_every": 2},
}
# Says which process is which rank, and goes on as mcsim.
TELLING_RANKS = """
import os, sys
from pathlib import Path
from mpi4py import MPI
from mcsim.__main__ import main

Path(sys.argv[1], f"rank_{MPI.COMM_WORLD.rank}").write_text(str(os.getpid()))
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path, CHANGES)


def end(process: subprocess.Popen[str]) -> tuple[float, str, str]:
    """Wait for a process that was told to stop; return seconds and what it printed, kill it if it takes too long."""
    began = time.monotonic()
    try:
        out, err = process.communicate(timeout=SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"still running after {SECONDS_TO_END} s: {process.communicate()}") from None
    return time.monotonic() - began, out, err


def assert_interrupted(folder: Path, sample: int, at_least: int, tmp_path: Path) -> None:
    """Assert that a sample's file has rows, says that it is interrupted, and agrees with an uninterrupted run."""
    path = sample_path(folder, sample)
    rows = committed_rows(path)
    assert rows >= at_least
    assert not is_complete(path)
    shown = run([*MCSIM, "info", path])
    assert shown.returncode == 0, shown.stderr
    assert f"sample {sample:05d}: INTERRUPTED, {rows} of {PLANNED} measurements" in shown.stdout
    compared = min(rows, 150)
    shorter = small_config({**CHANGES, "samples": sample + 1, "run.measurements": compared})
    reference = tmp_path / f"shorter_{sample}"
    simulate(shorter, reference, SerialCommunicator(), show_progress=False)
    whole, part = read_sample(sample_path(reference, sample)), read_sample(path)
    assert whole.sizes["measurement"] == compared
    assert part.sizes["measurement"] == rows
    assert part.sizes["overlap_measurement"] == -(-rows // 2)
    for name in ("energy", "magnetization", "overlap", "overlap_total", "sweep", "overlap_sweep"):
        length = compared if "measurement" in whole[name].dims else -(-compared // 2)
        axis = "measurement" if "measurement" in whole[name].dims else "overlap_measurement"
        assert np.array_equal(part[name].isel({axis: slice(length)}), whole[name]), name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_one_process(number: signal.Signals, config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    process = start([*MCSIM, "run", config, "--out", folder])
    wait_until(lambda: committed_rows(sample_path(folder, 0)) >= 20, process)
    process.send_signal(number)
    seconds, out, err = end(process)
    assert process.returncode == 130
    assert seconds < SECONDS_TO_END
    assert out == f"mcsim: 0 of 2 samples computed now, interrupted; what was committed is kept in {folder}\n"
    assert err == ""
    assert_interrupted(folder, 0, 20, tmp_path)
    assert not sample_path(folder, 1).exists()


def test_a_signal_during_thermalisation_leaves_an_empty_file(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    config = write_config(tmp_path, {**CHANGES, "run.thermalization": PLANNED})
    process = start([*MCSIM, "run", config, "--out", folder])
    wait_until(sample_path(folder, 0).exists, process)
    process.send_signal(signal.SIGINT)
    end(process)
    assert process.returncode == 130
    shown = run([*MCSIM, "info", folder])
    assert f"sample 00000: INTERRUPTED, 0 of {PLANNED} measurements" in shown.stdout


@pytest.mark.mpi
def test_ctrl_c_ends_mpiexec_and_all_ranks(mpiexec: list[str], config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    process = start([*mpiexec, "-n", "2", *MCSIM, "run", config, "--out", folder, "--groups", "1"])
    wait_until(lambda: committed_rows(sample_path(folder, 0)) >= 20, process)
    process.send_signal(signal.SIGINT)
    _, out, err = end(process)
    assert process.returncode != 0
    assert "interrupted; what was committed is kept in" in out
    assert "Traceback" not in err
    assert_interrupted(folder, 0, 20, tmp_path)


@pytest.mark.mpi
@pytest.mark.parametrize("groups", [1, 2])
def test_a_signal_to_one_rank_ends_all_in_agreement(
    groups: int, mpiexec: list[str], config: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    wrapper = tmp_path / "wrapper.py"
    wrapper.write_text(TELLING_RANKS)
    arguments = ["run", config, "--out", folder, "--groups", groups]
    process = start([*mpiexec, "-n", "2", sys.executable, wrapper, tmp_path, *arguments])
    samples = range(groups)
    wait_until(lambda: all(committed_rows(sample_path(folder, s)) >= 10 for s in samples), process)
    os.kill(int((tmp_path / "rank_1").read_text()), signal.SIGINT)
    _, out, err = end(process)
    assert process.returncode == 130, err
    assert out == f"mcsim: 0 of 2 samples computed now, interrupted; what was committed is kept in {folder}\n"
    for sample in samples:
        assert_interrupted(folder, sample, 10, tmp_path)


def kill_runs(way: str, folder: Path) -> list[dict[str, Any]]:
    """Return what the runs left that tests/mpi/killed_runs.py killed."""
    path = os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(ROOT / "tests" / "mpi" / "killed_runs.py"), way, str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**environment(), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_sigkill_at_random_moments_leaves_whole_rows(tmp_path: Path) -> None:
    left = kill_runs("random", tmp_path)
    assert len(left) == 10
    assert all(one["same"] for one in left)
    assert not any(one["complete"] for one in left)
    assert len({one["rows"] for one in left}) > 2


def test_sigkill_at_any_line_of_a_commit_leaves_whole_rows(tmp_path: Path) -> None:
    left = kill_runs("everywhere", tmp_path)
    assert len(left) > 50
    assert all(one["same"] for one in left)
    # From the empty file to the whole run, nothing is taken back.
    assert [one["rows"] for one in left] == sorted(one["rows"] for one in left)
    assert left[0] == {"exists": True, "rows": 0, "same": True, "complete": False, "marked_open": False}
    assert left[-1] == {"exists": True, "rows": 1, "same": True, "complete": True, "marked_open": False}
    assert sum(one["marked_open"] for one in left) > len(left) // 2


def test_a_killed_run_shows_what_it_has_and_can_be_computed_again(tmp_path: Path) -> None:
    changes = {**CHANGES, "samples": 1, "storage.commit_every": 1}
    folder, config = tmp_path / "out", write_config(tmp_path, changes)
    process = start([*MCSIM, "run", config, "--out", folder])
    wait_until(lambda: committed_rows(sample_path(folder, 0)) >= 20, process)
    process.kill()
    process.communicate()
    assert_interrupted(folder, 0, 20, tmp_path)
    refused = run([*MCSIM, "run", config, "--out", folder])
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "sample_00000.h5: is the interrupted file of sample 0" in refused.stderr
    path = sample_path(folder, 0)
    os.utime(path, (0, 0))  # tells the killed run's file from the new one
    again = start([*MCSIM, "run", config, "--out", folder, "--restart-interrupted"])
    wait_until(lambda: path.exists() and path.stat().st_mtime > 0 and committed_rows(path) > 0, again)
    again.send_signal(signal.SIGINT)
    end(again)
    assert again.returncode == 130
