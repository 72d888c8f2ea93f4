"""The paper in one command: from (injected) trained networks to the page, resumed, and what it refuses."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcsim.networks.datasets import Dataset, LabelledImages
from mcsim.networks.files import Stage, digits_weights_path, load_weights, save_weights, stored_epochs
from mcsim.networks.layered import LayeredWeights
from mcsim.training import TrainConfig, TrainingOutcome
from theory.spectrum import dyson
from validation.__main__ import main
from validation.networks.tempering import TemperingPlan
from validation.papers.barney2024 import couplings, paper, plan, states, tasks
from validation.papers.barney2024.plan import Effort, NetworkSpec, Plan

WIDTHS = (16, 12, 12, 12, 4)
EPOCHS = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
TINY = Effort(
    hidden=WIDTHS[1:-1], batch=10, epochs=8, steps=(), stored=(1, 2, 3, 4, 6, 8), seeds=2, side_seeds=1,
    ensemble=((1.0, 3), (2.0, 3)), starts=20, counted=(0.0, 8.0), cold=(0.3,), cold_starts=20,
    tail_samples=0, sampled=(8.0,),
)  # fmt: skip


def images() -> Dataset:
    """Return noisy images of four patterns."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 12, (WIDTHS[-1], WIDTHS[0]))
    labels = rng.integers(0, WIDTHS[-1], 80)
    pixels = (patterns[labels] + rng.integers(0, 5, (80, WIDTHS[0]))).astype(np.uint8)
    part = LabelledImages(pixels, labels.astype(np.int64))
    return Dataset("patterns", part, part, WIDTHS[-1], 16)


def fake_train(config: TrainConfig, out: Path, *, data: Dataset) -> TrainingOutcome:
    """Write networks whose first singular direction grows as a power law, instead of training."""
    rng = np.random.default_rng(config.seed)
    first = [rng.standard_normal((a, b)) / np.sqrt(a) for a, b in pairwise(WIDTHS)]
    directions = [rng.standard_normal(n) for n in WIDTHS]
    units = [one / np.linalg.norm(one) for one in directions]

    def stages() -> Any:
        for epoch in EPOCHS:
            grown = 2.5 * epoch**0.3 if epoch else 0.0
            weights = [w + grown * np.outer(a, b) for w, a, b in zip(first, units[:-1], units[1:], strict=True)]
            yield Stage(epoch, int(10 * epoch), 0.5, 0.9 / (1 + epoch)), LayeredWeights(tuple(weights))

    save_weights(out, stages())
    kept = tuple(Stage(epoch, int(10 * epoch), 0.5, 0.9 / (1 + epoch)) for epoch in EPOCHS)
    return TrainingOutcome(out, kept, WIDTHS, 0.0)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace training, PyTorch and the plan by small ones."""
    monkeypatch.setattr(tasks, "train", fake_train)
    monkeypatch.setattr(paper, "has_torch", lambda: True)
    monkeypatch.setattr(dyson, "_CDF_POINTS", 100)
    monkeypatch.setattr(plan, "RATES", (3e-4,))
    monkeypatch.setattr(paper, "make_plan", lambda data, *, quick: Plan(images(), "", quick, TINY))
    short = TemperingPlan(coldest=0.5, hottest=1.6, slots=8, copies=2, thermalization=20, measurements=64)
    monkeypatch.setattr(states, "_SAMPLING", short)


def run(out: Path, *more: str) -> int:
    return main(["run", "barney2024", "--quick", "--out", str(out), *more])


@pytest.mark.usefixtures("tiny")
def test_from_networks_to_the_page_and_again_from_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no eigenvalue")

    with monkeypatch.context() as patch:
        patch.setattr(couplings, "stability_curves", broken)
        assert run(tmp_path) == 1
    told = capsys.readouterr()
    assert "FAILED TASK" in told.out
    assert "curves-relu-0.0003-seed0" in (tmp_path / "report.html").read_text()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "tasks").iterdir() if "curves" not in path.name}
    run(tmp_path)
    told = capsys.readouterr()
    assert "FAILED" not in told.out + told.err
    assert {path: path.stat().st_mtime_ns for path in before} == before
    document = json.loads((tmp_path / "report.json").read_text())
    assert not document["failed_tasks"]
    assert len(document["findings"]) + len(document["untested"]) == 9
    assert document["fits"]["from_epoch_1"]["relu-0.0003"]["exponent"] > 0
    page = (tmp_path / "report.html").read_text()
    for title in (
        "Phase diagram",
        "Validation error",
        "Growth of",
        "TAP solutions",
        "Spectrum",
        "Rich",
        "Hidden order",
        "Monte Carlo",
    ):
        assert title in page
    assert page.count("<svg") == 21
    assert not list((tmp_path / "tasks").glob(".*"))


@pytest.mark.usefixtures("tiny")
def test_a_folder_of_another_configuration_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.json").write_text(json.dumps({**Plan(images(), "", False, TINY).identity()}))
    assert run(tmp_path) == 2
    assert one_line(capsys).endswith("holds a run of another configuration (quick: False, not True)")
    (tmp_path / "run.json").write_text("{")
    assert run(tmp_path) == 2
    assert "cannot be read; give another folder" in one_line(capsys)


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    told = capsys.readouterr().err.strip()
    assert "\n" not in told
    return told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "no2025", "--out", "OUT"], "PAPER: 'no2025' is not known; there is barney2024"),
        (["run", "--data", "OUT", "--out", "OUT"], "--data: is for a PAPER"),
        (["run", "barney2024", "--claim", "layered-sk.identity", "--out", "OUT"], "--claim: is for runs without PAPER"),
        (["run", "barney2024", "--data", "OUT/nothing", "--out", "OUT"], "OUT/nothing"),
        (["run", "barney2024", "--out", "OUT/file"], "is a file; give a folder"),
    ],
)
def test_bad_input_is_told_in_one_line(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main([word.replace("OUT", str(tmp_path)) for word in arguments]) == 2
    assert message.replace("OUT", str(tmp_path)) in one_line(capsys)


def test_without_pytorch_one_line_says_how_to_get_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "has_torch", lambda: False)
    assert run(tmp_path) == 2
    assert 'pip install "mcsim[train]"' in one_line(capsys)


def test_every_network_of_a_plan_has_a_name_of_its_own() -> None:
    made = plan.make_plan(None, quick=True)
    names = [network.name for network in made.networks()]
    assert len(set(names)) == len(names)
    assert str(NetworkSpec("relu", 1e-4, 0).condition) == "relu-0.0001"
    built = tasks.build_tasks(made)
    assert len({task.name for task in built}) == len(built)
    assert len({(task.result, task.about) for task in built}) == len(built)
    assert "folder" not in json.dumps([task.inputs for task in built])


def test_the_packaged_network_touches_before_training_and_crosses_after(tmp_path: Path) -> None:
    first, last = couplings.critical_series(subset(tmp_path)).stages
    assert [first.instability.kind, last.instability.kind] == ["near-touch", "crossing"]
    assert last.temperature > 2 * first.temperature
    untrained, trained = couplings.spectrum_series(subset(tmp_path), 0).stages
    assert untrained.outliers == 0
    assert trained.outliers > 3
    assert untrained.moved == 0 < trained.moved


def subset(folder: Path) -> Path:
    """Return a file with the first and the last stage of the packaged network."""
    epochs = stored_epochs(digits_weights_path())
    chosen = [(Stage(epoch), load_weights(digits_weights_path(), epoch=epoch)) for epoch in (epochs[0], epochs[-1])]
    save_weights(folder / "two.h5", chosen)
    return folder / "two.h5"
