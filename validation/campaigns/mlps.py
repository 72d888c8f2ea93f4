"""The runs of random MLPs that claims are tested on when nobody brings their own."""

from __future__ import annotations

from typing import Any

from mcsim.config import RunConfig, parse_config

ACTIVATIONS = ("linear", "tanh", "relu", "sin")
DEPTHS = (1, 2, 3)
# Corrections are a series in 1/N whose second term is seen: N times the variance of overlaps of relu networks with
# three layers rises by 5 to 10 % a doubling. Four widths bear it. The histograms of the report come from the widest.
SIZES = (24, 48, 96, 192)
# Energies of relu networks differ more from one to the next: overlaps of theirs have a mean to fluctuate with.
SAMPLES = {"linear": 64, "tanh": 64, "relu": 192, "sin": 64}
QUICK_SIZES = (12, 16, 24, 48)
QUICK_SAMPLES = 24
# Steps of beta are short enough that energies of neighbouring slots overlap at the widest size. The energy of linear
# and relu networks falls without bound, so that theirs must be short at every beta; sin networks are glasses beyond
# beta = 3.6 and the slower the colder (the identity tells), so that theirs end at 5.
BETAS: dict[str, tuple[float, ...]] = {
    "linear": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5),
    "tanh": (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.15, 1.4, 1.7, 2.0, 2.4, 2.8, 3.3, 3.8, 4.4, 5.0, 6.0, 7.0, 8.0),
    "relu": (
        0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75, 4.0, 4.25,
    ),
    "sin": (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.15, 1.4, 1.7, 2.0, 2.3, 2.6, 2.9, 3.2, 3.5, 3.8, 4.2, 4.6, 5.0),
}  # fmt: skip
THERMALIZATION = {"linear": 200, "tanh": 200, "relu": 200, "sin": 600}
GLASS_THERMALIZATION = 1500


def mlp_configs(*, quick: bool = False) -> dict[str, RunConfig]:
    """Return the configurations behind the claims on random MLPs, by name of their folder."""
    configs = {}
    for activation in ACTIVATIONS:
        for depth in (1, 2) if quick else DEPTHS:
            for size in QUICK_SIZES if quick else SIZES:
                configs[f"{activation}-depth-{depth}-width-{size}"] = _config(activation, depth, size, quick=quick)
    return configs


def _config(activation: str, depth: int, size: int, *, quick: bool) -> RunConfig:
    betas = BETAS[activation]
    glass = activation == "sin" and depth == 1
    thermalization = GLASS_THERMALIZATION if glass else THERMALIZATION[activation]
    measurements = 600 if glass else 300
    # The widest differ least, and cost most: of relu networks trajectories take the more steps the deeper they are.
    share = 4 if activation == "relu" and depth > 1 else 2
    samples = SAMPLES[activation] // (share if size == SIZES[-1] else 1)
    document: dict[str, Any] = {
        # No two runs may share random numbers: the extrapolations take them as independent.
        "seed": 2503_23982_0000 + 10_000 * ACTIVATIONS.index(activation) + 1000 * depth + size,
        "samples": QUICK_SAMPLES if quick else samples,
        "model": {"kind": "mlp", "widths": [size] * (depth + 1), "activation": activation},
        "ladder": {"betas": list(betas[: -(len(betas) // 4)] if quick else betas)},
        "run": {
            "copies": 4,
            "thermalization": 100 if quick else thermalization,
            "measurements": 120 if quick else measurements,
        },
        "storage": {"commit_every": 300},
    }
    return parse_config(document, "validation campaign")
