from dataclasses import replace

import numpy as np
import pytest
import torch

from chereme.bundle import Card
from chereme.errors import RecipeError, TrainingError
from chereme.produce import Decoder
from chereme.recipe import Recipe
from chereme.train.bundled_producers import by_gloss, isl43_clips, letter_clips
from chereme.train.decoder import DecoderConfig, train_decoder, write_decoder
from chereme.train.typical_sign import BODY_POINTS, drop_ghosts, typical_sign, warping_path
from made_up import made_up_signer

FAST = DecoderConfig(steps=60, hidden=24, code=4, harmonics=3, learning_rate=0.02)


def raising(frames, height, seed):
    """A made-up signer whose right arm goes up by `height` and comes down again."""
    sequence = made_up_signer(frames, np.random.default_rng(seed))
    points = sequence.points.copy()
    lift = height * np.sin(np.linspace(0, np.pi, frames)) ** 2
    for part in (slice(16, 17), slice(54, 75)):
        points[:, part, 1] -= lift[:, None]
    return sequence.with_points(points)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Faster for networks this small, and the same sums everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def clips():
    return {
        "high": [raising(n, 0.35, seed) for seed, n in enumerate((30, 36, 40))],
        "low": [raising(n, 0.15, seed) for seed, n in enumerate((25, 28, 32))],
    }


@pytest.fixture(scope="module")
def trained(clips):
    # the made-up arm is no stiff one, so its length is left free
    return train_decoder(clips, replace(FAST, steps=250, hidden=32, harmonics=4, arm_lengths=0))


def test_a_path_warps_a_slow_track_onto_a_fast_one():
    fast = np.array([0.0, 1.0, 2.0])
    slow = np.repeat(fast, 2)
    path = warping_path(np.abs(slow[:, None] - fast[None]))
    np.testing.assert_array_equal(path[:, 0], range(6))
    np.testing.assert_array_equal(path[:, 1], [0, 0, 1, 1, 2, 2])


def test_the_typical_sign_reaches_the_top_that_all_reach(clips):
    sign = typical_sign(clips["high"])
    wrist = sign.body[:, BODY_POINTS.index(16), 1]
    # the made-up arm swings by 0.16 of its own accord; the shoulders are 0.26 apart
    assert np.ptp(wrist) == pytest.approx((0.35 + 0.16) / 0.26, rel=0.1)
    assert sign.clips == 3
    assert sign.seconds == pytest.approx(36 / 25)
    assert len(sign) in (30, 36, 40)


def test_alignment_takes_size_and_place_out(clips):
    clip = clips["high"][0]
    moved = clip.with_points((clip.points * 1.7 + 0.3).astype(np.float32))
    np.testing.assert_allclose(typical_sign([moved]).body, typical_sign([clip]).body, atol=1e-4)


def test_a_clip_of_something_else_is_left_out(clips):
    strange = raising(36, 0.35, 9)
    points = strange.points.copy()
    points[:, [15, 16, *range(33, 75)], 0] += np.linspace(0, 1.5, len(points))[:, None].astype(np.float32)
    sign = typical_sign([*clips["high"], *clips["high"], strange.with_points(points)])
    assert sign.clips == 6


def test_one_strange_frame_moves_the_typical_sign_little(clips):
    many = [clips["high"][0]] * 4
    strange = many[0].points.copy()
    strange[15, 54:75, 1] += 0.1
    usual, other = (typical_sign(some) for some in (many, [*many, many[0].with_points(strange)]))
    np.testing.assert_allclose(other.hands, usual.hands, atol=0.01)


def test_the_other_hand_found_twice_is_a_ghost(clips):
    width = np.linalg.norm((clips["high"][0].points[0, 11] - clips["high"][0].points[0, 12])[:2])
    points = clips["high"][0].points / width
    points[3, 33:54] = points[3, 54:75]
    cleaned = drop_ghosts(points)
    assert np.isnan(cleaned[3, 33:54]).all()
    np.testing.assert_array_equal(cleaned[4], points[4])


def test_clips_without_a_signer_are_said(clips):
    nobody = clips["low"][0].with_points(np.full_like(clips["low"][0].points, np.nan))
    with pytest.raises(TrainingError, match="Month: no clip among 1"):
        typical_sign([nobody], "Month")


def test_it_learns_where_the_hand_goes(trained, clips, tmp_path):
    decoder = Decoder.load(write(trained, tmp_path))
    for gloss, height in (("high", 0.35), ("low", 0.15)):
        sign = decoder.produce(gloss)
        width = np.abs(sign.landmark("pose/left_shoulder")[0, 0] - sign.landmark("pose/right_shoulder")[0, 0])
        wrist = sign.landmark("pose/right_wrist")[:, 1] / width
        # the made-up arm swings by 0.16 of its own accord; the shoulders are 0.26 apart
        assert np.ptp(wrist) == pytest.approx((height + 0.16) / 0.26, rel=0.1)
    assert decoder.produce("high").seconds == pytest.approx(36 / 25, abs=0.25)


def write(trained, folder):
    card = Card("t", "s", ("made up",), "ours", "open", ())
    return write_decoder(folder / "words", trained, Recipe.from_text("[decoder]\n"), card, "ins")


def test_the_same_seed_gives_the_same_weights(clips):
    first, again = (train_decoder(clips, FAST).network.state_dict() for _ in range(2))
    other = train_decoder(clips, replace(FAST, seed=1)).network.state_dict()
    for name, value in first.items():
        np.testing.assert_array_equal(value.numpy(), again[name].numpy())
    assert not np.array_equal(first["codes.weight"].numpy(), other["codes.weight"].numpy())


def test_a_hand_that_is_never_seen_is_not_produced(clips, tmp_path):
    def hide(sequence):
        points = sequence.points.copy()
        points[:, 33:54] = np.nan
        return sequence.with_points(points)

    one_handed = {"low": [hide(c) for c in clips["low"]]}
    sign = Decoder.load(write(train_decoder(one_handed, FAST), tmp_path)).produce("low")
    assert np.isnan(sign.group("left_hand")).all()
    assert np.isfinite(sign.group("right_hand")).any()


def test_a_word_without_clips_is_said(clips):
    with pytest.raises(TrainingError, match="no clip of rain"):
        train_decoder(clips, DecoderConfig(words=("high", "rain")))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        pytest.param("steps = 0", "at least 1", id="no steps"),
        pytest.param("learning_rate = 0.0", "above 0", id="no learning rate"),
        pytest.param('words = ["a"]\ndemo = ["b"]', "'b'", id="a demo word it does not learn"),
        pytest.param("stepps = 3", "did you mean 'steps'", id="an unknown key"),
    ],
)
def test_recipes_that_make_no_sense(table, said):
    with pytest.raises(RecipeError, match=said):
        Recipe.from_text(f"[decoder]\n{table}").stage("decoder", DecoderConfig)


def test_no_clip_of_the_last_block_is_trained_on(data):
    clips = by_gloss(isl43_clips(data))
    assert len(clips) == 43
    assert sum(map(len, clips.values())) == 369  # the protocol's count


@pytest.mark.parametrize(("language", "letters"), [("ase", 26), ("bzs", 27)])
def test_letters_come_with_body_and_depth(data, language, letters):
    clips = letter_clips(data, language)
    assert len(clips) == letters
    _, sequence = clips[0]
    palm = np.nanmedian(np.linalg.norm(sequence.points[:, 63] - sequence.points[:, 54], axis=-1))
    assert 0.05 < np.nanstd(sequence.points[:, 54:75, 2]) / palm < 1
