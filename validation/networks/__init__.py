"""Trained networks as spins: what their hidden order is, and Monte Carlo beside the TAP equations.

For one epoch of a file of weights, with its `critical = theory.tap.instability(bonds)`:

    sampled_epoch(path, epoch, critical, TemperingPlan(), overlaps_at=0.6)   # ladder from 0.3 to 1.6 T_c
    hidden_order(network, seen_images(dataset, kind), critical=critical)

The first walks the chains of `tempering_config` with `sample_spins` and reads off `melting`, `overlap_moments`,
`projection_moments`, `overlap_histograms` and `energy_points`; `figures` and `order_figures` draw both.
"""

from validation.networks.energies import EnergyPoint, energy_points
from validation.networks.hidden_order import HiddenOrder, hidden_order
from validation.networks.histograms import OverlapHistogram, overlap_histograms
from validation.networks.images import SeenImages, seen_images
from validation.networks.melting import Melting, melting
from validation.networks.moments import Moments, overlap_moments, projection_moments
from validation.networks.monte_carlo import SampledEpoch, sampled_epoch
from validation.networks.sampled_spins import SampledSpins, sample_spins
from validation.networks.state import OrderedStates, bonds_of, leading_modes, ordered_states, stability_mode
from validation.networks.tempering import TemperingPlan, tempering_config

__all__ = [
    "EnergyPoint",
    "HiddenOrder",
    "Melting",
    "Moments",
    "OrderedStates",
    "OverlapHistogram",
    "SampledEpoch",
    "SampledSpins",
    "SeenImages",
    "TemperingPlan",
    "bonds_of",
    "energy_points",
    "hidden_order",
    "leading_modes",
    "melting",
    "ordered_states",
    "overlap_histograms",
    "overlap_moments",
    "projection_moments",
    "sample_spins",
    "sampled_epoch",
    "seen_images",
    "stability_mode",
    "tempering_config",
]
