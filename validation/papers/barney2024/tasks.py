"""The tasks of the paper's run, from the plan: what is computed, from what, and at what cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

from mcsim.networks.weights_hdf5 import Stage
from mcsim.training import parse_training, train
from validation.networks.images import SeenImages, seen_images
from validation.papers.barney2024 import couplings, initial, states
from validation.papers.barney2024.plan import NetworkSpec, Plan
from validation.papers.tasks import ResultStore, Task

R = TypeVar("R")


# What training comes to; the weights lie beside the record.
Trained = tuple[Stage, ...]


def build_tasks(plan: Plan) -> list[Task[Any]]:
    """Return all tasks; those of one network make a group, which one rank computes in order."""
    sizes, widths, width = plan.effort.ensemble, plan.widths, plan.effort.hidden[0]
    tasks: list[Task[Any]] = [
        Task("initial-shape", initial.TrainedShape, {"sizes": sizes, "widths": widths},
             lambda store: initial.trained_shape(widths, sizes), cost=_ensemble_cost(plan)),
        Task("initial-identical", initial.IdenticalLayers, {"sizes": sizes, "width": width},
             lambda store: initial.identical_layers(width, sizes), cost=_ensemble_cost(plan)),
    ]  # fmt: skip

    # Class means under many random relabellings: one for each kind and process, not one for each network.
    @cache
    def images(kind: str) -> SeenImages:
        return seen_images(plan.data, kind)

    for network in plan.networks():
        tasks += _OfNetwork(plan, network, images).tasks()
    return tasks


class _OfNetwork:
    """The tasks about one network."""

    def __init__(self, plan: Plan, spec: NetworkSpec, images: Callable[[str], SeenImages]) -> None:
        self.spec, self.images, self.effort, self.cost = spec, images, plan.effort, _Cost(plan)
        inputs = {
            **asdict(spec),
            "training": _training(plan, spec, with_folder=False),
            "data": plan.data.sha256(),
        }
        self.trained = Task(
            f"train-{spec.name}", Trained, inputs, lambda store: _train(plan, spec, store), spec,
            cost=self.cost.training, group=spec.name,
        )  # fmt: skip
        self.critical = self._task("critical", couplings.CriticalSeries, self.cost.critical, couplings.critical_series)

    def tasks(self) -> Iterator[Task[Any]]:
        """Give all tasks, those that are needed first."""
        spec, samples = self.spec, self.effort.tail_samples
        yield self.trained
        yield self.critical
        yield self._task("spectrum", couplings.SpectrumSeries, self.cost.spectrum,
                         lambda weights: couplings.spectrum_series(weights, samples), samples=samples)  # fmt: skip
        if spec.output_scale == 1 and not spec.shuffled:
            yield self._solutions()
        if spec.central:
            yield self._order()
        if spec.central and not spec.shuffled:
            yield self._glass()
            if spec.seed == 0:
                yield self._task("curves", couplings.StabilityCurves, self.cost.critical, couplings.stability_curves)
                yield self._monte_carlo()

    def _task(
        self, name: str, result: type[R], seconds: float, compute: Callable[..., R], *needs: Task[Any], **inputs: Any
    ) -> Task[R]:
        """Return a task that is computed from the file of weights and from the results that it needs."""
        spec, trained = self.spec, self.trained

        def of_weights(store: ResultStore) -> R:
            store.result(trained)
            return compute(store.file(trained.name, ".h5"), *map(store.result, needs))

        return Task(f"{name}-{spec.name}", result, inputs, of_weights, spec, (trained, *needs), seconds, spec.name)

    def _solutions(self) -> Task[states.Solutions]:
        effort, spec, last = self.effort, self.spec, float(self.effort.epochs)
        # Before training all rates are alike: the central one speaks for them.
        counted = (last,) if not spec.central else effort.counted if spec.seed == 0 else (0.0, last)
        cold = effort.cold if spec.central else ()
        return self._task(
            "solutions", states.Solutions, self.cost.solutions * len(counted) * (1 + 2 * len(cold)),
            lambda weights, critical: states.solution_counts(weights, critical, counted, effort.starts, cold),
            self.critical, counted=counted, starts=effort.starts, cold=cold,
        )  # fmt: skip

    def _glass(self) -> Task[states.InitialGlass]:
        cold, starts = self.effort.cold, self.effort.cold_starts
        return self._task(
            "glass", states.InitialGlass, 2 * self.cost.solutions * len(cold) * starts / self.effort.starts,
            lambda weights, critical: states.initial_glass(weights, critical, cold, starts),
            self.critical, cold=cold, starts=starts,
        )  # fmt: skip

    def _order(self) -> Task[states.OrderSeries]:
        last, kind = float(self.effort.epochs), self.spec.kind
        # The figures follow one network of each kind and its control.
        epochs = (*(epoch for epoch in self.effort.counted if epoch < last), last) if self.spec.seed == 0 else (last,)
        return self._task("order", states.OrderSeries, self.cost.solutions * len(epochs),
                          lambda weights: states.order_series(weights, self.images(kind), epochs),
                          epochs=epochs)  # fmt: skip

    def _monte_carlo(self) -> Task[states.MonteCarlo]:
        sampled = self.effort.sampled
        return self._task("monte-carlo", states.MonteCarlo, self.cost.sampling * len(sampled),
                          lambda weights, critical: states.monte_carlo(weights, critical, sampled), self.critical,
                          epochs=sampled, overlaps_at=states.OVERLAPS_AT)  # fmt: skip


class _Cost:
    """Seconds on one idle core, measured at 1562 spins and 60000 images and scaled."""

    def __init__(self, plan: Plan) -> None:
        effort = plan.effort
        bonds = sum(a * b for a, b in pairwise(plan.widths)) / 334_000
        stages = 1 + len(effort.steps) + len(effort.stored)
        self.training = 5.2 * effort.epochs * len(plan.data.train.labels) / 60_000 * (0.2 + 0.8 * bonds)
        self.critical = (0.5 + 3.0 * bonds) * stages
        self.spectrum = (0.1 + 1.5 * bonds) * stages + 0.02 * effort.tail_samples
        self.solutions = effort.starts * (0.02 + 0.3 * bonds)
        self.sampling = 10 + 90 * bonds


def _ensemble_cost(plan: Plan) -> float:
    spins = sum(plan.widths)
    return sum(4.0 * count * math.sqrt(size * spins / 1562) ** 3 for size, count in plan.effort.ensemble)


def _training(plan: Plan, spec: NetworkSpec, *, with_folder: bool) -> dict[str, Any]:
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


def _train(plan: Plan, spec: NetworkSpec, store: ResultStore) -> Trained:
    """Train a network; its weights are stored whole before its record is."""
    config = parse_training(_training(plan, spec, with_folder=True), spec.name)
    outcome = train(config, store.file(f"train-{spec.name}", ".h5"), data=plan.data)
    return outcome.stages
