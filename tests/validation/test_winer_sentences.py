"""Sentences of the second paper that rest on many families of runs, on evidence made up to obey and to contradict."""

from __future__ import annotations

from typing import Any

import pytest

from validation.compare import Verdict
from validation.winer.claims import CLAIMS, Evidence

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
DEPTHS = [8, 16, 32, 64]
QUANTITIES = ("free_entropy", "energy", "entropy")


def verdict(claim: str, results: dict[str, Any]) -> Verdict:
    found = CLAIMS[f"winer2025.{claim}"]
    return found.evaluate(found, Evidence("made up", results)).verdict


def register_says(name: str, verdicts: dict[str, Verdict]) -> dict[str, Any]:
    """Return the findings of the register's claims on one family, such as "tanh-depth-2"."""
    records = [
        {"claim": claim, "family": name, "verdict": str(found), "summary": "so it is",
         "p": 1e-6 if found is FAIL else 0.4, "partner": "wrong", "told_apart": True, "figure": ""}
        for claim, found in verdicts.items()
    ]  # fmt: skip
    return {f"test-{name}": {"records": records, "untested": {}, "label": name, "figures": []}}


def line(name: str, beta: float | None) -> dict[str, Any]:
    return {f"line-{name}": {"line": beta, "end": 16.0, "beta": [1.0], "replicon": [0.1]}}


def broken(classification: str = "continuous") -> dict[str, Any]:
    one = {"beta": 5.0, "classification": classification, "levels": 12, "energy": -1.0, "error": 1e-5,
           "replicon": 1.0005, "rs_energy": -1.01, "rs_replicon": 1.4, "x": [0.3],
           "input_overlaps": [0.2, 0.3]}  # fmt: skip
    return {"broken-sin-depth-1": {"solutions": [one]}}


def deep(name: str, limit: float, replicon: float) -> dict[str, Any]:
    """Return solutions that approach their limit as 1/L, and a largest replicon at infinite depth."""
    return {f"deep-{name}": {
        "largest": {"replicon": replicon, "shape": 2.0, "tilt": 1.5}, "critical_tilt": None, "failures": [],
        "shapes": [0.5, 2.0], "tilts": [0.5, 1.5], "depths": DEPTHS,
        "layered": {quantity: [limit * (1 + 0.3 / depth) for depth in DEPTHS] for quantity in QUANTITIES},
        "limit": dict.fromkeys(QUANTITIES, limit), "extrapolated": dict.fromkeys(QUANTITIES, limit),
    }}  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "family", "claims"),
    [
        ("entropy", "tanh-depth-2", ("mlp.entropy", "mlp.entropy-curve", "mlp.energy")),
        ("overlaps", "sin-depth-1", ("mlp.overlaps", "mlp.identity")),
        ("linear", "linear-depth-2", ("mlp.linear-networks",)),
        ("depths-and-activations", "shaped-tanh-depth-8", ("mlp.energy", "mlp.entropy", "mlp.overlaps")),
    ],
)
@pytest.mark.parametrize("found", [PASS, FAIL, INCONCLUSIVE])
def test_sentences_about_averages_say_what_their_families_say(
    sentence: str, family: str, claims: tuple[str, ...], found: Verdict
) -> None:
    assert verdict(sentence, register_says(family, dict.fromkeys(claims, found))) is found


def test_half_of_the_families_must_pass() -> None:
    names = [f"relu-depth-{depth}" for depth in (1, 2, 3)]
    verdicts = dict(zip(names, (PASS, INCONCLUSIVE, INCONCLUSIVE), strict=True))
    results: dict[str, Any] = {}
    for name, found in verdicts.items():
        results |= register_says(name, {"mlp.overlaps": found})
    assert verdict("overlaps", results) is INCONCLUSIVE
    assert verdict("overlaps", results | register_says(names[1], {"mlp.overlaps": PASS})) is PASS


@pytest.mark.parametrize(("relu", "expected"), [(None, PASS), (5.0, FAIL)])
def test_relu_is_symmetric(relu: float | None, expected: Verdict) -> None:
    narrow = register_says("relu-depth-1", {"rsb.mlp-narrow-overlaps": PASS})
    assert verdict("relu-symmetric", {**line("relu-depth-1", relu), **line("sin-depth-1", 3.57), **narrow}) is expected


@pytest.mark.parametrize(("replicon", "expected"), [(0.8, PASS), (1.2, FAIL)])
def test_deep_shaped_networks_are_symmetric(replicon: float, expected: Verdict) -> None:
    narrow = register_says("shaped-relu-depth-8", {"rsb.mlp-narrow-overlaps": PASS})
    results = {**deep("shaped-relu", 2.0, replicon), **narrow, **line("sin-depth-1", 3.57)}
    assert verdict("deep-shaped-symmetric", results) is expected


@pytest.mark.parametrize(("other", "expected"), [(3.0, PASS), (2.0, INCONCLUSIVE)])
def test_the_limit_of_infinite_depth_is_told_from_that_of_another_activation(other: float, expected: Verdict) -> None:
    results = {**deep("shaped-tanh", 2.0, 0.5), **deep("shaped-relu", other, 0.5)}
    assert verdict("infinite-depth", results) is expected


@pytest.mark.parametrize(("classification", "expected"), [("continuous", PASS), ("1rsb-like", FAIL)])
def test_phases_differ_between_activations(classification: str, expected: Verdict) -> None:
    assert verdict("rich-range", {**broken(classification), **line("tanh-depth-1", None)}) is expected
