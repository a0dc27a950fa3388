import numpy as np
import pytest

from chereme.bench.accuracy import Trial, summary


def run(split: str, seed: int, right: list[bool], signers: list[str], peer: list[bool]) -> Trial:
    """Two glosses, the first always true; a logit of 2 for what the recognizer says."""
    logits = np.zeros((len(right), 2), np.float32)
    logits[np.arange(len(right)), np.where(right, 0, 1)] = 2
    truth = np.zeros(len(right), np.int64)
    return Trial(
        split,
        seed,
        logits,
        truth,
        ("a", "b"),
        tuple(f"{split}/{i}" for i in range(len(right))),
        tuple(signers),
        {"peer": np.where(peer, 0, 1)},
    )


def test_a_summary_is_the_mean_over_seeds_and_splits():
    runs = [
        run("one", 0, [True, True, True, False], list("abcd"), [True, False, False, False]),
        run("one", 1, [True, False, True, False], list("abcd"), [True, False, False, False]),
    ]
    found = summary(runs, by_signer=False)
    assert found["top1"] == pytest.approx(5 / 8)
    assert found["n"] == 4
    assert found["seeds"] == [0, 1]
    assert found["resampled"] == "clips"
    assert found["peers"] == {"peer": 0.25}
    assert found["top1_per_split_and_seed"] == {"one": [0.75, 0.5]}
    low, high = found["top1_ci95"]
    assert 0 <= low < 5 / 8 < high <= 1


def test_signers_are_resampled_whole():
    always, never = [True] * 5, [False] * 5
    runs = [run(f"s{i}", 0, always if i else never, [f"s{i}"] * 5, always) for i in range(10)]
    found = summary(runs, by_signer=True)
    assert found["resampled"] == "signers"
    low, high = found["top1_ci95"]
    assert low <= 0.7
    assert high == 1.0


def test_probabilities_follow_the_temperature():
    flat = run("one", 0, [True], ["a"], [True]).probabilities(temperature=1e6)
    np.testing.assert_allclose(flat, [[0.5, 0.5]], atol=1e-5)
