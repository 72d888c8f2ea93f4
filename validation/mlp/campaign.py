"""The runs of random MLPs that claims are tested on when nobody brings their own."""

from __future__ import annotations

from typing import Any

from mcsim.config import RunConfig, parse_config

ACTIVATIONS = ("linear", "tanh", "relu", "sin")
DEPTHS = (1, 2, 3)
# Corrections are a series in 1/N: its first term suffices from N = 24 on at the precision of these runs.
SIZES = (24, 48, 96)
# One hidden layer is where sin's symmetry breaks first; the histograms of the report come from the widest.
WIDEST = 192
SAMPLES = 64
QUICK_SIZES = (12, 24, 48)
QUICK_SAMPLES = 24
# Steps of beta are short enough that energies of neighbouring slots overlap at the widest size.
BETAS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.15, 1.4, 1.7, 2.0, 2.4, 2.8, 3.3, 3.8, 4.4, 5.0, 6.0, 7.0, 8.0)
# Linear networks have e = -beta for ever; what differs from one to the next there is scale alone.
LINEAR_BETAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5)


def mlp_configs(*, quick: bool = False) -> dict[str, RunConfig]:
    """Return the configurations behind the claims on random MLPs, by name of their folder."""
    configs = {}
    for activation in ACTIVATIONS:
        for depth in (1, 2) if quick else DEPTHS:
            sizes = QUICK_SIZES if quick else (*SIZES, WIDEST) if depth == 1 else SIZES
            for size in sizes:
                configs[f"{activation}-depth-{depth}-width-{size}"] = _config(activation, depth, size, quick=quick)
    return configs


def _config(activation: str, depth: int, size: int, *, quick: bool) -> RunConfig:
    betas = LINEAR_BETAS if activation == "linear" else BETAS[:16] if quick else BETAS
    document: dict[str, Any] = {
        # No two runs may share random numbers: the extrapolations take them as independent.
        "seed": 2503_23982_0000 + 10_000 * ACTIVATIONS.index(activation) + 1000 * depth + size,
        "samples": QUICK_SAMPLES if quick else SAMPLES,
        "model": {"kind": "mlp", "widths": [size] * (depth + 1), "activation": activation},
        "ladder": {"betas": list(betas)},
        "run": {"copies": 4, "thermalization": 100 if quick else 200, "measurements": 120 if quick else 300},
        "storage": {"commit_every": 300},
    }
    return parse_config(document, "validation campaign")
