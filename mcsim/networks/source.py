"""From a configuration to the network of one sample."""

from __future__ import annotations

from mcsim.config import ConfigError, FileNetwork, GaussianNetwork, LayeredIsing, RandomMlp, RunConfig
from mcsim.networks.files import WeightsError, load_weights
from mcsim.networks.gaussian import gaussian_weights
from mcsim.networks.layered import LayeredWeights
from mcsim.networks.mlp_disorder import MlpDisorder, draw_mlp
from mcsim.seeds import Purpose, generator


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
        return load_file_network(file).sha256()
    except WeightsError as error:
        raise ConfigError(f"model.network.path: {error}") from None
