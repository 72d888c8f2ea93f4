"""Kill runs with SIGKILL and look at what they leave; a script, because it forks and pytest's process should not.

usage: killed_runs.py random|everywhere FOLDER    prints one JSON line per kill
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import h5py
import numpy as np
from support import small_config

from mcsim.config import RunConfig
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate
from mcsim.storage import appending, writer
from mcsim.storage.index import open_result, sample_path

RANDOM_KILLS = 10
# Where a file that is already there changes; until then it has another name.
CHANGING = ("commit", "finish", "append_rows", "_write_chunks", "_replace", "_open_for_commit")
SERIES = ("series/energy", "series/magnetization", "series/overlap", "series/overlap_total")


def make_config(measurements: int) -> RunConfig:
    """Return a run that does little else than commit."""
    return small_config(
        {
            "run": {"copies": 2, "thermalization": 2, "measurements": measurements},
            "storage": {"commit_every": 1, "overlap_every": 1},
        }
    )


def run(config: RunConfig, folder: Path) -> None:
    """Do the whole run."""
    simulate(config, folder, SerialCommunicator(), show_progress=False, overwrite=True)


def in_child(task: Callable[[], None]) -> int:
    """Start a task in a forked process and return its id."""
    child = os.fork()
    if child == 0:
        try:
            task()
            os._exit(0)
        except BaseException as error:
            print(f"child: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
    return child


def remains(path: Path, whole: dict[str, Any]) -> dict[str, Any]:
    """Return what a killed run left: whether it opens, its committed rows, and whether they are those of `whole`."""
    if not path.exists():
        return {"exists": False}
    with open_result(path) as file:
        rows = int(file["committed/measurements"][()])
        same = [np.array_equal(file[name][:, :rows], whole[name][:, :rows]) for name in SERIES]
        sweeps = file["measurement/sweep"][:rows].tolist() == list(range(3, 3 + rows))
        return {
            "exists": True,
            "rows": rows,
            "same": all(same) and sweeps,
            "complete": bool(file.attrs["complete"]),
            "marked_open": bool(file.swmr_mode),
        }


def kill_at_random(folder: Path, whole: dict[str, Any], measurements: int) -> None:
    """Kill runs some time after their file has appeared."""
    moments = random.Random(20240811)
    path = sample_path(folder, 0)
    for _ in range(RANDOM_KILLS):
        path.unlink(missing_ok=True)
        child = in_child(partial(run, make_config(measurements), folder))
        while not path.exists():
            time.sleep(0.001)
        time.sleep(moments.uniform(0.0, 0.3))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print(json.dumps(remains(path, whole)), flush=True)


def kill_everywhere(folder: Path, whole: dict[str, Any], measurements: int) -> None:
    """Kill a run at every line at which the writer changes its file, then let one finish."""
    path = sample_path(folder, 0)
    for last_line in itertools.count(1):
        path.unlink(missing_ok=True)
        child = in_child(partial(run_until, last_line, make_config(measurements), folder))
        _, status = os.waitpid(child, 0)
        print(json.dumps(remains(path, whole)), flush=True)
        if os.WIFEXITED(status):
            return


def run_until(last_line: int, config: RunConfig, folder: Path) -> None:
    """Run, and kill this process when the writer begins its `last_line`-th line."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        if (
            frame.f_code.co_filename not in (writer.__file__, appending.__file__)
            or frame.f_code.co_name not in CHANGING
        ):
            return None
        lines += event == "line"
        if lines == last_line:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    run(config, folder)


def main(way: str, folder: Path) -> None:
    """Compute the whole run once, then kill copies of it."""
    measurements = {"random": 300, "everywhere": 1}[way]
    run(make_config(measurements), folder / "whole")
    with h5py.File(sample_path(folder / "whole", 0)) as file:
        whole = {name: file[name][...] for name in SERIES}
    kill = {"random": kill_at_random, "everywhere": kill_everywhere}[way]
    kill(folder / "killed", whole, measurements)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
