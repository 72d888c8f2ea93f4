"""What the paper's run consists of: runs of Monte Carlo and grids of theory, full or quick, as plain numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mcsim.config import RunConfig
from validation.campaigns import packaged_campaign

PAPER = "winer2025"
SHALLOW = ("tanh", "relu", "sin")
DEEP = ("shaped-tanh", "shaped-relu")
UNEQUAL = "-unequal"
SHAPE = 1.0
# On the ladders of all unshaped networks: where their energies are followed with depth.
TREND_BETA = 2.0
CAMPAIGNS = (
    "mlp_linear", "mlp_tanh", "mlp_relu", "mlp_sin", "mlp_sin_glass",
    "winer2025_linear_unequal", "winer2025_shaped_tanh", "winer2025_shaped_relu",
)  # fmt: skip


@dataclass(frozen=True)
class Effort:
    """How much of theory is worked out.

    Attributes
    ----------
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

    lines: tuple[int, ...]
    line_end: float
    broken: tuple[tuple[str, int, tuple[float, ...]], ...]
    scan_shapes: tuple[float, ...]
    scan_tilts: tuple[float, ...]
    converging: tuple[int, ...]
    trends: tuple[int, ...]


_FULL = Effort(
    lines=(1, 2, 3, 4, 6), line_end=16.0,
    broken=(("sin", 1, (4.2, 4.6, 5.0)),),
    scan_shapes=(0.25, 0.5, 1.0, 1.5, 2.0, 3.0), scan_tilts=(0.25, 1.0, 4.0, 16.0, 64.0, 256.0),
    converging=(8, 16, 32, 64), trends=(1, 2, 3, 4, 6, 8, 12),
)  # fmt: skip
_QUICK = Effort(
    lines=(1, 2), line_end=8.0, broken=(("sin", 1, (5.0,)),),
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
        Runs that differ in width alone, by the family's name: configurations by name of their folder.
    """

    quick: bool
    effort: Effort
    families: dict[str, dict[str, RunConfig]]

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
    families: dict[str, dict[str, RunConfig]] = {}
    for campaign in map(packaged_campaign, CAMPAIGNS):
        for name, config in campaign.runs(quick=quick).items():
            families.setdefault(name.rsplit("-width-", 1)[0], {})[name] = config
    return Plan(quick, effort, families)


def activation_of(family: str) -> str:
    """Return the activation that a family's name speaks of, such as tanh of tanh-depth-2 or sin of glass-sin."""
    return family.removeprefix("glass-").split("-depth-")[0].removesuffix(UNEQUAL)
