"""Compiled loops: arrays in and out, knowing NumPy and Numba (with llvmlite, its compiler) alone."""

from pathlib import Path

from mcsim.kernels.cached_code import forget_stale_code

forget_stale_code(Path(__file__).parent)
