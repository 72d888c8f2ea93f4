"""The runs that claims are tested on when nobody brings their own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from mcsim.config import RunConfig, parse_config
from mcsim.parallel.communicator import Communicator
from mcsim.simulate import simulate
from validation.campaigns.glass import glass_mlp_configs, glass_spin_configs
from validation.campaigns.mlps import mlp_configs
from validation.claims.base import Claim
from validation.runs.subject import Subject


class Effort(NamedTuple):
    """What one size is worth: samples, and sweeps to forget the start (wide glasses are slow)."""

    samples: int
    thermalization: int


# Four equal layers, T_c = sqrt(2 cos(pi/5)) = 1.272 for C = 1. Sizes four times apart make crossings sharp.
LAYERS = 4
SIZES = {8: Effort(256, 1000), 32: Effort(384, 1500), 128: Effort(192, 6000)}
QUICK_SIZES = {8: Effort(48, 400), 16: Effort(48, 400), 32: Effort(32, 400)}
BETAS = (
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.1, 1.2, 1.35, 1.5, 1.7, 1.95,
    2.25, 2.6, 3.0, 3.4,
)  # fmt: skip


def layered_sk_configs(*, quick: bool = False) -> dict[str, RunConfig]:
    """Return the configurations behind the claims on random layered networks, by name of their folder."""
    sizes = QUICK_SIZES if quick else SIZES
    return {f"width-{width}": _config(width, effort, quick=quick) for width, effort in sizes.items()}


def _config(width: int, effort: Effort, *, quick: bool) -> RunConfig:
    document: dict[str, Any] = {
        # Sizes must not share random numbers: the extrapolations take them as independent.
        "seed": 2408_06421 + width,
        "samples": effort.samples,
        "model": {
            "kind": "layered-ising",
            "tile_columns": 64,
            "network": {"source": "gaussian", "widths": [width] * LAYERS},
        },
        "ladder": {"betas": list(BETAS)},
        "run": {
            "copies": 2,
            "thermalization": effort.thermalization,
            "measurements": 200 if quick else 500,
            "sweeps_per_measurement": 4 if quick else 6,
            "sweeps_per_exchange": 2,
        },
    }
    return parse_config(document, "validation campaign")


# What can be simulated for whom: configurations by name of their folder.
CAMPAIGNS: dict[Subject, Callable[..., dict[str, RunConfig]]] = {
    Subject.RANDOM_SPINS: lambda quick: {**layered_sk_configs(quick=quick), **glass_spin_configs(quick=quick)},
    Subject.RANDOM_MLPS: lambda quick: {**mlp_configs(quick=quick), **glass_mlp_configs(quick=quick)},
}


def run_campaign(
    folder: Path, world: Communicator, claims: Collection[Claim], *, quick: bool = False
) -> list[Path] | None:
    """Simulate what claims need and is not in the folder yet; every rank calls this.

    Returns the runs' folders, or None where a request to stop came first.
    """
    folders = []
    for subject, configs in CAMPAIGNS.items():
        patterns = {pattern for claim in claims if claim.about is subject for pattern in claim.runs}
        for name, config in configs(quick).items():
            if not any(fnmatch(name, pattern) for pattern in patterns):
                continue
            outcome = simulate(config, folder / name, world, restart_interrupted=True)
            if outcome.stopped:
                return None
            folders.append(outcome.folder)
    return folders
