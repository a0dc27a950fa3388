"""`spell-words`: films joined from letters, and the peer."""

from types import SimpleNamespace

import numpy as np
import pytest

from chereme.bench.spell_words import SHAPES, WORDS, animations, measure_with, real_clips, runs
from chereme.layout import HAND_21
from chereme.spell import Speller
from chereme.types import PoseSequence
from made_up import made_up_speller


def test_words_use_the_whole_alphabet():
    assert set("".join(WORDS)) == set(SHAPES)
    assert len(WORDS) == len(set(WORDS)) >= 200


def test_the_peer():
    speller = SimpleNamespace(
        bundle=SimpleNamespace(labels=("A", "B")),
        probabilities=lambda points: np.stack([1 - points[:, 0, 2], points[:, 0, 2]], 1),
    )
    points = np.zeros((12, 21, 3), np.float32)
    points[:, 0, 2] = [0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0]
    assert runs(PoseSequence(points, HAND_21, 25.0, (1, 1)), speller) == "AB"


@pytest.mark.parametrize(
    ("films", "fps", "seconds"),
    [
        pytest.param(animations, 60.0, 3 * 0.4 + 2 * 0.4, id="two letters held, and three ways"),
        pytest.param(real_clips, 25.0, 1.1, id="two halves of clips, and a line"),
    ],
)
def test_films(data, films, fps, seconds):
    film = films(data)
    sequence = film("ab")
    assert (sequence.layout.name, sequence.fps) == ("hand_21", fps)
    assert sequence.seconds == pytest.approx(seconds, abs=0.25)
    assert not np.isnan(sequence.points).any()
    twice = film("aa").points[:, 9, 0]
    palm = np.linalg.norm(sequence.points[:, 9] - sequence.points[:, 0], axis=1).max()
    assert np.ptp(twice) > 0.4 * palm  # it slides


def test_a_measurement(data, tmp_path, monkeypatch):
    monkeypatch.setattr("chereme.bench.spell_words.WORDS", ["ball", "zoo"])
    made_up_speller(tmp_path / "made_up")
    result = measure_with(Speller.load(tmp_path / "made_up"), data)
    assert (result.name, result.n, result.details["words"]) == ("spell-words", 7, 2)
    assert result.value > 0.5  # it was never trained
    assert result.details["trained_on_these"] == []
    assert set(result.details["sets"]) == {"fingerspell_transitions_asl", "fingerspelling_poses"}
