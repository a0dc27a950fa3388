"""Words from films of a made-up hand whose shape a scripted speller always names as the test says."""

import numpy as np
import pytest

from chereme.errors import LayoutError, RecipeError
from chereme.layout import BODY_HANDS_75, HAND_21, KINECT_20, Layout
from chereme.spell.film import FilmConfig, spell_film
from chereme.types import PoseSequence

SLIDE = [(0, 0), (0.6, 0)]
BOUNCE = [(0, 0), (0, 0.5), (0, 0)]
J = [(0, 0), (-0.5, 0.6), (-0.6, 1.4), (0, 1.9), (0.7, 1.7), (0.9, 0.9)]
Z = [(0, 0), (-2, 0), (0, 1.7), (-2, 1.7)]


def spelled(film, speller, **settings):
    return spell_film(film.sequence(), speller, FilmConfig(**settings)).word


def test_a_held_letter_is_one_letter(film, speller):
    found = spell_film(film().show("?", 0.5).show("B", 3).show("?", 0.5).sequence(), speller)
    (letter,) = found.letters
    assert (found.word, found.handedness, letter.drawn) == ("B", "right", False)
    assert letter.start == pytest.approx(0.5, abs=0.1)
    assert letter.end == pytest.approx(3.5, abs=0.1)
    assert letter.probability > 0.9
    assert [letter.ranked[0].gloss, len(letter.ranked)] == ["B", 26]


@pytest.mark.parametrize("fps", [10, 15, 25, 30, 60, 120])
def test_the_frame_rate_does_not_change_the_word(film, speller, fps):
    shown = film(fps, jitter=0.01).show("?", 0.3)
    for letter in "HEL":
        shown.show(letter, 0.5).show("?", 0.3)
    shown.show("L", 0.5).show("O", 0.5).show("I", 0.3).show("I", 0.8, path=J).show("?", 0.5)
    assert spelled(shown, speller) == "HELLOJ"


@pytest.mark.parametrize(
    ("between", "word"),
    [
        pytest.param(lambda film: film.show("L", 0.25, path=SLIDE), "LL", id="it slides sideways"),
        pytest.param(lambda film: film.show("L", 0.3, path=BOUNCE), "LL", id="it bounces"),
        pytest.param(lambda film: film.show("?", 0.3), "LL", id="it opens"),
        pytest.param(lambda film: film.show("L", 0.6, path=[(0, 0), (0.2, 0)]), "L", id="it drifts"),
        pytest.param(lambda film: film.show("?", 0.1), "L", id="the model wavers"),
        pytest.param(lambda film: film.show("R", 0.1), "L", id="the model errs for a moment"),
        pytest.param(lambda film: film.lose(0.2), "L", id="the hand is lost for a moment"),
        pytest.param(lambda film: film.lose(0.5), "LL", id="the hand is away"),
        pytest.param(lambda film: film.lose(1.5), "L L", id="the hand is away for long"),
        pytest.param(lambda film: film.show("?", 1.5), "L L", id="it rests for long"),
    ],
)
def test_between_two_letters(film, speller, between, word):
    shown = film(jitter=0.01).show("L", 0.7)
    between(shown)
    assert spelled(shown.show("L", 0.7), speller) == word


def test_the_way_between_two_letters_says_nothing(film, speller):
    shown = film().show("A", 0.5).show("E", 0.12).show("S", 0.12).show("B", 0.5)
    assert spelled(shown, speller) == "AB"


def test_a_hand_that_jitters_between_two_letters_is_none(film, speller):
    shown = film()
    for _ in range(20):
        shown.show("M", 0.05, 0.5).show("N", 0.05, 0.3).show("?", 0.05)
    assert spelled(shown, speller) == ""


def test_an_unsure_letter_must_be_held_for_longer(film, speller):
    assert spelled(film().show("A", 0.4, 0.5), speller) == ""
    assert spelled(film().show("A", 1.2, 0.5), speller) == "A"


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize(
    ("shape", "path", "word"),
    [
        pytest.param("I", J, "J", id="J"),
        pytest.param("J", J, "J", id="J, its own label"),
        pytest.param("D", Z, "Z", id="Z"),
        pytest.param("I", [(0, 0), (0, -2)], "I", id="a hand that is raised"),
        pytest.param("I", J[::-1], "I", id="backwards"),
        pytest.param("I", [(-x, y) for x, y in J], "I", id="the wrong way round"),
        pytest.param("I", [(x / 5, y / 5) for x, y in J], "I", id="too small"),
        pytest.param("D", J, "D", id="J with another hand"),
        pytest.param("Y", J, "Y", id="a path with a letter that does not move"),
    ],
)
def test_letters_that_are_drawn(film, speller, side, shape, path, word):
    shown = film(jitter=0.01).show("?", 0.3).show(shape, 0.4).show(shape, 0.7, path=path).show(shape, 0.4)
    found = spell_film(shown.show("?", 0.3).sequence(side), speller)
    moved = word in "JZ"
    assert found.word == word or (not moved and set(found.word) == {word})  # a move may double a still letter
    assert [letter.drawn for letter in found.letters] == [moved] * len(found.letters)
    assert found.handedness == side


@pytest.mark.parametrize("degrees", [-15, 15])
def test_a_drawn_letter_may_be_turned_a_little(film, speller, degrees):
    turn = np.exp(1j * np.radians(degrees))
    turned = [(z.real, z.imag) for z in (complex(*place) * turn for place in Z)]
    assert spelled(film().show("D", 0.3).show("D", 0.8, path=turned).show("?", 0.3), speller) == "Z"


def test_a_drawn_letter_turned_over_is_not_it(film, speller):
    upside_down = [(-x, -y) for x, y in Z]
    assert "Z" not in spelled(film().show("D", 0.3).show("D", 0.8, path=upside_down), speller)


def test_a_shape_held_for_long_before_it_draws_is_a_letter_too(film, speller):
    assert spelled(film().show("I", 1.5).show("I", 0.7, path=J).show("?", 0.3), speller) == "IJ"


def test_two_drawn_letters(film, speller):
    back = [(x, y) for x, y in reversed(Z)]
    shown = film().show("D", 0.3).show("D", 0.7, path=Z).show("?", 0.3, path=back).show("D", 0.7, path=Z)
    found = spell_film(shown.show("?", 0.2).sequence(), speller)
    assert found.word == "ZZ"
    assert 0.5 < found.letters[0].probability < 1


def test_words_and_their_letters(film, speller):
    shown = film().show("A", 0.6).show("B", 0.6).lose(1.4).show("C", 0.6)
    found = spell_film(shown.sequence(), speller)
    assert found.word == "AB C"
    assert [[letter.letter for letter in word] for word in found.words] == [["A", "B"], ["C"]]
    shown = found.as_json(top=2)
    assert set(shown) == {"word", "letters", "handedness"}
    assert [set(letter) for letter in shown["letters"]] == [
        {"letter", "start", "end", "probability", "drawn", "ranked"}
    ] * 3
    assert [len(letter["ranked"]) for letter in shown["letters"]] == [2] * 3


@pytest.mark.parametrize("frames", [0, 1, 40])
def test_no_hand_is_no_letter(speller, frames):
    sequence = PoseSequence(np.full((frames, 75, 3), np.nan, np.float32), BODY_HANDS_75, 25.0, (640, 480))
    found = spell_film(sequence, speller)
    assert (found.word, found.letters, found.handedness, found.words) == ("", (), None, ())


def on_the_other_side(sequence, frames):
    """The engine takes the hand of some frames for the other one: the same places, under the other side."""
    points = sequence.points.copy()
    points[frames] = np.roll(points[frames], 21, axis=1)
    return sequence.with_points(points)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("wrong", [[12], [5, 15, 22], range(1, 30, 3)], ids=["one", "three", "a third of them"])
def test_a_side_that_is_wrong_in_some_frames_changes_nothing(film, speller, side, wrong):
    shown = film(25).show("A", 30 / 25).sequence(side)
    found = spell_film(on_the_other_side(shown, list(wrong)), speller)
    assert found == spell_film(shown, speller)
    assert (found.word, found.handedness) == ("A", side)


def test_a_line_is_read_through_wrong_sides(film, speller):
    shown = film().show("D", 0.5).show("D", 0.7, path=Z).show("?", 0.3).sequence("left")
    assert spell_film(on_the_other_side(shown, [18, 25, 30]), speller).word == "Z"


def test_one_hand_spells_although_the_other_is_seen(film, speller):
    """A right A beside a resting left hand, which shows B and is seen for longer, and alone."""
    shown = film().show("A", 1).lose(0.2).sequence()
    other = film().show("B", 1.2).sequence("left").points + np.float32([1, 0, 0])
    for first, word in ((7, "A"), (0, "B")):  # seen from this frame on, for 29 and for 36 frames
        points = shown.points.copy()
        points[first:, :21] = other[first:, :21]
        assert spell_film(shown.with_points(points), speller).word == word


def test_any_layout_with_a_hand(film, speller):
    shown = film().show("A", 0.8).sequence()
    alone = PoseSequence(shown.group("right_hand"), HAND_21, shown.fps, shown.size)
    assert spell_film(alone, speller).word == "A"
    one_side = PoseSequence(shown.group("right_hand"), Layout("right", shown.layout.names[21:]), shown.fps, shown.size)
    assert spell_film(one_side, speller).word == "A"
    assert spell_film(shown.with_missing(BODY_HANDS_75), speller).word == "A"


def test_a_layout_without_a_hand(speller):
    sequence = PoseSequence(np.ones((5, 20, 3), np.float32), KINECT_20, 30.0, (640, 480))
    with pytest.raises(LayoutError, match="has no hand"):
        spell_film(sequence, speller)


def test_a_single_frame(film, speller):
    assert spelled(film().show("A", 1 / 30), speller) == ""


@pytest.mark.parametrize("setting", ["hold", "speed", "pause", "smoothing", "probability", "resemblance"])
def test_settings_that_make_no_sense(setting):
    with pytest.raises(RecipeError, match=f"film.{setting} must be"):
        FilmConfig(**{setting: 0.0})


def test_a_held_letter_of_a_film(film, tmp_path):
    from chereme.spell import Speller
    from made_up import made_up_speller

    made_up_speller(tmp_path / "made_up")
    speller = Speller.load(tmp_path / "made_up")
    shown = film().lose(0.2).show("A", 0.5)
    for side in ("left", "right"):
        answer = speller.spell(shown.sequence(side))
        assert answer.handedness == side
        assert answer.letter == answer.ranked[0].gloss
        assert len(answer.ranked) == 24
    assert speller.spell(film().lose(0.2).sequence()).verdict == "no hand"
