import json
import shutil

import numpy as np
import pytest

from chereme.bundle import digest
from chereme.errors import BundleError, CheremeError
from chereme.landmarks import extract_frames
from chereme.layout import BODY_HANDS_75, HAND_BONES
from chereme.places import BUNDLES
from chereme.produce import DEFAULT_DECODER, Decoder
from chereme.render import draw_signer

BUNDLE = BUNDLES / DEFAULT_DECODER


@pytest.fixture(scope="module")
def decoder():
    return Decoder.load()


@pytest.fixture(scope="module")
def signs(decoder):
    return {gloss: decoder.produce(gloss) for gloss in decoder.glosses}


def test_it_is_small_and_holds_weights_only():
    assert {p.suffix for p in BUNDLE.iterdir()} == {".onnx", ".json", ".md", ".toml"}
    assert sum(p.stat().st_size for p in BUNDLE.iterdir()) < 1_000_000


def test_its_card_says_what_it_is_for(decoder):
    card = decoder.about["card"]
    assert card["use"] == "research"
    assert card["data"] == ["isl_include43_poses"]
    assert "research and demonstration only" in (BUNDLE / "card.md").read_text(encoding="utf-8")


def test_the_demo_words_are_words_it_knows(decoder):
    assert len(decoder.glosses) == 43
    assert set(decoder.demo) <= set(decoder.glosses)


def test_signs_last_as_long_as_signs_do(decoder, signs):
    for gloss, sign in signs.items():
        assert 1 <= sign.seconds <= 4, gloss
        assert decoder.produce(gloss, fps=50).seconds == pytest.approx(sign.seconds, abs=0.05)


def test_hand_bones_keep_their_length(signs):
    bones = [(a, b) for a, b in HAND_BONES if b % 4 != 1]  # along the fingers
    for gloss, sign in signs.items():
        for side in ("left", "right"):
            hand = sign.group(f"{side}_hand")
            hand = hand[np.isfinite(hand).all((1, 2))]
            lengths = np.stack([np.linalg.norm(hand[:, b] - hand[:, a], axis=-1) for a, b in bones])
            assert (lengths.std(1) / lengths.mean(1)).max() < 0.01, gloss


def test_palm_and_arms_have_believable_sizes(signs):
    for gloss, sign in signs.items():
        width = np.linalg.norm(
            (sign.landmark("pose/left_shoulder") - sign.landmark("pose/right_shoulder"))[:, :2], axis=-1
        )
        palm = sign.landmark("right_hand/middle_finger_mcp") - sign.landmark("right_hand/wrist")
        assert 0.15 < np.nanmedian(np.linalg.norm(palm, axis=-1)) / np.median(width) < 0.4, gloss
        assert (width / np.median(width)).min() > 0.7, gloss


def test_the_hand_is_on_its_wrist(signs):
    for gloss, sign in signs.items():
        for side in ("left", "right"):
            seen = np.isfinite(sign.landmark(f"{side}_hand/wrist")[:, 0])
            apart = sign.landmark(f"{side}_hand/wrist") - sign.landmark(f"pose/{side}_wrist")
            np.testing.assert_allclose(apart[seen, :2], 0, atol=1e-6, err_msg=gloss)


def test_a_hand_is_raised_and_comes_to_rest(signs):
    for gloss, sign in signs.items():
        wrists = np.stack([sign.landmark(f"pose/{side}_wrist")[:, 1] for side in ("left", "right")])
        shoulder = sign.landmark("pose/left_shoulder")[:, 1]
        assert (wrists.min(0) < shoulder + 0.15).any(), gloss
        assert (wrists[:, [0, -1]] > shoulder[[0, -1]] + 0.2).all(), gloss


def test_movement_is_smooth(signs):
    body = BODY_HANDS_75.indices(["pose/left_wrist", "pose/right_wrist"])
    for gloss, sign in signs.items():
        step = np.linalg.norm(np.diff(sign.points[:, body, :2], axis=0), axis=-1)
        assert step.max() < 0.16, gloss  # frame heights in 40 ms
        assert np.abs(np.diff(step, axis=0)).max() < 0.08, gloss


def test_unknown_parts_are_not_made_up(signs):
    legs = BODY_HANDS_75.indices(["pose/left_knee", "pose/right_ankle"])
    assert all(np.isnan(sign.points[:, legs]).all() for sign in signs.values())


def test_the_same_word_comes_out_the_same(decoder):
    gloss = decoder.glosses[0]
    np.testing.assert_array_equal(decoder.produce(gloss).points, Decoder.load(BUNDLE).produce(gloss.upper()).points)


def test_mediapipe_finds_a_drawn_sign_again(decoder):
    sign = decoder.produce(decoder.demo[-1], fps=12.5)
    found = extract_frames(draw_signer(sign), sign.fps)
    assert np.isfinite(found.landmark("pose/nose")[:, 0]).mean() >= 0.9
    for side in ("left", "right"):
        shown = np.isfinite(sign.landmark(f"{side}_hand/wrist")[:, 0])
        again = np.isfinite(found.landmark(f"{side}_hand/wrist")[:, 0])
        assert again[shown].mean() >= 0.75, side


def test_a_word_it_does_not_know_is_said(decoder):
    with pytest.raises(CheremeError, match=rf"'Elephant': this decoder signs only {decoder.glosses[0]}"):
        decoder.produce("Elephant")


@pytest.fixture
def copied(tmp_path):
    return shutil.copytree(BUNDLE, tmp_path / "copy")


def test_a_bundle_with_a_missing_file(copied):
    (copied / "decoder.onnx").unlink()
    with pytest.raises(BundleError, match=r"decoder\.onnx is missing"):
        Decoder.load(copied)


def test_a_bundle_with_a_foreign_file(copied):
    (copied / "decoder.onnx").write_bytes(b"something else")
    with pytest.raises(BundleError, match=r"decoder\.onnx is not the file"):
        Decoder.load(copied)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"kind": "recognizer"}, "no decoder", id="another kind"),
        pytest.param({"seconds": None}, "no seconds", id="a part missing"),
    ],
)
def test_an_index_that_is_not_a_decoders(copied, change, said):
    about = json.loads((copied / "bundle.json").read_text(encoding="utf-8")) | change
    about = {key: value for key, value in about.items() if value is not None}
    (copied / "bundle.json").write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(BundleError, match=said):
        Decoder.load(copied)


def test_weights_that_are_none(copied):
    (copied / "decoder.onnx").write_bytes(b"something else")
    about = json.loads((copied / "bundle.json").read_text(encoding="utf-8"))
    about["files"]["decoder.onnx"] = digest(copied / "decoder.onnx")
    (copied / "bundle.json").write_text(json.dumps(about), encoding="utf-8")
    decoder = Decoder.load(copied)
    with pytest.raises(BundleError, match="not an ONNX model"):
        decoder.produce(decoder.glosses[0])


def test_no_bundle_at_all(tmp_path):
    with pytest.raises(BundleError, match="nowhere"):
        Decoder.load("nowhere")
