"""The runs that claims about replica symmetry breaking are tested on: four copies, cold ladders, many samples."""

from __future__ import annotations

from typing import Any, NamedTuple

from mcsim.config import RunConfig, parse_config

# Products of the overlaps of two disjoint pairs take four copies.
COPIES = 4
# Names of the runs' folders begin with it: no other claim's runs do.
PREFIX = "glass"


class Effort(NamedTuple):
    """What one size is worth: samples, and sweeps to forget the start (wide glasses are slow)."""

    samples: int
    thermalization: int


# Four equal layers of spins. Overlaps differ from one glass to the next by as much as their mean: samples decide.
LAYERS = 4
SPIN_SIZES = {16: Effort(512, 2000), 32: Effort(512, 4000), 64: Effort(384, 8000), 128: Effort(192, 16000)}
QUICK_SPIN_SIZES = {6: Effort(48, 400), 10: Effort(48, 400), 16: Effort(48, 600)}
# T from 2 to 0.4 T_c, T_c = sqrt(2 cos(pi/5)) = 1.272: half of the replicas change places even at the widest.
SPIN_BETAS = (0.393, 0.476, 0.562, 0.655, 0.749, 0.855, 0.983, 1.123, 1.31, 1.512, 1.709, 1.965)


def glass_spin_configs(*, quick: bool = False) -> dict[str, RunConfig]:
    """Return the configurations behind the claims on the glass of random layered networks, by name of their folder."""
    sizes = QUICK_SPIN_SIZES if quick else SPIN_SIZES
    return {f"{PREFIX}-width-{width}": _spins(width, effort, quick=quick) for width, effort in sizes.items()}


def _spins(width: int, effort: Effort, *, quick: bool) -> RunConfig:
    document: dict[str, Any] = {
        # Sizes must not share random numbers, with each other or with other runs: claims take them as independent.
        # Nor may a verdict rest on the networks on which the claims were developed (2408_06421_000 + width).
        "seed": 2408_06421_500_000 + width,
        "samples": effort.samples,
        "model": {
            "kind": "layered-ising",
            "tile_columns": COPIES * len(SPIN_BETAS),
            "network": {"source": "gaussian", "widths": [width] * LAYERS},
        },
        "ladder": {"betas": list(SPIN_BETAS)},
        "run": {
            "copies": COPIES,
            "thermalization": effort.thermalization,
            "measurements": 200 if quick else 400,
            "sweeps_per_measurement": 4 if quick else 10,
            "sweeps_per_exchange": 2,
        },
    }
    return parse_config(document, "validation campaign")


# Random MLPs with one hidden layer: sin breaks replica symmetry beyond beta = 3.571. Its overlaps are the broader the
# colder, but the slower as well: the sweeps grow with N so that energies settle.
MLP_SIZES = {24: Effort(96, 1500), 48: Effort(96, 2500), 96: Effort(96, 4000), 192: Effort(48, 6000)}
QUICK_MLP_SIZES = {12: Effort(24, 300), 24: Effort(24, 300), 48: Effort(24, 400)}
MLP_BETAS = (1.4, 1.75, 2.1, 2.45, 2.8, 3.2, 3.6, 4.0, 4.5, 5.0, 5.6, 6.2, 7.0)


def glass_mlp_configs(*, quick: bool = False) -> dict[str, RunConfig]:
    """Return the configurations behind the claims on the glass of sin networks, by name of their folder."""
    sizes = QUICK_MLP_SIZES if quick else MLP_SIZES
    return {f"{PREFIX}-sin-width-{width}": _mlps(width, effort, quick=quick) for width, effort in sizes.items()}


def _mlps(width: int, effort: Effort, *, quick: bool) -> RunConfig:
    document: dict[str, Any] = {
        # Not those on which the claims were developed (2503_23982_9_000 + width).
        "seed": 2503_23982_95_000 + width,
        "samples": effort.samples,
        "model": {
            "kind": "mlp",
            "widths": [width, width],
            "activation": "sin",
            "tile_columns": COPIES * len(MLP_BETAS),
        },
        "ladder": {"betas": list(MLP_BETAS)},
        "run": {
            "copies": COPIES,
            "thermalization": effort.thermalization,
            "measurements": 150 if quick else 600,
            "sweeps_per_measurement": 2,
        },
        "storage": {"commit_every": 300},
    }
    return parse_config(document, "validation campaign")
