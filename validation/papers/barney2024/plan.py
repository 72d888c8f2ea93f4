"""What the paper's run consists of: networks, stages, temperatures and efforts, full or quick, as plain numbers."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mcsim.networks.datasets import Dataset, digits, mnist

PAPER = "barney2024"
KINDS = ("relu", "binarised")
RATES = (1e-4, 3e-4, 1e-3)
# Small: rich, the weights move far; large: lazy. The networks between, with 1, are among the others.
OUTPUT_SCALES = (0.1, 30.0)
SIDE_RATE = 3e-4


@dataclass(frozen=True)
class Condition:
    """How networks that differ in their seeds alone are trained; fields as of `NetworkSpec`."""

    kind: str
    rate: float
    output_scale: float = 1.0
    shuffled: bool = False

    def __str__(self) -> str:
        """Return what files and tables call it."""
        scale = "" if self.output_scale == 1 else f"-scale{self.output_scale:g}"
        return f"{self.kind}-{self.rate:g}{scale}{'-shuffled' if self.shuffled else ''}"


@dataclass(frozen=True)
class NetworkSpec:
    """One network to train."""

    kind: str  #: relu or binarised
    rate: float  #: learning rate of Adam
    seed: int  #: number of the repeat; weights, order of images and shuffled labels follow `training_seed`
    output_scale: float = 1.0
    shuffled: bool = False  #: whether it is trained on labels dealt anew

    @property
    def name(self) -> str:
        """Return what files and tables call it."""
        return f"{self.condition}-seed{self.seed}"

    @property
    def condition(self) -> Condition:
        """Return what it shares with its repeats."""
        return Condition(self.kind, self.rate, self.output_scale, self.shuffled)

    @property
    def central(self) -> bool:
        """Return whether it is one of those that are looked at most closely: of middle rate, neither rich nor lazy."""
        return self.rate == SIDE_RATE and self.output_scale == 1

    @property
    def training_seed(self) -> int:
        """Return the network's own seed, from its name: no two networks share weights, so each counts as one."""
        return int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:6])


@dataclass(frozen=True)
class Effort:
    """How much is done."""

    hidden: tuple[int, ...]
    batch: int
    epochs: int
    steps: tuple[int, ...]  #: stages within the first epoch
    stored: tuple[int, ...]  #: stages, in epochs
    seeds: int  #: repeats of the main networks
    side_seeds: int  #: and of the others (output scales, shuffled labels)
    ensemble: tuple[tuple[float, int], ...]  #: random networks: size in units of the trained ones, and how many
    starts: int  #: of a census of TAP solutions
    counted: tuple[float, ...]  #: epochs at which solutions are counted; the nearest stage is taken
    #: Temperatures in the initial glass at which they are counted, in units of its T_c. There most states of a few
    #: hundred or thousand spins miss being a solution of the TAP equations by a little, the fewer the colder; a
    #: start costs the most there.
    cold: tuple[float, ...]
    cold_starts: int  #: of a census there before training, where one start in fifty or so finds a solution
    tail_samples: int  #: synthetic samples behind the p-value of a tail
    sampled: tuple[float, ...]  #: epochs sampled by Monte Carlo


_FULL_MNIST = Effort(
    hidden=(256, 256, 256), batch=100, epochs=20,
    steps=(3, 10, 20, 30, 45, 60, 100, 200, 300), stored=(1, 2, 3, 4, 6, 8, 10, 13, 16, 20),
    seeds=3, side_seeds=2, ensemble=((0.125, 48), (0.25, 32), (0.5, 16), (1.0, 8)),
    starts=60, counted=(0.0, 0.1, 1.0, 20.0), cold=(0.3,), cold_starts=640, tail_samples=200, sampled=(0.0, 1.0, 20.0),
)  # fmt: skip
_FULL_DIGITS = Effort(
    hidden=(48, 48, 48), batch=14, epochs=100,
    steps=(1, 3, 10, 20, 30, 45, 60, 80), stored=(1, 2, 3, 4, 6, 8, 10, 16, 25, 40, 60, 100),
    seeds=3, side_seeds=3, ensemble=((0.5, 64), (1.0, 48), (2.0, 32), (4.0, 16)),
    starts=60, counted=(0.0, 0.2, 0.5, 1.0, 10.0, 100.0), cold=(0.15, 0.3),
    cold_starts=400, tail_samples=200, sampled=(0.0, 1.0, 100.0),
)  # fmt: skip
_QUICK = Effort(
    hidden=(48, 48, 48), batch=14, epochs=40,
    steps=(10, 45), stored=(1, 2, 4, 6, 10, 16, 25, 40),
    seeds=2, side_seeds=2, ensemble=((0.5, 40), (1.0, 28), (2.0, 16), (4.0, 6)),
    starts=60, counted=(0.0, 1.0, 4.0, 10.0, 40.0), cold=(0.15, 0.3), cold_starts=200,
    tail_samples=40, sampled=(0.0, 40.0),
)  # fmt: skip
# Of many more images fewer epochs.
_QUICK_MNIST = replace(
    _QUICK, hidden=(64, 64, 64), batch=100, epochs=4, steps=(30, 100, 200, 300), stored=(1, 2, 3, 4),
    counted=(0.0, 0.1, 4.0), sampled=(0.0, 4.0),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """The whole run."""

    data: Dataset
    folder: str  #: where the images were read, absolute; empty for the embedded digits
    quick: bool
    effort: Effort

    @property
    def widths(self) -> tuple[int, ...]:
        """Neurons of each layer, N_0 .. N_L."""
        return (self.data.train.pixels.shape[1], *self.effort.hidden, self.data.classes)

    def main_networks(self) -> list[NetworkSpec]:
        """Return both kinds at every learning rate and seed."""
        seeds = range(self.effort.seeds)
        return [NetworkSpec(kind, rate, seed) for kind in KINDS for rate in RATES for seed in seeds]

    def side_networks(self) -> list[NetworkSpec]:
        """Return the rich, the lazy and the shuffled ones."""
        seeds = range(self.effort.side_seeds)
        scaled = [NetworkSpec("relu", SIDE_RATE, seed, scale) for scale in OUTPUT_SCALES for seed in seeds]
        return [*scaled, *(NetworkSpec(kind, SIDE_RATE, seed, shuffled=True) for kind in KINDS for seed in seeds)]

    def networks(self) -> list[NetworkSpec]:
        """Return every network to train."""
        return [*self.main_networks(), *self.side_networks()]

    def identity(self) -> dict[str, Any]:
        """Return what distinguishes this run from another one in the same folder; no path is part of it."""
        return {
            "paper": PAPER,
            "quick": self.quick,
            "data": self.data.name,
            "data_sha256": self.data.sha256(),
            "effort": asdict(self.effort),
        }


def make_plan(data_folder: Path | None, *, quick: bool) -> Plan:
    """Return the plan for MNIST in a folder, or for the embedded digits without one.

    Raises
    ------
    DatasetError
        One line, where the folder does not hold MNIST.
    """
    if data_folder is None:
        return Plan(digits(), "", quick, _QUICK if quick else _FULL_DIGITS)
    return Plan(mnist(data_folder), str(data_folder.resolve()), quick, _QUICK_MNIST if quick else _FULL_MNIST)
