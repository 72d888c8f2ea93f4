"""The runs that are measured, as documents, checked configurations and files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.settings import Settings

# Geometric from T = 3.3 to 0.3, beta = 0.96 among them; coldest last, as configurations list them.
LADDER = tuple(float(beta) for beta in 0.96 * (1.0 / (0.3 * 0.96)) ** (np.arange(-15, 17) / 16))
COPIES = 2
NETWORKS: dict[str, tuple[int, ...]] = {
    "[256]*4": (256, 256, 256, 256),
    "[784,400,400,400,10]": (784, 400, 400, 400, 10),
}


def networks(settings: Settings) -> dict[str, tuple[int, ...]]:
    """Return the networks of spins that take part."""
    return NETWORKS if settings.large else dict(list(NETWORKS.items())[:1])


def spin_document(
    widths: Sequence[int], betas: Sequence[float] = LADDER, copies: int = COPIES, samples: int = 1, **run: int
) -> dict[str, Any]:
    """Return a run of spins on random networks with everything else by default."""
    return {
        "seed": 1,
        "samples": samples,
        "model": {"kind": "layered-ising", "network": {"source": "gaussian", "widths": list(widths)}},
        "ladder": {"betas": [float(beta) for beta in betas]},
        "run": {"copies": copies, "thermalization": 0, "measurements": 1, **run},
    }


def input_document(widths: Sequence[int], activation: str, beta: float, copies: int, **run: int) -> dict[str, Any]:
    """Return a run of inputs of a random MLP at one temperature with everything else by default."""
    return {
        "seed": 1,
        "model": {"kind": "mlp", "widths": list(widths), "activation": activation},
        "ladder": {"betas": [beta]},
        "run": {"copies": copies, "thermalization": 0, "measurements": 1, **run},
    }


def write_toml(path: Path, document: Mapping[str, Any]) -> Path:
    """Write a document as TOML and return where."""
    path.write_text(_as_toml(document, ""), encoding="utf-8")
    return path


def _as_toml(table: Mapping[str, Any], prefix: str) -> str:
    # Numbers, strings and lists of them look alike in JSON and TOML.
    plain = [f"{name} = {json.dumps(value)}\n" for name, value in table.items() if not isinstance(value, dict)]
    tables = [
        f"[{prefix}{name}]\n{_as_toml(value, f'{prefix}{name}.')}"
        for name, value in table.items()
        if isinstance(value, dict)
    ]
    return "".join(plain + tables)
