"""How far a training has come: a bar on a terminal, a line a minute in a batch log, and a line for each stage."""

from __future__ import annotations

from mcsim.networks.weights_hdf5 import Stage
from mcsim.progress import ShownProgress


class TrainingProgress(ShownProgress):
    """Shows steps and stages on standard error; a `Watcher` of `mcsim.training.train`."""

    def __init__(self, total_steps: int) -> None:
        super().__init__(total_steps, "training")

    def at(self, step: int) -> None:
        """Report the steps done."""
        self.show(step)

    def stored(self, stage: Stage) -> None:
        """Report a stage and how wrong the network is."""
        rates = {"training": stage.train_error, "validation": stage.validation_error}
        wrong = ", ".join(f"{name} error {100 * rate:.2f} %" for name, rate in rates.items() if rate is not None)
        self.tell(f"epoch {stage.epoch:.4g}, step {stage.step}: {wrong}")
