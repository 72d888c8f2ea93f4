"""Figures of the theory's own parts: lines of instability, broken solutions, the limit of infinite depth."""

from __future__ import annotations

import numpy as np

from validation.pages.plots import INKS, MARKERS, figure, to_svg
from validation.papers.winer2025.claims import Evidence
from validation.papers.winer2025.plan import DEEP, SHALLOW

QUANTITIES = {"free_entropy": r"$L\,\Phi$", "energy": r"$L^{1/2}\,e$", "entropy": r"$L\,s$"}


def lines(evidence: Evidence) -> str:
    """Draw the beta at which replica symmetry turns unstable against depth."""
    parts = {name: sorted(evidence.of("line", [name]).items()) for name in SHALLOW}
    if not any(parts.values()):
        return ""
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, (activation, found) in enumerate(parts.items()):
            for name, result in found:
                depth = int(name.rsplit("-", 1)[1])
                line, end = result["line"], result["end"]
                style = {"color": INKS[i], "label": activation if (name, result) == found[0] else None}
                stable = {"mfc": "white"} if line is None else {}
                left.plot([depth], [end if line is None else line], MARKERS[i], ms=6, **style, **stable)
                right.plot(result["beta"], result["replicon"], MARKERS[i] + "-", ms=3 + depth, mfc="white", lw=0.8,
                           **style)  # fmt: skip
        left.set_xlabel("depth  $L$")
        left.set_ylabel(r"$\beta$ where the replicon passes 1")
        left.set_xticks(sorted({int(name.rsplit("-", 1)[1]) for found in parts.values() for name, _ in found}))
        left.legend()
        right.axhline(1, color="0.3", lw=1.1)
        right.set_xlabel(r"inverse temperature  $\beta$")
        right.set_ylabel("replicon (unstable above 1)")
        right.legend()
        return to_svg(drawing)


def trends(evidence: Evidence) -> str:
    """Draw what depth does to unshaped networks: energy, entropy, order or chaos; with Monte Carlo."""
    found = evidence.of("trend", SHALLOW)
    parts = [(name, found[f"trend-{name}"]) for name in SHALLOW if f"trend-{name}" in found]
    if not parts:
        return ""
    with figure(3) as (drawing, axes):
        for i, (activation, result) in enumerate(parts):
            style = {"color": INKS[i], "lw": 1.2, "ls": ("-", "--", "-.")[i % 3]}
            for axis, symbol, key in ((axes[0], "e", "energy"), (axes[1], "s", "entropy")):
                axis.plot(result["depths"], result[key], label=activation, **style)
                name = f"{symbol}, beta = {result['beta']:g}"
                measured = _limits(evidence, activation, name)
                if measured:
                    depth, value, error = np.array(measured).T
                    axis.errorbar(depth, value, error, fmt=MARKERS[i], ms=5, mfc="white", color=INKS[i], capsize=2)
            axes[2].plot(result["variances"], result["chi"], label=activation, **style)
        axes[0].set_ylabel("energy per input  $e$  [coupling scale]")
        axes[1].set_ylabel("entropy relative to the prior  $s$  [nats]")
        for axis in axes[:2]:
            axis.set_xlabel(rf"depth  $L$  ($\beta$ = {parts[0][1]['beta']:g}, $C_W$ = 1)")
            axis.legend()
        axes[2].axhline(1, color="0.3", lw=1.1)
        axes[2].set_xlabel("weight variance  $C_W$")
        axes[2].set_ylabel(r"$\chi$ (chaos above 1, order below)")
        axes[2].legend()
        return to_svg(drawing)


def _limits(evidence: Evidence, activation: str, name: str) -> list[tuple[int, float, float]]:
    """Return (depth, limit of infinite width, error) of a quantity, from the families sampled."""
    return [
        (result["depth"], result["limits"][name]["value"], result["limits"][name]["error"])
        for part, result in evidence.results.items()
        if part.startswith(f"test-{activation}-depth-") and name in result["limits"]
    ]


def broken(evidence: Evidence) -> str:
    """Draw the overlap function of the broken solutions, and energies beside the symmetric ones."""
    solutions = [one for result in evidence.of("broken", ["sin"]).values() for one in result["solutions"]]
    if not solutions:
        return ""
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, one in enumerate(solutions):
            edges = np.concatenate([[0.0], one["x"], [1.0]])
            left.stairs(one["input_overlaps"], edges, baseline=None, color=INKS[i % len(INKS)], lw=1.4,
                        ls=("-", "--", "-.", ":")[i % 4],
                        label=rf"$\beta$ = {one['beta']:g}")  # fmt: skip
        beta = [one["beta"] for one in solutions]
        right.errorbar(beta, [one["energy"] for one in solutions], [one["error"] for one in solutions], fmt="o-",
                       color=INKS[0], ms=4, capsize=2, label="fully broken")  # fmt: skip
        right.plot(beta, [one["rs_energy"] for one in solutions], "s--", mfc="white", color=INKS[1], ms=4,
                   label="replica symmetric (unstable)")  # fmt: skip
        left.set_xlabel("$x$")
        left.set_ylabel("overlap of inputs  $k(x)$")
        left.legend()
        right.set_xlabel(r"inverse temperature  $\beta$")
        right.set_ylabel("energy per input  $e$  [coupling scale]")
        right.legend()
        return to_svg(drawing)


def convergence(evidence: Evidence) -> str:
    """Draw how layer-by-layer solutions approach infinite depth, and the overlaps over depth."""
    parts = sorted(evidence.of("deep", DEEP).items())
    if not parts:
        return ""
    with figure(2) as (drawing, axes):
        left, right = axes
        for i, (name, result) in enumerate(parts):
            inverse = 1 / np.array(result["depths"])
            for j, (quantity, symbol) in enumerate(QUANTITIES.items()):
                limit = result["limit"][quantity]
                off = 100 * np.abs(np.array(result["layered"][quantity]) / limit - 1)
                left.plot(inverse, off, MARKERS[j], ms=5, mfc="white" if i else INKS[j], color=INKS[j],
                          label=f"{name.removeprefix('deep-')}: {symbol}")  # fmt: skip
                left.plot(inverse, off[-1] * inverse / inverse[-1], color=INKS[j], lw=0.8, ls=("-", "--")[i % 2])
            last = result["last_profile"]
            right.plot(result["t"], result["k_d"], color=INKS[2 * i], lw=1.3)
            right.plot(result["t"], result["k0"], color=INKS[2 * i], lw=1.3, ls="--")
            right.plot(last["l"], last["self_overlap"], MARKERS[i], ms=3.5, mfc="white", color=INKS[2 * i],
                       label=f"{name.removeprefix('deep-')}, L = {result['depths'][-1]}")  # fmt: skip
            right.plot(last["l"], last["mean"], MARKERS[i], ms=3.5, mfc="white", color=INKS[2 * i])
        left.set_xscale("log")
        left.set_yscale("log")
        depths = sorted({depth for _, result in parts for depth in result["depths"]})
        left.set_xticks([1 / depth for depth in depths], [f"1/{depth}" for depth in depths])
        left.minorticks_off()
        left.set_ylim(top=10 * left.get_ylim()[1])  # room for the legend
        left.set_xlabel("$1/L$")
        left.set_ylabel("off infinite depth [%]; lines: 1/L")
        left.legend(fontsize=8, loc="upper left", ncols=2)
        right.set_xlabel(r"relative depth  $\ell/L$")
        right.set_ylabel("self-overlap (solid), overlap (dashed)")
        right.legend()
        return to_svg(drawing)


def scan(evidence: Evidence) -> str:
    """Draw the replicon of infinite depth over shape and tilt."""
    parts = sorted(evidence.of("deep", DEEP).items())
    if not parts:
        return ""
    with figure(len(parts)) as (drawing, axes):
        for axis, (name, result) in zip(axes, parts, strict=True):
            for i, (shape, row) in enumerate(zip(result["shapes"], result["replicon"], strict=True)):
                values = np.array([np.nan if one is None else one for one in row])
                axis.plot(result["tilts"], values, MARKERS[i % len(MARKERS)] + "-", ms=4, mfc="white", lw=1,
                          color=INKS[i % len(INKS)], label=f"shape {shape:g}")  # fmt: skip
            axis.axhline(1, color="0.3", lw=1.2)
            axis.set_xscale("log")
            axis.set_yscale("log")
            axis.set_title(name.removeprefix("deep-"), fontsize=10, loc="left")
            axis.set_xlabel(r"tilt  $b = \beta^2 L$")
            axis.set_ylabel("replicon at infinite depth (unstable above 1)")
            axis.set_ylim(top=100 * axis.get_ylim()[1])  # room for the legend
            axis.legend(fontsize=8, loc="upper left", ncols=2)
        return to_svg(drawing)
