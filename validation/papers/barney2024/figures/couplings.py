"""The paper's figures of couplings: stability of the paramagnet and spectra of the bond matrix."""

from __future__ import annotations

from matplotlib.axes import Axes

from validation.claims.points import point
from validation.networks.figures import TIME_LABEL
from validation.pages.limits_figure import draw_limits
from validation.pages.plots import INKS, figure, log_axis, points, to_svg
from validation.papers.barney2024.couplings import SpectrumSeries, StabilityCurves
from validation.papers.barney2024.evidence import Evidence, by_condition, least_limit, temperature_limit
from validation.papers.barney2024.initial import IdenticalLayers, TrainedShape, closed_form
from validation.papers.barney2024.plan import KINDS


def _beta_axis(axis: Axes, label: str, critical: float) -> None:
    axis.axhline(0, color="0.3", lw=1.1)
    axis.axvline(1 / critical, color="0.3", lw=1.1, ls=":")
    axis.set(xlabel=r"inverse temperature  $\beta$  [1/weights]", ylabel=label)


def initial_stability(evidence: Evidence) -> str:
    """Draw the least eigenvalues of the replicated action's Hessian and of I - M at initialisation."""
    shape = evidence.of(TrainedShape)
    if shape is None:
        return ""
    curve = shape.curve
    with figure(2) as (drawing, axes):
        left, right = axes
        left.plot(curve.beta, curve.paramagnet, color=INKS[0], lw=1.4, label="at q = 0")
        left.plot(curve.beta, curve.replica_symmetric, "--", color=INKS[1], lw=1.4,
                  label="at the replica-symmetric saddle")  # fmt: skip
        left.set_ylim(-1.2, 1.05)
        _beta_axis(left, "least eigenvalue of the Hessian", curve.critical_temperature)
        left.legend()
        for network, curves in evidence.have(StabilityCurves, evidence.main)[:1]:
            points(right, curves.beta, curves.before, None, 0, line="-", ms=3.5, lw=0.8,
                   label=f"one {network.kind} network")  # fmt: skip
            right.legend()
        _beta_axis(right, "least eigenvalue of $I - M$", curve.critical_temperature)
        right.set_ylim(bottom=-0.1)
        return to_svg(drawing)


def finite_size(evidence: Evidence) -> str:
    """Draw temperature and depth of the closest approach, less their predictions, against N^-2/3."""
    shape, identical = evidence.of(TrainedShape), evidence.of(IdenticalLayers)
    if shape is None or identical is None:
        return ""
    labels = ("the trained networks' shape", "five identical layers")
    ensembles = ((shape.sizes, shape.curve.critical_temperature), (identical.sizes, closed_form()))
    with figure(2) as (drawing, axes):
        left, right = axes
        draw_limits(left, [point(temperature_limit(sizes), predicted) for sizes, predicted in ensembles], labels)
        draw_limits(right, [point(least_limit(sizes), 0.0) for sizes, _ in ensembles], labels)
        left.set_ylabel("$T - T_c$ of the closest approach [weights]")
        right.set_ylabel("least eigenvalue of $I - M$ there")
        return to_svg(drawing)


def stability_before_after(evidence: Evidence) -> str:
    """Draw the least eigenvalue of I - M against beta before and after training."""
    shown = evidence.have(StabilityCurves, evidence.main)
    if not shown:
        return ""
    with figure(len(shown)) as (drawing, axes):
        for axis, (network, curves) in zip(axes, shown, strict=True):
            points(axis, curves.beta, curves.before, None, 0, line="-", ms=3.5, lw=0.8, label="before training")
            points(axis, curves.beta, curves.after, None, 1, line="-", filled=True, ms=3.5, lw=0.8,
                   label=f"after {curves.epoch:g} epochs")  # fmt: skip
            _beta_axis(axis, "least eigenvalue of $I - M$", curves.reference)
            axis.set_ylim(min(-0.3, 1.1 * curves.after.min()), 1.05)
            axis.set_title(f"{network.kind}, rate {network.rate:g}", fontsize=10, loc="left")
            axis.legend()
        return to_svg(drawing)


def spectra(evidence: Evidence) -> str:
    """Draw the positive eigenvalues of J before and after training over the density of random couplings."""
    series = evidence.have(SpectrumSeries, evidence.main)
    of_kinds = [[(network, spectrum) for network, spectrum in series if network.kind == kind] for kind in KINDS]
    shown = [of_kind[len(of_kind) // 2] for of_kind in of_kinds if of_kind]
    if not shown:
        return ""
    with figure(len(shown)) as (drawing, axes):
        for axis, (network, spectrum) in zip(axes, shown, strict=True):
            axis.plot(spectrum.at, spectrum.random_density, color="0.3", lw=1.4, label="random couplings")
            ends = (("before", spectrum.before, 1.0, "--"), ("after", spectrum.after, 1.8, "-"))
            for i, (when, histogram, width, style) in enumerate(ends):
                axis.stairs(histogram.density, histogram.edges, color=INKS[i], lw=width, ls=style,
                            label=f"{when} training")  # fmt: skip
            positive = [y for _, histogram, *_ in ends for y in histogram.density.tolist() if y > 0]
            axis.set(xlabel="eigenvalue [weights]", ylabel="density", yscale="log")
            axis.set_ylim(0.5 * min(positive), 3 * max(positive))
            axis.set_title(f"{network.kind}, rate {network.rate:g}", fontsize=10, loc="left")
            axis.legend()
        return to_svg(drawing)


def rich_lazy(evidence: Evidence) -> str:
    """Draw how far spectrum and weights move for each output scale."""
    scaled = [network for network in evidence.side if network.output_scale != 1]
    if not scaled or not evidence.have(SpectrumSeries, scaled):
        return ""
    same = [n for n in evidence.main if n.kind == scaled[0].kind and n.rate == scaled[0].rate]
    groups = sorted(by_condition([*scaled, *same]).items(), key=lambda group: group[0].output_scale)
    with figure(2) as (drawing, axes):
        for i, (condition, networks) in enumerate(groups):
            for network, series in evidence.have(SpectrumSeries, networks):
                trained = [stage for stage in series.stages if stage.epoch > 0]
                epochs = [stage.epoch for stage in trained]
                moves = ([stage.distance for stage in trained], [stage.moved for stage in trained])
                for axis, values in zip(axes, moves, strict=True):
                    points(axis, epochs, values, None, i, line="-", ms=3.5, lw=0.8,
                           label=f"output scale {condition.output_scale:g}" if network.seed == 0 else None)  # fmt: skip
        for axis, label in zip(axes, ("spectral distance from random", "motion of the weights"), strict=True):
            log_axis(axis, "x")
            axis.set(yscale="log", xlabel=TIME_LABEL, ylabel=label)
        axes[0].legend()
        return to_svg(drawing)
