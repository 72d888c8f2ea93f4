"""Parallel tempering of the spins on one epoch's couplings, on a ladder about the critical temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from mcsim.config import RunConfig, parse_config
from mcsim.networks.files import digits_weights_path, load_weights


@dataclass(frozen=True)
class TemperingPlan:
    """How long and how densely to sample."""

    coldest: float = 0.3  #: end of the ladder in units of the critical temperature
    hottest: float = 1.6
    slots: int | None = None  #: temperatures, geometrically spaced; by default enough for the number of spins
    copies: int = 4  #: ladders whose overlaps are measured
    repeats: int = 2  #: independent runs of all of them
    thermalization: int = 2000
    measurements: int = 1500
    sweeps_per_measurement: int = 2
    seed: int = 1

    def slots_for(self, spins: int) -> int:
        """Return the number of slots: neighbours exchange about every second time at N^{1/2} to a factor e."""
        return self.slots or max(16, math.ceil(0.8 * math.sqrt(spins) * math.log(self.hottest / self.coldest)))


def tempering_config(weights: str | Path, epoch: float, critical_temperature: float, plan: TemperingPlan) -> RunConfig:
    """Return the run that samples one epoch of a file of weights, or of "package:digits", about its T_c."""
    path = digits_weights_path() if str(weights) == "package:digits" else Path(weights)
    spins = sum(load_weights(path, epoch=epoch).widths)
    return parse_config({
        "seed": plan.seed,
        "samples": plan.repeats,
        "model": {
            "kind": "layered-ising",
            "network": {"source": "file", "path": str(weights), "epoch": float(epoch)},
        },
        "ladder": {
            "lowest": plan.coldest * critical_temperature,
            "highest": plan.hottest * critical_temperature,
            "slots": plan.slots_for(spins),
        },
        "run": {
            "copies": plan.copies,
            "thermalization": plan.thermalization,
            "measurements": plan.measurements,
            "sweeps_per_measurement": plan.sweeps_per_measurement,
        },
    })  # fmt: skip
