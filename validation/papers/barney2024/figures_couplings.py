"""The paper's figures of couplings: stability of the paramagnet and spectra of the bond matrix."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from validation.pages.plots import INKS, MARKERS, figure, to_svg
from validation.papers.barney2024.claims_initial import EXPONENT, limit_of
from validation.papers.barney2024.evidence import Evidence
from validation.papers.barney2024.plan import KINDS, NetworkSpec


def _beta_axis(axis: Axes, label: str, critical: float) -> None:
    axis.axhline(0, color="0.3", lw=1.1)
    axis.axvline(1 / critical, color="0.3", lw=1.1, ls=":")
    axis.set_xlabel(r"inverse temperature  $\beta$  [1/weights]")
    axis.set_ylabel(label)


def initial_stability(evidence: Evidence) -> str:
    """Draw the least eigenvalues of the replicated action's Hessian and of I - M at initialisation."""
    shape = evidence.results.get("initial-shape")
    if shape is None:
        return ""
    curve = shape["curve"]
    instance = evidence.have("curves", evidence.main)
    with figure(2) as (drawing, axes):
        left, right = axes
        left.plot(curve["beta"], curve["paramagnet"], color=INKS[0], lw=1.4, label="at q = 0")
        left.plot(curve["beta"], curve["replica_symmetric"], "--", color=INKS[1], lw=1.4,
                  label="at the replica-symmetric saddle")  # fmt: skip
        left.set_ylim(-1.2, 1.05)
        _beta_axis(left, "least eigenvalue of the Hessian", curve["critical_temperature"])
        left.legend()
        for i, (network, result) in enumerate(instance[:1]):
            right.plot(result["beta"], result["before"], MARKERS[i] + "-", ms=3.5, lw=0.8, mfc="white", color=INKS[i],
                       label=f"one {network.kind} network")  # fmt: skip
            right.legend()
        _beta_axis(right, "least eigenvalue of $I - M$", curve["critical_temperature"])
        right.set_ylim(bottom=-0.1)
        return to_svg(drawing)


def finite_size(evidence: Evidence) -> str:
    """Draw temperature and depth of the closest approach against N^-2/3."""
    parts = {name: evidence.results.get(f"initial-{name}") for name in ("shape", "identical")}
    if not all(parts.values()):
        return ""
    with figure(2) as (drawing, axes):
        for i, (name, part) in enumerate(parts.items()):
            assert part is not None
            predicted = part["curve"]["critical_temperature"] if name == "shape" else part["closed_form"]
            label = "the trained networks' shape" if name == "shape" else "five identical layers"
            for axis, key, expected in ((axes[0], "temperatures", predicted), (axes[1], "least", 0.0)):
                _approach(axis, part["sizes"], key, i, label)
                axis.axhline(expected, color=INKS[i], lw=1.2, ls=("-", "--")[i])
        for axis in axes:
            axis.set_xlabel("$N^{-2/3}$   (filled: the limit)")
        axes[0].set_ylabel("$T$ of the closest approach [weights]")
        axes[1].set_ylabel("least eigenvalue of $I - M$ there")
        axes[0].legend()
        return to_svg(drawing)


def _approach(axis: Axes, sizes: list[dict[str, Any]], key: str, i: int, label: str) -> None:
    limit, _ = limit_of(sizes, key)
    x = np.array([row["spins"] for row in sizes], dtype=np.float64) ** -EXPONENT
    values = [np.asarray(row[key]) for row in sizes]
    axis.errorbar(x, [one.mean() for one in values], [one.std(ddof=1) / one.size**0.5 for one in values],
                  fmt=MARKERS[i], ms=4, mfc="white", color=INKS[i], capsize=2, label=label)  # fmt: skip
    axis.errorbar([0], [limit.value], [limit.error], fmt=MARKERS[i], ms=5, color=INKS[i], capsize=3)
    line = np.array([0, x.max()])
    axis.plot(line, limit.at(line), ":", lw=1, color=INKS[i])


def stability_before_after(evidence: Evidence) -> str:
    """Draw the least eigenvalue of I - M against beta before and after training."""
    found = evidence.have("curves", evidence.main)
    if not found:
        return ""
    with figure(len(found)) as (drawing, axes):
        for axis, (network, result) in zip(axes, found, strict=True):
            axis.plot(result["beta"], result["before"], "o-", ms=3.5, lw=0.8, mfc="white", color=INKS[0],
                      label="before training")  # fmt: skip
            axis.plot(result["beta"], result["after"], "s-", ms=3.5, lw=0.8, color=INKS[1],
                      label=f"after {result['epoch']:g} epochs")  # fmt: skip
            _beta_axis(axis, "least eigenvalue of $I - M$", result["reference"])
            axis.set_ylim(min(-0.3, 1.1 * min(result["after"])), 1.05)
            axis.set_title(f"{network.kind}, rate {network.rate:g}", fontsize=10, loc="left")
            axis.legend()
        return to_svg(drawing)


def _central(evidence: Evidence, kind: str) -> NetworkSpec | None:
    have = [network for network, _ in evidence.have("spectrum", evidence.main) if network.kind == kind]
    return have[len(have) // 2] if have else None


def spectra(evidence: Evidence) -> str:
    """Draw the positive eigenvalues of J before and after training over the density of random couplings."""
    networks = [network for kind in KINDS if (network := _central(evidence, kind)) is not None]
    if not networks:
        return ""
    with figure(len(networks)) as (drawing, axes):
        for axis, network in zip(axes, networks, strict=True):
            result = evidence.of("spectrum", network)
            assert result is not None
            density = result["density"]
            axis.plot(density["x"], density["y"], color="0.3", lw=1.4, label="random couplings")
            for i, when in enumerate(("before", "after")):
                shown = result["histograms"][when]
                axis.stairs(shown["density"], shown["edges"], color=INKS[i], lw=(1.0, 1.8)[i], ls=("--", "-")[i],
                            label=f"{when} training")  # fmt: skip
            positive = [y for when in ("before", "after") for y in result["histograms"][when]["density"] if y > 0]
            axis.set_yscale("log")
            axis.set_ylim(0.5 * min(positive), 3 * max(positive))
            axis.set_xlabel("eigenvalue [weights]")
            axis.set_ylabel("density")
            axis.set_title(f"{network.kind}, rate {network.rate:g}", fontsize=10, loc="left")
            axis.legend()
        return to_svg(drawing)


def rich_lazy(evidence: Evidence) -> str:
    """Draw how far spectrum and weights move for each output scale."""
    scaled = [network for network in evidence.side if network.output_scale != 1]
    if not scaled or not evidence.have("spectrum", scaled):
        return ""
    same = [n for n in evidence.main if n.kind == scaled[0].kind and n.rate == scaled[0].rate]
    groups = sorted(evidence.conditions([*scaled, *same]).values(), key=lambda group: group[0].output_scale)
    with figure(2) as (drawing, axes):
        for i, group in enumerate(groups):
            for network, result in evidence.have("spectrum", group):
                stages = [stage for stage in result["stages"] if stage["epoch"] > 0]
                label = f"output scale {network.output_scale:g}" if network.seed == 0 else None
                for axis, key in zip(axes, ("distance", "moved"), strict=True):
                    axis.plot([stage["epoch"] for stage in stages], [stage[key] for stage in stages],
                              MARKERS[i] + "-", ms=3.5, lw=0.8, mfc="white", color=INKS[i], label=label)  # fmt: skip
        for axis, label in zip(axes, ("spectral distance from random", "motion of the weights"), strict=True):
            axis.set_xscale("log")
            axis.set_yscale("log")
            axis.xaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
            axis.set_xlabel("training time  $t$  [epochs]")
            axis.set_ylabel(label)
        axes[0].legend()
        return to_svg(drawing)
