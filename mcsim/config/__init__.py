"""Specifications: TOML in, one frozen object out, checked whole before anything is computed."""

from mcsim.config.documents import checked, document_folder, load_checked
from mcsim.config.errors import ConfigError
from mcsim.config.layered_ising import LayeredIsing
from mcsim.config.networks import FileNetwork, GaussianNetwork
from mcsim.config.random_mlp import RandomMlp
from mcsim.config.run import Ladder, Run, RunConfig, Storage, load_config, parse_config, stored_config
from mcsim.config.sections import Count, Positive, Section

__all__ = [
    "ConfigError",
    "Count",
    "FileNetwork",
    "GaussianNetwork",
    "Ladder",
    "LayeredIsing",
    "Positive",
    "RandomMlp",
    "Run",
    "RunConfig",
    "Section",
    "Storage",
    "checked",
    "document_folder",
    "load_checked",
    "load_config",
    "parse_config",
    "stored_config",
]
