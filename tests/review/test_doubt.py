"""What a model doubts comes first."""

import numpy as np
import pytest

from chereme.errors import BundleError
from chereme.lexicon import Lexicon
from chereme.poses import read_pose, write_pose
from chereme.recognize import Recognizer
from chereme.review import Decision, ReviewClip
from chereme.review.doubt import doubts_among, doubts_of_lexicon, doubts_of_recognizer
from chereme.review.session import Session
from made_up import made_up_signer


@pytest.fixture(scope="module")
def recognizer(small_bundle):
    return Recognizer.load(small_bundle)


def test_a_recognizer_doubts_by_the_words_own_probability(clips, recognizer):
    doubts = doubts_of_recognizer(recognizer, clips)
    assert doubts[2] is None  # neither film nor landmarks
    for i in (0, 1, 3):
        ranked = {r.gloss: r.probability for r in recognizer.recognize(read_pose(clips[i].pose)).ranked}
        assert doubts[i] == pytest.approx(1 - ranked[clips[i].gloss], abs=1e-4)


def test_a_word_that_the_model_does_not_know(clips, recognizer):
    unknown = ReviewClip("x", "telefone", pose=clips[0].pose)
    assert doubts_of_recognizer(recognizer, [unknown]) == [None]


def test_a_lexicon_doubts_by_its_signs(clips, recognizer, tmp_path):
    with Lexicon.open(tmp_path / "signs.sqlite", recognizer, create=True) as lexicon:
        lexicon.add("casa", read_pose(clips[0].pose))
        lexicon.add("pai", read_pose(clips[3].pose))
        doubts = doubts_of_lexicon(lexicon, clips)
    assert doubts[2] is None
    assert all(0 <= doubts[i] <= 1 for i in (0, 1, 3))
    assert doubts[0] <= 0.5  # the very clip is in it


class Embeds:
    """Embeds a clip where its first point lies on a circle."""

    embeds = True

    def embed(self, sequence):
        angle = float(sequence.points[0, 0, 0])
        return np.array([np.cos(angle), np.sin(angle)], np.float32)


def test_among_each_other_the_odd_one_is_doubted_most(tmp_path, rng):
    clips = []
    for gloss, angle in (("a", 0.0), ("a", 0.1), ("a", 3.0), ("b", 3.1), ("b", 3.2), ("alone", 1.5)):
        sequence = made_up_signer(2, rng)
        sequence.points[0, 0, 0] = angle
        path = tmp_path / f"{len(clips)}.pose"
        write_pose(sequence, path)
        clips.append(ReviewClip(path.stem, gloss, pose=path))
    (tmp_path / "damaged.pose").write_bytes(b"no pose")
    clips.append(ReviewClip("damaged", "a", pose=tmp_path / "damaged.pose"))
    doubts = doubts_among(Embeds(), clips)
    assert np.nanargmax([np.nan if d is None else d for d in doubts]) == 2
    assert doubts[0] < 0.5 < doubts[2]
    assert doubts[2] == pytest.approx((2 + np.cos(0.1) - np.cos(2.9)) / 4, abs=1e-3)
    assert doubts[5:] == [None, None]


def test_an_encoder_that_embeds_nothing_says_so(clips):
    class Scores(Embeds):
        embeds = False

        def embed(self, sequence):
            raise BundleError("its model gives scores alone")

    with pytest.raises(BundleError, match="scores alone"):
        doubts_among(Scores(), clips)


def sequence_of(session, count, word=None):
    found = []
    for _ in range(count):
        place = session.next(word)
        if place is None:
            break
        found.append(place["clip"])
        session.decide(place["clip"], Decision("accept"))
        word = place["word"] if word is not None else None
    return found


@pytest.mark.parametrize(
    ("doubts", "by_word", "order"),
    [
        pytest.param([0.1, 0.6, None, 0.9], False, [3, 1, 0, 2], id="the most doubtful of all"),
        pytest.param([0.1, 0.6, None, 0.9], True, [1, 0, 2, 3], id="the most doubtful of the word"),
        pytest.param(None, False, [1, 0, 2, 3], id="without a model, what curation flagged"),
    ],
)
def test_the_next_clip(clips, decisions, doubts, by_word, order):
    with decisions.present("Ana") as name:
        session = Session(clips, decisions, name, doubts, by_word)
        assert sequence_of(session, 9, 0) == order
        assert session.next() is None
        again = Session(clips, decisions, name, doubts, by_word)
        assert again.next() is None  # what was decided stays decided


def test_without_a_model_the_words_go_on_from_the_one_being_looked_at(clips, decisions):
    with decisions.present("Ana") as name:
        session = Session(clips, decisions, name)
        assert sequence_of(session, 9, 1) == [3, 1, 0, 2]


def test_words_that_curation_flagged_most_come_first(decisions):
    notes = {"a": ("", ""), "b": ("", "small"), "c": ("copy of x", "no hand"), "d": ("small",)}
    clips = [ReviewClip(f"{w}{i}", w, note=note) for w, of in notes.items() for i, note in enumerate(of)]
    with decisions.present("Ana") as name:
        session = Session(clips, decisions, name)
        assert [clips[i].key for i in sequence_of(session, 9)] == ["c0", "c1", "b1", "b0", "d0", "a0", "a1"]
