"""What the paper's run consists of: runs of Monte Carlo and grids of theory, full or quick, as plain numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mcsim.config import RandomMlp, RunConfig
from validation.campaigns import packaged_campaign

PAPER = "winer2025"
SHALLOW = ("tanh", "relu", "sin")
DEEP = ("shaped-tanh", "shaped-relu")
SHAPE = 1.0
# On the ladders of all unshaped networks: where their energies are followed with depth.
TREND_BETA = 2.0
CAMPAIGNS = (
    "mlp_linear", "mlp_tanh", "mlp_relu", "mlp_sin", "mlp_sin_glass",
    "winer2025_linear_unequal", "winer2025_shaped_tanh", "winer2025_shaped_relu",
)  # fmt: skip


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
    """How much of theory is worked out."""

    lines: tuple[int, ...]  #: depths of unshaped networks whose line of instability is located
    line_end: float  #: largest beta looked at
    #: Activation, depth and betas at which the broken solution is worked out.
    broken: tuple[tuple[str, int, tuple[float, ...]], ...]
    scan_shapes: tuple[float, ...]  #: grid on which the stability of infinitely deep shaped networks is worked out
    scan_tilts: tuple[float, ...]
    #: Depths of the layer-by-layer solutions that must approach the limit of infinite depth.
    converging: tuple[int, ...]
    trends: tuple[int, ...]  #: depths of unshaped networks whose energy and entropy are followed


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
    """The whole run."""

    quick: bool
    effort: Effort
    families: dict[Family, dict[str, RunConfig]]  #: configurations by name of their folder

    def identity(self) -> dict[str, Any]:
        """Return what distinguishes this run from another one in the same folder."""
        configs = {name: config for runs in self.families.values() for name, config in runs.items()}
        return {
            "paper": PAPER,
            "quick": self.quick,
            "effort": asdict(self.effort),
            "runs": {name: config.model_dump(mode="json") for name, config in configs.items()},
        }


def make_plan(*, quick: bool) -> Plan:
    """Return what is done, full or quick."""
    effort = _QUICK if quick else _FULL
    families: dict[Family, dict[str, RunConfig]] = {}
    for campaign in map(packaged_campaign, CAMPAIGNS):
        for name, config in campaign.runs(quick=quick).items():
            families.setdefault(_family(name, config), {})[name] = config
    return Plan(quick, effort, families)


def _family(run: str, config: RunConfig) -> Family:
    assert isinstance(config.model, RandomMlp)
    return Family(run.removesuffix(f"-width-{config.model.widths[0]}"), config.model.activation)
