"""A run in tasks: done once, whole or not at all, failures told and the others computed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcsim.parallel.communicator import SerialCommunicator
from validation.papers.tasks import Record, ResultStore, Task, deal, run_tasks


@dataclass(frozen=True)
class Value:
    """A result."""

    value: float


def task(name: str, inputs: dict[str, Any], compute: Callable[[ResultStore], Value], **options: Any) -> Task[Value]:
    return Task(name, Value, inputs, compute, **options)


class Counter:
    """A computation that counts how often it is made, and can be told to fail."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.calls = 0
        self.error = error

    def __call__(self, store: ResultStore) -> Value:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return Value(self.calls)


def run(tasks: list[Task[Any]], store: ResultStore) -> None:
    run_tasks(tasks, store, SerialCommunicator())


def test_finished_tasks_are_not_computed_again(tmp_path: Path) -> None:
    store, compute = ResultStore(tmp_path / "tasks"), Counter()
    one = task("one", {"x": 1}, compute)
    run([one], store)
    run([one], store)
    assert compute.calls == 1
    assert store.result(one) == Value(1)


@pytest.mark.parametrize("inputs", [{"x": 2}, {"x": 1, "y": 0}])
def test_other_inputs_are_computed_anew(tmp_path: Path, inputs: dict[str, Any]) -> None:
    store, compute = ResultStore(tmp_path / "tasks"), Counter()
    run([task("one", {"x": 1}, compute)], store)
    run([task("one", inputs, compute)], store)
    assert compute.calls == 2


def test_a_task_is_computed_anew_where_one_that_it_needs_has_other_inputs(tmp_path: Path) -> None:
    store, compute = ResultStore(tmp_path / "tasks"), Counter()
    for x in (1, 2):
        first = task("first", {"x": x}, Counter(), group="c")
        run([first, task("second", {}, compute, needs=(first,), group="c")], store)
    assert compute.calls == 2


def test_a_failing_task_is_recorded_tried_again_and_stops_no_other(tmp_path: Path, capsys: Any) -> None:
    store, broken, after = ResultStore(tmp_path / "tasks"), Counter(RuntimeError("no\nsolution")), Counter()
    first = task("first", {}, broken, group="c")
    dependent = task("second", {}, lambda store: store.result(first), needs=(first,), group="c")
    tasks = [first, dependent, task("third", {}, after)]
    run(tasks, store)
    record = store.record(first)
    assert record is not None
    assert record.error == "RuntimeError: no solution"
    needing = store.record(dependent)
    assert needing is not None
    assert needing.error == "needs first, which failed"
    assert after.calls == 1
    assert "first: FAILED: RuntimeError: no solution" in capsys.readouterr().err
    broken.error = None
    run(tasks, store)
    assert store.result(dependent) == Value(2)
    assert after.calls == 1


def test_interruption_keeps_what_is_done_and_leaves_no_half_file(tmp_path: Path) -> None:
    store, done = ResultStore(tmp_path / "tasks"), Counter()
    interrupted = Counter(KeyboardInterrupt())
    tasks = [task("a", {}, done, cost=2), task("b", {}, interrupted)]
    with pytest.raises(KeyboardInterrupt):
        run(tasks, store)
    assert [path.name for path in store.folder.iterdir()] == ["a.json"]
    interrupted.error = None
    run(tasks, store)
    assert (done.calls, interrupted.calls) == (1, 2)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "one"}', '{"hash": 1, "name": "one", "seconds": 0}'])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    store, compute = ResultStore(tmp_path / "tasks"), Counter()
    store.file("one", ".json").write_text(text)
    run([task("one", {}, compute)], store)
    assert compute.calls == 1


def test_a_result_of_another_form_is_computed_anew(tmp_path: Path) -> None:
    store, compute = ResultStore(tmp_path / "tasks"), Counter()
    one = task("one", {}, compute)
    store.write(Record("one", one.hash, 0.0, 0.0, {"values": [1.0]}))
    run([one], store)
    assert compute.calls == 1


def test_numbers_that_json_does_not_have_are_a_failure(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "tasks")
    one = task("one", {}, lambda store: Value(float("nan")))
    run([one], store)
    assert not store.is_done(one)
    assert json.loads(store.file("one", ".json").read_text())["error"].startswith("ValueError")


def test_dealing_keeps_groups_together_and_loads_even() -> None:
    tasks = [task(f"{c}{k}", {}, Counter(), cost=cost, group=c) for c, cost in zip("abcd", (4, 3, 2, 1), strict=True)
             for k in range(2)]  # fmt: skip
    hands = deal(tasks, 2)
    assert [[one.name for one in hand] for hand in hands] == [["a0", "a1", "d0", "d1"], ["b0", "b1", "c0", "c1"]]
    assert sorted(one.name for hand in deal(tasks, 7) for one in hand) == sorted(one.name for one in tasks)
