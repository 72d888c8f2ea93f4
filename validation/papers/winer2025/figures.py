"""Figures of the theory's own results: lines of instability, broken solutions, the limit of infinite depth."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from validation.pages.plots import BETA_LABEL, INKS, MARKERS, figure, points, to_svg
from validation.papers.winer2025.evidence import Evidence
from validation.papers.winer2025.plan import SHALLOW
from validation.papers.winer2025.theory import BrokenSolutions, DeepLimit, DepthTrend, StabilityLine

_ENERGY = "energy per input  $e$  [coupling scale]"
_QUANTITIES = {"free_entropy": r"$L\,\Phi$", "energy": r"$L^{1/2}\,e$", "entropy": r"$L\,s$"}


def lines(evidence: Evidence) -> str:
    """Draw the beta at which replica symmetry turns unstable against depth."""
    of_activations = {activation: evidence.at_depths(StabilityLine, activation) for activation in SHALLOW}
    if not any(of_activations.values()):
        return ""
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, (activation, results) in enumerate(of_activations.items()):
            for number, (at, result) in enumerate(results):
                label = None if number else activation
                beta = result.end if result.line is None else result.line
                points(left, [at.depth], [beta], None, i, filled=result.line is not None, ms=6, label=label)
                points(right, result.beta, result.replicon, None, i, line="-", ms=3 + at.depth, lw=0.8, label=label)
        left.set(xlabel="depth  $L$", ylabel=r"$\beta$ where the replicon passes 1")
        left.set_xticks(sorted({at.depth for results in of_activations.values() for at, _ in results}))
        left.legend()
        right.axhline(1, color="0.3", lw=1.1)
        right.set(xlabel=BETA_LABEL, ylabel="replicon (unstable above 1)")
        right.legend()
        return to_svg(drawing)


def trends(evidence: Evidence) -> str:
    """Draw what depth does to unshaped networks: energy, entropy, order or chaos; with Monte Carlo."""
    results = {activation: evidence.of(DepthTrend, activation) for activation in SHALLOW}
    shown = {activation: result for activation, result in results.items() if result is not None}
    if not shown:
        return ""
    with figure(3) as (drawing, axes):
        for i, (activation, result) in enumerate(shown.items()):
            style = {"color": INKS[i], "lw": 1.2, "ls": ("-", "--", "-.")[i % 3]}
            for axis, symbol, values in ((axes[0], "e", result.energy), (axes[1], "s", result.entropy)):
                axis.plot(result.depths, values, label=activation, **style)
                _measured(axis, evidence, activation, symbol, result.beta, i)
            axes[2].plot(result.variances, result.chi, label=activation, **style)
        depth = rf"depth  $L$  ($\beta$ = {next(iter(shown.values())).beta:g}, $C_W$ = 1)"
        axes[0].set(xlabel=depth, ylabel=_ENERGY)
        axes[1].set(xlabel=depth, ylabel="entropy relative to the prior  $s$  [nats]")
        axes[2].axhline(1, color="0.3", lw=1.1)
        axes[2].set(xlabel="weight variance  $C_W$", ylabel=r"$\chi$ (chaos above 1, order below)")
        for axis in axes:
            axis.legend()
        return to_svg(drawing)


def _measured(axis: Axes, evidence: Evidence, activation: str, symbol: str, beta: float, i: int) -> None:
    """Draw the limits of infinite width of a quantity that families of this activation were sampled for."""
    chosen = [tests for family, tests in evidence.families.items() if family.activation == activation]
    limits = [(tests.depth, tests.limit(symbol, beta)) for tests in chosen]
    known = [(depth, limit.value, limit.error) for depth, limit in limits if limit is not None]
    if known:
        depth, value, error = np.array(known).T
        points(axis, depth, value, error, i, ms=5)


def broken(evidence: Evidence) -> str:
    """Draw the overlap function of the broken solutions, and energies beside the symmetric ones."""
    solutions = [solution for _, result in evidence.at_depths(BrokenSolutions, "sin") for solution in result]
    if not solutions:
        return ""
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, solution in enumerate(solutions):
            edges = np.concatenate([[0.0], solution.x, [1.0]])
            left.stairs(solution.input_overlaps, edges, baseline=None, color=INKS[i % len(INKS)], lw=1.4,
                        ls=("-", "--", "-.", ":")[i % 4], label=rf"$\beta$ = {solution.beta:g}")  # fmt: skip
        beta = [solution.beta for solution in solutions]
        energy, error, symmetric = np.array([(one.energy, one.error, one.rs_energy) for one in solutions]).T
        right.errorbar(beta, energy, error, fmt="o-", color=INKS[0], ms=4, capsize=2, label="fully broken")
        right.plot(beta, symmetric, "s--", mfc="white", color=INKS[1], ms=4, label="replica symmetric (unstable)")
        left.set(xlabel="$x$", ylabel="overlap of inputs  $k(x)$")
        right.set(xlabel=BETA_LABEL, ylabel=_ENERGY)
        for axis in axes:
            axis.legend()
        return to_svg(drawing)


def convergence(evidence: Evidence) -> str:
    """Draw how layer-by-layer solutions approach infinite depth, and the overlaps over depth."""
    deep = evidence.deep()
    if not deep:
        return ""
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, (activation, result) in enumerate(deep):
            _approach(left, activation, result, i)
            _profiles(right, activation, result, i)
        left.set(xscale="log", yscale="log", xlabel="$1/L$", ylabel="off infinite depth [%]; lines: 1/L")
        depths = sorted({depth for _, result in deep for depth in result.depths})
        left.set_xticks([1 / depth for depth in depths], [f"1/{depth}" for depth in depths])
        left.minorticks_off()
        left.set_ylim(top=10 * left.get_ylim()[1])  # room for the legend
        left.legend(fontsize=8, loc="upper left", ncols=2)
        right.set(xlabel=r"relative depth  $\ell/L$", ylabel="self-overlap (solid), overlap (dashed)")
        right.legend()
        return to_svg(drawing)


def _approach(axis: Axes, activation: str, result: DeepLimit, i: int) -> None:
    inverse = 1 / np.array(result.depths)
    for j, (quantity, symbol) in enumerate(_QUANTITIES.items()):
        off = 100 * np.abs(result.layered[quantity] / result.limit[quantity] - 1)
        points(axis, inverse, off, None, j, filled=not i, ms=5, label=f"{activation}: {symbol}")
        axis.plot(inverse, off[-1] * inverse / inverse[-1], color=INKS[j], lw=0.8, ls=("-", "--")[i % 2])


def _profiles(axis: Axes, activation: str, result: DeepLimit, i: int) -> None:
    last, ink = result.last_profile, INKS[2 * i]
    axis.plot(result.t, result.k_d, color=ink, lw=1.3)
    axis.plot(result.t, result.k0, color=ink, lw=1.3, ls="--")
    label = f"{activation}, L = {result.depths[-1]}"
    axis.plot(last.relative_depth, last.self_overlap, MARKERS[i], ms=3.5, mfc="white", color=ink, label=label)
    axis.plot(last.relative_depth, last.mean, MARKERS[i], ms=3.5, mfc="white", color=ink)


def scan(evidence: Evidence) -> str:
    """Draw the replicon of infinite depth over shape and tilt."""
    deep = evidence.deep()
    if not deep:
        return ""
    with figure(len(deep)) as (drawing, axes):
        for axis, (activation, result) in zip(axes, deep, strict=True):
            for i, (shape, row) in enumerate(zip(result.shapes.tolist(), result.replicon, strict=True)):
                points(axis, result.tilts, row, None, i, line="-", lw=1, label=f"shape {shape:g}")
            axis.axhline(1, color="0.3", lw=1.2)
            axis.set(xscale="log", yscale="log", xlabel=r"tilt  $b = \beta^2 L$")
            axis.set_ylabel("replicon at infinite depth (unstable above 1)")
            axis.set_title(activation, fontsize=10, loc="left")
            axis.set_ylim(top=100 * axis.get_ylim()[1])  # room for the legend
            axis.legend(fontsize=8, loc="upper left", ncols=2)
        return to_svg(drawing)
