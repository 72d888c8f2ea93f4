"""What the single solution of a trained network is: leading eigenvectors, pixel means, classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcsim.networks.layered import LayeredWeights
from theory.tap import Instability, TapSolution, instability
from validation.networks.alignment import Alignment, alignment
from validation.networks.images import InputOrder, OutputOrder, SeenImages, input_order, output_order
from validation.networks.state import bonds_of, leading_modes, ordered_states, stability_mode
from validation.numbers.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class HiddenOrder:
    """The ordered state of one network at one temperature."""

    critical: Instability  #: where the paramagnet of this network loses its stability, or comes closest
    temperature: float  #: of the solution, below `critical.temperature`
    pattern: FloatArray  #: magnetisations (N,), turned so that layer 0 goes with the pixel mean
    widths: tuple[int, ...]
    modes: tuple[Alignment, ...]  #: with the leading eigenvectors of J
    stability: Alignment  #: with the least eigenvector of I - M at the critical temperature
    inputs: InputOrder  #: layer 0 against the images
    outputs: OutputOrder  #: the last layer against the classes

    def layers(self) -> list[FloatArray]:
        """Return the pattern layer by layer."""
        return np.split(self.pattern, np.cumsum(self.widths)[:-1])


def hidden_order(
    network: LayeredWeights, images: SeenImages, *, reduced: float = 0.9, starts: int = 24
) -> HiddenOrder | None:
    """Describe the TAP minimum of lowest free energy at `reduced` times T_c, or None where none has magnetisations.

    None may mean a paramagnet, or a glass whose solutions none of the random `starts` reached.
    """
    bonds = bonds_of(network)
    critical = instability(bonds)
    solution = ordered_states(bonds, reduced * critical.temperature, starts=starts).lowest
    return None if solution is None else describe(network, images, critical, solution)


def describe(network: LayeredWeights, images: SeenImages, critical: Instability, solution: TapSolution) -> HiddenOrder:
    """Compare a solution of a network's TAP equations with its couplings, the images and their classes."""
    bonds = bonds_of(network)
    first = solution.magnetisations[: bonds.widths[0]]
    side = 1.0 if first @ (images.mean - images.mean.mean()) >= 0 or bonds.fields.any() else -1.0
    pattern = side * solution.magnetisations
    layers = [pattern[layer] for layer in bonds.layers]
    return HiddenOrder(
        critical=critical,
        temperature=solution.temperature,
        pattern=pattern,
        widths=bonds.widths,
        modes=tuple(alignment(pattern, vector) for vector in leading_modes(bonds)[1].T),
        stability=alignment(pattern, stability_mode(bonds, critical.temperature)[1]),
        inputs=input_order(layers[0], images),
        outputs=output_order(layers, network, images),
    )
