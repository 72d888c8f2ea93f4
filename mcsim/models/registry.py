"""From a configuration to a model: one line for each kind."""

from __future__ import annotations

import os
from collections.abc import Callable

from mcsim.config import LayeredIsing, RandomMlp, RunConfig
from mcsim.config.model_section import ModelSection
from mcsim.kernels.spin_processor import choose_kernel
from mcsim.models.base import Model
from mcsim.models.ising import IsingModel
from mcsim.models.mlp import MlpModel

BUILDERS: dict[type[ModelSection], Callable[[RunConfig, int], Model]] = {
    LayeredIsing: IsingModel.of_sample,
    RandomMlp: MlpModel.of_sample,
}


def model_of_sample(config: RunConfig, sample: int) -> Model:
    """Return the Hamiltonian of one sample, with its disorder.

    Raises
    ------
    WeightsError
        Where the disorder is in a file that does not hold what the configuration describes.
    """
    return BUILDERS[type(config.model)](config, sample)


def refuse_environment() -> None:
    """Raise where a variable of the environment asks for compiled code that does not exist or cannot run here.

    Raises
    ------
    SpinKernelError
    """
    choose_kernel(os.environ, lanes=1)
