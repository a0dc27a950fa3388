"""One hand in one picture, by the real engine on a drawn person, whichever way the picture lies or is mirrored."""

import numpy as np
import pytest
from PIL import Image

from chereme.errors import RecipeError, UnseenError
from chereme.features.hand import hand_84, right_hands
from chereme.landmarks import ExtractConfig, extract_clip
from chereme.landmarks.hands import HandConfig, HandFinder, SeenHand, as_sequence
from chereme.render import write_video
from made_up import drawn_hand

UPRIGHT, TURNED = 1, 6
ORIENTATION = 0x0112


@pytest.fixture(scope="module")
def image():
    return drawn_hand("right")


@pytest.fixture(scope="module")
def finder():
    with HandFinder() as finder:
        yield finder


def features(sequence):
    points, sides = right_hands(sequence)
    return hand_84(points)[0], sides[0]


def test_sides_are_the_signers_own(finder):
    for side in ("left", "right"):
        (hand,) = finder.find(drawn_hand(side))
        assert hand.side == side
        assert hand.side_confidence > 0.7
        x = hand.points[:, 0].mean() * 360
        assert (x < 240) == (side == "right")  # who faces us has the right hand on the left of the picture


def test_a_picture_stored_on_its_side_gives_the_features_of_the_upright_one(image, tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = UPRIGHT
    Image.fromarray(image).save(tmp_path / "upright.png", exif=exif)
    exif[ORIENTATION] = TURNED  # to be shown, it is turned clockwise: so it lies counter-clockwise in the file
    Image.fromarray(np.rot90(image).copy()).save(tmp_path / "turned.png", exif=exif)
    config = ExtractConfig(layout="hands_42", min_detection_confidence=0.1)
    upright, turned = (extract_clip(tmp_path / f"{name}.png", config) for name in ("upright", "turned"))
    assert upright.size == turned.size == (480, 360)
    np.testing.assert_array_equal(turned.points, upright.points)
    assert features(upright)[1] == "right"


def test_a_mirrored_picture_gives_the_same_features_of_the_other_side(image, finder):
    mirrored = np.ascontiguousarray(image[:, ::-1])
    (own,), (other,) = finder.find(image), finder.find(mirrored)
    ours, side = features(as_sequence([own], image))
    theirs, other_side = features(as_sequence([other], mirrored))
    assert (side, other_side) == ("right", "left")
    # the engine itself is not quite even-handed: compared with how unlike two letters are, this is nothing
    np.testing.assert_allclose(theirs, ours, atol=0.12)
    np.testing.assert_allclose(theirs[:63].reshape(21, 3)[:, :2], ours[:63].reshape(21, 3)[:, :2], atol=0.06)


def test_a_picture_known_to_be_mirrored_is_flipped_back_first(image, finder):
    with HandFinder(HandConfig(mirrored=True)) as flips:
        (hand,) = flips.find(np.ascontiguousarray(image[:, ::-1]))
    (own,) = finder.find(image)
    assert hand.side == "right"
    np.testing.assert_array_equal(hand.points, own.points)


def test_bars_move_the_hand_little(image):
    found = []
    for padding in (0.0, 0.25, 1.5):
        with HandFinder(HandConfig(paddings=(padding,))) as finder:
            (hand,) = finder.find(image)
            found.append(hand.points)
    palm = np.linalg.norm(found[0][9] - found[0][0])
    for points in found[1:]:
        assert np.linalg.norm(points - found[0], axis=1).mean() < 0.2 * palm


def test_ways_are_tried_until_one_finds_a_hand(image, monkeypatch):
    tried = []
    hand = SeenHand(np.zeros((21, 3), np.float32), "left", 0.9)

    def look(finder, image, padding):
        tried.append(padding)
        return [hand] if padding == 0.2 else []

    monkeypatch.setattr(HandFinder, "_look", look)
    with HandFinder(HandConfig(paddings=(0.1, 0.2, 0.3))) as finder:
        assert finder.find(image) == [hand]
    assert tried == [0.1, 0.2]


def test_nothing_is_found_in_nothing(finder, rng):
    grey = np.full((120, 160, 3), 128, np.uint8)
    noise = rng.integers(0, 255, (90, 90, 3), dtype=np.uint8)
    assert finder.find(grey) == finder.find(noise) == []
    assert np.isnan(as_sequence([], grey).points).all()


def test_of_two_hands_of_one_side_the_surer_counts():
    hands = [SeenHand(np.full((21, 3), value, np.float32), "left", sure) for value, sure in ((1, 0.7), (2, 0.9))]
    sequence = as_sequence(hands, np.zeros((10, 20, 3), np.uint8))
    assert sequence.size == (20, 10)
    np.testing.assert_array_equal(sequence.group("left_hand"), 2)
    assert np.isnan(sequence.group("right_hand")).all()
    assert sequence.confidence[0, 0] == pytest.approx(0.9)


def test_a_second_close_does_nothing(image):
    finder = HandFinder()
    assert len(finder.find(image)) == 1
    finder.close()
    finder.close()
    with pytest.raises(AttributeError):
        finder.find(image)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"min_detection_confidence": 1.5}, r"hands\.min_detection_confidence must be from 0 to 1, got 1\.5"),
        ({"min_presence_confidence": -1}, r"hands\.min_presence_confidence must be from 0 to 1"),
        ({"max_hands": 0}, r"hands\.max_hands must be at least 1"),
        ({"paddings": ()}, r"hands\.paddings must name shares of at least 0"),
        ({"paddings": (-0.1,)}, r"hands\.paddings must name shares"),
    ],
)
def test_settings_out_of_range(settings, says):
    with pytest.raises(RecipeError, match=says):
        HandConfig(**settings)


def test_hands_of_a_film_without_a_body_in_it(image, tmp_path):
    write_video([image] * 6, tmp_path / "film.mp4", 25.0)
    sequence = extract_clip(tmp_path / "film.mp4", ExtractConfig(layout="hands_42", min_detection_confidence=0.1))
    assert sequence.layout.name == "hands_42"
    assert len(sequence) == 6
    assert sequence.seen[-1, sequence.layout.groups["right_hand"]].all()


def test_no_hand_in_a_film_or_picture_is_said(film, tmp_path):
    Image.new("RGB", (64, 48), "grey").save(tmp_path / "grey.png")
    config = ExtractConfig(layout="hands_42")
    with pytest.raises(UnseenError, match="no hand seen in any of 3 frames"):
        extract_clip(film("noise.mp4", frames=3), config)
    with pytest.raises(UnseenError, match="no hand seen in the picture"):
        extract_clip(tmp_path / "grey.png", config)
    kept = extract_clip(tmp_path / "grey.png", ExtractConfig(layout="hands_42", keep_handless=True))
    assert not kept.seen.any()


def test_a_holistic_bundle_does_not_fit_hands_alone(tmp_path):
    (tmp_path / "x.task").touch()
    with pytest.raises(RecipeError, match="layout hands_42 has its models in the wheel"):
        ExtractConfig(layout="hands_42", task=str(tmp_path / "x.task"))


def test_letters_of_a_real_set(data, finder):
    from itertools import islice

    from chereme.dataset.importers import PICTURE_SETS
    from chereme.landmarks.picture import decode_picture

    pictures = PICTURE_SETS["libras_letters_univali"](data / "libras_letters_univali")
    found = [len(finder.find(decode_picture(content, clip.id)[0])) for clip, content in islice(pictures, 0, None, 30)]
    assert sum(found) >= 29  # of 30
