"""The parts of the paper's run, from the plan: what is sampled, tested and solved, from what, and at what cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

from mcsim.config import RandomMlp, RunConfig
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate
from validation.claims.base import NotApplicableError
from validation.pages.finding_figures import finding_figures
from validation.pages.mlp_section import family_section
from validation.papers.parts import Part, Result, Store
from validation.papers.winer2025 import theory
from validation.papers.winer2025.plan import DEEP, SHALLOW, TREND_BETA, Plan
from validation.papers.winer2025.records import as_values, limits_of
from validation.papers.winer2025.register import TESTED
from validation.runs.mlp_family import families_of_mlps
from validation.runs.mlps import MeasuredMlp
from validation.runs.spins import read_measured


def build_parts(plan: Plan) -> list[Part]:
    """Return all parts; the runs of one family and the tests on them make a chain, in order on one rank."""
    return [
        *(part for family, configs in plan.families.items() for part in _family_parts(family, configs)),
        *_theory_parts(plan),
    ]


def _family_parts(family: str, configs: dict[str, RunConfig]) -> Iterator[Part]:
    sampled = [
        Part(
            f"sample-{name}",
            {"config": config.model_dump(mode="json")},
            partial(_sample, name=name, config=config),
            cost=_sampling_cost(config),
            chain=family,
        )
        for name, config in configs.items()
    ]
    yield from sampled
    names = list(configs)
    yield Part(
        f"test-{family}",
        {"claims": sorted(TESTED)},
        partial(_tests, names=names),
        tuple(sampled),
        cost=20.0 * len(names),
        chain=family,
    )


def _sampling_cost(config: RunConfig) -> float:
    """Return seconds on one idle core, by what runs of all these activations and sizes took."""
    assert isinstance(config.model, RandomMlp)
    sweeps = config.run.thermalization + config.run.measurements * config.run.sweeps_per_measurement
    moves = config.samples * sweeps * config.run.copies * len(config.ladder.betas or ())
    products = sum(a * b for a, b in pairwise(config.model.widths))
    # Of shaped relu trajectories take more steps.
    steps = 5.5 if config.model.activation == "shaped-relu" else 1.0
    return moves * (1.4e-5 + 2.1e-10 * steps * products)


def _sample(store: Store, name: str, config: RunConfig) -> Result:
    """Sample a run into its folder beside the parts; complete samples that are there are kept."""
    folder = store.folder.parent / "runs" / name
    outcome = simulate(config, folder, SerialCommunicator(), restart_interrupted=True, show_progress=False)
    if outcome.stopped:
        raise KeyboardInterrupt  # the signal was taken by the run, to end between two samples
    return {"samples": config.samples}


def _tests(store: Store, names: list[str]) -> Result:
    """Test every claim of the register that these runs can speak about, and draw what they measured."""
    runs = [read_measured(store.folder.parent / "runs" / name) for name in names]
    (family,) = families_of_mlps([run for run in runs if isinstance(run, MeasuredMlp)])
    records, untested = [], {}
    limits: Result = {}
    for name, claim in TESTED.items():
        try:
            finding = claim.test(family)
        except NotApplicableError as error:
            untested[name] = str(error)
            continue
        records.append(as_values(finding, finding_figures(finding)))
        limits |= limits_of(finding)
    shown = family_section(family)
    figures = [{"svg": svg, "caption": caption} for svg, caption in shown["figures"]]
    return {
        "records": records,
        "untested": untested,
        "limits": limits,
        "depth": family.largest.model.depth,
        "label": family.label,
        "figures": figures,
    }


def _theory_parts(plan: Plan) -> Iterator[Part]:
    effort = plan.effort
    for activation in SHALLOW:
        for depth in effort.lines:
            solve = partial(theory.stability_line, activation, depth, effort.line_end)
            yield _solved(f"line-{activation}-depth-{depth}", {"end": effort.line_end}, solve, 4.0 * depth)
    for activation, depth, betas in effort.broken:
        solve = partial(theory.broken_solutions, activation, depth, betas)
        yield _solved(f"broken-{activation}-depth-{depth}", {"betas": list(betas)}, solve, 5.0 * len(betas))
    for activation in SHALLOW:
        solve = partial(theory.depth_trend, activation, effort.trends, TREND_BETA)
        yield _solved(f"trend-{activation}", {"depths": list(effort.trends), "beta": TREND_BETA}, solve, 2.0)
    for activation in DEEP:
        grid = (effort.scan_shapes, effort.scan_tilts, effort.converging)
        inputs = dict(zip(("shapes", "tilts", "depths"), map(list, grid), strict=True))
        inputs["converging"] = list(theory.CONVERGING[activation])
        yield _solved(f"deep-{activation}", inputs, partial(theory.deep_limit, activation, *grid), 20.0)


def _solved(name: str, inputs: Result, solve: Callable[[], Result], cost: float) -> Part:
    """Return a part of the theory, which needs nothing from the store."""
    return Part(name, inputs, lambda _: solve(), cost=cost)
