"""Memory of a run: bytes a bond, from a wide network beside a narrow one, and the peak of whole runs."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.children import peak_memory
from benchmarks.configs import input_document, networks, spin_document, write_toml
from benchmarks.figures import Figure
from benchmarks.settings import Settings

_MEBI = 2.0**20
_NARROW = (64, 64, 64, 64)


def measure(settings: Settings) -> list[Figure]:
    """Return bytes a bond of both models and the peaks of the networks in the table of spins."""
    wide = 3000 if settings.large else 1500
    betas = (0.5, 1.0)
    per_bond = {
        "spins": [spin_document(widths, betas) for widths in ((wide,) * 4, _NARROW)],
        "inputs": [input_document(widths, "tanh", 1.0, 2) for widths in ((wide,) * 4, _NARROW)],
    }
    figures = [_bytes_a_bond(name, documents) for name, documents in per_bond.items()]
    for name, widths in networks(settings).items():
        peak = _peak(spin_document(widths, measurements=20))
        figures.append(Figure("memory", f"{name}, 32 slots x 2, peak of a whole run", "MiB", _scaled(peak, _MEBI)))
    return figures


def _bytes_a_bond(name: str, documents: list[dict[str, Any]]) -> Figure:
    # Compiling kernels takes memory of its own.
    _peak(documents[1])
    peaks = [_peak(document) for document in documents]
    bonds = [_bonds(document) for document in documents]
    figure = Figure("memory", f"{name}, wide network", "bytes a bond", note="" if peaks[0] else "not known here")
    if peaks[0] is None or peaks[1] is None:
        return figure
    return Figure("memory", figure.work, figure.unit, (peaks[0] - peaks[1]) / (bonds[0] - bonds[1]))


def _bonds(document: dict[str, Any]) -> int:
    model = document["model"]
    widths = model["network"]["widths"] if "network" in model else model["widths"]
    return sum(a * b for a, b in pairwise(widths))


def _peak(document: dict[str, Any]) -> float | None:
    with tempfile.TemporaryDirectory() as folder:
        config = write_toml(Path(folder) / "run.toml", document)
        return peak_memory("mcsim", "run", config, "--out", Path(folder) / "run")


def _scaled(value: float | None, unit: float) -> float | None:
    return None if value is None else value / unit
