"""What the tests of the MLP sampler share: small models, and the same network in plain NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mcsim.config import RunConfig, parse_config
from mcsim.kernels.mlp_network import Work
from mcsim.models.base import SlotBlock
from mcsim.models.mlp import MlpModel
from mcsim.models.mlp_walkers import MlpWalkers
from mcsim.networks.mlp_disorder import MlpDisorder, draw_mlp

# name -> phi(z, t) with t = shape / sqrt(L).
PHI = {
    "linear": lambda z, t: z,
    "tanh": lambda z, t: np.tanh(z),
    "sin": lambda z, t: np.sin(z),
    "relu": lambda z, t: np.maximum(z, 0.0),
    "erf": lambda z, t: special.erf(z),
    "shaped-tanh": lambda z, t: np.tanh(t * z) / t,
    "shaped-relu": lambda z, t: np.where(z > 0, (1 + t) * z, (1 - t) * z),
}


def mlp_config(betas: list[float], *, copies: int = 2, run: dict[str, Any] | None = None, **model: Any) -> RunConfig:
    """Return a configuration in float64 with the given keys of the model."""
    defaults = {"kind": "mlp", "widths": [3, 4], "activation": "tanh", "precision": "float64", "tile_columns": 4}
    length = {"copies": copies, "thermalization": 0, "measurements": 1}
    return parse_config(
        {
            "seed": 20241122,
            "model": {**defaults, **model},
            "ladder": {"betas": betas},
            "run": {**length, **(run or {})},
        }
    )


def mlp_model(config: RunConfig, seed: int = 5) -> MlpModel:
    """Return the model of a configuration with weights of its own seed."""
    disorder = draw_mlp(config.model.widths, config.model.bias_variance, np.random.default_rng(seed))
    return MlpModel(
        disorder, config.model, config.run.copies, config.run.thermalization,
        float(config.ladder.inverse_temperatures().max()),
    )  # fmt: skip


def all_slots(config: RunConfig) -> SlotBlock:
    """Return the block that one rank holds when it is alone."""
    betas = config.ladder.inverse_temperatures()
    return SlotBlock(range(betas.size), betas, config.run.copies, config.seed, 0)


def start(config: RunConfig, seed: int = 5) -> tuple[MlpModel, MlpWalkers]:
    """Return a model and its walkers at all slots."""
    model = mlp_model(config, seed)
    return model, model.start(all_slots(config))


def plain_layers(model: MlpModel, x: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return x and every phi(z^l) of rows x, straight from the definition."""
    spec, disorder = model.specification, model.disorder
    t = (spec.activation_shape or 1.0) / np.sqrt(spec.depth)
    layers = [x]
    for k, weights in enumerate(disorder.weights):
        z = np.sqrt(spec.weight_variance / weights.shape[1]) * layers[-1] @ weights.T
        layers.append(PHI[spec.activation](z + disorder.biases[k] if disorder.biases else z, t))
    return layers


def plain_energy(model: MlpModel, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return H of rows x, straight from the definition."""
    spec, readout = model.specification, model.disorder.readout
    n = spec.widths[0] if spec.reference_width is None else spec.reference_width
    return np.sqrt(n) * np.sqrt(spec.weight_variance / readout.size) * plain_layers(model, x)[-1] @ readout


def work_space(model: MlpModel, rows: int) -> Work:
    """Return work space for tiles of up to `rows` columns."""
    block = SlotBlock(range(rows), np.zeros(rows), 1, 0, 0)
    return model.start(block)._work


def zero_disorder(disorder: MlpDisorder) -> MlpDisorder:
    """Return a network whose H is 0 everywhere."""
    return MlpDisorder(disorder.weights, np.zeros_like(disorder.readout), disorder.biases)
