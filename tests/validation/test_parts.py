"""A run in parts: done once, whole or not at all, failures told and the others computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcsim.parallel.communicator import SerialCommunicator
from validation.papers.parts import Part, Result, Store, deal, run_parts, write_atomically


class Counter:
    """A computation that counts how often it is made, and can be told to fail."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.calls = 0
        self.error = error

    def __call__(self, store: Store) -> Result:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return {"value": self.calls}


def run(parts: list[Part], store: Store) -> None:
    run_parts(parts, store, SerialCommunicator())


def test_finished_parts_are_not_computed_again(tmp_path: Path) -> None:
    store, compute = Store(tmp_path / "parts"), Counter()
    part = Part("one", {"x": 1}, compute)
    run([part], store)
    run([part], store)
    assert compute.calls == 1
    assert store.result(part) == {"value": 1}


@pytest.mark.parametrize("inputs", [{"x": 2}, {"x": 1, "y": 0}])
def test_other_inputs_are_computed_anew(tmp_path: Path, inputs: dict[str, Any]) -> None:
    store, compute = Store(tmp_path / "parts"), Counter()
    run([Part("one", {"x": 1}, compute)], store)
    run([Part("one", inputs, compute)], store)
    assert compute.calls == 2


def test_a_part_is_computed_anew_where_one_that_it_needs_has_other_inputs(tmp_path: Path) -> None:
    store, compute = Store(tmp_path / "parts"), Counter()
    for x in (1, 2):
        first = Part("first", {"x": x}, Counter(), chain="c")
        run([first, Part("second", {}, compute, (first,), chain="c")], store)
    assert compute.calls == 2


def test_a_failing_part_is_recorded_tried_again_and_stops_no_other(tmp_path: Path, capsys: Any) -> None:
    store, broken, after = Store(tmp_path / "parts"), Counter(RuntimeError("no\nsolution")), Counter()
    first = Part("first", {}, broken, chain="c")
    dependent = Part("second", {}, lambda store: store.result(first), (first,), chain="c")
    parts = [first, dependent, Part("third", {}, after)]
    run(parts, store)
    record = store.record(first)
    assert record is not None
    assert record.error == "RuntimeError: no solution"
    needing = store.record(dependent)
    assert needing is not None
    assert needing.error == "needs first, which failed"
    assert after.calls == 1
    assert "first: FAILED: RuntimeError: no solution" in capsys.readouterr().err
    broken.error = None
    run(parts, store)
    assert store.result(dependent) == {"value": 2}
    assert after.calls == 1


def test_interruption_keeps_what_is_done_and_leaves_no_half_file(tmp_path: Path) -> None:
    store, done = Store(tmp_path / "parts"), Counter()
    interrupted = Counter(KeyboardInterrupt())
    parts = [Part("a", {}, done, cost=2), Part("b", {}, interrupted)]
    with pytest.raises(KeyboardInterrupt):
        run(parts, store)
    assert [path.name for path in store.folder.iterdir()] == ["a.json"]
    interrupted.error = None
    run(parts, store)
    assert (done.calls, interrupted.calls) == (1, 2)


def test_writing_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "record.json"
    write_atomically(path, "old")

    def full(handle: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "one"}', '{"hash": 1, "name": "one", "seconds": 0}'])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    store, compute = Store(tmp_path / "parts"), Counter()
    store.file("one", ".json").write_text(text)
    run([Part("one", {}, compute)], store)
    assert compute.calls == 1


def test_numbers_that_json_does_not_have_are_a_failure(tmp_path: Path) -> None:
    store = Store(tmp_path / "parts")
    part = Part("one", {}, lambda store: {"value": float("nan")})
    run([part], store)
    assert not store.is_done(part)
    assert json.loads(store.file("one", ".json").read_text())["error"].startswith("ValueError")


def test_dealing_keeps_chains_together_and_loads_even() -> None:
    parts = [Part(f"{c}{k}", {}, Counter(), cost=cost, chain=c) for c, cost in zip("abcd", (4, 3, 2, 1), strict=True)
             for k in range(2)]  # fmt: skip
    hands = deal(parts, 2)
    assert [[part.name for part in hand] for hand in hands] == [["a0", "a1", "d0", "d1"], ["b0", "b1", "c0", "c1"]]
    assert sorted(part.name for hand in deal(parts, 7) for part in hand) == sorted(part.name for part in parts)
