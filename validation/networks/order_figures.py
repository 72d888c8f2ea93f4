"""Figures of the hidden order: its pattern beside the images, and what it lies along, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes

from validation.networks.alignment import orthonormal
from validation.networks.figures import epoch_axis
from validation.networks.hidden_order import HiddenOrder
from validation.networks.images import SeenImages, centred
from validation.numbers.arrays import FloatArray
from validation.pages.plots import figure, points, to_svg

# By epoch, rising.
Orders = Sequence[tuple[float, HiddenOrder]]


def pattern_figure(orders: Orders, pixel_mean: FloatArray, in_class_means: FloatArray) -> str:
    """Draw the pixel mean, the pattern of layer 0 at each epoch, and what the class means explain of the last.

    Raises
    ------
    ValueError
        Where the pixels make no square image.
    """
    side = math.isqrt(pixel_mean.size)
    if side**2 != pixel_mean.size:
        raise ValueError(f"{pixel_mean.size} pixels: a square image is needed to draw patterns")
    images = [("pixel mean", pixel_mean - pixel_mean.mean())]
    images += [(f"epoch {epoch:g}", order.layers()[0]) for epoch, order in orders]
    images.append((f"epoch {orders[-1][0]:g}, part in\nthe class means", in_class_means))
    with figure(2, 2.2) as (drawing, axes):
        for axis in axes:
            axis.remove()
        drawing.set_size_inches(1.75 * len(images) + 0.2, 2.2)
        drawing.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.78, wspace=0.08)
        for axis, (title, image) in zip(drawing.subplots(1, len(images)), images, strict=True):
            scale = float(np.abs(image).max()) or 1.0
            # Grey is zero, white up, black down: a diverging colour map would be ambiguous in print.
            axis.imshow(image.reshape(side, side), cmap="gray", vmin=-scale, vmax=scale)
            axis.set_title(title, fontsize=9)
            axis.set(xticks=[], yticks=[])
        return to_svg(drawing)


def explained(pattern: FloatArray, images: SeenImages) -> FloatArray:
    """Return the part of a pattern, less its average, in the span of the class means less the pixel mean."""
    basis = orthonormal(images.differences)
    return np.asarray(basis @ (basis.T @ centred(pattern)))


def projections_figure(orders: Orders, shuffled: Orders = ()) -> str:
    """Draw what the hidden order lies along against the epoch, beside what a random pattern would do.

    The orders of a network trained on shuffled labels are drawn with open markers and dashed lines.
    """
    epochs = np.array([epoch for epoch, _ in (*orders, *shuffled)])
    with figure(3, 4.6) as (drawing, axes):
        drawing.subplots_adjust(top=0.7)
        _modes(axes[0], orders)
        for axis, named in ((axes[1], _SHARES), (axes[2], _CLASSES)):
            for i, (name, read) in enumerate(named):
                for chosen, line, label in ((orders, "-", name), (shuffled, "--", None)):
                    points(axis, [e for e, _ in chosen], [read(order) for _, order in chosen], None, i, line=line,
                           filled=label is not None, ms=4.5, lw=0.9, label=label)  # fmt: skip
        axes[1].axhline(orders[0][1].inputs.classes.expected, color="0.35", lw=1.2, label="random pattern")
        axes[1].set(ylabel="share of layer 0's pattern\n(average over pixels removed)", ylim=(0, 1))
        axes[2].axhspan(-1 / 3, 1 / 3, color="0.92", zorder=0, label="random pattern, rms")
        axes[2].set(ylabel="correlation across classes\nwith the output pattern", ylim=(-1.05, 1.05))
        for axis in axes:
            epoch_axis(axis, epochs)
            axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0))
        if shuffled:
            axes[1].text(0.98, 0.97, "open, dashed: shuffled labels", transform=axes[1].transAxes, ha="right", va="top",
                         fontsize=9)  # fmt: skip
        return to_svg(drawing)


def _modes(axis: Axes, orders: Orders) -> None:
    x = [epoch for epoch, _ in orders]
    for i in range(len(orders[0][1].modes)):
        y = [abs(order.modes[i].cosine) for _, order in orders]
        points(axis, x, y, None, i, line="-", filled=True, ms=4.5, lw=0.9, label=f"eigenvector {i + 1} of $J$")
    stability = [abs(order.stability.cosine) for _, order in orders]
    axis.plot(x, stability, "k+--", ms=7, lw=0.9, label=r"least of $I - M$ at $T_c$")
    axis.axhline(orders[0][1].modes[0].expected, color="0.35", lw=1.2, label="random direction, rms")
    axis.set(ylabel="overlap of the TAP solution,\n$|m \\cdot v|\\,/\\,|m||v|$", ylim=(0, 1.05))


_Named = tuple[tuple[str, Callable[[HiddenOrder], float]], ...]
_SHARES: _Named = (
    ("in the class means", lambda order: order.inputs.classes.share),
    ("in class means of shuffled labels", lambda order: order.inputs.relabelled),
    ("along the pixel mean", lambda order: order.inputs.mean.cosine**2),
)
_CLASSES: _Named = (
    ("class means seen by layer 0", lambda order: order.outputs.seen.cosine),
    ("answer to layer 0's pattern", lambda order: order.outputs.answered.cosine),
    ("classes the network favours", lambda order: order.outputs.favoured.cosine),
)
