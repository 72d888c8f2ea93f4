"""At which steps of a training weights are stored."""

from __future__ import annotations

from itertools import count

from mcsim.config import ConfigError
from mcsim.training.config import TrainConfig


def log_spaced(last: int, per_decade: int) -> list[int]:
    """Return 1 .. last, so many in a factor of ten, rounded to one digit (1, 3, 10, 30, ...), and `last` itself."""
    chosen = [1]
    for place in count(1):
        decade, part = divmod(place, per_decade)
        number = round(10 ** (part / per_decade)) * 10**decade
        if number >= last:
            break
        if number > chosen[-1]:
            chosen.append(number)
    return [number for number in chosen if number < last] + [last]


def steps_per_epoch(images: int, batch: int) -> int:
    """Return the batches it takes to see every image once; the last may be smaller."""
    return -(-images // batch)


def stored_steps(config: TrainConfig, per_epoch: int) -> list[int]:
    """Return the steps (parameter updates) after which weights are stored, rising, beginning with 0.

    Parameters
    ----------
    config : TrainConfig
    per_epoch : int
        Steps of an epoch.

    Raises
    ------
    ConfigError
        Where a step asked for is beyond the first epoch.
    """
    stages = config.stages
    steps = log_spaced(per_epoch, stages.per_decade) if stages.steps is None else stages.steps
    epochs = log_spaced(config.used_epochs, stages.per_decade) if stages.epochs is None else stages.epochs
    if steps and steps[-1] > per_epoch:
        raise ConfigError(f"stages.steps: {steps[-1]} is beyond the first epoch, which has {per_epoch} steps")
    return sorted({0, config.used_epochs * per_epoch, *steps} | {epoch * per_epoch for epoch in epochs})
