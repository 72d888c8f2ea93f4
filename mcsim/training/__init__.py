"""Training feed-forward networks and keeping their weights from the first step to the last.

>>> from mcsim.training import load_training, train
>>> train(load_training("train.toml"), "weights.h5")  # doctest: +SKIP

PyTorch (the extra ``train``) is imported when training begins, not before.
"""

from mcsim.training.config import TrainConfig, load_training, parse_training
from mcsim.training.errors import TrainingError
from mcsim.training.train import TrainingOutcome, train

__all__ = ["TrainConfig", "TrainingError", "TrainingOutcome", "load_training", "parse_training", "train"]
