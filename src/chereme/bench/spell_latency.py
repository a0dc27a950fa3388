"""`spell-latency`: what the letter of one hand costs, from landmarks on, beside scikit-learn from ready features on."""

import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from chereme.bench import BenchResult
from chereme.bundle import Bundle, Calibration, Card, find_bundle
from chereme.bundle.write import load_model, write_bundle
from chereme.errors import BundleError
from chereme.export import made_up_clips
from chereme.features.hand import hand_feature_names
from chereme.layout import HAND_21
from chereme.models.handshape import HandshapeConfig, build_handshape
from chereme.recipe import Recipe
from chereme.spell import DEFAULT_SPELLER, Speller
from chereme.types import PoseSequence

__all__ = ["measure"]

UNTRAINED = Recipe.from_text(
    '[hand_features]\nkind = "geometry"\n[handshape]\nkind = "residual"\nhidden = [256, 256, 256]\n', "untrained"
)
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def measure(
    data: str | Path | None = None,
    *,
    bundle: str | Path = DEFAULT_SPELLER,
    hands: int = 100,
    rounds: int = 20,
) -> BenchResult:
    """Median milliseconds of a hand, batch of one, on one thread each; passes over the hands turn about.

    Ours starts with the 21 points of a hand and makes the features itself; `MLPClassifier.predict` gets the same
    features ready. It has hidden layers of the same sizes and was fitted for a moment on noise, for what it answers
    does not change its time. Milliseconds are processor time of the working thread. Both are slower where they
    alternate hand by hand, for each then drives the other out of the processor's caches: `ratio_alternating`.
    `recognize_ms` is ours with all letters ranked, as the service answers.

    Args:
        data: not read; the hands are made up, since time does not depend on what they show.
        bundle: a speller; where the default one is not there, an untrained model of our usual size takes its place.
        hands: different ones.
        rounds: passes over them, after one that is not counted.
    """
    with tempfile.TemporaryDirectory(prefix="chereme-") as folder:
        loaded = _bundle(bundle, Path(folder))
        speller = Speller(loaded)
        hidden = loaded.recipe.stage("handshape", HandshapeConfig).hidden
        parameters = sum(p.numel() for p in load_model(loaded).parameters())
    sequences = [_first_frame(clip) for clip in made_up_clips(HAND_21, 2 * hands, np.random.default_rng(0))]
    sequences = [one for one in sequences if not np.isnan(one.points).any()][:hands]
    points = [one.points for one in sequences]
    features = [speller.features(hand) for hand in points]
    peer = _peer(hidden, features[0].shape[1], loaded.labels)

    def letter(number: int) -> str:
        return loaded.labels[int(speller.probabilities(points[number], still=True)[0].argmax())]

    def ranking(number: int) -> object:
        return speller.recognize(sequences[number])

    def theirs(number: int) -> object:
        return peer.predict(features[number])[0]

    with threadpool_limits(1):  # else the peer's matrix products run on all cores, and one thread's time is not all
        ours_ms, ranking_ms, peer_ms = _take_turns((letter, ranking, theirs), len(points), rounds)
        ours_cold, peer_cold = _take_turns((letter, theirs), 1, rounds * len(points) // 2)
    return BenchResult(
        name="spell-latency",
        value=ours_ms,
        unit="ms per hand, from landmarks",
        peer=f"scikit-learn MLPClassifier{tuple(hidden)}.predict, float32, from ready features",
        peer_value=peer_ms,
        ratio=ours_ms / peer_ms,
        n=len(points) * rounds,
        details={
            "goal": "ratio <= 0.5",
            "bundle": loaded.name,
            "features": features[0].shape[1],
            "parameters": parameters,
            "recognize_ms": ranking_ms,
            "ratio_alternating": ours_cold / peer_cold,
        },
    )


def _bundle(name: str | Path, folder: Path) -> Bundle:
    try:
        return Bundle.load(find_bundle(name), "speller")
    except BundleError:
        if name != DEFAULT_SPELLER:
            raise
    config = UNTRAINED.stage("handshape", HandshapeConfig)
    return write_bundle(
        folder / "untrained",
        build_handshape(len(hand_feature_names("geometry")), len(LETTERS), config),
        UNTRAINED,
        labels=LETTERS,
        language="ase",
        calibration=Calibration(),
        card=Card("Untrained", "Answers at random, as fast as a trained one.", ("nothing",), "none", "open"),
        scores={},
        trained_on=(),
        kind="speller",
    )


def _first_frame(clip: PoseSequence) -> PoseSequence:
    return PoseSequence(clip.points[:1], clip.layout, 1.0, clip.size)


def _peer(hidden: tuple[int, ...], features: int, labels: tuple[str, ...]) -> Any:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (8 * len(labels), features)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return MLPClassifier(hidden, max_iter=1, random_state=0).fit(noise, np.tile(np.array(labels), 8))


def _take_turns(functions: tuple[Callable[[int], object], ...], hands: int, rounds: int) -> list[float]:
    """Median milliseconds of each function on a hand: each passes over the hands, then the next one does."""
    taken: list[list[float]] = [[] for _ in functions]
    for round_ in range(rounds + 1):
        for function, times in zip(functions, taken, strict=True):
            for number in range(hands):
                begun = time.thread_time()
                function(number)
                if round_:
                    times.append(time.thread_time() - begun)
    return [1000 * median(times) for times in taken]
