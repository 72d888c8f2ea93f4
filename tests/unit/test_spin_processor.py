"""The implementation is chosen by the processor or the environment, and compiled code is kept apart by processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT, environment

from mcsim.kernels import spin_processor
from mcsim.kernels.spin_processor import AVX2, AVX512, PORTABLE, SpinKernelError, choose_kernel, supports

# A network whose widths are no multiples of anything; prints what it chose, what it reused and where the chain ended.
PROGRAM = """
import hashlib, os
from spin_support import draw_network, start_columns, tables_of
from mcsim.kernels.spin_heat_bath import sweep_heat_bath
from mcsim.kernels.spin_processor import choose_kernel

kernel = choose_kernel(os.environ, 64)
tables = tables_of(draw_network((70, 33, 1, 45), biases=True, seed=3), kernel)
walkers, scratch = start_columns(tables, 50)
sweep_heat_bath(kernel, tables, walkers, 0, 30, scratch)
end = walkers.words[:, :50].tobytes() + walkers.energies[:50].tobytes()
print(kernel, sum(sweep_heat_bath.stats.cache_hits.values()), hashlib.sha256(end).hexdigest())
"""


def run(cache: Path, **variables: str) -> list[str]:
    """Return what the program prints in a process of its own."""
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]), "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**environment(), **paths, **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout.split()


def test_processors_without_vector_units_share_a_cache_and_end_in_the_same_bits(tmp_path: Path) -> None:
    native = run(tmp_path)
    assert native[:2] == [str(choose_kernel({}, 64)), "0"]
    plain = run(tmp_path, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
    assert plain == [str(PORTABLE), "0", native[2]]
    # Each finds its own code again, and the choice between implementations needs no compilation.
    assert run(tmp_path, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="") == [str(PORTABLE), "1", native[2]]
    assert run(tmp_path, MCSIM_SPIN_KERNEL="portable") == [str(PORTABLE), "1", native[2]]


@pytest.mark.parametrize("best", [AVX512, AVX2, PORTABLE])
def test_the_best_that_runs_is_chosen(best: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spin_processor, "supports", lambda kernel: kernel <= best)
    assert choose_kernel({}, 64) == best
    assert choose_kernel({}, 16) == min(best, AVX2)
    assert choose_kernel({"MCSIM_SPIN_KERNEL": "portable"}, 64) == PORTABLE


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(SpinKernelError, match=r"^MCSIM_SPIN_KERNEL=sse: must be one of avx512, avx2, portable$"):
        choose_kernel({"MCSIM_SPIN_KERNEL": "sse"}, 64)


def test_what_the_processor_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spin_processor, "supports", lambda kernel: kernel != AVX512)
    with pytest.raises(SpinKernelError, match=r"^MCSIM_SPIN_KERNEL=avx512: this processor does not support it$"):
        choose_kernel({"MCSIM_SPIN_KERNEL": "avx512"}, 64)


def test_the_portable_implementation_always_runs() -> None:
    assert supports(PORTABLE)
