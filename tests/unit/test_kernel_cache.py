"""An edited kernel runs at once, also where its code was compiled into another file's kernels and kept on disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT, environment

# Whether an exchange is accepted rests on to_unit_interval, which stands in another file.
PROGRAM = """
import numpy as np
from mcsim.kernels.exchange import propose_exchanges

energies, source = np.array([[0.0], [1.0]]), np.empty((2, 1), dtype=np.int64)
keys, accepted = np.zeros((1, 2), dtype=np.uint32), np.zeros((1, 1), dtype=np.int64)
propose_exchanges(energies, np.array([2.0, 1.0]), 0, 0, keys, source, accepted)
print(accepted[0, 0], sum(propose_exchanges.stats.cache_hits.values()))
"""


@pytest.mark.parametrize("elsewhere", [False, True])
def test_code_is_compiled_again_when_what_it_calls_changes(elsewhere: bool, tmp_path: Path) -> None:
    package = tmp_path / "mcsim"
    shutil.copytree(ROOT / "mcsim", package, ignore=shutil.ignore_patterns("__pycache__"))
    philox = package / "kernels" / "philox.py"
    text = philox.read_text()

    def accepted_and_cache_hits() -> list[int]:
        cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")} if elsewhere else {}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=tmp_path,
            env={**environment(), "PYTHONPATH": str(tmp_path), **cache},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return [int(word) for word in done.stdout.split()]

    def edit(new: str) -> None:
        right = "return (np.float64(word) + 0.5) * 2.3283064365386963e-10"
        assert right in text
        philox.write_text(text.replace(right, f"return {new}"))

    # Acceptance is log u < -1 here.
    edit("0.1")
    assert accepted_and_cache_hits() == [1, 0]
    assert accepted_and_cache_hits() == [1, 1]
    edit("0.999")
    assert accepted_and_cache_hits() == [0, 0]
    assert accepted_and_cache_hits() == [0, 1]
