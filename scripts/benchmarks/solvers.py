"""The solvers of theory: CPU seconds of whole commands, kernels compiled."""

from __future__ import annotations

from statistics import median

from benchmarks.children import run_module
from benchmarks.figures import Figure
from benchmarks.settings import Settings

_WIDTHS = "784,400,400,400,10"
_COMMANDS = {
    "layered spins, 2-step RSB": f"layered-sk --widths {_WIDTHS} --temperature 0.3 --ansatz krsb --steps 2",
    "layered spins, full RSB": "layered-sk --widths 4,4,4,4 --temperature 0.6 --ansatz frsb",
    "MLP, tanh, depth 3, replica symmetric": "mlp --activation tanh --depth 3 --beta 4",
    "MLP, sin, 2-step RSB": "mlp --activation sin --depth 1 --beta 5 --ansatz krsb --steps 2",
    "infinite depth, shaped tanh": "mlp-depth --activation shaped-tanh --shape 1 --tilt 4",
    "spectrum of a trained network": "spectrum mcsim/networks/data/digits_relu.h5 --epoch 3",
    "TAP census of a trained network": "tap mcsim/networks/data/digits_relu.h5 --epoch 3 --temperature 2.5",
}


def measure(settings: Settings) -> list[Figure]:
    """Return one figure for each command."""
    return [
        Figure("solvers", f"theory: {work}", "s", ours=_seconds(command.split(), settings))
        for work, command in _COMMANDS.items()
    ]


def _seconds(command: list[str], settings: Settings) -> float:
    run_module("theory", *command)
    return median(run_module("theory", *command).cpu for _ in range(settings.rounds // 2))
