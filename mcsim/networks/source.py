"""From a configuration to the network of one sample."""

from __future__ import annotations

import numpy as np

from mcsim.config import ConfigError, FileNetwork, GaussianNetwork, LayeredIsing, RandomMlp, RunConfig
from mcsim.networks.files import WeightsError, load_weights
from mcsim.networks.gaussian import gaussian_weights
from mcsim.networks.layered import LayeredWeights
from mcsim.networks.mlp_disorder import MlpDisorder, draw_mlp
from mcsim.seeds import Purpose, generator

# Half an energy in float32 at most, with room; and a coupling of which float32 still has all digits.
_LARGEST_SUM = 1e37
_SMALLEST_COUPLING = 1e-30


def network_of_sample(config: RunConfig, sample: int) -> LayeredWeights:
    """Return the weights of one sample of spins: a fresh Gaussian draw, or the network in the file.

    Raises
    ------
    WeightsError
        Where the file does not hold the network that the configuration describes.
    """
    assert isinstance(config.model, LayeredIsing)
    network = config.model.network
    if isinstance(network, GaussianNetwork):
        rng = generator(config.seed, Purpose.DISORDER, sample)
        return gaussian_weights(network.widths, network.variance, network.scale, rng)
    return load_file_network(network)


def mlp_of_sample(config: RunConfig, sample: int) -> MlpDisorder:
    """Return the weights of one sample of random MLPs: the same whoever asks, and whenever."""
    assert isinstance(config.model, RandomMlp)
    rng = generator(config.seed, Purpose.DISORDER, sample)
    return draw_mlp(config.model.widths, config.model.bias_variance, rng)


def load_file_network(network: FileNetwork) -> LayeredWeights:
    """Read the weights file that a configuration names."""
    return load_weights(
        network.resolved_path(), epoch=network.epoch, arrays=network.arrays, biases=network.biases,
        transpose=network.transpose,
    )  # fmt: skip


def weights_in_file(config: RunConfig) -> str | None:
    """Return the fingerprint of the weights file that a configuration names, None where it names none.

    Raises
    ------
    ConfigError
        Where the file cannot be used; the line names the key.
    """
    file = config.model.weights_file
    if file is None:
        return None
    try:
        network = load_file_network(file)
    except WeightsError as error:
        raise ConfigError(f"model.network.path: {error}") from None
    if isinstance(config.model, LayeredIsing) and config.model.precision == "float32":
        _refuse_beyond_float32(network, file.path)
    return network.sha256()


def _refuse_beyond_float32(network: LayeredWeights, path: str) -> None:
    """Refuse couplings whose sums overflow in float32, and those of which it would leave nothing."""
    arrays = [np.abs(array) for array in (*network.weights, *(network.biases or ()))]
    total, largest = sum(float(array.sum()) for array in arrays), max(float(array.max()) for array in arrays)
    if total > _LARGEST_SUM or 0.0 < largest < _SMALLEST_COUPLING:
        raise ConfigError(
            f"model.network.path: {path}: couplings up to {largest:.3g} are out of the range of float32; scale them, "
            "or use dynamics = 'single-spin' with precision = 'float64'"
        )
