"""What the paper's run consists of: runs of Monte Carlo and grids of theory, full or quick, as plain numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mcsim.config import RandomMlp, RunConfig, parse_config
from validation.campaigns.glass import glass_mlp_configs
from validation.campaigns.mlps import BETAS, mlp_configs

PAPER = "winer2025"
SHALLOW = ("tanh", "relu", "sin")
DEEP = ("shaped-tanh", "shaped-relu")
SHAPE = 1.0
# On the ladders of all unshaped networks: where their energies are followed with depth.
TREND_BETA = 2.0
# Tilts b = beta^2 L of the deep networks' ladders: beta falls with depth as the limit of infinite depth demands.
TILTS = (0.0, 0.03, 0.1, 0.25, 0.5, 0.9, 1.4, 2.0, 2.7, 3.5, 4.5)


@dataclass(frozen=True)
class Family:
    """Runs that differ in width alone, by the name that their folders begin with."""

    name: str
    activation: str

    def __str__(self) -> str:
        """Return what files and tables call it."""
        return self.name


@dataclass(frozen=True)
class Depth:
    """An activation at one depth, as the theory takes it."""

    activation: str
    depth: int

    def __str__(self) -> str:
        """Return what files and tables call it."""
        return f"{self.activation}-depth-{self.depth}"


@dataclass(frozen=True)
class Effort:
    """How much is done.

    Attributes
    ----------
    deep_depths : tuple of int
        Of the shaped networks sampled.
    widths_per_depth : tuple of int
        Their widths N over their depth L. What corrects the limit of infinite width of a deep network is a series in
        L/N (its norm alone varies as 2 L/N): below N = 2 L its first terms say nothing. Four widths bear two terms.
    deep_samples, deep_thermalization, deep_measurements : int
        Networks of a deep family differ by far more than noise (chains relax within two sweeps), so that many networks
        with short chains say most.
    linear_widths : tuple of int
        Reference widths N of linear networks with layers of N, 2 N and N / 2.
    linear_samples : int
    lines : tuple of int
        Depths of unshaped networks whose line of instability is located.
    line_end : float
        Largest beta looked at.
    broken : tuple of (str, int, tuple of float)
        Activation, depth and betas at which the broken solution is worked out.
    scan_shapes, scan_tilts : tuple of float
        Grid on which the stability of infinitely deep shaped networks is worked out.
    converging : tuple of int
        Depths of the layer-by-layer solutions that must approach the limit of infinite depth.
    trends : tuple of int
        Depths of unshaped networks whose energy and entropy are followed.
    """

    deep_depths: tuple[int, ...]
    widths_per_depth: tuple[int, ...]
    deep_samples: int
    deep_thermalization: int
    deep_measurements: int
    linear_widths: tuple[int, ...]
    linear_samples: int
    lines: tuple[int, ...]
    line_end: float
    broken: tuple[tuple[str, int, tuple[float, ...]], ...]
    scan_shapes: tuple[float, ...]
    scan_tilts: tuple[float, ...]
    converging: tuple[int, ...]
    trends: tuple[int, ...]


_FULL = Effort(
    deep_depths=(8, 16, 32), widths_per_depth=(2, 3, 4, 8),
    deep_samples=192, deep_thermalization=60, deep_measurements=60,
    linear_widths=(24, 48, 96), linear_samples=64, lines=(1, 2, 3, 4, 6), line_end=16.0,
    broken=(("sin", 1, (4.2, 4.6, 5.0)),),
    scan_shapes=(0.25, 0.5, 1.0, 1.5, 2.0, 3.0), scan_tilts=(0.25, 1.0, 4.0, 16.0, 64.0, 256.0),
    converging=(8, 16, 32, 64), trends=(1, 2, 3, 4, 6, 8, 12),
)  # fmt: skip
_QUICK = Effort(
    deep_depths=(8,), widths_per_depth=(2, 3, 4, 8), deep_samples=48, deep_thermalization=40, deep_measurements=40,
    linear_widths=(12, 24, 48), linear_samples=24, lines=(1, 2), line_end=8.0, broken=(("sin", 1, (5.0,)),),
    scan_shapes=(0.5, 1.0, 2.0), scan_tilts=(1.0, 4.0, 16.0),
    converging=(8, 16, 32, 64), trends=(1, 2, 3, 4),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """The whole run.

    Attributes
    ----------
    quick : bool
    effort : Effort
    families : dict
        Configurations by name of their folder.
    """

    quick: bool
    effort: Effort
    families: dict[Family, dict[str, RunConfig]]

    def identity(self) -> dict[str, Any]:
        """Return what distinguishes this run from another one in the same folder."""
        return {
            "paper": PAPER,
            "quick": self.quick,
            "effort": asdict(self.effort),
            "runs": {
                name: config.model_dump(mode="json") for runs in self.families.values() for name, config in runs.items()
            },
        }


def make_plan(*, quick: bool) -> Plan:
    """Return what is done, full or quick."""
    effort = _QUICK if quick else _FULL
    families: dict[Family, dict[str, RunConfig]] = {}
    runs = [mlp_configs(quick=quick), glass_mlp_configs(quick=quick), linear_configs(effort), deep_configs(effort)]
    for configs in runs:
        for name, config in configs.items():
            families.setdefault(_family(name, config), {})[name] = config
    return Plan(quick, effort, families)


def _family(run: str, config: RunConfig) -> Family:
    assert isinstance(config.model, RandomMlp)
    return Family(run.removesuffix(f"-width-{config.model.widths[0]}"), config.model.activation)


def linear_configs(effort: Effort) -> dict[str, RunConfig]:
    """Return the configurations of linear networks with layers of unequal widths, by name of their folder."""
    return {
        f"linear-unequal-depth-2-width-{width}": parse_config(
            {
                "seed": 2503_23982_6_000_000 + width,
                "samples": effort.linear_samples,
                "model": {"kind": "mlp", "widths": [width, 2 * width, width // 2], "activation": "linear"},
                "ladder": {"betas": list(BETAS["linear"])},
                "run": {"copies": 4, "thermalization": 200, "measurements": 300},
                "storage": {"commit_every": 300},
            },
            f"{PAPER} linear networks",
        )
        for width in effort.linear_widths
    }


def deep_configs(effort: Effort) -> dict[str, RunConfig]:
    """Return the configurations of deep shaped networks, by name of their folder."""
    return {
        f"{activation}-depth-{depth}-width-{ratio * depth}": _deep(activation, depth, ratio * depth, effort)
        for activation in DEEP
        for depth in effort.deep_depths
        for ratio in effort.widths_per_depth
    }


def _deep(activation: str, depth: int, width: int, effort: Effort) -> RunConfig:
    document: dict[str, Any] = {
        # No two runs may share random numbers: the extrapolations take them as independent.
        "seed": 2503_23982_9000_000 + 100_000 * DEEP.index(activation) + 1000 * depth + width,
        # The widest differ least, and cost most.
        "samples": effort.deep_samples // (2 if width == depth * max(effort.widths_per_depth) else 1),
        "model": {
            "kind": "mlp",
            "widths": [width] * (depth + 1),
            "activation": activation,
            "activation_shape": SHAPE,
        },
        "ladder": {"betas": [(tilt / depth) ** 0.5 for tilt in TILTS]},
        "run": {
            "copies": 4,
            "thermalization": effort.deep_thermalization,
            "measurements": effort.deep_measurements,
        },
        "storage": {"commit_every": 300},
    }
    return parse_config(document, f"{PAPER} deep networks")
