"""What the plots show; how they look was looked at."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from chereme.evaluate.calibration import ReliabilityBin
from chereme.evaluate.metrics import ClassScores
from chereme.evaluate.plots import MOST_CLASSES, draw_confusion, draw_f1, draw_reliability


@pytest.fixture
def axes(monkeypatch):
    """The axes of each figure saved."""
    kept = []
    monkeypatch.setattr(Figure, "savefig", lambda self, path, **_: kept.append(self.axes[0]))
    return kept


def test_confusion_leaves_out_words_without_any_clip(axes, tmp_path):
    draw_confusion(np.array([[2, 1, 0], [0, 3, 0], [0, 0, 0]]), ("casa", "pai", "água"), tmp_path / "c.png")
    assert [t.get_text() for t in axes[0].get_yticklabels()] == ["casa", "pai"]
    assert sorted(t.get_text() for t in axes[0].texts) == ["1", "2", "3"]


def test_confusion_of_many_words_shows_the_most_confused(axes, tmp_path):
    counts = np.diag(np.full(100, 5))
    counts[7, 93] = 4
    draw_confusion(counts, [f"w{k}" for k in range(100)], tmp_path / "c.png")
    shown = [t.get_text() for t in axes[0].get_yticklabels()]
    assert len(shown) == MOST_CLASSES
    assert {"w7", "w93"} <= set(shown)
    assert "of 100" in axes[0].get_title()


def test_f1_has_the_worst_first_and_no_absent_word(axes, tmp_path):
    table = [
        ClassScores("casa", 1, 1, 1.0, 4, 4, 0),
        ClassScores("pai", 0.5, 0.5, 0.5, 2, 2, 0),
        ClassScores("água", 0, float("nan"), 0.0, 0, 3, 0),
    ]
    draw_f1(table, tmp_path / "f.png")
    assert [t.get_text() for t in axes[0].get_yticklabels()] == ["pai", "casa"]


def test_reliability_of_no_answer_is_an_empty_plot(axes, tmp_path):
    draw_reliability([], float("nan"), tmp_path / "r.png")
    draw_reliability([ReliabilityBin(3, 0.4, 0.5)], 0.1, tmp_path / "r.png")
    empty, one = (a.collections[0].get_offsets() for a in axes)
    assert len(empty) == 0
    assert one.tolist() == [[0.4, 0.5]]


def test_confusion_gives_clips_without_an_answer_a_column(axes, tmp_path):
    counts, labels = np.array([[2, 1], [0, 0]]), ("A", "B")
    draw_confusion(counts, labels, tmp_path / "c.png", "letter", np.array([1, 3]))
    assert [t.get_text() for t in axes[0].get_xticklabels()] == ["A", "B", "no answer"]
    assert [t.get_text() for t in axes[0].get_yticklabels()] == ["A", "B"]  # B has clips, though none was answered
    assert {(t.get_position(), t.get_text()) for t in axes[0].texts} == {
        ((0, 0), "2"), ((1, 0), "1"), ((2, 0), "1"), ((2, 1), "3"),
    }  # fmt: skip
    assert axes[0].get_title() == "Clips per letter"
