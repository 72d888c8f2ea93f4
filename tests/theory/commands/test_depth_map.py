"""``python -m theory depth-map``: what it prints."""

import json

import pytest

from theory.mlp import depth_effect


def test_the_command_prints_text_and_json(run):
    options = ["--activation", "tanh", "--weight-variance", "1.5", "--beta", "1", "--depths", "1,2"]
    code, out, err = run("depth-map", *options)
    assert (code, err) == (0, "")
    assert "chi = 1.04057 (chaotic), depth scale 25.15 layers" in out
    assert "edge of chaos at C_W = 1\n" in out
    assert len(out.splitlines()) == 5
    code, out, _ = run("depth-map", *options, "--json")
    record = json.loads(out)
    effect = depth_effect("tanh", 1.5, 1.0, (1, 2))
    assert [row["energy"] for row in record["depths"]] == effect.energy.tolist()
    assert record["depths"][0]["critical_beta"] is None
    assert record["depths"][1]["seconds"] > 0
    assert record["edge_of_chaos"] == pytest.approx(1.0, rel=1e-8)
    code, out, _ = run("depth-map", "--activation", "relu", "--weight-variance", "4", "--depths", "1", "--json")
    assert json.loads(out)["self_overlap"] is None  # infinite
    code, out, _ = run("depth-map", "--help")
    assert "depth-map --activation sin --weight-variance 1.5 --beta 2" in out
