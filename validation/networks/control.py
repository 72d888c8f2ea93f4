"""What a network trained on shuffled labels keeps of the order: the part that is not about the task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from validation.networks.hidden_order import HiddenOrder


@dataclass(frozen=True)
class Lost:
    """One measure of order with true and with shuffled labels, over seeds.

    Attributes
    ----------
    name : str
    true, true_error, shuffled, shuffled_error : float
        Means over networks and their standard errors; nan for a single network.
    ratio, ratio_error : float
        shuffled/true: 1 if nothing is lost.
    networks : tuple of int
        Number of networks on either side.
    """

    name: str
    true: float
    true_error: float
    shuffled: float
    shuffled_error: float
    ratio: float
    ratio_error: float
    networks: tuple[int, int]


def measures_of_order(order: HiddenOrder) -> dict[str, float]:
    """Return the numbers whose loss is of interest, by name."""
    inputs, outputs = order.inputs, order.outputs
    excess = inputs.classes_centred.share - inputs.relabelled_mean
    return {
        "critical temperature": order.critical.temperature,
        "largest eigenvalue of J": order.eigenvalues[0],
        "share of layer 0 in the class means": inputs.classes_centred.share,
        "of it beyond shuffled class means": excess,
        "outputs against classes seen": outputs.seen.cosine,
        "outputs against answer": outputs.answered.cosine,
        "layer 0 against pixel mean (size)": abs(inputs.mean_centred.cosine),
        "self-overlap of layer 0": order.layer_overlaps[0],
        "self-overlap of the output layer": order.layer_overlaps[-1],
    }


def order_lost(true: Sequence[HiddenOrder], shuffled: Sequence[HiddenOrder]) -> list[Lost]:
    """Compare networks at one epoch with those trained on shuffled labels, seed by seed unpaired.

    Parameters
    ----------
    true, shuffled : sequence of HiddenOrder
        At the same epoch and reduced temperature, one per seed.
    """
    if not true or not shuffled:
        raise ValueError(f"{len(true)} networks and {len(shuffled)} controls: at least one of each is needed")
    kept, control = ([measures_of_order(one) for one in many] for many in (true, shuffled))
    return [lost(name, [one[name] for one in kept], [one[name] for one in control]) for name in kept[0]]


def lost(name: str, true: Sequence[float], shuffled: Sequence[float]) -> Lost:
    """Compare one number of several networks with that of several controls, such as T_c where not all have an order."""
    (a, da), (b, db) = _mean(true), _mean(shuffled)
    ratio = b / a if a else float("nan")
    error = float(np.hypot(db, ratio * da) / abs(a)) if a else float("nan")
    return Lost(name, a, da, b, db, ratio, error, (len(true), len(shuffled)))


def _mean(values: Sequence[float]) -> tuple[float, float]:
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
    return float(np.mean(values)), error
