"""What the single solution of a trained network is: leading eigenvectors, pixel means, classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcsim.networks.datasets import Dataset
from mcsim.networks.layered import LayeredWeights
from theory.bonds import LayeredBonds
from theory.tap import Instability, TapSolution, instability
from validation.networks.alignment import Alignment, SpanShare, alignment, span_share
from validation.networks.images import InputOrder, OutputOrder, SeenImages, input_order, output_order, seen_images
from validation.networks.state import MODES, bonds_of, leading_modes, ordered_states, stability_mode
from validation.numbers.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class HiddenOrder:
    """The ordered state of one network at one temperature.

    Attributes
    ----------
    critical : Instability
        Where the paramagnet of this network loses its stability, or comes closest.
    temperature : float
        Of the solution, below `critical.temperature`.
    pattern : float64 (N,)
        Magnetisations of the solution of lowest free energy, turned so that layer 0 goes with the pixel mean.
    others : int
        Further pairs of TAP minima found at this temperature.
    widths : tuple of int
    layer_overlaps : tuple of float
        Self-overlap (1/N_k) sum m_i^2 of each layer.
    eigenvalues : tuple of float
        The leading ones of J.
    modes : tuple of Alignment
        With their eigenvectors.
    mode_span : SpanShare
        Share of the pattern within all of these.
    stability : Alignment
        With the least eigenvector of I - M at the critical temperature.
    inputs : InputOrder
        Layer 0 against the images.
    outputs : OutputOrder
        The last layer against the classes.
    """

    critical: Instability
    temperature: float
    pattern: FloatArray
    others: int
    widths: tuple[int, ...]
    layer_overlaps: tuple[float, ...]
    eigenvalues: tuple[float, ...]
    modes: tuple[Alignment, ...]
    mode_span: SpanShare
    stability: Alignment
    inputs: InputOrder
    outputs: OutputOrder

    def layers(self) -> list[FloatArray]:
        """Return the pattern layer by layer."""
        return np.split(self.pattern, np.cumsum(self.widths)[:-1])


def hidden_order(
    network: LayeredWeights,
    images: SeenImages | Dataset,
    *,
    kind: str = "relu",
    reduced: float = 0.9,
    critical: Instability | None = None,
    solution: TapSolution | None = None,
    starts: int = 24,
) -> HiddenOrder | None:
    """Describe the TAP minimum of lowest free energy, or None where the search finds none with magnetisations.

    None may mean a paramagnet or a glass whose solutions no start reached; `ordered_states(...).census` tells.

    Parameters
    ----------
    network : LayeredWeights
    images : SeenImages or Dataset
        With the true labels, also for a network trained on shuffled ones. `seen_images` takes a while for many images:
        give its result where several networks are described.
    kind : str
        relu or binarised, what the network sees of the pixels; of a Dataset only.
    reduced : float
        Temperature in units of the critical one; not used if a solution is given.
    critical : Instability, optional
        Computed if not given.
    solution : TapSolution, optional
        To describe instead of searching.
    starts : int
        Random starts of the search, besides the leading eigenvectors.
    """
    bonds = bonds_of(network)
    images = images if isinstance(images, SeenImages) else seen_images(images, kind)
    critical = critical or instability(bonds)
    others = 0
    if solution is None:
        states = ordered_states(bonds, reduced * critical.temperature, starts=starts)
        solution, others = states.lowest, len(states.solutions) - 1
    if solution is None:
        return None
    return _describe(network, bonds, images, critical, solution, others)


def _describe(
    network: LayeredWeights,
    bonds: LayeredBonds,
    images: SeenImages,
    critical: Instability,
    solution: TapSolution,
    others: int,
) -> HiddenOrder:
    values, vectors = leading_modes(bonds, min(MODES, bonds.spins))
    first = solution.magnetisations[: bonds.widths[0]]
    side = 1.0 if first @ (images.mean - images.mean.mean()) >= 0 or bonds.fields.any() else -1.0
    pattern = side * solution.magnetisations
    layers = [pattern[layer] for layer in bonds.layers]
    return HiddenOrder(
        critical=critical,
        temperature=solution.temperature,
        pattern=pattern,
        others=others,
        widths=bonds.widths,
        layer_overlaps=tuple(float(np.mean(m**2)) for m in layers),
        eigenvalues=tuple(values.tolist()),
        modes=tuple(alignment(pattern, v) for v in vectors.T),
        mode_span=span_share(pattern, vectors),
        stability=alignment(pattern, stability_mode(bonds, critical.temperature)[1]),
        inputs=input_order(layers[0], images),
        outputs=output_order(layers, network, images),
    )
