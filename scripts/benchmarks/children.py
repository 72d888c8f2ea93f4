"""Commands of the package as a user starts them: CPU time, peak memory, wall-clock time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Runs a module's main and then says how much memory it has had at most; a child's own figure, since what the system
# keeps for a parent to read begins with the parent's size. In KiB.
_WITH_PEAK = """
import runpy, sys
module = sys.argv[1]
sys.argv[:] = [module, *sys.argv[2:]]
try:
    runpy.run_module(module, run_name="__main__", alter_sys=False)
except SystemExit as end:
    if end.code:
        raise
for line in open("/proc/self/status"):
    if line.startswith("VmHWM:"):
        print("peak", line.split()[1], file=sys.stderr)
"""


class ChildError(RuntimeError):
    """A command failed, or could not be started."""


@dataclass(frozen=True)
class Spent:
    """Seconds of processor and of the clock."""

    cpu: float
    wall: float


def run_module(module: str, *arguments: str | Path, cache: Path | None = None) -> Spent:
    """Run ``python -m module``; `cache` is the folder of compiled kernels."""
    return _run([sys.executable, "-m", module, *map(str, arguments)], cache)


def run_on_ranks(ranks: int, module: str, *arguments: str | Path) -> Spent:
    """Run a module on MPI ranks."""
    launcher = find_launcher()
    if launcher is None:
        raise ChildError("mpiexec not found")
    return _run([launcher, "-n", str(ranks), sys.executable, "-m", module, *map(str, arguments)], None)


def find_launcher() -> str | None:
    """Return mpiexec, that of this environment first."""
    return shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or shutil.which("mpiexec")


def peak_memory(module: str, *arguments: str | Path) -> float | None:
    """Return the most memory in bytes that ``python -m module`` has had; None where the system does not tell."""
    if not Path("/proc/self/status").exists():
        return None
    command = [sys.executable, "-c", _WITH_PEAK, module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ChildError(f"{module}: {done.stderr.strip()}")
    peak = next(line for line in done.stderr.splitlines() if line.startswith("peak "))
    return 1024.0 * float(peak.split()[1])


def _run(command: Sequence[str], cache: Path | None) -> Spent:
    environment = {**os.environ, **({"NUMBA_CACHE_DIR": str(cache)} if cache else {})}
    before, begin = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - begin, os.times()
    if done.returncode != 0:
        raise ChildError(f"{' '.join(command)}: {done.stderr.strip()}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(cpu, wall)
