"""What every model's section of a configuration answers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcsim.config.networks import FileNetwork
from mcsim.config.sections import Section


class SummaryWords(NamedTuple):
    """How a summary of results speaks of a model.

    energy : heading of the energy per site
    rate : the figure of the dynamics that is listed by temperature
    rate_heading : its heading
    """

    energy: str
    rate: str
    rate_heading: str


class ModelSection(Section):
    """What the rest of a configuration, and whoever deals out the work, needs to know of a model before it is built.

    A subclass adds its keys, among them ``kind``, and is listed in `mcsim.config.models`; its builder is listed in
    `mcsim.models.registry`.
    """

    words: ClassVar[SummaryWords]

    @property
    def weights_file(self) -> FileNetwork | None:
        """The file that the disorder is read from; None where it is drawn."""
        return None

    def tile_slots(self, copies: int) -> int:
        """Return how many neighbouring slots are always computed by one rank together (`mcsim.parallel.layout`)."""
        return 1

    def refuse_misfit(self, betas: NDArray[np.float64], copies: int) -> None:
        """Raise a ValueError, which begins with the dotted key to blame, where the run does not fit the model."""

    @classmethod
    @abstractmethod
    def described(cls, stored: Mapping[str, Any]) -> str:
        """Return in a few words what was sampled, from the section as a file has it.

        Another version may have written it, so that it need not pass the checks of this one.
        """

    @classmethod
    def without_gone(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the section of a result file without what an earlier version had and this one has not."""
        return {key: value for key, value in stored.items() if key not in cls.removed}


def refuse_split_slots(tile_columns: int, copies: int) -> None:
    """Raise a ValueError where a tile of columns does not hold whole slots."""
    if tile_columns % copies:
        raise ValueError(f"model.tile_columns: {tile_columns} must be a multiple of run.copies, {copies}")
