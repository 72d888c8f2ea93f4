"""Sentences of the second paper that rest on many families of runs, on evidence made up to obey and to contradict."""

from __future__ import annotations

import pytest
from winer_evidence import Results, broken, layered, line, register_says, verdict

from validation.numbers.compare import Verdict
from validation.papers.winer2025.theory import DeepLimit

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


def deep(activation: str, limit: float, replicon: float) -> Results:
    return {(DeepLimit, activation): layered(limit=limit, replicon=replicon)}


@pytest.mark.parametrize(
    ("sentence", "activation", "claims"),
    [
        ("entropy", "tanh", ("mlp.entropy", "mlp.entropy-curve", "mlp.energy")),
        ("overlaps", "sin", ("mlp.overlaps", "mlp.identity")),
        ("linear", "linear", ("mlp.linear-networks",)),
        ("depths-and-activations", "shaped-tanh", ("mlp.energy", "mlp.entropy", "mlp.overlaps")),
    ],
)
@pytest.mark.parametrize("found", [PASS, FAIL, INCONCLUSIVE])
def test_sentences_about_averages_say_what_their_families_say(
    sentence: str, activation: str, claims: tuple[str, ...], found: Verdict
) -> None:
    assert (
        verdict(sentence, register_says(activation, dict.fromkeys(claims, found), 1e-6 if found is FAIL else 0.4))
        is found
    )


def test_half_of_the_families_must_pass() -> None:
    results: Results = {}
    for depth, found in ((1, PASS), (2, INCONCLUSIVE), (3, INCONCLUSIVE)):
        results |= register_says("relu", {"mlp.overlaps": found}, depth=depth)
    assert verdict("overlaps", results) is INCONCLUSIVE
    assert verdict("overlaps", results | register_says("relu", {"mlp.overlaps": PASS}, depth=2)) is PASS


@pytest.mark.parametrize(("relu", "expected"), [(None, PASS), (5.0, FAIL)])
def test_relu_is_symmetric(relu: float | None, expected: Verdict) -> None:
    narrow = register_says("relu", {"rsb.mlp-narrow-overlaps": PASS})
    assert verdict("relu-symmetric", {**line("relu", relu), **line("sin", 3.57), **narrow}) is expected


@pytest.mark.parametrize(("replicon", "expected"), [(0.8, PASS), (1.2, FAIL)])
def test_deep_shaped_networks_are_symmetric(replicon: float, expected: Verdict) -> None:
    narrow = register_says("shaped-relu", {"rsb.mlp-narrow-overlaps": PASS})
    results = {**deep("shaped-relu", 2.0, replicon), **narrow, **line("sin", 3.57)}
    assert verdict("deep-shaped-symmetric", results) is expected


@pytest.mark.parametrize(("other", "expected"), [(3.0, PASS), (2.0, INCONCLUSIVE)])
def test_the_limit_of_infinite_depth_is_told_from_that_of_another_activation(other: float, expected: Verdict) -> None:
    results = {**deep("shaped-tanh", 2.0, 0.5), **deep("shaped-relu", other, 0.5)}
    assert verdict("infinite-depth", results) is expected


@pytest.mark.parametrize(("classification", "expected"), [("continuous", PASS), ("1rsb-like", FAIL)])
def test_phases_differ_between_activations(classification: str, expected: Verdict) -> None:
    assert verdict("rich-range", {**broken(classification=classification), **line("tanh", None)}) is expected
