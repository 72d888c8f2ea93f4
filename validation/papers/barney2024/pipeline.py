"""The parts of the paper's run, from the plan: what is computed, from what, and at what cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from typing import Any

from mcsim.training import parse_training, train
from validation.networks.task import Task, task_of
from validation.papers.barney2024 import initial, measure
from validation.papers.barney2024.plan import SIDE_RATE, NetworkSpec, Plan
from validation.papers.parts import Part, Result, Store


def build_parts(plan: Plan) -> list[Part]:
    """Return all parts; those of one network make a chain, which one rank computes in order."""
    sizes = plan.effort.ensemble
    identity = {"sizes": [list(size) for size in sizes]}
    widths, width = plan.widths, plan.effort.hidden[0]
    parts = [
        Part("initial-shape", {**identity, "widths": list(widths)},
             lambda store: initial.shape_series(widths, sizes), cost=_ensemble_cost(plan)),
        Part("initial-identical", {**identity, "width": width},
             lambda store: initial.identical_series(width, sizes), cost=_ensemble_cost(plan)),
    ]  # fmt: skip

    # Class means under many random relabellings: one for each kind and process, not one for each network.
    @cache
    def tasks(kind: str) -> Task:
        return task_of(plan.data, kind)

    for network in plan.networks():
        parts += _network_parts(plan, network, tasks)
    return parts


def _network_parts(plan: Plan, spec: NetworkSpec, tasks: Callable[[str], Task]) -> Iterator[Part]:
    effort, chain, cost = plan.effort, spec.name, _Cost(plan)
    trained = Part(
        f"train-{spec.name}", {**asdict(spec), "training": _document(plan, spec, with_folder=False),
                               "data": plan.data.sha256()},
        lambda store: _train(plan, spec, store), cost=cost.training, chain=chain,
    )  # fmt: skip
    yield trained

    def weights(store: Store) -> Any:
        store.result(trained)
        return store.file(trained.name, ".h5")

    def part(name: str, inputs: dict[str, Any], compute: Any, seconds: float, *more: Part) -> Part:
        return Part(f"{name}-{spec.name}", inputs, compute, (trained, *more), seconds, chain)

    critical = part("critical", {}, lambda store: measure.critical_series(weights(store)), cost.critical)
    yield critical
    samples = effort.tail_samples
    yield part(
        "spectrum", {"samples": samples}, lambda store: measure.spectrum_series(weights(store), samples), cost.spectrum
    )
    central = spec.rate == SIDE_RATE and spec.output_scale == 1
    if spec.seed == 0 and central and not spec.shuffled:
        yield part("curves", {}, lambda store: measure.stability_curves(weights(store)), cost.critical)
    if spec.output_scale == 1 and not spec.shuffled:
        last = float(effort.epochs)
        # Before training all rates are alike: the central one speaks for them.
        counted = (last,) if not central else effort.counted if spec.seed == 0 else (0.0, last)
        cold = effort.cold if central else ()
        yield part(
            "solutions", {"counted": list(counted), "starts": effort.starts, "cold": list(cold)},
            lambda store: measure.solution_series(
                weights(store), store.result(critical), counted, effort.starts, cold
            ),
            cost.solutions * len(counted) * (1 + 2 * len(cold)), critical,
        )  # fmt: skip
    if central and not spec.shuffled:
        yield part(
            "glass", {"cold": list(effort.cold), "starts": effort.cold_starts},
            lambda store: measure.glass_series(
                weights(store), store.result(critical), effort.cold, effort.cold_starts
            ),
            2 * cost.solutions * len(effort.cold) * effort.cold_starts / effort.starts, critical,
        )  # fmt: skip
    if central:
        epochs = (float(effort.epochs),)
        yield part(
            "order", {"epochs": list(epochs)},
            lambda store: measure.order_series(weights(store), tasks(spec.kind), epochs), cost.solutions,
        )  # fmt: skip
    if spec.seed == 0 and central and not spec.shuffled:
        sampled = effort.sampled
        yield part(
            "melting", {"epochs": list(sampled), "overlaps_at": measure.OVERLAPS_AT},
            lambda store: measure.melting_series(weights(store), store.result(critical), sampled),
            cost.sampling * len(sampled), critical,
        )  # fmt: skip


class _Cost:
    """Seconds on one idle core, measured at 1562 spins and 60000 images and scaled."""

    def __init__(self, plan: Plan) -> None:
        effort = plan.effort
        bonds = sum(a * b for a, b in zip(plan.widths, plan.widths[1:], strict=False)) / 334_000
        stages = 1 + len(effort.steps) + len(effort.stored)
        self.training = 5.2 * effort.epochs * len(plan.data.train.labels) / 60_000 * (0.2 + 0.8 * bonds)
        self.critical = (0.5 + 3.0 * bonds) * stages
        self.spectrum = (0.1 + 1.5 * bonds) * stages + 0.02 * effort.tail_samples
        self.solutions = effort.starts * (0.02 + 0.3 * bonds)
        self.sampling = 10 + 90 * bonds


def _ensemble_cost(plan: Plan) -> float:
    spins = sum(plan.widths)
    return sum(4.0 * count * math.sqrt(size * spins / 1562) ** 3 for size, count in plan.effort.ensemble)


def _document(plan: Plan, spec: NetworkSpec, *, with_folder: bool) -> dict[str, Any]:
    """Return the training's configuration; the folder of the images is none of the result's business."""
    effort = plan.effort
    data: dict[str, Any] = {"source": "mnist" if plan.folder else "digits", "shuffle_labels": spec.shuffled}
    if plan.folder and with_folder:
        data["folder"] = plan.folder
    return {
        "seed": spec.training_seed,
        "epochs": effort.epochs,
        "data": data,
        "network": {"kind": spec.kind, "hidden": list(effort.hidden), "output_scale": spec.output_scale},
        "optimiser": {"name": "adam", "learning_rate": spec.rate, "batch": effort.batch},
        "stages": {"steps": list(effort.steps), "epochs": list(effort.stored)},
    }


def _train(plan: Plan, spec: NetworkSpec, store: Store) -> Result:
    """Train a network; its weights are stored whole before its record is."""
    config = parse_training(_document(plan, spec, with_folder=True), spec.name)
    outcome = train(config, store.file(f"train-{spec.name}", ".h5"), data=plan.data)
    return {"widths": list(outcome.widths), "stages": [vars(stage) for stage in outcome.stages]}
