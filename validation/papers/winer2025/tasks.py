"""The tasks of the paper's run, from the plan: what is sampled, tested and solved, from what, and at what cost."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

from mcsim.config import RandomMlp, RunConfig
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate
from validation.claims import REGISTER
from validation.claims.base import Claim
from validation.pages.finding_figures import finding_figures
from validation.pages.mlp_section import family_section
from validation.papers.paper import put_to_test
from validation.papers.tasks import ResultStore, Task
from validation.papers.winer2025 import theory
from validation.papers.winer2025.plan import DEEP, SHALLOW, TREND_BETA, Depth, Family, Plan
from validation.papers.winer2025.records import CaptionedFigure, FamilyTests, limits_of, record_of
from validation.runs.mlp_family import families_of_mlps
from validation.runs.mlps import MeasuredMlp
from validation.runs.spins import read_measured
from validation.runs.subject import Subject

R = TypeVar("R")

# The claims of the register that the paper's families of runs are tested for.
TESTED: dict[str, Claim] = {name: claim for name, claim in REGISTER.items() if claim.about is Subject.RANDOM_MLPS}


@dataclass(frozen=True)
class SampledRun:
    """A run that was sampled into its folder."""

    samples: int


def build_tasks(plan: Plan) -> list[Task[Any]]:
    """Return all tasks; the runs of one family and the tests on them make a group, in order on one rank."""
    families = (task for family, configs in plan.families.items() for task in _family_tasks(family, configs))
    return [*families, *_theory_tasks(plan)]


def _family_tasks(family: Family, configs: dict[str, RunConfig]) -> Iterator[Task[Any]]:
    sampled = [
        Task(f"sample-{name}", SampledRun, {"config": config.model_dump(mode="json")},
             partial(_sample, name=name, config=config), about=name, cost=_sampling_cost(config), group=family.name)
        for name, config in configs.items()
    ]  # fmt: skip
    yield from sampled
    names = list(configs)
    yield Task(f"test-{family}", FamilyTests, {"claims": sorted(TESTED)}, partial(_test, names=names), about=family,
               needs=tuple(sampled), cost=20.0 * len(names), group=family.name)  # fmt: skip


def _sampling_cost(config: RunConfig) -> float:
    """Return seconds on one idle core, by what runs of all these activations and sizes took."""
    assert isinstance(config.model, RandomMlp)
    sweeps = config.run.thermalization + config.run.measurements * config.run.sweeps_per_measurement
    moves = config.samples * sweeps * config.run.copies * len(config.ladder.betas or ())
    products = sum(a * b for a, b in pairwise(config.model.widths))
    # Of shaped relu trajectories take more steps.
    steps = 5.5 if config.model.activation == "shaped-relu" else 1.0
    return moves * (1.4e-5 + 2.1e-10 * steps * products)


def _sample(store: ResultStore, name: str, config: RunConfig) -> SampledRun:
    """Sample a run into its folder beside the tasks; complete samples that are there are kept."""
    folder = store.folder.parent / "runs" / name
    outcome = simulate(config, folder, SerialCommunicator(), restart_interrupted=True, show_progress=False)
    if outcome.stopped:
        raise KeyboardInterrupt  # the signal was taken by the run, to end between two samples
    return SampledRun(config.samples)


def _test(store: ResultStore, names: list[str]) -> FamilyTests:
    """Test every claim of the register that these runs can speak about, and draw what they measured."""
    runs = [read_measured(store.folder.parent / "runs" / name) for name in names]
    (family,) = families_of_mlps([run for run in runs if isinstance(run, MeasuredMlp)])
    findings, untested = put_to_test(TESTED, family)
    return FamilyTests(
        records=tuple(record_of(finding, finding_figures(finding)) for finding in findings),
        untested={refusal.claim.id: refusal.reason for refusal in untested},
        limits=tuple(limit for finding in findings for limit in limits_of(finding)),
        depth=family.largest.model.depth,
        label=family.label,
        figures=tuple(CaptionedFigure(*figure) for figure in family_section(family)["figures"]),
    )


def _theory_tasks(plan: Plan) -> Iterator[Task[Any]]:
    effort = plan.effort
    for activation in SHALLOW:
        for depth in effort.lines:
            solve = partial(theory.stability_line, activation, depth, effort.line_end)
            at = Depth(activation, depth)
            yield _solved("line", at, theory.StabilityLine, solve, 4.0 * depth, end=effort.line_end)
    for activation, depth, betas in effort.broken:
        solve_broken = partial(theory.broken_solutions, activation, depth, betas)
        at = Depth(activation, depth)
        yield _solved("broken", at, theory.BrokenSolutions, solve_broken, 5.0 * len(betas), betas=betas)
    for activation in SHALLOW:
        trend = partial(theory.depth_trend, activation, effort.trends, TREND_BETA)
        yield _solved("trend", activation, theory.DepthTrend, trend, 2.0, depths=effort.trends, beta=TREND_BETA)
    for activation in DEEP:
        shapes, tilts, depths = effort.scan_shapes, effort.scan_tilts, effort.converging
        deep = partial(theory.deep_limit, activation, shapes, tilts, depths)
        yield _solved("deep", activation, theory.DeepLimit, deep, 20.0, shapes=shapes, tilts=tilts, depths=depths,
                      converging=theory.CONVERGING[activation])  # fmt: skip


def _solved(name: str, about: Hashable, result: type[R], solve: Callable[[], R], cost: float, **inputs: Any) -> Task[R]:
    """Return a task of the theory, which needs nothing from the store."""
    return Task(f"{name}-{about}", result, inputs, lambda _: solve(), about, cost=cost)
