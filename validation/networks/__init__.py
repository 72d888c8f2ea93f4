"""Trained networks as spins: what their hidden order is, and Monte Carlo beside the TAP equations.

For one epoch of a file of weights, with T_c from `theory.tap.instability`:

    config = tempering_config(path, epoch, T_c)         # ladder from 0.3 to 1.6 T_c
    spins = [sample_spins(config, sample=i) for i in range(config.samples)]
    overlap_histograms(spins, 0.5 * T_c), overlap_moments(spins), energy_points(spins, bonds, T_c)
    melting(spins, stability_mode(bonds, T_c)[1], T_c)
    hidden_order(network, task_of(dataset, kind), spins=spins[0])

`run_tempering` makes the same chain on MPI ranks and stores it, without the spins;
and `order_lost` compares the last for networks trained on true and on shuffled labels.
"""

from validation.networks.control import Lost, lost, order_lost
from validation.networks.energies import EnergyPoint, energy_points
from validation.networks.hidden_order import HiddenOrder, hidden_order
from validation.networks.histograms import OverlapHistogram, overlap_histograms
from validation.networks.melting import Melting, melting
from validation.networks.moments import Moments, overlap_moments, projection_moments
from validation.networks.sampled_spins import SampledSpins, sample_spins
from validation.networks.state import OrderedStates, bonds_of, leading_modes, ordered_states, stability_mode
from validation.networks.task import Task, task_of
from validation.networks.tempering import TemperingPlan, run_tempering, tempering_config

__all__ = [
    "EnergyPoint",
    "HiddenOrder",
    "Lost",
    "Melting",
    "Moments",
    "OrderedStates",
    "OverlapHistogram",
    "SampledSpins",
    "Task",
    "TemperingPlan",
    "bonds_of",
    "energy_points",
    "hidden_order",
    "leading_modes",
    "lost",
    "melting",
    "order_lost",
    "ordered_states",
    "overlap_histograms",
    "overlap_moments",
    "projection_moments",
    "run_tempering",
    "sample_spins",
    "stability_mode",
    "task_of",
    "tempering_config",
]
