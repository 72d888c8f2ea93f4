"""Chains that stand still say so, in the run's own words and in the summary of its file."""

from __future__ import annotations

import pytest
from mlp_support import mlp_config

from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate
from mcsim.storage.stillness import warning_of_still_slots
from mcsim.storage.summary import as_text, summarise


def test_the_warning_names_the_slots():
    temperatures = [1.0, 2.0, None]
    figures = {"squared_jump": [0.0, 0.1, 1e-30], "squared_energy_jump": [0.0, 2.0, 0.0], "other": [0.0, 0.0, 0.0]}
    assert warning_of_still_slots(temperatures, figures) == (
        "no state moved at T = 1; no energy changed at T = 1, inf after the thermalisation: not sampled there"
    )
    assert warning_of_still_slots(temperatures, {"squared_jump": [1e-30, 1.0, 1.0]}) is None
    assert warning_of_still_slots(temperatures, {"other": [0.0, 0.0, 0.0]}) is None


@pytest.mark.parametrize(
    ("variance", "activation", "words"),
    [
        (1e9, "relu", "no state moved at T = 0.5, 1"),
        (1e16, "tanh", "no energy changed at T = 0.5"),
        (1.0, "tanh", None),
    ],
)
def test_a_run_of_huge_weights_warns(variance, activation, words, tmp_path, capsys):
    run = {"thermalization": 60, "measurements": 5}
    model = {"activation": activation, "weight_variance": variance, "precision": "float32"}
    config = mlp_config([1.0, 2.0], widths=[10, 12], run=run, **model)
    simulate(config, tmp_path / "run", SerialCommunicator(), show_progress=False)
    told, shown = capsys.readouterr().err, as_text(summarise(tmp_path / "run" / "sample_00000.h5"))
    if words is None:
        assert "mcsim" not in told
        assert "WARNING" not in shown
    else:
        assert f"mcsim: warning: sample 0: {words}" in told
        assert f"    WARNING: {words}" in shown
