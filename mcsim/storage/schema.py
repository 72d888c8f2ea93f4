"""The layout of a result file, in one place for the writer, the readers and the summary.

/                       attributes: schema, config (JSON) and its hash, versions, seed, weights' SHA-256, units
/slot/...               temperature, beta: the ladder, coldest first
/layer/size             degrees of freedom per layer
/measurement/sweep      sweeps done at each row of the series (overlap_sweep for the thinned ones)
/series/energy          [slot, measurement, copy], and one series per observable of the model
/histogram/NAME/...     edges [edge], counts [slot, bin]: overlaps of a layer or in total, all measurements
/exchange/...           attempts, accepted, round trips, flow
/dynamics/...           figures of the model's dynamics, [slot]: flip rate and drift, or acceptance rate and step
/committed/measurements rows that are whole; anything beyond them is not data
"""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from mcsim import __version__
from mcsim.config import RunConfig
from mcsim.models.base import Realisation

SCHEMA = "mcsim-result"
SCHEMA_VERSION = 1
COMMITTED = "committed/measurements"
COMPLETE = "complete"
BOND_VARIANCES = "bond_variances"
# Attributes that differ between the samples of a run.
OWN_TO_A_SAMPLE = ("sample", "weights_sha256", BOND_VARIANCES, COMPLETE)
ENERGY_UNITS = "coupling scale (k_B = 1)"
_LIBRARIES = ("numpy", "numba", "scipy", "h5py")

DESCRIPTIONS = {
    "slot/temperature": (ENERGY_UNITS, "temperature of each slot, coldest first"),
    "slot/beta": ("1 / coupling scale", "inverse temperature of each slot, coldest first"),
    "layer/size": ("1", "degrees of freedom per layer"),
    "measurement/sweep": ("sweep", "sweeps done since the start at each row of the series"),
    "measurement/overlap_sweep": ("sweep", "sweeps done at each row of the overlap series"),
    "series/energy": (ENERGY_UNITS, "total energy H of each copy"),
    "exchange/attempts": ("1", "attempted exchanges of slot and slot + 1, per copy, after thermalisation"),
    "exchange/accepted": ("1", "accepted exchanges of slot and slot + 1, after thermalisation"),
    "exchange/round_trips": ("1", "journeys coldest -> hottest -> coldest of each replica"),
    "exchange/visits": ("1", "replicas seen at a slot that have touched an end of the ladder"),
    "exchange/visits_from_hot": ("1", "those of the visits whose replica last touched the hottest slot"),
    COMMITTED: ("1", "rows of the series that are whole"),
}  # fmt: skip


def root_attributes(config: RunConfig, sample: int | None) -> dict[str, Any]:
    """Return the attributes of a result file; nothing in them depends on rank, machine name or clock."""
    attributes: dict[str, Any] = {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "config": config.canonical_json(),
        "config_sha256": config.sha256(),
        "root_seed": config.seed,
        "code_version": __version__,
        "python_version": platform.python_version(),
        "library_versions": json.dumps({name: metadata.version(name) for name in _LIBRARIES}),
        "units": "energies in units of the coupling scale, k_B = 1, natural logarithms",
    }
    if sample is not None:
        attributes["sample"] = sample
    return attributes


def realisation_attributes(realisation: Realisation) -> dict[str, Any]:
    """Return what a sample's file says about its disorder."""
    attributes = {
        "weights_sha256": realisation.weights_sha256,
        "widths": np.array(realisation.widths, dtype=np.int64),
        "sites": realisation.sites,
        BOND_VARIANCES: realisation.bond_variances,
        "has_biases": realisation.has_biases,
        "dynamics": realisation.dynamics,
    }
    return {name: value for name, value in attributes.items() if value is not None}


def sample_file_name(sample: int) -> str:
    """Return the file name of one sample inside a run's folder."""
    return f"sample_{sample:05d}.h5"


def index_path(folder: Path) -> Path:
    """Return the path of a run's index of external links."""
    return folder / "index.h5"
