"""What Monte Carlo finds on the couplings of one epoch: where its order melts, overlaps, energies and order of TAP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mcsim.networks.files import load_weights
from theory.bonds import LayeredBonds
from theory.tap import Instability
from validation.networks.energies import EnergyPoint, energy_points
from validation.networks.histograms import OverlapHistogram, overlap_histograms
from validation.networks.melting import Melting, melting
from validation.networks.moments import Moments, overlap_moments, projection_moments
from validation.networks.sampled_order import SampledOrder, sampled_order
from validation.networks.sampled_spins import SampledSpins, sample_spins
from validation.networks.state import bonds_of, leading_modes, ordered_states, stability_mode
from validation.networks.tempering import TemperingPlan, tempering_config


@dataclass(frozen=True, eq=False)
class SampledEpoch:
    """Monte Carlo on one network at one epoch."""

    epoch: float
    #: Of the TAP equations' paramagnet: a transition where it crosses, none where it nearly touches.
    critical: Instability
    melting: Melting  #: of the order along the softest mode
    overlaps: Moments  #: of the overlaps between copies
    projection: Moments  #: of the projection on the softest mode
    histograms: tuple[OverlapHistogram, ...]  #: layer by layer, and of all spins
    energies: tuple[EnergyPoint, ...]
    #: Beside the TAP solution of lowest free energy at the temperature of the histograms; None where there is none.
    order: SampledOrder | None

    @property
    def comparable_energies(self) -> list[EnergyPoint]:
        """Return the energies that TAP speaks about: before T_c exists only the paramagnet's."""
        return [point for point in self.energies if point.phase == "above" or self.critical.kind == "crossing"]


def sampled_epoch(
    weights: Path, epoch: float, critical: Instability, plan: TemperingPlan, *, overlaps_at: float
) -> SampledEpoch:
    """Sample one epoch's couplings and read everything off the states; histograms and order at `overlaps_at` T_c."""
    bonds = bonds_of(load_weights(weights, epoch=epoch))
    t_c = critical.temperature
    config = tempering_config(weights, epoch, t_c, plan)
    samples = [sample_spins(config, sample=number) for number in range(plan.repeats)]
    mode = stability_mode(bonds, t_c)[1]
    return SampledEpoch(
        epoch=epoch,
        critical=critical,
        melting=melting(samples, mode, t_c),
        overlaps=overlap_moments(samples),
        projection=projection_moments(samples, mode),
        histograms=tuple(overlap_histograms(samples, overlaps_at * t_c)),
        energies=tuple(energy_points(samples, bonds, t_c)),
        order=_order(samples[0], bonds, overlaps_at * t_c),
    )


def _order(spins: SampledSpins, bonds: LayeredBonds, wanted: float) -> SampledOrder | None:
    temperature = float(spins.temperatures[spins.nearest(wanted)])
    solution = ordered_states(bonds, temperature).lowest
    if solution is None:
        return None
    return sampled_order(spins, solution.magnetisations, temperature, leading_modes(bonds)[1])
